//! An instance as it is kept, with what it did and why it stopped.

use std::collections::VecDeque;
use std::sync::Arc;

use super::history::{History, Past};
use crate::flow::FlowEnd;
use crate::flow::engine::Engine;
use crate::flow::machine;
use crate::store::{Case, CaseFilter, Instance, Store, StoreError};

/// Entries of a journal that are read at once, and that are read at all.
const PAGE: usize = 200;
const ENTRIES: u64 = 20_000;
/// Open cases that are told.
const CASES: usize = 20;

/// One look at an instance.
#[derive(Debug)]
pub(in crate::gateway::exchange) struct Seen {
    pub instance: Instance,
    /// The name of the route that it came by.
    pub route: Option<Arc<str>>,
    pub history: VecDeque<Past>,
    /// Whether it waits for a system that is away.
    pub held: bool,
    /// Whether it waits for its turn.
    pub queued: bool,
    /// What is open, oldest first.
    pub cases: Vec<Case>,
}

impl Seen {
    /// Looks into the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(engine: &Engine, instance: Instance) -> Result<Seen, StoreError> {
        engine.writer().read(move |store| seen(store, instance)).await
    }

    /// An instance that has just been accepted: there is nothing to read yet.
    pub fn fresh(instance: Instance, route: &Arc<str>) -> Seen {
        let accepted = Past { at: instance.created_at, stage: "".into(), what: "accepted" };
        let route = Some(Arc::clone(route));
        Seen { instance, route, history: [accepted].into(), held: false, queued: false, cases: Vec::new() }
    }

    /// What was answered, or how it ended; `None` when there is nothing to say yet, or it cannot be read.
    pub fn end(&self) -> Option<FlowEnd> {
        machine::load_end(self.instance.answer.as_deref()?).ok()
    }
}

fn seen(store: &dyn Store, instance: Instance) -> Result<Seen, StoreError> {
    let (mut history, mut after) = (History::default(), 0);
    while after < ENTRIES {
        let page = store.journal(instance.id, after, PAGE)?;
        page.iter().for_each(|entry| history.add(entry));
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.number,
            _ => break,
        }
    }
    let filter = CaseFilter { open: true, instance: Some(instance.id), ..CaseFilter::default() };
    let mut cases = store.cases(&filter, CASES)?;
    cases.reverse();
    let held = history.is_held() && instance.status.is_open();
    let queued = history.queued && instance.status.is_open();
    Ok(Seen { instance, route: history.route.take(), history: history.past, held, queued, cases })
}
