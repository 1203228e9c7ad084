//! Going on after the process ended: what was under way is asked for again, where that is safe.

use super::{Action, Frame, Now, Run, State, ThreadId};
use crate::flow::definition::Definition;
use crate::flow::step::call;

/// Begins again what a driver did for a run whose state was written down. Calls that may be repeated are
/// repeated; a create that was under way counts as unknown, and is looked for. Timers that are due by now
/// are due at once. Subscriptions to events are the driver's to keep.
pub fn recover<'d>(
    definition: &'d Definition,
    state: &mut State,
    now: &Now<'_>,
    actions: &mut Vec<Action<'d>>,
) {
    let timers: Vec<_> = state.timers().collect();
    actions
        .extend(timers.into_iter().map(|(id, due)| Action::Timer { id, after: due.saturating_sub(now.at) }));
    let mut run = Run::new(definition, state, now, actions);
    for id in 0..run.state.threads.len() as ThreadId {
        let thread = run.state.threads[id as usize].as_ref();
        if matches!(thread.and_then(|thread| thread.frames.last()), Some(Frame::Call(_))) {
            call::recover(&mut run, id);
        }
    }
    run.settle();
}
