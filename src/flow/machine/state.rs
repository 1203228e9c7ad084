//! Where a run stands: threads, each with its variables and a stack of open steps.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CallId, Good, Join, ListenId, ParkId, Parked, Renewing, Start, TimerId};
use crate::flow::FlowEnd;
use crate::flow::definition::{BlockIndex, Definition, StepIndex};
use crate::flow::kept;
use crate::flow::step::call::Pending;
use crate::flow::step::listen::Listening;
use crate::value::Value;

/// Number of a thread in its state; 0 is the outermost.
pub(in crate::flow) type ThreadId = u32;

/// Events that a run remembers to have taken, at most.
const MAX_TAKEN: usize = 4_096;

/// Where a run stands. Plain data, and the form in which it is written down: names of fields stay, new ones
/// have a default.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    instance: uuid::Uuid,
    seed: u64,
    pub(super) trace: bool,
    pub(super) steps: u32,
    ids: u32,
    pub(super) threads: Vec<Option<Thread>>,
    /// Places in `threads` that are free.
    pub(super) free: Vec<ThreadId>,
    calls: Vec<(CallId, ThreadId)>,
    /// With the time at which each is due, on the clock of [`super::Now::at`].
    timers: Vec<(TimerId, ThreadId, Duration)>,
    #[serde(default)]
    pub(super) durable: bool,
    /// How what was done can be undone, in the order in which it was done.
    #[serde(default)]
    pub(super) undos: Vec<Undo>,
    /// How the run ends, once what it did is undone and what it gave up is settled.
    #[serde(default)]
    pub(super) ending: Option<FlowEnd>,
    /// Whether a failure ends it by undoing.
    #[serde(default)]
    pub(super) undo: bool,
    /// What effectful calls came to, by their idempotency keys, when steps are run again on purpose: they are
    /// not sent a second time.
    #[serde(default, with = "kept::effects")]
    pub(in crate::flow) effects: Vec<(Arc<str>, Option<Value>)>,
    #[serde(default)]
    listens: Vec<(ListenId, ThreadId)>,
    /// Events that ended a listen or had steps run for them, by number, and the last id given out then:
    /// listens that are opened later do not hear them again.
    #[serde(default)]
    taken: Vec<(u64, u32)>,
    pub(super) over: bool,
    /// Whether it waits for its turn: no step has begun.
    #[serde(default)]
    pub(super) queued: bool,
    /// How long what calls gave is good, where that ends.
    #[serde(default)]
    pub(super) good: Vec<Good>,
}

/// How to undo one call that was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Undo {
    pub flow: Vec<u16>,
    pub lineage: Vec<u32>,
    pub step: StepIndex,
    #[serde(with = "kept::inputs")]
    pub inputs: Arc<[Option<Value>]>,
    /// How often it had been made anew.
    #[serde(default)]
    pub round: u32,
}

/// One line of steps that runs beside others: the flow itself, a branch, a round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Thread {
    /// Whose branch or round it is, and which.
    pub parent: Option<(ThreadId, u32)>,
    /// The way down through `run`: numbers of child definitions.
    pub flow: Vec<u16>,
    /// Rounds and runs it is in: what makes the same step another one.
    pub lineage: Vec<u32>,
    #[serde(with = "kept::slots")]
    pub slots: Vec<Option<Value>>,
    pub frames: Vec<Frame>,
    pub deadline: Duration,
}

/// An open step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) enum Frame {
    /// Steps one after the other; variables above `base` end with it.
    Block {
        block: BlockIndex,
        next: u32,
        base: u32,
    },
    /// A step with a timeout, or one that is traced.
    Step {
        step: StepIndex,
        timer: Option<TimerId>,
        outer: Duration,
    },
    /// Failures inside are caught here.
    Try {
        step: StepIndex,
    },
    /// Another flow; the variables of this one wait.
    Flow {
        #[serde(with = "kept::slots")]
        slots: Vec<Option<Value>>,
    },
    Call(Box<Pending>),
    Join(Box<Join>),
    /// Somebody must act: the step that the block below is at.
    Parked(Box<Parked>),
    /// Calls that were done are undone, the last first: `left` more of them after `now`.
    Undo {
        left: u32,
        now: Option<Box<Undo>>,
    },
    Listen(Box<Listening>),
    /// A result that a step reads is made anew.
    Renew(Box<Renewing>),
    /// Until the timer is due.
    Wait(TimerId),
}

impl Thread {
    /// The flow itself.
    pub fn root(slots: Vec<Option<Value>>, deadline: Duration) -> Thread {
        Thread { parent: None, flow: Vec::new(), lineage: Vec::new(), slots, frames: Vec::new(), deadline }
    }

    /// A branch or round of this thread, which is `id`.
    pub fn child(&self, id: ThreadId, number: u32, deadline: Duration) -> Thread {
        Thread {
            parent: Some((id, number)),
            flow: self.flow.clone(),
            lineage: self.lineage.clone(),
            slots: self.slots.clone(),
            frames: Vec::new(),
            deadline,
        }
    }
}

impl State {
    pub(super) fn new(start: &Start) -> State {
        State {
            instance: start.instance,
            seed: start.seed,
            trace: start.trace,
            steps: 0,
            ids: 0,
            threads: Vec::with_capacity(1),
            free: Vec::new(),
            calls: Vec::with_capacity(1),
            timers: Vec::new(),
            durable: start.durable,
            undos: Vec::new(),
            ending: None,
            undo: false,
            effects: Vec::new(),
            listens: Vec::new(),
            taken: Vec::new(),
            over: false,
            queued: false,
            good: Vec::new(),
        }
    }

