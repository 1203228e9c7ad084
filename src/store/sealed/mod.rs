//! A store whose payloads are enciphered before they reach the disk, around any other store.
//!
//! Sealed are states, answers, journal entries, what events and cases say, and blobs. What can be asked for stays
//! readable: accounts, references, business keys, fields that listens correlate by. The audit trail holds digests
//! only, and stays as it is, so that anybody can verify it without a key.

mod cipher;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

pub use cipher::{KEY_LEN, SealingKeys};

use super::{
    AuditBreak, Backlog, Case, CaseFilter, Change, ClaimKind, Committed, Cursor, Definition, Entity, Entry,
    Event, EventFilter, Found, Held, Instance, InstanceFilter, Link, Matched, Millis, Numbers, Reached, Room,
    Store, StoreError, Transition, Verified,
};
use cipher::Place;

/// Seals on the way in, opens on the way out.
#[derive(Debug)]
pub struct Sealed {
    inner: Arc<dyn Store>,
    keys: SealingKeys,
}

impl Sealed {
    /// Around `inner`. Without any key nothing is sealed, and what is sealed is refused.
    pub fn new(inner: Arc<dyn Store>, keys: SealingKeys) -> Sealed {
        Sealed { inner, keys }
    }
}

impl Store for Sealed {
    fn commit(&self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError> {
        let sealed = transitions.iter().map(|transition| self.sealed(transition));
        let done = self.inner.commit(&sealed.collect::<Result<Vec<_>, _>>()?)?;
        done.into_iter().map(|committed| self.committed(committed)).collect()
    }

    fn instance(&self, id: Uuid) -> Result<Option<Instance>, StoreError> {
        self.inner.instance(id)?.map(|own| self.opened(own)).transpose()
    }

    fn instances(
        &self,
        filter: &InstanceFilter,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Instance>, StoreError> {
        let found = self.inner.instances(filter, after, limit)?;
        found.into_iter().map(|own| self.opened(own)).collect()
    }

    fn due(&self, until: Millis, limit: usize) -> Result<Vec<(Millis, Uuid)>, StoreError> {
        self.inner.due(until, limit)
    }

    fn next_due(&self, after: Millis) -> Result<Option<Millis>, StoreError> {
        self.inner.next_due(after)
    }

    fn journal(&self, id: Uuid, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let entries = self.inner.journal(id, after, limit)?.into_iter();
        entries
            .map(|entry| Ok(Entry { body: self.keys.open(&of_entry(&id), &entry.body)?, ..entry }))
            .collect()
    }

    fn find(&self, reference: &str, account: Option<&str>, limit: usize) -> Result<Vec<Found>, StoreError> {
        let found = self.inner.find(reference, account, limit)?.into_iter();
        found.map(|found| Ok(Found { instance: self.opened(found.instance)?, ..found })).collect()
    }

    fn claim(
        &self,
        account: &str,
        kind: ClaimKind,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<Held>, StoreError> {
        self.inner.claim(account, kind, scope, key, now)
    }

    fn events(&self, filter: &EventFilter, limit: usize) -> Result<Vec<Event>, StoreError> {
        self.inner.events(filter, limit)?.into_iter().map(|event| self.event(event)).collect()
    }

    fn given(&self, instance: Uuid) -> Result<Vec<Matched>, StoreError> {
        self.inner.given(instance)?.into_iter().map(|matched| self.matched(matched)).collect()
    }

    fn untold(&self, limit: usize) -> Result<Vec<Uuid>, StoreError> {
        self.inner.untold(limit)
    }

    fn cases(&self, filter: &CaseFilter, limit: usize) -> Result<Vec<Case>, StoreError> {
        self.inner.cases(filter, limit)?.into_iter().map(|case| self.case_of(case)).collect()
    }

    fn case(&self, number: u64) -> Result<Option<Case>, StoreError> {
        self.inner.case(number)?.map(|case| self.case_of(case)).transpose()
    }

    fn next_case(&self) -> Result<u64, StoreError> {
        self.inner.next_case()
    }

    fn mark(&self, name: &str) -> Result<u64, StoreError> {
        self.inner.mark(name)
    }

    fn cursors(&self) -> Result<Vec<Cursor>, StoreError> {
        self.inner.cursors()
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        self.inner.last_event()
    }

    fn first_event_since(&self, at: Millis) -> Result<Option<u64>, StoreError> {
        self.inner.first_event_since(at)
    }

    fn backlog(&self, name: &str, account: Option<&str>, next: u64) -> Result<Backlog, StoreError> {
        self.inner.backlog(name, account, next)
    }

    fn entity(&self, account: &str, entity: &str, key: &str) -> Result<Option<Entity>, StoreError> {
        let Some(mut found) = self.inner.entity(account, entity, key)? else { return Ok(None) };
        found.body = self.keys.open(&Place("entity", &which(&found)), &found.body)?;
        Ok(Some(found))
    }

    fn definition(&self, digest: &str) -> Result<Option<Definition>, StoreError> {
        self.inner.definition(digest)
    }

    fn needed(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        self.inner.needed()
    }

    fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(bytes) = self.inner.blob(digest)? else { return Ok(None) };
        let opened = self.keys.open(&of_blob(digest), &bytes.into())?;
        Ok(Some(opened.to_vec()))
    }

    fn audit(&self, after: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        self.inner.audit(after, limit)
    }

    fn forget(&self, now: Millis, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget(now, limit)
    }

    fn forget_cases(&self, closed: Millis, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget_cases(closed, limit)
    }

    fn erase(&self, id: Uuid, left: &[(u64, Arc<[u8]>)]) -> Result<bool, StoreError> {
        let sealed = left.iter().map(|(number, body)| Ok((*number, self.keys.seal(&of_entry(&id), body)?)));
        self.inner.erase(id, &sealed.collect::<Result<Vec<_>, StoreError>>()?)
    }

    fn erase_events(&self, account: &str) -> Result<usize, StoreError> {
        self.inner.erase_events(account)
    }

    fn room(&self) -> Result<Room, StoreError> {
        self.inner.room()
    }

    fn numbers(&self) -> Result<Numbers, StoreError> {
        self.inner.numbers()
    }

    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.inner.backup(to)
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        self.inner.verify()
    }

    fn verify_audit(&self) -> Result<u64, AuditBreak> {
        self.inner.verify_audit()
    }
}

/// The way in.
impl Sealed {
    fn sealed(&self, transition: &Transition) -> Result<Transition, StoreError> {
        let mut sealed = transition.clone();
        if let Some(change) = &mut sealed.change {
            let id = change.id();
            self.seal_change(change)?;
            for entry in &mut sealed.entries {
                entry.body = self.keys.seal(&of_entry(&id), &entry.body)?;
            }
        }
        for event in &mut sealed.events {
            event.body = self.keys.seal(&Place("event", &name(event)), &event.body)?;
        }
        for case in &mut sealed.cases {
            case.body = self.keys.seal(&Place("case", &case.number.to_be_bytes()), &case.body)?;
        }
        for entity in &mut sealed.entities {
            entity.body = self.keys.seal(&Place("entity", &which(entity)), &entity.body)?;
        }
        for (digest, bytes) in &mut sealed.blobs {
            *bytes = self.keys.seal(&of_blob(digest), bytes)?;
        }
        Ok(sealed)
    }

