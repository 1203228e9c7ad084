//! What is told of an evaluation: which ways it took, and what each field of the target was made of.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::mapping::place::Place;
use crate::value::{PointerBuf, Value};

/// So many places and names are kept of one field.
const MOST: usize = 200;

/// Watches evaluations. What it does not care about does nothing.
pub trait Observer: std::fmt::Debug + Send + Sync {
    /// The form at `at` went one of its ways.
    fn branch(&self, _at: Span, _branch: Branch) {}

    /// A field of the target has its value, or nothing.
    fn field(&self, _field: &Written<'_>) {}

    /// A table was asked; `keys` as the table knows them.
    fn row(&self, _table: &str, _keys: &[Value], _found: bool) {}
}

/// A way that a form can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Branch {
    /// A case of a `match`, counted from 0.
    Case(usize),
    /// The `else` of a `match`.
    Otherwise,
    /// `if`: the condition holds.
    True,
    /// `if`: it does not.
    False,
    /// `??`: there was a value.
    Value,
    /// `??`: what stands behind it.
    Fallback,
    /// `where`: an item was kept.
    Kept,
    /// `where`: an item was left out.
    Dropped,
    /// `try`: it worked.
    Worked,
    /// `try`: it failed.
    Failed,
}

/// A field of the target that has just been made.
#[derive(Debug)]
pub struct Written<'a> {
    pub target: &'a PointerBuf,
    /// Of its expression.
    pub span: Span,
    /// `None`: it is left out.
    pub value: Option<&'a Value>,
    pub made: &'a Made,
    /// Whether fields inside it have been told one by one.
    pub holds_fields: bool,
}

/// What a value was made of, each thing once, in the order in which it was met.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// What it holds, or was computed from.
    pub from: Vec<Place>,
    /// What decided which way it was made, or whether.
    pub decided_by: Vec<Place>,
    /// Functions, and tables as `lookup(table)`.
    pub through: Vec<Arc<str>>,
}

pub(super) fn add<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if list.len() < MOST && !list.contains(&one) {
        list.push(one);
    }
}

impl Made {
    pub(super) fn merge(&mut self, other: &Made, deciding: bool) {
        let from = if deciding { &mut self.decided_by } else { &mut self.from };
        other.from.iter().for_each(|place| add(from, place.clone()));
        other.decided_by.iter().for_each(|place| add(&mut self.decided_by, place.clone()));
        other.through.iter().for_each(|name| add(&mut self.through, name.clone()));
    }
}
