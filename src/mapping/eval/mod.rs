//! Runs a program over values: pure and bounded.

mod call;
pub(super) mod compare;
mod machine;
mod observer;
mod path;
mod watch;
mod watched;

use std::sync::Arc;

pub(super) use call::Given;
pub use call::{Call, Fault};
pub use observer::{Branch, Made, Observer, Written};

use super::program::Program;
use super::tables::Tables;
use crate::clock::Moment;
use crate::diagnostic::Span;
use crate::value::{PointerBuf, Value};

/// What one evaluation may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Operations carried out.
    pub steps: u64,
    /// Bytes of text and members of lists and objects made.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 5_000_000, output: 64 << 20 }
    }
}

/// What a program sees besides its inputs.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What `now()` gives.
    pub now: Moment,
    /// The live tables.
    pub tables: &'a Tables,
    /// Gives a secret by name; only programs that name secrets ask.
    pub secrets: Option<&'a (dyn Fn(&str) -> Option<Arc<str>> + Sync)>,
    pub limits: Limits,
    /// Who watches: the one who watches the tables, unless said otherwise.
    pub observer: Option<&'a dyn Observer>,
}

impl<'a> Context<'a> {
    /// A context without secrets, with the default limits.
    pub fn new(now: Moment, tables: &'a Tables) -> Context<'a> {
        Context { now, tables, secrets: None, limits: Limits::default(), observer: tables.observer() }
    }
}

/// Why an evaluation gave no value.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The author said `reject(...)`: a business answer.
    Rejected(Box<Rejected>),
    /// Something did not work out: bad data, an unknown zone, a limit.
    Failed(Box<Failed>),
}

/// What `reject(code, text, name: value ...)` said.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    pub code: Arc<str>,
    /// For logs and cases; the customer's text is declared with the code.
    pub text: Arc<str>,
    pub facts: Vec<(Arc<str>, Value)>,
    pub span: Span,
}

/// What failed, where it stands in the source, and which part of the target it was for.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    pub message: String,
    pub target: PointerBuf,
    pub span: Span,
    /// The evaluation grew too large: `try` does not catch this.
    pub limit: bool,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Rejected(rejected) => write!(f, "rejected as `{}`: {}", rejected.code, rejected.text),
            Error::Failed(failed) if failed.target.as_str().is_empty() => f.write_str(&failed.message),
            Error::Failed(failed) => write!(f, "{}: {}", failed.target, failed.message),
        }
    }
}

impl std::error::Error for Error {}

impl Program {
    /// Runs over `inputs`, in the order of the scope's names; inputs left out count as absent.
    /// `Ok(None)` is an absent result.
    pub fn eval(&self, inputs: &[Option<Value>], context: &Context<'_>) -> Result<Option<Value>, Error> {
        machine::Machine::new(inputs, context, self.code.locals).run(&self.code.root)
    }
}