    fn seal_change(&self, change: &mut Change) -> Result<(), StoreError> {
        let id = change.id();
        let (state, answer) = match change {
            Change::Begin(instance) => (&mut instance.state, &mut instance.answer),
            Change::Continue { state, answer, .. } => (state, answer),
        };
        *state = self.keys.seal(&Place("state", id.as_bytes()), state)?;
        if let Some(answer) = answer {
            *answer = self.keys.seal(&Place("answer", id.as_bytes()), answer)?;
        }
        Ok(())
    }
}

/// The way out.
impl Sealed {
    fn opened(&self, mut instance: Instance) -> Result<Instance, StoreError> {
        let id = instance.id;
        instance.state = self.keys.open(&Place("state", id.as_bytes()), &instance.state)?;
        let answer = instance.answer.as_ref();
        let answer = answer.map(|answer| self.keys.open(&Place("answer", id.as_bytes()), answer));
        instance.answer = answer.transpose()?;
        Ok(instance)
    }

    fn event(&self, mut event: Event) -> Result<Event, StoreError> {
        event.body = self.keys.open(&Place("event", &name(&event)), &event.body)?;
        Ok(event)
    }

    fn matched(&self, matched: Matched) -> Result<Matched, StoreError> {
        Ok(Matched { event: self.event(matched.event)?, ..matched })
    }

    fn case_of(&self, mut case: Case) -> Result<Case, StoreError> {
        case.body = self.keys.open(&Place("case", &case.number.to_be_bytes()), &case.body)?;
        Ok(case)
    }

    fn committed(&self, committed: Committed) -> Result<Committed, StoreError> {
        let Committed::Done { matched, reached } = committed else { return Ok(committed) };
        let matched = matched.into_iter().map(|matched| self.matched(matched)).collect::<Result<_, _>>()?;
        let reached = reached.into_iter();
        let reached = reached.map(|reached| Ok(Reached { event: self.event(reached.event)?, ..reached }));
        Ok(Committed::Done { matched, reached: reached.collect::<Result<_, StoreError>>()? })
    }
}

fn of_entry(id: &Uuid) -> Place<'_> {
    Place("journal entry", id.as_bytes())
}

fn of_blob(digest: &str) -> Place<'_> {
    Place("blob", digest.as_bytes())
}

/// What an entity is told apart by.
fn which(entity: &Entity) -> Vec<u8> {
    [entity.account.as_bytes(), entity.entity.as_bytes(), entity.key.as_bytes()].join(&b'\0')
}

/// What an event is told apart by.
fn name(event: &Event) -> Vec<u8> {
    [event.account.as_bytes(), event.source.as_bytes(), event.id.as_bytes()].join(&b'\0')
}
