//! Calls that wait for a system which is away.

use super::{Frame, State, TimerId};
use crate::flow::definition::Definition;
use crate::flow::step::Node;

impl State {
    /// Timers of calls that wait for this system to be back: when they are due, it is asked again.
    pub fn held_on(&self, definition: &Definition, system: &str) -> Vec<TimerId> {
        let held = self.threads.iter().flatten().filter_map(|thread| {
            let Some(Frame::Call(pending)) = thread.frames.last() else { return None };
            let of = thread.flow.iter().fold(definition, |of, child| &of.children[usize::from(*child)]);
            let Node::Call(call) = &of.steps[pending.step() as usize].node else { return None };
            let call = if pending.is_undo() { call.compensate.as_deref()? } else { call };
            (*call.operation.system == *system).then(|| pending.held_until()).flatten()
        });
        held.collect()
    }
}
