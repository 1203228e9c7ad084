//! Instances that wait for their turn: of those with one business key, each begins when the one before it is over.
//! The store keeps their order, and says when one has come to be the first.

use std::sync::Arc;

use super::runner::Runner;
use super::{Begin, Begun, Engine, journal, millis};
use crate::flow::Definition;
use crate::flow::machine::Event;
use crate::store::{Change, ClaimKind, Committed, Held, Instance, Millis, Store, StoreError};
use crate::value::Map;

impl Engine {
    /// Accepts work that waits for its turn: it is on disk, and none of its steps has begun.
    ///
    /// # Errors
    /// As [`Engine::begin`].
    pub(super) async fn stand_in_line(
        self: &Arc<Engine>,
        begin: Begin,
        (held, most): (Held, u32),
    ) -> Result<Begun, StoreError> {
        let (id, at) = (self.clock.id(), self.at());
        let (claims, key) = (begin.claims.clone(), begin.business_key.clone());
        let definition = Arc::clone(&begin.definition);
        let (mut runner, ..) = self.runner_of(id, begin, at, true);
        runner.turn_mut().entries.push(journal::queued(millis(at), held.instance));
        let mut transition = runner.transition(at).map_err(StoreError::Failed)?;
        (transition.claims, transition.line) = (claims, Some(most));
        transition.change = Some(Change::Begin(Box::new(runner.instance(key, millis(at)))));
        transition.audit.push(runner.audit("accepted", &runner.whose.client.clone(), Map::new()));
        self.with_definition(&mut transition, &definition);
        match self.writer.try_commit(transition)?.await? {
            Committed::Done { .. } => {
                self.kept(&definition);
                // Whoever was before it may be over by now.
                self.wakes_at(Some(millis(at)));
                Ok(Begun::Queued { id, at: millis(at) })
            }
            Committed::Taken(held) if is_of(&held, &definition) => Ok(Begun::Full(held)),
            Committed::Taken(held) => Ok(Begun::Taken(held)),
            Committed::Stale => Err(StoreError::Failed("an id was given twice".to_owned())),
        }
    }
}

/// Whether what is held is the business key of an instance of this flow.
pub(super) fn is_of(held: &Held, definition: &Definition) -> bool {
    held.claim.kind == ClaimKind::Business && held.claim.scope == *definition.name()
}

/// Whether an instance holds its business key, or has none.
pub(super) fn is_first(store: &dyn Store, instance: &Instance, now: Millis) -> Result<bool, StoreError> {
    let Some(key) = &instance.business_key else { return Ok(true) };
    let held = store.claim(&instance.account, ClaimKind::Business, &instance.flow, key, now)?;
    Ok(held.is_none_or(|held| held.instance == instance.id))
}

impl Runner {
    /// It is the first now: its steps begin.
    pub(super) fn takes_its_turn(&mut self) {
        let entry = journal::turn(self.engine.now());
        self.turn_mut().entries.push(entry);
        self.apply(Event::Turn);
        self.turn_mut().weighty = true;
    }
}

/// What an operator is told who wants something of an instance that has not begun.
pub(super) const NOT_BEGUN: &str =
    "it waits for another instance with its business key, and no step has begun: cancel it, or wait";
