//! `listen`: waits for one, any or all of several events, with steps for each.
//!
//! A listen stays open until it has what it asks for. Of an event that correlates, the first entry whose
//! `when` holds hears it; one that no entry hears is unmatched. Events that come while steps run for an
//! earlier one wait for them.

mod compile;
mod turn;

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Kind, Node};
use crate::event::canonical;
use crate::event::{EventType, FieldPath};
use crate::flow::Failure;
use crate::flow::FailureKind;
use crate::flow::definition::{BlockIndex, StepIndex};
use crate::flow::formula::{Broken, Formula};
use crate::flow::kept;
use crate::flow::machine::{
    Frame, ListenId, Occurrence, Run, Signal, Thread, ThreadId, TimerId, Want, broken_at,
};
use crate::value::Value;
pub(in crate::flow) use turn::{fired, is_timer, occurred, stepped};

/// Events that wait for the steps of an earlier one, at most.
const MAX_WAITING: usize = 1_000;

/// A compiled `listen`.
#[derive(Debug)]
pub(in crate::flow) struct ListenNode {
    /// In the order written; each has a slot in `when`, `until` and its steps.
    pub entries: Vec<Entry>,
    pub rule: Rule,
    /// Over the scope and what each entry heard last.
    pub until: Option<Formula>,
    pub timeout: Option<std::time::Duration>,
    /// What happens when the time is over.
    pub otherwise: Option<BlockIndex>,
    /// What happens with an event that correlates and no entry hears.
    pub unmatched: Option<BlockIndex>,
}

/// One event that is listened for.
#[derive(Debug)]
pub(in crate::flow) struct Entry {
    pub event: Arc<EventType>,
    /// Its name in the result.
    pub name: Arc<str>,
    pub correlate: Vec<(FieldPath, Formula)>,
    /// Over the scope and the entries, this one with the event looked at.
    pub when: Option<Formula>,
    /// Steps for each.
    pub block: Option<BlockIndex>,
}

/// When a listen has what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Rule {
    /// One event; the result is what it says.
    One,
    /// One of several; the result has a field for each that was heard.
    Any,
    /// Each of several; the result has a field for each.
    All,
}

/// A listen under way: plain data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Listening {
    pub step: StepIndex,
    pub id: ListenId,
    pub timer: Option<TimerId>,
    /// Whether the time is over, while steps run for an event.
    pub late: bool,
    /// How many events the run had taken when it began: it does not hear those again.
    pub taken: u32,
    /// Of each entry, fields and their canonical texts.
    pub wants: Vec<Vec<(Arc<str>, Arc<str>)>>,
    /// What each entry heard last.
    #[serde(with = "kept::slots")]
    pub heard: Vec<Option<Value>>,
    /// The number of that event.
    pub numbers: Vec<u64>,
    /// The entry that heard last.
    pub last: Option<u32>,
    /// Events for which steps were run.
    pub rounds: u32,
    /// Numbers of the events that were told lately: a driver that takes a run up again may tell one twice.
    #[serde(default)]
    pub seen: VecDeque<u64>,
    /// Rounds and runs that the step is in.
    pub lineage: u32,
    /// Events that wait for the steps of an earlier one.
    pub waiting: VecDeque<Occurrence>,
}

impl ListenNode {
    /// Opens the listen.
    pub fn enter<'d>(
        &'d self,
        run: &mut Run<'d, '_>,
        id: ThreadId,
        thread: &mut Thread,
        index: StepIndex,
    ) -> Signal {
        let path = &run.step(thread, index).path;
        let wants = match self.wants(run, thread) {
            Ok(wants) => wants,
            Err(broken) => return broken_at(broken, path),
        };
        let asked = self.entries.iter().zip(&wants);
        let asked =
            asked.map(|(entry, wants)| Want { event: &entry.event.name, correlate: wants.clone() }).collect();
        let listening = Listening {
            step: index,
            taken: run.state.taken.len() as u32,
            id: run.listen(id, asked, path),
            timer: self.timeout.map(|timeout| run.set_timer(id, timeout)),
            late: false,
            heard: vec![None; wants.len()],
            numbers: vec![0; wants.len()],
            wants,
            last: None,
            rounds: 0,
            lineage: thread.lineage.len() as u32,
            waiting: VecDeque::new(),
            seen: VecDeque::new(),
        };
        thread.frames.push(Frame::Listen(Box::new(listening)));
        Signal::Wait
    }

    /// What each entry's fields must be.
    fn wants(&self, run: &Run<'_, '_>, thread: &Thread) -> Result<Vec<Vec<(Arc<str>, Arc<str>)>>, Broken> {
        let want = |(field, formula): &(FieldPath, Formula)| {
            let value = formula.eval(&thread.slots, &run.now.context)?;
            let text = value.as_ref().and_then(canonical);
            let text = text.ok_or_else(|| {
                let found = value.as_ref().map_or("absent", |value| value.kind().name());
                Broken::Failed(format!(
                    "`{}` must be a text or a number to correlate by, this is {found}",
                    field.0
                ))
            })?;
            Ok((field.0.clone(), text))
        };
        self.entries.iter().map(|entry| entry.correlate.iter().map(want).collect()).collect()
    }
}

impl Listening {
    /// Notes the number of an event that is told; gives whether it is told for the first time.
    fn is_new(&mut self, number: u64) -> bool {
        if self.seen.contains(&number) {
            return false;
        }
        if self.seen.len() >= MAX_WAITING {
            self.seen.pop_front();
        }
        self.seen.push_back(number);
        true
    }

    /// Gives back what it holds.
    pub fn close(&self, run: &mut Run<'_, '_>, thread: &mut Thread) {
        thread.lineage.truncate(self.lineage as usize);
        self.timer.into_iter().for_each(|timer| run.cancel_timer(timer));
        run.cancel_listen(self.id);
    }
}

pub(super) const KIND: Kind = Kind {
    name: "listen",
    help: "waits for events: one, `any` or `all` of several, with steps for each, `until` something holds",
    stands: |body| body.listen.is_some(),
    compile: compile::compile,
};

/// More events wait for steps than may.
fn too_many(run: &Run<'_, '_>, thread: &Thread, step: StepIndex) -> Signal {
    let path = run.step(thread, step).path.clone();
    let detail = format!("more than {MAX_WAITING} events wait for the steps of an earlier one");
    Signal::Fail(Failure::new(FailureKind::TooMuch, path, detail))
}

/// The node of a listen.
fn node_of<'d>(run: &Run<'d, '_>, thread: &Thread, step: StepIndex) -> Option<&'d ListenNode> {
    match &run.step(thread, step).node {
        Node::Listen(node) => Some(node),
        _ => None,
    }
}
