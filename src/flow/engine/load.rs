//! Instances come into memory and leave it.

use std::sync::{Arc, PoisonError};

use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::line::is_first;
use super::runner::{Ends, Runner};
use super::sent::Whose;
use super::told::{Refused, Told};
use super::turn::Turn;
use super::{Active, Engine, Standing, millis};
use crate::failpoint;
use crate::flow::Definition;
use crate::flow::machine::{self, Now, Saver};
use crate::mapping;
use crate::store::{CaseFilter, Change, Instance, Millis, Status, Store, StoreError, Transition};
use crate::system::OperationName;

/// Why an instance cannot be taken up.
#[derive(Debug)]
enum Lost {
    Store(StoreError),
    /// Its definition or its state: in words.
    Broken(&'static str, String),
}

impl Lost {
    fn refused(&self) -> Refused {
        match self {
            Lost::Store(error) => Refused::Failed(error.to_string()),
            Lost::Broken(_, why) => Refused::Failed(format!("it cannot be taken up: {why}")),
        }
    }
}

impl Engine {
    /// Tells an instance something; it comes into memory for that, if need be.
    pub(super) fn tell(self: &Arc<Engine>, id: Uuid, told: Told) {
        self.tell_as(id, told, false);
    }

    pub(super) fn tell_as(self: &Arc<Engine>, id: Uuid, told: Told, backlog: bool) {
        let mut active = self.lock();
        let told = match active.get(&id) {
            None => told,
            Some(entry) => match entry.mailbox.send(told) {
                Ok(()) => return,
                Err(back) => back.0,
            },
        };
        let (mailbox, inbox) = mpsc::unbounded_channel();
        let _ = mailbox.send(told);
        let first = Standing { seq: 0, status: Status::Running, stage: "".into(), answer: None };
        let (standing, watched) = watch::channel(first);
        active.insert(id, Active { mailbox, standing: watched, backlog });
        drop(active);
        let engine = Arc::clone(self);
        self.spawn(engine.take_up(id, (inbox, standing)));
    }

    async fn take_up(self: Arc<Engine>, id: Uuid, (mut inbox, standing): Ends) {
        match self.find(id).await {
            Ok(Some((instance, definition))) => {
                match self.runner(instance, definition, (inbox, standing)).await {
                    Ok(runner) => runner.run().await,
                    Err(lost) => self.lost(id, lost).await,
                }
            }
            Ok(None) => self.dismiss(id, &mut inbox),
            Err(lost) => {
                let refused = lost.refused();
                self.lost(id, lost).await;
                inbox.close();
                while let Ok(told) = inbox.try_recv() {
                    told.refuse(&refused);
                }
            }
        }
    }

    async fn lost(self: &Arc<Engine>, id: Uuid, lost: Lost) {
        match lost {
            Lost::Store(error) => {
                tracing::error!(target: "crossdock::store", instance = %id, %error, "cannot be read");
                self.lock().remove(&id);
            }
            Lost::Broken(code, why) => {
                tracing::error!(target: "crossdock::flow", instance = %id, code, why, "cannot be taken up");
                self.set_aside(id, code, &why).await;
                self.lock().remove(&id);
            }
        }
    }

    /// The instance, if it is not over, and its definition.
    async fn find(self: &Arc<Engine>, id: Uuid) -> Result<Option<(Instance, Arc<Definition>)>, Lost> {
        let instance = self.writer.read(move |store| store.instance(id)).await.map_err(Lost::Store)?;
        let Some(instance) = instance.filter(|instance| instance.status.is_open()) else { return Ok(None) };
        let definition = self.definition(&instance.digest, &instance.flow).await?;
        Ok(Some((instance, definition)))
    }

    /// What instances that are not over need, and a project with these contracts does not have: sentences.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn unmet(
        &self,
        contract: impl Fn(&OperationName) -> Option<Arc<str>>,
    ) -> Result<Vec<String>, StoreError> {
        let mut unmet = Vec::new();
        for (digest, flow, count) in self.writer.read(pinned).await? {
            // One that cannot be compiled any more needs nothing that could be taken away.
            let Ok(definition) = self.definition(&digest, &flow).await else { continue };
            for (operation, begun) in definition.contracts() {
                let name = format!("{}.{}", operation.system, operation.operation);
                let needs = format!("{count} instances of `{flow}` that are not over need `{name}`");
                match contract(operation) {
                    None => unmet.push(format!("{needs}, and the project has it no more")),
                    Some(now) if now != *begun => {
                        unmet.push(format!("{needs} as {begun}, and it is {now} now"))
                    }
                    Some(_) => {}
                }
            }
        }
        unmet.sort();
        unmet.dedup();
        Ok(unmet)
    }

    /// The definition that an instance is pinned to: the project's own, or compiled from what was kept.
    async fn definition(&self, digest: &Arc<str>, flow: &Arc<str>) -> Result<Arc<Definition>, Lost> {
        if let Some(own) = self.live().definition(digest) {
            return Ok(own);
        }
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned();
        if let Some(known) = earlier {
            return Ok(known);
        }
        let wanted = Arc::clone(digest);
        let files = self.writer.read(move |store| kept_files(store, &wanted)).await.map_err(Lost::Store)?;
        let world = Arc::clone(self.world());
        let name = Arc::clone(flow);
        let compiled = tokio::task::spawn_blocking(move || world.compile(files, &name)).await;
        let broken = |why: String| Lost::Broken("definition_lost", why);
        let made = compiled.map_err(|_| broken("compiling broke off".to_owned()))?.map_err(broken)?;
        if made.digest() != digest {
            return Err(broken("what was kept compiles to something else".to_owned()));
        }
        self.earlier
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(Arc::clone(digest), Arc::clone(&made));
        Ok(made)
    }

