//! What an instance is told from outside, and what people may do to it.

use std::sync::Arc;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::Engine;
use super::care::Tending;
use crate::store::{Matched, Status};
use crate::value::Value;

/// A message to an instance.
#[derive(Debug)]
pub(super) enum Told {
    /// Look whether something is due.
    Wake,
    /// A system that it may wait for is there again.
    Back(Arc<str>),
    /// An event is for it.
    Occurred(Box<Matched>),
    /// Somebody wants something done.
    Act { order: Order, preview: bool, reply: oneshot::Sender<Result<Done, Refused>> },
    /// Somebody does something with one of its cases.
    Tend { number: u64, tending: Tending, reply: oneshot::Sender<Result<Done, Refused>> },
}

/// What somebody wants done, and why: both go into the audit trail.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub who: Arc<str>,
    pub reason: Arc<str>,
    pub action: Action,
}

/// What can be done to an instance.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Try the step of this case's park again.
    Retry { park: u32 },
    /// Go on behind it, with this result.
    Skip { park: u32, result: Option<Value> },
    /// Give an input of the flow another value, and try every parked step again.
    Amend { input: Arc<str>, value: Value },
    /// Go on from an outermost step.
    Rerun { step: Arc<str> },
    /// Undo what it did, and end it.
    Compensate,
    /// As [`Action::Compensate`], for the one who asked for the work: only while the step is not reached.
    Withdraw { before: Arc<str> },
    /// End it where it stands.
    Cancel,
}

impl Action {
    /// Its word.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Retry { .. } => "retry",
            Action::Skip { .. } => "skip",
            Action::Amend { .. } => "amend",
            Action::Rerun { .. } => "rerun",
            Action::Compensate => "compensate",
            Action::Withdraw { .. } => "withdraw",
            Action::Cancel => "cancel",
        }
    }
}

/// What came of it, on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub status: Status,
    pub stage: Arc<str>,
}

/// Why it was not done; then nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such instance, or it is over.
    Over,
    /// Nothing is parked there (any more).
    NotParked,
    NoSuchCase,
    NoSuchStep,
    NotThereYet,
    /// It ends already.
    Ending,
    /// It is too far to be withdrawn.
    TooLate,
    /// What was given does not fit: in words.
    Unfit(String),
    /// The store or the definition failed: in words.
    Failed(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Over => f.write_str("there is no such instance, or it is over"),
            Refused::NotParked => f.write_str("nothing waits for anybody there any more"),
            Refused::NoSuchCase => f.write_str("there is no such case"),
            Refused::NoSuchStep => f.write_str("the flow has no such outermost step"),
            Refused::NotThereYet => f.write_str("it has not come to that step yet"),
            Refused::Ending => f.write_str("it ends already"),
            Refused::TooLate => f.write_str("it is too far to be withdrawn"),
            Refused::Unfit(why) | Refused::Failed(why) => f.write_str(why),
        }
    }
}

impl Told {
    /// Whoever waits for an answer gets this one.
    pub(super) fn refuse(self, refused: &Refused) {
        if let Told::Act { reply, .. } | Told::Tend { reply, .. } = self {
            let _ = reply.send(Err(refused.clone()));
        }
    }
}

impl Engine {
    /// Does something to an instance. When it returns, what came of it is on disk.
    ///
    /// # Errors
    /// Then nothing was done.
    pub async fn act(self: &Arc<Engine>, id: Uuid, order: Order) -> Result<Done, Refused> {
        let (reply, answer) = oneshot::channel();
        self.tell(id, Told::Act { order, preview: false, reply });
        answer.await.unwrap_or(Err(Refused::Over))
    }

    /// Whether something could be done to an instance. Gives where it stands, unchanged.
    ///
    /// # Errors
    /// It could not.
    pub async fn could_act(self: &Arc<Engine>, id: Uuid, order: Order) -> Result<Done, Refused> {
        let (reply, answer) = oneshot::channel();
        self.tell(id, Told::Act { order, preview: true, reply });
        answer.await.unwrap_or(Err(Refused::Over))
    }

    /// Tries to take an instance up again that could not be: its definition may be there now. Its case closes
    /// by itself when it can.
    pub fn try_again(self: &Arc<Engine>, id: Uuid) {
        self.tell(id, Told::Wake);
    }
}
