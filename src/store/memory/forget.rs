//! What the store in memory forgets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::state::{Kept, State};
use crate::store::{Case, GENERATIONS, Millis};

impl State {
    /// Forgets what nobody needs by `now`. Gives how many instances went.
    pub(super) fn forget(&mut self, now: Millis, limit: usize) -> usize {
        let held: BTreeSet<Uuid> = self
            .cases
            .values()
            .filter(|case| case.state.is_open())
            .filter_map(|case| case.instance)
            .collect();
        let old = |kept: &&Kept| {
            let instance = &kept.instance;
            let past = instance.keep_until.is_some_and(|until| until <= now);
            past && !instance.status.is_open() && !held.contains(&instance.id)
        };
        let old = self.instances.values().filter(old);
        let mut gone: Vec<_> = old.map(|kept| (kept.instance.keep_until, kept.instance.id)).collect();
        gone.sort_unstable();
        gone.truncate(limit);
        for (_, id) in &gone {
            self.instances.remove(id);
            self.cases.retain(|_, case| case.instance != Some(*id));
        }
        self.claims.retain(|_, held| held.claim.expires.is_none_or(|expires| expires >= now));
        self.forget_events(now);
        self.entities.retain(|_, entity| entity.keep_until > now);
        self.forget_definitions();
        self.forget_blobs();
        gone.len()
    }

    /// Forgets closed cases of no instance. Gives how many went.
    pub(super) fn forget_cases(&mut self, closed: Millis, limit: usize) -> usize {
        let old = |case: &&Case| {
            case.instance.is_none() && !case.state.is_open() && case.closed_at.is_some_and(|at| at < closed)
        };
        let mut old: Vec<_> =
            self.cases.values().filter(old).map(|case| (case.closed_at, case.number)).collect();
        old.sort_unstable();
        old.truncate(limit);
        old.iter().for_each(|(_, number)| _ = self.cases.remove(number));
        old.len()
    }

    fn forget_events(&mut self, now: Millis) {
        let given: BTreeSet<u64> = self.given.values().flatten().map(|(event, _)| *event).collect();
        let known = &mut self.known;
        self.events.retain(|number, event| {
            let keep = event.keep_until > now || event.buffered_until >= now || given.contains(number);
            if !keep {
                known.remove(&(event.account.clone(), event.source.clone(), event.id.clone()));
            }
            keep
        });
    }

    fn forget_definitions(&mut self) {
        let needed: BTreeSet<Arc<str>> =
            self.instances.values().map(|kept| kept.instance.digest.clone()).collect();
        let mut newer: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        // From the newest on.
        self.definitions.reverse();
        self.definitions.retain(|known| {
            let newer = newer.entry(known.flow.clone()).or_default();
            *newer += 1;
            *newer <= if known.flow.is_empty() { GENERATIONS } else { 1 } || needed.contains(&known.digest)
        });
        self.definitions.reverse();
    }

    fn forget_blobs(&mut self) {
        let brought = self.instances.values().flat_map(|kept| &kept.blobs);
        let files = self.definitions.iter().flat_map(|known| known.files.iter().map(|(_, digest)| digest));
        let needed: BTreeSet<Arc<str>> = brought.chain(files).cloned().collect();
        self.blobs.retain(|digest, _| needed.contains(digest));
    }
}
