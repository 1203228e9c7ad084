//! Runs `tests/*.yaml` offline through the same code that serves, on a virtual clock.
//!
//! [`compile`] resolves the declared stories against a plan; [`Suite::run`] plays each on a gateway of its
//! own, with the simulator behind it; [`report`] says how it went.

mod compare;
mod compile;
mod coverage;
mod coverage_report;
mod exchange;
mod generated;
mod generated_report;
mod life;
mod mapped;
mod reasons;
mod report;
mod resolve_life;
mod routed;
mod run;
mod shrink;
mod told;
mod witness;
mod yaml_text;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use compile::compile;
pub use coverage::{Coverage, Covered, Missed, Rows, Share, Watcher};
pub use coverage_report::percent_text;
pub use generated::{Counter, Generated, generate};
pub use generated_report::{generated_text, generated_value};
pub use life::{Act, Life};
pub use mapped::Mapped;
pub use report::{junit, text, value};
pub use run::Ended;
pub use told::{Receipt, Told, ToldExpectation};

use crate::http::{HeaderName, HeaderValue, Method, Uri};
use crate::plan::AuthPolicy;
use crate::simulator::Scripted;
use crate::system::OperationName;
use crate::value::Value;

/// Every test of a project, resolved.
#[derive(Debug, Default)]
pub struct Suite {
    pub stories: Vec<Story>,
}

/// One test: steps one after the other, on systems that remember.
#[derive(Debug)]
pub struct Story {
    /// `tests/booking.yaml`
    pub file: Arc<str>,
    /// What it shows.
    pub name: Arc<str>,
    /// The line of its name.
    pub line: usize,
    /// What operations answer before their stubs do, one answer a call.
    pub answers: BTreeMap<OperationName, Vec<Scripted>>,
    /// What webhooks answer first.
    pub receipts: Vec<Receipt>,
    /// What happens, one after the other.
    pub steps: Vec<Step>,
    /// In place of steps: one mapping by itself.
    pub mapped: Option<Mapped>,
}

/// Something happens, and what must come of it.
#[derive(Debug)]
pub struct Step {
    pub happens: Happens,
    /// From here on, what operations answer before their stubs do.
    pub answers: BTreeMap<OperationName, Vec<Scripted>>,
    /// From here on, what webhooks answer first.
    pub receipts: Vec<Receipt>,
    pub expect: Expectation,
}

/// What happens in a step.
#[derive(Debug)]
pub enum Happens {
    /// Somebody asks.
    Asked(Exchange),
    /// Time passes.
    Passed(Duration),
    /// An operator does something about a case.
    Acted(Act),
}

/// A request.
#[derive(Debug)]
pub struct Exchange {
    pub client: Option<Arc<str>>,
    pub method: Method,
    pub uri: Uri,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The policy whose sender signs it.
    pub signed_by: Option<AuthPolicy>,
    /// `None`: no body, and no media type.
    pub body: Option<Vec<u8>>,
}

/// What must come out; what is `None` or empty is not looked at.
#[derive(Debug, Default)]
pub struct Expectation {
    pub status: Option<u16>,
    pub headers: Vec<(HeaderName, Arc<str>)>,
    pub body: Option<Value>,
    pub problem: Option<Arc<str>>,
    /// Sorted.
    pub pointers: Option<Vec<Arc<str>>>,
    pub calls: Option<Vec<CallExpectation>>,
    pub no_calls: Vec<OperationName>,
    pub within: Option<Duration>,
    /// What flows have done.
    pub life: Life,
    /// What webhooks and streams were told.
    pub told: ToldExpectation,
}

/// A call that a system must see.
#[derive(Debug)]
pub struct CallExpectation {
    pub operation: OperationName,
    /// Without the query.
    pub path: Option<Arc<str>>,
    /// What the query holds at least, as texts.
    pub query: Option<Value>,
    pub headers: Vec<(HeaderName, Arc<str>)>,
    pub body: Option<Value>,
}
