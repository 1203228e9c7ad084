//! Flows: definitions, step kinds, the pure state machine, and the driver for direct flows.
//!
//! [`compile`] makes a [`Definition`] of a flow file and every finding about it. [`machine`] runs a
//! definition as `(state, event) → actions`, without I/O, clock or chance of its own; [`direct`]
//! drives it in memory. A journaled driver uses the same machine.

mod definition;
pub mod direct;
mod environment;
mod failure;
pub mod machine;

pub use definition::{Answers, Definition, Input, compile, compile_all};
pub use environment::{Environment, ProbeSignature, RetryPolicy, Signature, Take};
pub use failure::{Failure, FailureKind, FlowEnd};
