//! A stub file, compiled.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::config::declarations::stub::Fault;
use crate::http::HeaderName;
use crate::mapping::Compiled;
use crate::system::System;
use crate::value::Value;

/// A stand-in for one system.
#[derive(Debug)]
pub struct Stub {
    pub system: Arc<System>,
    /// Before every answer that has no delay of its own.
    pub(super) delay: Duration,
    pub(super) lists: BTreeMap<Arc<str>, ListStart>,
    pub(super) counters: BTreeMap<Arc<str>, i64>,
    pub(super) operations: BTreeMap<Arc<str>, Cases>,
}

/// What a list begins with, and how much it holds.
#[derive(Debug)]
pub(super) struct ListStart {
    pub records: Vec<Value>,
    pub at_most: usize,
}

/// The cases of an operation.
#[derive(Debug)]
pub(super) struct Cases {
    pub cases: Vec<Case>,
    /// Whether any expression reads `state`.
    pub reads_state: bool,
}

/// One case. Its programs see the names of [`NAMES`], then what the finds of this and earlier cases
/// found and the counters that they moved, in order; in `where` and `set` then `it`.
#[derive(Debug)]
pub(super) struct Case {
    pub finds: Vec<Find>,
    pub when: Option<Compiled>,
    pub times: Option<u32>,
    pub next: Option<Arc<str>>,
    pub inserts: Vec<(Arc<str>, Compiled)>,
    pub update: Option<Update>,
    pub remove: Option<Selection>,
    pub answer: Option<Answer>,
}

/// The first names that every program of a stub sees.
pub(super) const NAMES: [&str; 6] = ["path", "query", "headers", "body", "state", "count"];
/// The place of `state` in [`NAMES`].
pub(super) const STATE: usize = 4;

#[derive(Debug)]
pub(super) struct Find {
    pub select: Selection,
    pub all: bool,
}

/// Records of a list.
#[derive(Debug)]
pub(super) struct Selection {
    pub list: Arc<str>,
    /// All of them unless said.
    pub condition: Option<Compiled>,
}

#[derive(Debug)]
pub(super) struct Update {
    pub select: Selection,
    pub set: Vec<(Arc<str>, Compiled)>,
}

/// What a case answers.
#[derive(Debug)]
pub(super) struct Answer {
    /// Where it is written: `stubs/erp.yaml:14`.
    pub place: Arc<str>,
    pub status: u16,
    pub headers: Vec<(HeaderName, Compiled)>,
    pub body: Option<Compiled>,
    pub error: Option<Compiled>,
    pub text: Option<Arc<str>>,
    pub delay: Option<Duration>,
    pub fault: Option<Fault>,
}
