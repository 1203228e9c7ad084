//! Events: what a run emits, and what it listens for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Action, Run, ThreadId};
use crate::flow::kept;
use crate::value::Value;

/// Events that one listen can be for.
pub const MAX_WANTS: usize = 64;

/// Number of a listen, unique in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListenId(pub u32);

/// An event to publish.
#[derive(Debug, Clone)]
pub struct Emission<'d> {
    /// Its name: `shipment.confirmed`.
    pub event: &'d Arc<str>,
    /// The same whenever the same step of the same run emits it.
    pub id: uuid::Uuid,
    /// Which event it is, when its type says so by what it says.
    pub own_id: Option<Arc<str>>,
    /// Whose it is, when the run belongs to nobody.
    pub account: Option<Arc<str>>,
    /// What it is about.
    pub key: Arc<str>,
    /// What listens may find it by: fields and canonical texts.
    pub correlates: Vec<(Arc<str>, Arc<str>)>,
    /// What it says; it fits the event's schema.
    pub payload: Value,
    /// The step that emits it.
    pub path: &'d Arc<str>,
}

/// Events that a step waits for, until it is cancelled.
#[derive(Debug, Clone)]
pub struct Listen<'d> {
    pub id: ListenId,
    /// An event that matches any of them is told.
    pub wants: Vec<Want<'d>>,
    /// The step that listens.
    pub path: &'d Arc<str>,
}

/// One event that is waited for.
#[derive(Debug, Clone)]
pub struct Want<'d> {
    pub event: &'d Arc<str>,
    /// Fields of the event and the canonical texts that all of them must have.
    pub correlate: Vec<(Arc<str>, Arc<str>)>,
}

/// An event that reached a listen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Occurrence {
    /// The event's name.
    pub event: Arc<str>,
    /// Its number in the store: told twice, it counts once.
    pub number: u64,
    #[serde(with = "kept::sure")]
    pub payload: Value,
}

impl<'d> Run<'d, '_> {
    /// Asks the driver for events.
    pub fn listen(&mut self, thread: ThreadId, wants: Vec<Want<'d>>, path: &'d Arc<str>) -> ListenId {
        let id = self.state.listen(thread);
        self.act(Action::Listen(Listen { id, wants, path }));
        id
    }

    /// Takes a listen back.
    pub fn cancel_listen(&mut self, id: ListenId) {
        if self.state.take_listen(id) {
            self.act(Action::CancelListen(id));
        }
    }
}
