//! Branches and rounds that run at once, and how far each has come.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ThreadId, TimerId};
use crate::flow::definition::StepIndex;
use crate::flow::kept;
use crate::flow::{Failure, FlowEnd};
use crate::value::Value;

/// How a branch or round came out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) enum Joined {
    Done(#[serde(with = "kept::value")] Option<Value>),
    Failed(Failure),
    /// It ends the whole flow.
    Ended(FlowEnd),
}

/// How far a branch or round is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) enum Child {
    Running(ThreadId),
    Over(Joined),
    Cancelled,
}

/// Branches or rounds under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Join {
    pub step: StepIndex,
    /// In the order written, or of the list.
    pub children: Vec<Child>,
    /// The first, in that order, that did not come out well; known so far.
    pub bad: Option<u32>,
    /// How many are running.
    pub open: u32,
    pub timer: Option<TimerId>,
    /// What the rounds go over.
    #[serde(with = "kept::items")]
    pub items: Arc<Vec<Value>>,
}

/// What the first-in-order rule says.
#[derive(Debug)]
pub(in crate::flow) enum Verdict {
    /// An earlier one may still decide.
    Wait,
    /// All that have begun came out well.
    Good,
    Bad(Joined),
}

impl Join {
    /// Nothing under way yet.
    pub fn new(step: StepIndex) -> Join {
        Join { step, children: Vec::new(), bad: None, open: 0, timer: None, items: Arc::default() }
    }

    /// Notes one that began.
    pub fn began(&mut self, child: ThreadId) {
        self.open += 1;
        self.children.push(Child::Running(child));
    }

    /// How many came out well.
    pub fn answered(&self) -> u32 {
        self.children.iter().filter(|child| matches!(child, Child::Over(Joined::Done(_)))).count() as u32
    }

    /// Notes how one came out.
    pub fn note(&mut self, number: u32, joined: Joined) {
        let Some(child) = self.children.get_mut(number as usize) else { return };
        if !matches!(joined, Joined::Done(_)) {
            self.bad = Some(self.bad.map_or(number, |bad| bad.min(number)));
        }
        *child = Child::Over(joined);
        self.open = self.open.saturating_sub(1);
    }

    /// Marks those from `from` on that still run as cancelled, and gives them.
    pub fn give_up(&mut self, from: usize) -> Vec<ThreadId> {
        let mut given_up = Vec::new();
        for child in self.children.iter_mut().skip(from) {
            if let Child::Running(thread) = *child {
                given_up.push(thread);
                *child = Child::Cancelled;
            }
        }
        self.open = self.open.saturating_sub(given_up.len() as u32);
        given_up
    }

    /// Those that run.
    pub fn running(&self) -> impl Iterator<Item = ThreadId> {
        self.children.iter().filter_map(|child| match child {
            Child::Running(thread) => Some(*thread),
            _ => None,
        })
    }

    /// All must come out well, and the first in order that does not decides, whatever finished
    /// first: those after it have been given up, those before it are waited for.
    pub fn all(&mut self) -> Verdict {
        match self.bad {
            Some(_) if self.open > 0 => Verdict::Wait,
            None if self.open > 0 => Verdict::Wait,
            None => Verdict::Good,
            Some(bad) => match std::mem::replace(&mut self.children[bad as usize], Child::Cancelled) {
                Child::Over(joined) => Verdict::Bad(joined),
                _ => Verdict::Good,
            },
        }
    }
}
