//! Idempotency keys: the same for the same step of the same run, however often it is sent.

use std::sync::Arc;

use super::definition::{Definition, StepIndex};
use super::machine::{State, Thread};

/// A UUIDv5 (RFC 9562 §5.5) in the namespace of the instance, over the step's path and the rounds
/// and runs that it is in; undoing the step is another call, and so is each round of making it anew.
pub(super) fn idempotency_key(
    state: &State,
    definition: &Definition,
    thread: &Thread,
    step: StepIndex,
    (undo, round): (bool, u32),
) -> Arc<str> {
    let path = &definition.steps[step as usize].path;
    let mut name = Vec::with_capacity(path.len() + 1 + 4 * thread.lineage.len());
    name.extend_from_slice(path.as_bytes());
    name.push(u8::from(undo));
    thread.lineage.iter().for_each(|number| name.extend_from_slice(&number.to_be_bytes()));
    if round > 0 {
        // Five bytes: numbers of a lineage are four each.
        name.push(b'r');
        name.extend_from_slice(&round.to_be_bytes());
    }
    uuid::Uuid::new_v5(&state.instance(), &name).to_string().into()
}

/// The id of the event that a step emits: like an idempotency key, the same for the same step of the same run.
pub(super) fn event_id(
    state: &State,
    definition: &Definition,
    thread: &Thread,
    step: StepIndex,
) -> uuid::Uuid {
    let path = &definition.steps[step as usize].path;
    let mut name = Vec::with_capacity(path.len() + 1 + 4 * thread.lineage.len());
    name.extend_from_slice(path.as_bytes());
    // Not the key of a call at the same step.
    name.push(2);
    thread.lineage.iter().for_each(|number| name.extend_from_slice(&number.to_be_bytes()));
    uuid::Uuid::new_v5(&state.instance(), &name)
}
