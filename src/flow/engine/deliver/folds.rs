//! Entity records: each event is folded in, in one commit with the cursor, so that its effect is there once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Engine;
use super::super::cases::data_case;
use super::lane::Running;
use super::tail::Page;
use crate::event::{EventType, Notice, Record};
use crate::mapping::Context;
use crate::store::{Case, Cursor, Entity, StoreError, Transition};

/// Account, kind and key.
type Which = (Arc<str>, Arc<str>, Arc<str>);

impl Engine {
    /// Folds a page in.
    pub(super) async fn fold(
        &self,
        running: &Running,
        before: Cursor,
        page: &Page,
    ) -> Result<(), StoreError> {
        let (mut entities, mut cases) = (BTreeMap::<Which, Entity>::new(), Vec::new());
        for notice in &page.notices {
            let Some(declared) = self.live().event(&notice.event.name) else { continue };
            if let Err(why) = self.fold_one(&declared, notice, &mut entities).await? {
                cases.push(self.unfoldable(&declared, notice, &why));
            }
        }
        let mut held = running.cursor.lock().await;
        if held.epoch != before.epoch {
            return Ok(());
        }
        let cursor = Cursor { next: page.upto + 1, ..held.clone() };
        let write = !page.notices.is_empty() || running.is_far(cursor.next);
        if write {
            let entities = entities.into_values().collect();
            let cursors = vec![cursor.clone()];
            let transition = Transition { at: self.now(), cursors, entities, cases, ..Transition::default() };
            self.writer.commit(transition).await?;
        }
        running.came(&cursor, write);
        *held = cursor;
        Ok(())
    }

    /// Folds one event into its record; in words why it cannot be.
    async fn fold_one(
        &self,
        declared: &EventType,
        notice: &Notice,
        entities: &mut BTreeMap<Which, Entity>,
    ) -> Result<Result<(), String>, StoreError> {
        let (Some(fold), Some(payload)) = (&declared.fold, notice.payload()) else { return Ok(Ok(())) };
        let live = self.live();
        let context = Context::new(self.clock.now(), live.tables());
        match fold.wants(payload, &context) {
            Ok(true) => {}
            Ok(false) => return Ok(Ok(())),
            Err(error) => return Ok(Err(format!("{error:?}"))),
        }
        let happening = match fold.read(payload) {
            Ok(happening) => happening,
            Err(why) => return Ok(Err(why)),
        };
        let event = &notice.event;
        let which = (Arc::clone(&event.account), Arc::clone(&fold.entity), Arc::clone(&event.key));
        let kept = match entities.get(&which) {
            Some(entity) => Some(entity.clone()),
            None => {
                let (account, entity, key) = which.clone();
                self.writer.read(move |store| store.entity(&account, &entity, &key)).await?
            }
        };
        let record = kept.as_ref().map(|kept| Record::decode(&kept.body, &fold.rank));
        let Some(mut record) = record.unwrap_or_else(|| Some(Record::default())) else {
            return Ok(Err("its record cannot be read".to_owned()));
        };
        record.fold(happening);
        let keep_until = kept.map_or(event.keep_until, |kept| kept.keep_until.max(event.keep_until));
        let (account, entity, key) = which.clone();
        let body = record.encode().into();
        entities.insert(which, Entity { account, entity, key, updated_at: self.now(), keep_until, body });
        Ok(Ok(()))
    }

    fn unfoldable(&self, declared: &EventType, notice: &Notice, why: &str) -> Case {
        let entity = declared.fold.as_ref().map_or_else(|| "".into(), |fold| Arc::clone(&fold.entity));
        let case = data_case(self, &entity, &notice.event, why);
        Case { owner: declared.owner.clone().unwrap_or(case.owner), ..case }
    }
}
