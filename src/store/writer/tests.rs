//! The writer's promises, over stores that do strange things.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use uuid::Uuid;

use super::Writer;
use crate::store::{
    Case, CaseFilter, Change, ClaimKind, Committed, Definition, Entry, Event, EventFilter, Found, Held,
    Instance, InstanceFilter, Link, Matched, Memory, Millis, Room, Status, Store, StoreError, Transition,
};

/// A store in memory whose commits wait for a gate, and that can be told to misbehave.
#[derive(Debug, Default)]
struct Strange {
    memory: Memory,
    open: Mutex<bool>,
    opened: Condvar,
    panics: AtomicBool,
    full: AtomicBool,
    commits: AtomicUsize,
}

impl Strange {
    fn shut() -> Arc<Strange> {
        Arc::default()
    }

    fn open(&self) {
        *self.open.lock().expect("the gate") = true;
        self.opened.notify_all();
    }
}

impl Store for Strange {
    fn commit(&self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError> {
        let gate = self.open.lock().expect("the gate");
        drop(self.opened.wait_while(gate, |open| !*open).expect("the gate"));
        self.commits.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics.swap(false, Ordering::SeqCst), "as it was told");
        if self.full.load(Ordering::SeqCst) && transitions.iter().any(Transition::begins) {
            return Err(StoreError::Full("as it was told".into()));
        }
        self.memory.commit(transitions)
    }
    fn instance(&self, id: Uuid) -> Result<Option<Instance>, StoreError> {
        self.memory.instance(id)
    }
    fn instances(
        &self,
        filter: &InstanceFilter,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Instance>, StoreError> {
        self.memory.instances(filter, after, limit)
    }
    fn due(&self, until: Millis, limit: usize) -> Result<Vec<(Millis, Uuid)>, StoreError> {
        self.memory.due(until, limit)
    }
    fn next_due(&self, after: Millis) -> Result<Option<Millis>, StoreError> {
        self.memory.next_due(after)
    }
    fn journal(&self, id: Uuid, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.memory.journal(id, after, limit)
    }
    fn find(&self, reference: &str, account: Option<&str>, limit: usize) -> Result<Vec<Found>, StoreError> {
        self.memory.find(reference, account, limit)
    }
    fn claim(
        &self,
        account: &str,
        kind: ClaimKind,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<Held>, StoreError> {
        self.memory.claim(account, kind, scope, key, now)
    }
    fn events(&self, filter: &EventFilter, limit: usize) -> Result<Vec<Event>, StoreError> {
        self.memory.events(filter, limit)
    }
    fn given(&self, instance: Uuid) -> Result<Vec<Matched>, StoreError> {
        self.memory.given(instance)
    }
    fn untold(&self, limit: usize) -> Result<Vec<Uuid>, StoreError> {
        self.memory.untold(limit)
    }
    fn cases(&self, filter: &CaseFilter, limit: usize) -> Result<Vec<Case>, StoreError> {
        self.memory.cases(filter, limit)
    }
    fn case(&self, number: u64) -> Result<Option<Case>, StoreError> {
        self.memory.case(number)
    }
    fn next_case(&self) -> Result<u64, StoreError> {
        self.memory.next_case()
    }
    fn cursors(&self) -> Result<Vec<crate::store::Cursor>, StoreError> {
        self.memory.cursors()
    }
    fn last_event(&self) -> Result<u64, StoreError> {
        self.memory.last_event()
    }
    fn first_event_since(&self, at: crate::store::Millis) -> Result<Option<u64>, StoreError> {
        self.memory.first_event_since(at)
    }
    fn backlog(
        &self,
        name: &str,
        account: Option<&str>,
        next: u64,
    ) -> Result<crate::store::Backlog, StoreError> {
        self.memory.backlog(name, account, next)
    }
    fn entity(
        &self,
        account: &str,
        entity: &str,
        key: &str,
    ) -> Result<Option<crate::store::Entity>, StoreError> {
        self.memory.entity(account, entity, key)
    }
    fn mark(&self, name: &str) -> Result<u64, StoreError> {
        self.memory.mark(name)
    }

    fn definition(&self, digest: &str) -> Result<Option<Definition>, StoreError> {
        self.memory.definition(digest)
    }
    fn needed(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        self.memory.needed()
    }
    fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.blob(digest)
    }
    fn audit(&self, after: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        self.memory.audit(after, limit)
    }
    fn forget(&self, now: Millis, limit: usize) -> Result<usize, StoreError> {
        self.memory.forget(now, limit)
    }
    fn forget_cases(&self, closed: Millis, limit: usize) -> Result<usize, StoreError> {
        self.memory.forget_cases(closed, limit)
    }
    fn room(&self) -> Result<Room, StoreError> {
        self.memory.room()
    }
}

fn begin(id: u128) -> Transition {
    let instance = Instance {
        id: Uuid::from_u128(id),
        account: "ACME".into(),
        client: "portal".into(),
        flow: "booking".into(),
        digest: "d1".into(),
        correlation_id: "c".into(),
        business_key: None,
        created_at: 1,
        updated_at: 1,
        seq: 1,
        status: Status::Running,
        stage: "".into(),
        wake_at: None,
        state: Arc::from(*b"{}"),
        answer: None,
        keep_until: None,
    };
    Transition { at: 1, change: Some(Change::Begin(Box::new(instance))), ..Transition::default() }
}

fn go_on(id: u128, seq: u64) -> Transition {
    let change = Change::Continue {
        id: Uuid::from_u128(id),
        seq,
        status: Status::Running,
        stage: "order".into(),
        wake_at: None,
        state: Arc::from(*b"{}"),
        answer: None,
        keep_until: None,
    };
    Transition { at: 2, change: Some(change), ..Transition::default() }
}

fn done() -> Result<Committed, StoreError> {
    Ok(Committed::Done { matched: Vec::new(), reached: Vec::new() })
}

#[tokio::test]
async fn what_is_ready_shares_a_commit_in_the_order_of_the_calls() {
    let store = Strange::shut();
    let writer = Writer::start(store.clone(), 100).expect("a thread");
    let first = writer.commit(begin(1));
    while writer.depth() > 0 {
        tokio::task::yield_now().await;
    }
    // The first is being committed: the rest gathers behind it, awaited by nobody yet.
    let rest: Vec<_> = (1..=50).map(|seq| writer.commit(go_on(1, seq))).collect();
    store.open();
    assert_eq!(first.await, done());
    for one in rest {
        assert_eq!(one.await, done());
    }
    assert_eq!(store.commits.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_or_makes_wait() {
    let store = Strange::shut();
    let writer = Writer::start(store.clone(), 1).expect("a thread");
    let first = writer.commit(begin(1));
    while writer.depth() > 0 {
        tokio::task::yield_now().await;
    }
    let second = writer.try_commit(begin(2)).expect("there is one place");
    assert!(matches!(writer.try_commit(begin(3)), Err(StoreError::Full(_))));
    let third = writer.commit(begin(3));
    store.open();
    assert_eq!((first.await, second.await, third.await), (done(), done(), done()));
}

#[tokio::test]
async fn a_panic_in_the_store_is_told_to_those_who_wait_and_ends_nothing() {
    let store = Strange::shut();
    store.open();
    store.panics.store(true, Ordering::SeqCst);
    let writer = Writer::start(store.clone(), 10).expect("a thread");
    assert!(matches!(writer.commit(begin(1)).await, Err(StoreError::Failed(_))));
    assert_eq!(writer.commit(begin(1)).await, done());
}

#[tokio::test]
async fn work_that_goes_on_is_committed_when_there_is_no_room_for_new_work() {
    let store = Strange::shut();
    store.memory.commit(&[begin(1)]).expect("memory has room");
    store.full.store(true, Ordering::SeqCst);
    let writer = Writer::start(store.clone(), 10).expect("a thread");
    let all = [go_on(1, 1), begin(2), go_on(1, 2)].map(|one| writer.commit(one));
    store.open();
    let [before, new, after] = all;
    assert_eq!((before.await, after.await), (done(), done()));
    assert!(matches!(new.await, Err(StoreError::Full(_))));
    assert_eq!(store.instance(Uuid::from_u128(2)), Ok(None));
}

#[tokio::test]
async fn what_is_in_line_is_committed_before_the_store_is_let_go() {
    let store = Strange::shut();
    let writer = Writer::start(store.clone(), 10).expect("a thread");
    // Nobody waits for it.
    drop((1..=5).map(|id| writer.commit(begin(id))).collect::<Vec<_>>());
    store.open();
    drop(writer);
    assert_eq!(store.room().map(|room| room.open), Ok(5));
    assert_eq!(Arc::strong_count(&store), 1);
}

#[tokio::test]
async fn inline_everything_happens_where_it_is_called() {
    let writer = Writer::inline(Arc::new(Memory::new()));
    let pending = writer.commit(begin(1));
    let here = std::thread::current().id();
    let read = writer.read(move |store| {
        assert_eq!(std::thread::current().id(), here);
        store.instance(Uuid::from_u128(1))
    });
    assert!(read.await.is_ok_and(|instance| instance.is_some()), "it is there before it is awaited");
    assert_eq!(pending.await, done());
}
