//! Taking payloads away before their time.

use std::sync::Arc;

use uuid::Uuid;

use super::state::State;
use crate::store::ERASED;

impl State {
    pub(super) fn erase(&mut self, id: Uuid, left: &[(u64, Arc<[u8]>)]) -> bool {
        let Some(kept) = self.instances.get_mut(&id).filter(|kept| !kept.instance.status.is_open()) else {
            return false;
        };
        let erased: Arc<[u8]> = ERASED.into();
        kept.instance.answer = None;
        for entry in &mut kept.entries {
            let own = left.iter().find(|(number, _)| *number == entry.number);
            entry.body = Arc::clone(own.map_or(&erased, |(_, body)| body));
        }
        kept.blobs.clear();
        let cases = self.cases.values_mut().filter(|case| case.instance == Some(id));
        cases.for_each(|case| case.body = Arc::clone(&erased));
        let events = self.events.values_mut().filter(|event| event.instance == Some(id));
        events.for_each(|event| event.body = Arc::from([]));
        true
    }

    pub(super) fn erase_events(&mut self, account: &str) -> usize {
        self.entities.retain(|_, entity| *entity.account != *account);
        let own = self.events.values_mut().filter(|event| *event.account == *account);
        own.filter(|event| !event.body.is_empty()).map(|event| event.body = Arc::from([])).count()
    }
}
