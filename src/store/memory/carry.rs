//! A transition in memory: judged first, then carried out whole.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use super::state::{ClaimKey, Kept, State};
use crate::store::{Change, Claim, ClaimKind, Committed, Definition, Entry, Held, Millis, Transition, chain};

impl State {
    /// Carries a transition out, or says why not.
    pub(super) fn commit(&mut self, transition: &Transition) -> Committed {
        if let Some(refused) = self.judge(transition) {
            return refused;
        }
        if let (None, Some(id)) = (&transition.change, transition.holder) {
            for claim in &transition.claims {
                self.claims.insert(key(claim), Held { claim: claim.clone(), instance: id });
            }
        }
        self.keep_bytes(transition);
        let mut matched = Vec::new();
        if let Some(change) = &transition.change {
            self.change(change, transition);
            matched = self.listen(change.id(), transition);
        }
        if let Some(change) = transition.change.as_ref().filter(|change| change.ends()) {
            self.over(change.id(), transition.at);
        }
        let reached = self.happen(transition);
        self.note(transition);
        self.tell(transition);
        Committed::Done { matched, reached }
    }

    /// Whether what the transition relies on does not hold.
    fn judge(&self, transition: &Transition) -> Option<Committed> {
        if let (None, Some(id)) = (&transition.change, transition.holder) {
            let taken = transition.claims.iter().find_map(|claim| self.taken(claim, id, transition.at));
            return taken.map(Committed::Taken);
        }
        let change = transition.change.as_ref()?;
        let kept = self.instances.get(&change.id()).map(|kept| &kept.instance);
        let holds = match (change, kept) {
            (Change::Begin(_), kept) => kept.is_none(),
            (Change::Continue { seq, .. }, Some(kept)) => kept.seq == *seq && kept.status.is_open(),
            (Change::Continue { .. }, None) => false,
        };
        if !holds {
            return Some(Committed::Stale);
        }
        let taken = |claim: &Claim| {
            let held = self.taken(claim, change.id(), transition.at)?;
            (!self.may_wait(claim, transition.line)).then_some(held)
        };
        transition.claims.iter().find_map(taken).map(Committed::Taken)
    }

    /// Who else holds a name.
    fn taken(&self, claim: &Claim, id: Uuid, at: Millis) -> Option<Held> {
        let held = self.claims.get(&key(claim))?;
        let live = held.claim.expires.is_none_or(|expires| expires >= at);
        (live && held.instance != id).then(|| held.clone())
    }

    /// Whether there is a place in the line for this name.
    fn may_wait(&self, claim: &Claim, line: Option<u32>) -> bool {
        let waiting = self.lines.get(&key(claim)).map_or(0, VecDeque::len);
        claim.kind == ClaimKind::Business && line.is_some_and(|most| waiting < most as usize)
    }

    fn change(&mut self, change: &Change, transition: &Transition) {
        let id = change.id();
        match change {
            Change::Begin(instance) => {
                let instance = (**instance).clone();
                let kept = Kept {
                    instance,
                    entries: Vec::new(),
                    references: BTreeSet::new(),
                    blobs: BTreeSet::new(),
                };
                self.instances.insert(id, kept);
            }
            Change::Continue { .. } => self.go_on(change, transition.at),
        }
        for claim in &transition.claims {
            self.held.entry(id).or_default().push(key(claim));
            let own = Held { claim: claim.clone(), instance: id };
            if self.taken(claim, id, transition.at).is_some() {
                let line = self.lines.entry(key(claim)).or_default();
                if line.iter().all(|held| held.instance != id) {
                    line.push_back(own);
                }
            } else {
                self.claims.insert(key(claim), own);
                if transition.line.is_some() && claim.kind == ClaimKind::Business {
                    self.wake(id, transition.at);
                }
            }
        }
        self.describe(id, transition);
    }

