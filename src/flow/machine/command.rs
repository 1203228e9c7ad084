//! What people do to a durable run: try again, skip, amend, go on from a step, end.

use std::sync::Arc;

use super::{Frame, ParkId, Run, Signal, State, ThreadId};
use crate::flow::FlowEnd;
use crate::flow::definition::{Definition, StepIndex};
use crate::value::Value;

/// Goes on from one of the outermost steps; made by [`Rerun::from`].
#[derive(Debug, Clone, PartialEq)]
pub struct Rerun {
    step: StepIndex,
    /// What effectful calls came to so far, by their idempotency keys: they are not sent again.
    pub effects: Vec<(Arc<str>, Option<Value>)>,
}

/// Why something cannot be done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such outermost step.
    NoSuchStep,
    /// The run has not come so far.
    NotThereYet,
    /// It ends already.
    Ending,
}

impl Rerun {
    /// From the step at `path`, if a run that stands at `state` can go on from there.
    ///
    /// # Errors
    /// When it cannot.
    pub fn from(
        definition: &Definition,
        state: &State,
        path: &str,
        effects: Vec<(Arc<str>, Option<Value>)>,
    ) -> Result<Rerun, Refused> {
        let outermost = &definition.blocks[0].steps;
        let wanted = |step: &&StepIndex| *definition.steps[**step as usize].path == *path;
        let at = outermost.iter().position(|step| wanted(&step)).ok_or(Refused::NoSuchStep)?;
        if state.over || state.ending.is_some() {
            return Err(Refused::Ending);
        }
        match state.threads.first().and_then(Option::as_ref).and_then(|root| root.frames.first()) {
            Some(Frame::Block { next, .. }) if at < *next as usize => {
                Ok(Rerun { step: outermost[at], effects })
            }
            _ => Err(Refused::NotThereYet),
        }
    }
}

impl Run<'_, '_> {
    /// Tries a parked step again.
    pub(super) fn retry(&mut self, park: ParkId, effects: Vec<(Arc<str>, Option<Value>)>) {
        let Some(id) = self.parked_thread(park) else { return };
        self.state.effects = effects;
        self.push(id, Signal::Again);
    }

    /// Goes on behind a parked step.
    pub(super) fn skip(&mut self, park: ParkId, result: Option<Value>) {
        let Some(id) = self.parked_thread(park) else { return };
        self.push(id, Signal::Instead(result));
    }

    fn parked_thread(&self, park: ParkId) -> Option<ThreadId> {
        let is_there =
            |frame: Option<&Frame>| matches!(frame, Some(Frame::Parked(parked)) if parked.id == park);
        let threads = self.state.threads.iter();
        let at = threads.map(|thread| thread.as_ref().and_then(|thread| thread.frames.last()));
        at.into_iter().position(is_there).map(|at| at as ThreadId)
    }

    /// Gives an input another value wherever it is still looked at.
    pub(super) fn amend(&mut self, input: usize, value: Option<Value>) {
        // `client` and the correlation id stand before the inputs.
        let slot = input + 2;
        for thread in self.state.threads.iter_mut().flatten() {
            // Inside another flow the variables of the outermost one wait in the first of these frames.
            let outer = thread.frames.iter_mut().find_map(|frame| match frame {
                Frame::Flow { slots } => Some(slots),
                _ => None,
            });
            let slots = if thread.flow.is_empty() { Some(&mut thread.slots) } else { outer };
            if let Some(place) = slots.and_then(|slots| slots.get_mut(slot)) {
                *place = value.clone();
            }
        }
    }

    /// Goes on from an outermost step: what is under way is given up, what was done stays done.
    pub(super) fn rerun(&mut self, rerun: Rerun) {
        let Some(mut root) = self.state.threads.first_mut().and_then(Option::take) else { return };
        self.unwind(&mut root, 1, "cancelled");
        let definition = self.definition(&root);
        let steps = &definition.blocks[0].steps;
        let at = steps.iter().position(|step| *step == rerun.step);
        if let (Some(at), Some(Frame::Block { next, base, .. })) = (at, root.frames.first_mut()) {
            let results =
                steps[..at].iter().filter(|step| definition.steps[**step as usize].has_result).count();
            *next = at as u32 + 1;
            let slots = *base as usize + results;
            root.slots.truncate(slots);
        }
        self.state.effects = rerun.effects;
        self.state.threads[0] = Some(root);
        self.push(0, Signal::Step(rerun.step));
    }

    /// Ends the run. Without `undo`, at once: whatever it undoes or settles is given up too.
    pub(super) fn stop(&mut self, undo: bool, reason: Arc<str>) {
        if undo && self.state.ending.is_some() {
            return;
        }
        self.state.undo = undo;
        self.keeps = undo;
        if !undo {
            self.state.undos.clear();
        }
        let open: Vec<ThreadId> = (0..self.state.threads.len() as ThreadId).collect();
        let loose = |run: &Self, id: ThreadId| {
            let thread = run.state.threads[id as usize].as_ref();
            thread.is_some_and(|thread| thread.parent.is_none())
        };
        for id in open.into_iter().filter(|id| *id == 0 || !undo) {
            if loose(self, id) {
                self.cancel(id);
            }
        }
        self.finish(FlowEnd::Cancelled { reason });
    }
}
