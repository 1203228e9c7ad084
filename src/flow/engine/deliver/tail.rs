//! The newest events in memory: one reader of the log for all subscribers and streams that keep up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::event::Notice;
use crate::flow::engine::Engine;
use crate::store::{Event, EventFilter, Store, StoreError};

/// Events kept, and bytes of what they say.
const EVENTS: usize = 4096;
const BYTES: usize = 32 << 20;
/// Events read at once.
pub(super) const AT_ONCE: usize = 500;

/// The end of the event log.
#[derive(Debug)]
pub struct Tail {
    ring: Mutex<Ring>,
    /// The number of the last event that is known.
    last: watch::Sender<u64>,
}

#[derive(Debug)]
struct Ring {
    notices: VecDeque<Arc<Notice>>,
    bytes: usize,
    /// The number of the next event to be read.
    next: u64,
}

/// Some events from a number on, in their order.
#[derive(Debug)]
pub struct Page {
    /// Those that were asked for.
    pub notices: Vec<Arc<Notice>>,
    /// There are no others up to this number.
    pub upto: u64,
    /// There may be more right now.
    pub more: bool,
}

/// Which events a page is of.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of these names; empty: of any.
    pub names: Vec<Arc<str>>,
    /// Only of this account.
    pub account: Option<Arc<str>>,
}

impl Wanted {
    fn has(&self, event: &Event) -> bool {
        (self.names.is_empty() || self.names.contains(&event.name))
            && self.account.as_ref().is_none_or(|account| *account == event.account)
    }
}

impl Tail {
    /// From the event after `last` on.
    pub(super) fn after(last: u64) -> Tail {
        let ring = Ring { notices: VecDeque::new(), bytes: 0, next: last + 1 };
        Tail { ring: Mutex::new(ring), last: watch::Sender::new(last) }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says when there are new events, by the number of the last.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// The number of the last event that is known.
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// Lets go of what is in memory: it was changed in the store.
    pub fn forget(&self) {
        let mut ring = self.ring();
        ring.notices.clear();
        ring.bytes = 0;
    }

    fn add(&self, events: Vec<Event>) {
        let Some(last) = events.last().map(|event| event.number) else { return };
        let mut ring = self.ring();
        for event in events {
            ring.bytes += event.body.len();
            ring.notices.push_back(Arc::new(Notice::new(event)));
        }
        ring.next = last + 1;
        while ring.notices.len() > EVENTS || ring.bytes > BYTES {
            let Some(oldest) = ring.notices.pop_front() else { break };
            ring.bytes = ring.bytes.saturating_sub(oldest.event.body.len());
        }
        drop(ring);
        self.last.send_replace(last);
    }

    /// What is in memory from `next` on; `None`: some of it is not.
    fn page(&self, next: u64, wanted: &Wanted) -> Option<Page> {
        let ring = self.ring();
        if next >= ring.next {
            return Some(Page { notices: Vec::new(), upto: ring.next - 1, more: false });
        }
        if ring.notices.front()?.event.number > next {
            return None;
        }
        let from = ring.notices.partition_point(|notice| notice.event.number < next);
        let upto = (ring.notices.len()).min(from + AT_ONCE);
        let looked: Vec<&Arc<Notice>> = ring.notices.range(from..upto).collect();
        let last = looked.last()?.event.number;
        let notices = looked.into_iter().filter(|notice| wanted.has(&notice.event)).cloned().collect();
        Some(Page { notices, upto: last, more: upto < ring.notices.len() })
    }
}

impl Engine {
    /// The end of the event log.
    pub fn tail(&self) -> &Tail {
        &self.deliveries.tail
    }

    /// Reads what was recorded since it last read.
    pub(super) async fn read_on(&self) -> Result<(), StoreError> {
        loop {
            let after = self.tail().ring().next - 1;
            let filter = EventFilter { after, ..EventFilter::default() };
            let events = self.writer.read(move |store| store.events(&filter, AT_ONCE)).await?;
            let more = events.len() == AT_ONCE;
            self.tail().add(events);
            if !more {
                return Ok(());
            }
        }
    }

    /// Some events from number `next` on: from memory, or else from the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn events_from(&self, next: u64, wanted: &Wanted) -> Result<Page, StoreError> {
        if let Some(page) = self.tail().page(next, wanted) {
            return Ok(page);
        }
        let wanted = wanted.clone();
        self.writer.read(move |store| stored(store, next, &wanted)).await
    }
}

fn stored(store: &dyn Store, next: u64, wanted: &Wanted) -> Result<Page, StoreError> {
    let newest = store.last_event()?;
    let name = match wanted.names.as_slice() {
        [name] => Some(Arc::clone(name)),
        _ => None,
    };
    let filter = EventFilter { after: next.saturating_sub(1), name, ..EventFilter::default() };
    let events = store.events(&filter, AT_ONCE)?;
    let more = events.len() == AT_ONCE;
    let last = events.last().map(|event| event.number);
    let upto = if more { last.unwrap_or(newest) } else { newest.max(last.unwrap_or(0)) };
    let notices =
        events.into_iter().filter(|event| wanted.has(event)).map(|event| Arc::new(Notice::new(event)));
    Ok(Page { notices: notices.collect(), upto, more })
}
