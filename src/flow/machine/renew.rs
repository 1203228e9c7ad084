//! Results that are good only for a while: before a step that reads one which has expired begins, the old one is
//! undone, where the call says how, and the call is made anew, as another one with a key of its own.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::Undo;
use super::{Action, Frame, Run, Signal, State, Thread, ThreadId};
use crate::flow::definition::{Expires, Renewal, Step, StepIndex};
use crate::flow::formula::Broken;
use crate::flow::step::Node;
use crate::value::Value;

/// Results whose end a run remembers, at most: of very many, the oldest count as good.
const MAX_GOOD: usize = 4_096;

/// How long what a call gave is good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Good {
    flow: Vec<u16>,
    lineage: Vec<u32>,
    step: StepIndex,
    /// How often it was made anew.
    round: u32,
    /// On the clock of [`super::Now::at`]; `None`: always.
    until: Option<Duration>,
    /// It is being made anew.
    open: bool,
}

/// What is under way while a step waits for a result that is made anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Renewing {
    /// The step that waits, and which of what it reads it is.
    reader: StepIndex,
    at: u32,
    entry: Entry,
    /// The call that is made anew.
    pub(super) step: StepIndex,
    slot: u32,
    /// Rounds and runs of the reader; the call has its own.
    pub(super) lineage: Vec<u32>,
    /// The old one, until it is undone.
    pub(super) undo: Option<Undo>,
    /// Whether the reader may have been done before.
    unclear: bool,
}

/// How a step is entered once what it reads is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::flow) enum Entry {
    /// From its beginning.
    Whole,
    /// Because another step reads its result: whether it is wanted was decided before.
    Anew,
    /// It was entered, and its call was not sent so far.
    Held,
}

impl State {
    /// How often the call at a step was made anew.
    pub(in crate::flow) fn round(&self, thread: &Thread, step: StepIndex) -> u32 {
        let own =
            |good: &&Good| (good.step, &good.flow, &good.lineage) == (step, &thread.flow, &thread.lineage);
        self.good.iter().find(own).map_or(0, |good| good.round)
    }

    /// What the result of a step is that a thread sees: of several rounds, that of its own.
    fn good_of(&mut self, thread: &Thread, step: StepIndex) -> Option<&mut Good> {
        let own = self.good.iter_mut().filter(|good| {
            (good.step, &good.flow) == (step, &thread.flow) && thread.lineage.starts_with(&good.lineage)
        });
        own.max_by_key(|good| good.lineage.len())
    }

    fn take_undo(&mut self, good: &Good) -> Option<Undo> {
        let same = |undo: &Undo| {
            (undo.step, &undo.flow, &undo.lineage, undo.round)
                == (good.step, &good.flow, &good.lineage, good.round)
        };
        self.undos.iter().position(same).map(|at| self.undos.remove(at))
    }
}

impl Thread {
    /// The slot from which on a call does not see what the thread has: it is made anew for a later step.
    pub(in crate::flow) fn sees_until(&self, step: StepIndex) -> Option<usize> {
        let below = self.frames.iter().rev().find(|frame| !matches!(frame, Frame::Step { .. }));
        match below {
            Some(Frame::Renew(renewing)) if renewing.step == step => Some(renewing.slot as usize),
            _ => None,
        }
    }
}