    async fn runner(
        self: &Arc<Engine>,
        instance: Instance,
        definition: Arc<Definition>,
        ends: Ends,
    ) -> Result<Runner, Lost> {
        let broken = |why: String| Lost::Broken("state_lost", why);
        let digests = machine::blobs_of(&instance.state).map_err(broken)?;
        let (id, wanted, now) = (instance.id, instance.clone(), self.now());
        let read = move |store: &dyn Store| {
            let blobs = digests.iter().map(|digest| Ok((Arc::clone(digest), store.blob(digest)?)));
            let blobs = blobs.collect::<Result<Vec<_>, StoreError>>()?;
            let filter = CaseFilter { open: true, instance: Some(id), ..CaseFilter::default() };
            let first = is_first(store, &wanted, now)?;
            Ok((blobs, store.cases(&filter, 2000)?, (store.given(id)?, first)))
        };
        let (blobs, cases, (given, first)) = self.writer.read(read).await.map_err(Lost::Store)?;
        let blob = |digest: &str| {
            blobs.iter().find(|(known, _)| **known == *digest).and_then(|(_, bytes)| bytes.clone())
        };
        let mut state = machine::load(&instance.state, blob).map_err(broken)?;
        let answer = instance.answer.as_deref().map(machine::load_end).transpose().map_err(broken)?;
        let (live, at) = (self.live(), self.at());
        let now = Now { at, context: mapping::Context::new(self.clock.now(), live.tables()) };
        let (mut actions, mut turn) = (Vec::new(), Turn::default());
        machine::recover(&definition, &mut state, &now, &mut actions);
        turn.take(actions, millis(at));
        failpoint::pass("recover.loaded");
        let whose = Whose {
            account: instance.account,
            client: instance.client,
            correlation_id: instance.correlation_id,
            traceparent: None,
            trusted: false,
        };
        let engine = Arc::clone(self);
        let mut runner = Runner::new(engine, id, definition, whose, state, (Saver::default(), turn), ends);
        runner.resumes(instance.seq, instance.stage, answer, cases, given);
        if first && runner.state.is_queued() {
            runner.takes_its_turn();
        }
        Ok(runner)
    }

    /// An instance is not in memory any more, and whoever has said something to it meanwhile is told so.
    pub(super) fn dismiss(&self, id: Uuid, inbox: &mut mpsc::UnboundedReceiver<Told>) {
        let mut active = self.lock();
        active.remove(&id);
        inbox.close();
        while let Ok(told) = inbox.try_recv() {
            told.refuse(&Refused::Over);
        }
    }

    /// Takes an instance out of memory, unless it was told something: that is given back.
    pub(super) fn let_go(
        &self,
        id: Uuid,
        inbox: &mut mpsc::UnboundedReceiver<Told>,
        wake_at: Option<Millis>,
    ) -> Option<Told> {
        let mut active = self.lock();
        if let Ok(told) = inbox.try_recv() {
            return Some(told);
        }
        active.remove(&id);
        drop(active);
        self.wakes_at(wake_at);
        None
    }

    /// An instance that cannot be taken up stays as it is, with a case, until somebody has looked.
    pub(super) async fn set_aside(self: &Arc<Engine>, id: Uuid, code: &str, why: &str) {
        let Ok(Some(instance)) = self.writer.read(move |store| store.instance(id)).await else { return };
        let open =
            CaseFilter { open: true, code: Some(code.into()), instance: Some(id), ..CaseFilter::default() };
        // Somebody tried again, and it is as it was.
        if self.writer.read(move |store| store.cases(&open, 1)).await.is_ok_and(|open| !open.is_empty()) {
            return;
        }
        let case = self.case_of_broken(&instance, code, why);
        let transition = Transition {
            at: self.now(),
            change: Some(Change::Continue {
                id,
                seq: instance.seq,
                status: Status::Paused,
                stage: instance.stage,
                wake_at: None,
                state: instance.state,
                answer: None,
                keep_until: None,
            }),
            cases: vec![case],
            ..Transition::default()
        };
        if let Err(error) = self.writer.commit(transition).await {
            tracing::error!(target: "crossdock::store", instance = %id, %error, "could not be set aside");
        }
    }
}

/// Definitions that open instances need: digest, flow, how many.
fn pinned(store: &dyn Store) -> Result<Vec<(Arc<str>, Arc<str>, u64)>, StoreError> {
    let mut pinned = Vec::new();
    for (digest, count) in store.needed()? {
        if let Some(definition) = store.definition(&digest)? {
            pinned.push((digest, definition.flow, count));
        }
    }
    Ok(pinned)
}

fn kept_files(store: &dyn Store, digest: &str) -> Result<Vec<(Arc<str>, Vec<u8>)>, StoreError> {
    let lost = || StoreError::Corrupt(format!("the definition `{digest}` is not there"));
    let definition = store.definition(digest)?.ok_or_else(lost)?;
    let files = definition.files.iter();
    files.map(|(path, digest)| Ok((Arc::clone(path), store.blob(digest)?.ok_or_else(lost)?))).collect()
}
