//! What every store must do: each sentence of the seam has a check, and each engine passes them unchanged.

mod claims;
mod cursors;
mod events;
mod finding;
mod forgetting;
mod instances;
pub(super) mod make;
mod notes;
mod random;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::store::{Committed, Matched, Memory, Options, Reached, Sqlite, Store, StoreError, Transition};

/// A store to be checked.
pub(super) struct Subject {
    pub store: Arc<dyn Store>,
    /// Lets go of it and opens it again, as a new process would. Where nothing outlives the process: itself.
    reopen: Box<dyn Fn(Arc<dyn Store>) -> Arc<dyn Store>>,
}

impl Subject {
    pub fn new(
        store: Arc<dyn Store>,
        reopen: impl Fn(Arc<dyn Store>) -> Arc<dyn Store> + 'static,
    ) -> Subject {
        Subject { store, reopen: Box::new(reopen) }
    }

    fn reopen(&mut self) {
        let store = std::mem::replace(&mut self.store, Arc::new(Memory::new()));
        self.store = (self.reopen)(store);
    }

    fn commit(&self, transition: Transition) -> Committed {
        let mut done = self.store.commit(&[transition]).expect("a store that works");
        assert_eq!(done.len(), 1, "one answer for one transition");
        done.remove(0)
    }

    /// Commits what must be done. Gives what was buffered and whom it reached.
    fn done(&self, transition: Transition) -> (Vec<Matched>, Vec<Reached>) {
        let committed = self.commit(transition);
        assert!(matches!(committed, Committed::Done { .. }), "not done: {committed:?}");
        match committed {
            Committed::Done { matched, reached } => (matched, reached),
            _ => Default::default(),
        }
    }
}

/// A name that says what must hold, and what shows it.
type Check = (&'static str, fn(&mut Subject));

/// Every check, over a new store each.
pub(super) fn conformance(make: impl Fn() -> Subject) {
    let all = [
        instances::CHECKS,
        claims::CHECKS,
        events::CHECKS,
        finding::CHECKS,
        notes::CHECKS,
        cursors::CHECKS,
        forgetting::CHECKS,
    ];
    let fails = |(_, check): &&Check| {
        let mut subject = make();
        catch_unwind(AssertUnwindSafe(|| check(&mut subject))).is_err()
    };
    let failed: Vec<&str> = all.into_iter().flatten().filter(fails).map(|(name, _)| *name).collect();
    assert!(failed.is_empty(), "does not hold: {failed:#?}");
}

/// A store in memory.
pub(super) fn memory() -> Subject {
    Subject::new(Arc::new(Memory::new()), |store| store)
}

/// A store in SQLite, in a directory that goes with it.
pub(super) fn sqlite() -> Subject {
    let dir = tempfile::tempdir().expect("a directory");
    let open = |path: &std::path::Path| Sqlite::open(path, Options { reserve: 0 });
    let store: Arc<dyn Store> = Arc::new(open(dir.path()).expect("a new store"));
    Subject::new(store, move |store| {
        drop(store);
        Arc::new(open(dir.path()).expect("the same store"))
    })
}

#[test]
fn the_store_in_memory_does_what_a_store_must() {
    conformance(memory);
}

#[test]
fn the_store_in_sqlite_does_what_a_store_must() {
    conformance(sqlite);
}

/// An answer of a store that works.
fn get<T>(answer: Result<T, StoreError>) -> T {
    answer.expect("a store that works")
}