    fn go_on(&mut self, change: &Change, at: Millis) {
        let Change::Continue { id, seq, status, stage, wake_at, state, answer, keep_until } = change else {
            return;
        };
        let Some(kept) = self.instances.get_mut(id) else { return };
        let instance = &mut kept.instance;
        if let Some(before) = instance.wake_at {
            self.due.remove(&(before, *id));
        }
        (instance.seq, instance.updated_at, instance.status) = (seq + 1, at, *status);
        (instance.stage, instance.wake_at, instance.state) = (stage.clone(), *wake_at, state.clone());
        instance.keep_until = *keep_until;
        if answer.is_some() {
            instance.answer = answer.clone();
        }
    }

    /// What goes with an instance: journal, references, blobs, when it wants to be woken.
    fn describe(&mut self, id: Uuid, transition: &Transition) {
        let Some(kept) = self.instances.get_mut(&id) else { return };
        for entry in &transition.entries {
            let number = kept.entries.len() as u64 + 1;
            kept.entries.push(Entry { number, ..entry.clone() });
        }
        kept.references.extend(transition.references.iter().cloned());
        kept.blobs.extend(transition.blobs.iter().map(|(digest, _)| digest.clone()));
        if let Some(wake_at) = kept.instance.wake_at.filter(|_| kept.instance.status.is_open()) {
            self.due.insert((wake_at, id));
        }
    }

    /// An instance is over: it waits for nothing and its business keys are free.
    fn over(&mut self, id: Uuid, at: Millis) {
        self.subscriptions.retain(|(instance, _), _| *instance != id);
        self.given.remove(&id);
        for key in self.held.remove(&id).unwrap_or_default() {
            let own = |held: &Held| held.instance == id && held.claim.expires.is_none();
            let Some(line) = self.lines.get_mut(&key) else {
                if self.claims.get(&key).is_some_and(own) {
                    self.claims.remove(&key);
                }
                continue;
            };
            line.retain(|held| held.instance != id);
            if self.claims.get(&key).is_some_and(own) {
                match line.pop_front() {
                    Some(next) => {
                        self.wake(next.instance, at);
                        self.claims.insert(key, next);
                    }
                    None => _ = self.claims.remove(&key),
                }
            }
        }
        self.lines.retain(|_, line| !line.is_empty());
    }

    /// An instance that stood in line and holds its name now is due.
    fn wake(&mut self, id: Uuid, at: Millis) {
        let Some(kept) = self.instances.get_mut(&id) else { return };
        let instance = &mut kept.instance;
        if instance.status.is_open() && instance.seq == 1 && instance.wake_at.is_none() {
            instance.wake_at = Some(at);
            self.due.insert((at, id));
        }
    }

    fn keep_bytes(&mut self, transition: &Transition) {
        for (digest, bytes) in &transition.blobs {
            self.blobs.entry(digest.clone()).or_insert_with(|| bytes.clone());
        }
        for definition in &transition.definitions {
            self.define(definition);
        }
    }

    /// Said again, a definition is the newest of its flow again.
    fn define(&mut self, definition: &Definition) {
        let known = self.definitions.iter().position(|known| known.digest == definition.digest);
        let definition = known.map_or_else(|| definition.clone(), |at| self.definitions.remove(at));
        self.definitions.push(definition);
    }

    /// Cases, marks and the audit trail.
    fn note(&mut self, transition: &Transition) {
        self.marks.extend(transition.marks.iter().cloned());
        for case in &transition.cases {
            self.last_case = self.last_case.max(case.number);
            self.cases.insert(case.number, case.clone());
        }
        for record in &transition.audit {
            let before = self.audit.last().map_or_else(chain::first, |link| Arc::clone(&link.digest));
            let number = self.audit.len() as u64 + 1;
            self.audit.push(chain::link(&before, number, record));
        }
    }
}

fn key(claim: &Claim) -> ClaimKey {
    (claim.kind, claim.account.clone(), claim.scope.clone(), claim.key.clone())
}
