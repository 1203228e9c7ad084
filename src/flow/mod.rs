//! Flows: definitions, step kinds, the pure state machine, and the driver for direct flows.
//!
//! [`compile`] makes a [`Definition`] of a flow file and every finding about it. [`machine`] runs a
//! definition as `(state, event) → actions`, without I/O, clock or chance of its own; [`direct`]
//! drives it in memory. A journaled driver uses the same machine.

mod compile;
mod definition;
pub mod direct;
pub mod engine;
mod environment;
mod failure;
mod formula;
mod kept;
mod lineage;
pub mod machine;
mod promise;
mod run_key;
mod schedule;
mod step;
pub mod story;

pub use compile::{compile, compile_all};
pub use definition::{Answers, Definition, Input};
pub use environment::{Environment, ProbeSignature, Signature};
pub use failure::{Failure, FailureKind, FlowEnd};
pub use lineage::{Along, Ending, FlowLineage, Made, Sends, Sent, Source, StepAt};
pub use promise::{BusinessKey, MAX_KEY, Second, key_text};
pub use schedule::Schedule;

/// Every kind of step that is built and what it does, sorted: for help and docs.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    step::KINDS.iter().map(|kind| (kind.name, kind.help))
}