impl<'d> Run<'d, '_> {
    /// A call gave something: notes how long it is good. `slots`: the scope behind it.
    pub fn note_good(
        &mut self,
        thread: &Thread,
        index: StepIndex,
        slots: &[Option<Value>],
    ) -> Result<(), Broken> {
        let Some(expires) = &self.step(thread, index).expires else { return Ok(()) };
        let until = match expires {
            Expires::After(lapse) => Some(self.now.at.saturating_add(*lapse)),
            Expires::At(formula) => {
                formula.eval(slots, &self.now.context)?.map(|instant| self.at(&instant)).transpose()?
            }
        };
        if let Some(good) = self
            .state
            .good
            .iter_mut()
            .find(|good| (good.step, &good.flow, &good.lineage) == (index, &thread.flow, &thread.lineage))
        {
            // A result that was taken from before is no younger for it.
            if good.open {
                (good.until, good.open) = (until, false);
            }
            return Ok(());
        }
        if self.state.good.len() >= MAX_GOOD {
            self.state.good.remove(0);
        }
        let (flow, lineage) = (thread.flow.clone(), thread.lineage.clone());
        self.state.good.push(Good { flow, lineage, step: index, round: 0, until, open: false });
        Ok(())
    }

    /// An instant on the clock of the run.
    fn at(&self, instant: &Value) -> Result<Duration, Broken> {
        let read = instant.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let Some(read) = read else {
            let found = instant.kind().name();
            return Err(Broken::Failed(format!(
                "`expires` must be an instant with its offset, this is {found}"
            )));
        };
        let left = read.as_nanosecond().saturating_sub(self.now.context.now.0).max(0);
        Ok(self.now.at.saturating_add(Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX))))
    }

    /// Whether something that a step reads has expired.
    pub fn reads_expired(&mut self, thread: &Thread, index: StepIndex) -> bool {
        let step = self.step(thread, index);
        step.renews.iter().any(|renewal| self.has_expired(thread, renewal))
    }

    fn has_expired(&mut self, thread: &Thread, renewal: &Renewal) -> bool {
        let value = thread.slots.get(renewal.slot as usize).and_then(Option::as_ref);
        let is_there = match &renewal.field {
            None => value.is_some(),
            Some(field) => value.is_some_and(|value| value.get(field).is_some()),
        };
        let now = self.now.at;
        let good = self.state.good_of(thread, renewal.step);
        is_there && good.is_some_and(|good| good.open || good.until.is_some_and(|until| until <= now))
    }

    /// Enters a step once everything that it reads is good, from the `from`th on.
    pub fn enter_with_good(
        &mut self,
        id: ThreadId,
        thread: &mut Thread,
        (index, from, entry): (StepIndex, usize, Entry),
    ) -> Signal {
        let step = self.step(thread, index);
        let expired = |(_, renewal): &(usize, &Renewal)| self.has_expired(thread, renewal);
        if let Some((at, renewal)) = step.renews.iter().enumerate().skip(from).find(expired) {
            return self.renew(id, thread, (index, at as u32, entry), renewal);
        }
        match entry {
            Entry::Whole => self.begin_step(id, thread, index),
            Entry::Anew => {
                self.open_step(id, thread, index, step);
                step.node.enter(self, id, thread, index)
            }
            Entry::Held => step.node.enter(self, id, thread, index),
        }
    }

    fn renew(
        &mut self,
        id: ThreadId,
        thread: &mut Thread,
        (reader, at, entry): (StepIndex, u32, Entry),
        renewal: &Renewal,
    ) -> Signal {
        let Some(good) = self.state.good_of(thread, renewal.step).cloned() else { return Signal::Done(None) };
        let path = &self.step(thread, renewal.step).path;
        self.act(Action::Expired { path });
        let undo = self.state.take_undo(&good);
        let lineage = std::mem::replace(&mut thread.lineage, good.lineage);
        let (step, slot) = (renewal.step, renewal.slot);
        let unclear = std::mem::take(&mut self.unclear);
        let is_undone = undo.is_none();
        let renewing = Renewing { reader, at, entry, step, slot, lineage, undo, unclear };
        thread.frames.push(Frame::Renew(Box::new(renewing)));
        if is_undone {
            self.reopen(thread, step);
        }
        self.renew_now(id, thread)
    }

    /// From now on it is another round of the call.
    fn reopen(&mut self, thread: &Thread, step: StepIndex) {
        if let Some(good) = self.state.good_of(thread, step) {
            (good.round, good.open) = (good.round.saturating_add(1), true);
        }
    }

    /// Begins, once more perhaps, what [`Frame::Renew`], on top, is at.
    pub(super) fn renew_now(&mut self, id: ThreadId, thread: &mut Thread) -> Signal {
        let Some(Frame::Renew(renewing)) = thread.frames.last() else { return Signal::Done(None) };
        let index = renewing.step;
        let step: &'d Step = self.step(thread, index);
        match (&renewing.undo, &step.node) {
            (Some(undo), Node::Call(call)) => {
                let Some(node) = &call.compensate else { return Signal::Done(None) };
                let (inputs, round) = (Arc::clone(&undo.inputs), undo.round);
                self.act(Action::Undoing { path: &step.path });
                node.begin(self, id, thread, index, (inputs, Some(round)))
            }
            _ => self.enter_with_good(id, thread, (index, 0, Entry::Anew)),
        }
    }

    /// The old result is undone, or the new one is there; [`Frame::Renew`] is on top.
    pub(super) fn renew_next(&mut self, id: ThreadId, thread: &mut Thread, value: Option<Value>) -> Signal {
        let Some(Frame::Renew(renewing)) = thread.frames.last_mut() else { return Signal::Done(value) };
        let step = renewing.step;
        if renewing.undo.take().is_some() {
            self.reopen(thread, step);
            return self.renew_now(id, thread);
        }
        if let Some(good) = self.state.good_of(thread, step).filter(|good| good.open) {
            // Somebody said what it comes to, and answers for it.
            (good.until, good.open) = (None, false);
        }
        let Some(Frame::Renew(renewing)) = thread.frames.pop() else { return Signal::Done(value) };
        thread.lineage = renewing.lineage;
        self.unclear = renewing.unclear;
        let reader = self.step(thread, renewing.reader);
        if let Some(renewal) = reader.renews.get(renewing.at as usize) {
            replace(thread, renewal, value);
        }
        self.enter_with_good(id, thread, (renewing.reader, renewing.at as usize + 1, renewing.entry))
    }
}

/// Puts a result in the place of the one that has expired.
fn replace(thread: &mut Thread, renewal: &Renewal, value: Option<Value>) {
    let Some(place) = thread.slots.get_mut(renewal.slot as usize) else { return };
    match (&renewal.field, place.as_mut()) {
        (Some(field), Some(Value::Object(map))) => {
            let map = Arc::make_mut(map);
            match value {
                Some(value) => _ = map.insert(Arc::clone(field), value),
                None => _ = map.remove(field),
            }
        }
        _ => *place = value,
    }
}
