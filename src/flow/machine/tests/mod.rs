//! The machine against a made-up world: definitions built by hand, calls answered by rule, time
//! that jumps from event to event.

mod crash;
mod events;
mod hearing;
mod joins;
mod proof;
mod random;
mod retries;
mod spec;
mod world;

use std::time::Duration;

pub(in crate::flow) use hearing::event_type;
pub(in crate::flow) use spec::{Hearing, Spec, definition};
use world::{Told, Trace, World};

use crate::flow::{FailureKind, FlowEnd};
use crate::system::{Failure, FailureKind as SystemKind, Outcome};
use crate::value::Value;

/// Milliseconds.
fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn ok(value: i64) -> Outcome {
    Outcome::Ok { value: Some(Value::from(value)), age: None }
}

fn failure(kind: SystemKind) -> Failure {
    Failure { kind, message: "as the test says".to_owned(), retry_after: None }
}

fn not_done() -> Outcome {
    Outcome::NotDone(failure(SystemKind::Unavailable))
}

fn unknown() -> Outcome {
    Outcome::Unknown(failure(SystemKind::Timeout))
}

/// The kind of the failure that a run ended with.
fn failed(trace: &Trace) -> Option<FailureKind> {
    match &trace.end {
        FlowEnd::Failed(failure) => Some(failure.kind),
        _ => None,
    }
}

/// The result that a run ended with.
fn completed(trace: &Trace) -> Option<&Value> {
    match &trace.end {
        FlowEnd::Completed(value) => value.as_ref(),
        _ => None,
    }
}