    /// Which run it is.
    pub(in crate::flow) fn instance(&self) -> uuid::Uuid {
        self.instance
    }

    /// Whether the run has ended.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether it waits for its turn.
    pub fn is_queued(&self) -> bool {
        self.queued
    }

    /// A fresh call for a thread.
    pub(super) fn call(&mut self, thread: ThreadId) -> CallId {
        self.ids += 1;
        let id = CallId(self.ids);
        self.calls.push((id, thread));
        id
    }

    /// A fresh timer for a thread.
    pub(super) fn timer(&mut self, thread: ThreadId, due: Duration) -> TimerId {
        self.ids += 1;
        let id = TimerId(self.ids);
        self.timers.push((id, thread, due));
        id
    }

    /// A fresh place to park.
    pub(super) fn park(&mut self) -> ParkId {
        self.ids += 1;
        ParkId(self.ids)
    }

    /// Every timer and when it is due.
    pub fn timers(&self) -> impl Iterator<Item = (TimerId, Duration)> + '_ {
        self.timers.iter().map(|(id, _, due)| (*id, *due))
    }

    /// Whether it waits for an answer of a system.
    pub fn calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Whether the run outlives the process.
    pub(in crate::flow) fn is_durable(&self) -> bool {
        self.durable
    }

    /// From now on, whether a failure that ends the run undoes what it did.
    pub(in crate::flow) fn undo_failures(&mut self, undo: bool) {
        self.undo = undo;
    }

    /// Takes a thread off its place, to work on it.
    pub(in crate::flow) fn take_thread(&mut self, id: ThreadId) -> Option<Thread> {
        self.threads.get_mut(id as usize).and_then(Option::take)
    }

    /// Puts a thread back.
    pub(in crate::flow) fn put_thread(&mut self, id: ThreadId, thread: Thread) {
        if let Some(place) = self.threads.get_mut(id as usize) {
            *place = Some(thread);
        }
    }

    /// Gives a call to another thread.
    pub(in crate::flow) fn give_call(&mut self, id: CallId, to: ThreadId) {
        self.calls.iter_mut().filter(|(known, _)| *known == id).for_each(|(_, thread)| *thread = to);
    }

    /// Gives a timer to another thread.
    pub(in crate::flow) fn give_timer(&mut self, id: TimerId, to: ThreadId) {
        self.timers.iter_mut().filter(|(known, ..)| *known == id).for_each(|(_, thread, _)| *thread = to);
    }

    /// Every place where somebody must act.
    pub fn parked(&self) -> impl Iterator<Item = &Parked> {
        self.threads.iter().flatten().filter_map(|thread| match thread.frames.last() {
            Some(Frame::Parked(parked)) => Some(&**parked),
            _ => None,
        })
    }

    /// Whether the outermost steps have not come to the one at `path`.
    pub fn is_before(&self, definition: &Definition, path: &str) -> bool {
        let outermost = &definition.blocks[0].steps;
        let wanted = outermost.iter().position(|step| *definition.steps[*step as usize].path == *path);
        let root = self.threads.first().and_then(Option::as_ref).and_then(|root| root.frames.first());
        match (wanted, root) {
            (Some(wanted), Some(Frame::Block { next, .. })) => (*next as usize) <= wanted,
            (Some(_), None) => self.queued,
            _ => false,
        }
    }

    /// Whether it only settles and undoes before it is over.
    pub fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether it undoes what it did.
    pub fn is_undoing(&self) -> bool {
        self.threads.iter().flatten().any(|thread| matches!(thread.frames.first(), Some(Frame::Undo { .. })))
    }

    /// A fresh listen for a thread.
    pub(super) fn listen(&mut self, thread: ThreadId) -> ListenId {
        self.ids += 1;
        let id = ListenId(self.ids);
        self.listens.push((id, thread));
        id
    }

    /// Whose listen it is; it stays open.
    pub(super) fn listener(&self, id: ListenId) -> Option<ThreadId> {
        self.listens.iter().find(|(known, _)| *known == id).map(|(_, thread)| *thread)
    }

    /// Ends a listen; gives whether it was open.
    pub(super) fn take_listen(&mut self, id: ListenId) -> bool {
        let at = self.listens.iter().position(|(known, _)| *known == id);
        at.map(|at| self.listens.swap_remove(at)).is_some()
    }

    /// Notes that an event did what it could; of very many, the oldest are forgotten.
    pub(in crate::flow) fn take_event(&mut self, number: u64) {
        if number == 0 || self.taken.iter().any(|(known, _)| *known == number) {
            return;
        }
        if self.taken.len() >= MAX_TAKEN {
            self.taken.remove(0);
        }
        self.taken.push((number, self.ids));
    }

    /// Whether an event had done what it could before a listen was opened.
    pub(in crate::flow) fn was_taken(&self, number: u64, before: ListenId) -> bool {
        self.taken.iter().any(|(known, ids)| *known == number && *ids < before.0)
    }

    /// Whose call it is; it is then over.
    pub(in crate::flow) fn take_call(&mut self, id: CallId) -> Option<ThreadId> {
        let at = self.calls.iter().position(|(known, _)| *known == id)?;
        Some(self.calls.swap_remove(at).1)
    }

    /// Whose timer it is; it is then over.
    pub(super) fn take_timer(&mut self, id: TimerId) -> Option<ThreadId> {
        let at = self.timers.iter().position(|(known, ..)| *known == id)?;
        Some(self.timers.swap_remove(at).1)
    }

    /// The next number of chance (SplitMix64).
    pub(in crate::flow) fn random(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
