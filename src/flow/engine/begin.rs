//! How an instance begins: accepted means that it is on disk, with its first step.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::line::is_of;
use super::runner::Runner;
use super::schedules::SCHEDULE;
use super::sent::Whose;
use super::turn::Turn;
use super::{Active, Engine, Standing, journal, millis};
use crate::failpoint;
use crate::flow::Definition;
use crate::flow::machine::{self, Now, Saver, Start};
use crate::mapping;
use crate::store::{
    self, AuditRecord, Change, Claim, Committed, Held, Instance, Pending, Status, StoreError, Transition,
};
use crate::value::{Map, Value};

/// What begins.
#[derive(Debug, Clone)]
pub struct Begin {
    pub definition: Arc<Definition>,
    /// In the order of [`Definition::inputs`].
    pub inputs: Vec<Option<Value>>,
    /// Empty: nobody's.
    pub account: Arc<str>,
    pub client: Arc<str>,
    pub correlation_id: Arc<str>,
    pub traceparent: Option<Arc<str>>,
    pub business_key: Option<Arc<str>>,
    /// The name of the route that it came by; empty: none.
    pub route: Arc<str>,
    /// Names that must be free.
    pub claims: Vec<Claim>,
    /// Whether every input is certainly of its type.
    pub trusted: bool,
    /// How long it is kept once it is over.
    pub keep: Duration,
}

/// What came of it.
#[derive(Debug)]
pub enum Begun {
    /// It is on disk and runs, since `at`.
    Fresh { id: Uuid, at: store::Millis, standing: watch::Receiver<Standing> },
    /// It is on disk and waits for its turn: another instance holds its business key.
    Queued { id: Uuid, at: store::Millis },
    /// A name is held by another instance.
    Taken(Held),
    /// Another instance holds its business key, and as many as may wait for it do.
    Full(Held),
}

impl Engine {
    /// Accepts work. When it returns, the instance is on disk, with everything up to its first wait. A caller
    /// who goes away meanwhile changes nothing: what is in line to be written runs once it is written.
    ///
    /// # Errors
    /// [`StoreError::Full`] where there is no room, in the store or in memory; nothing was accepted.
    pub async fn begin(self: &Arc<Engine>, begin: Begin) -> Result<Begun, StoreError> {
        if self.lock().len() >= self.bounds.active {
            return Err(StoreError::Full("as many instances run as can".to_owned()));
        }
        let Some(most) = begin.definition.line() else { return self.begin_now(begin).await };
        match self.begin_now(begin.clone()).await? {
            Begun::Taken(held) if is_of(&held, &begin.definition) => {
                self.stand_in_line(begin, (held, most)).await
            }
            begun => Ok(begun),
        }
    }

    async fn begin_now(self: &Arc<Engine>, begin: Begin) -> Result<Begun, StoreError> {
        let (id, at) = (self.clock.id(), self.at());
        let (claims, keep, key) = (begin.claims.clone(), begin.keep, begin.business_key.clone());
        let definition = Arc::clone(&begin.definition);
        let (mut runner, mailbox, standing) = self.runner_of(id, begin, at, false);
        let mut transition = runner.transition(at).map_err(StoreError::Failed)?;
        transition.claims = claims;
        transition.change = Some(Change::Begin(Box::new(runner.instance(key, millis(at)))));
        if !is_routine(&transition.claims, &definition) {
            transition.audit.push(runner.audit("accepted", &runner.whose.client.clone(), Map::new()));
        }
        self.with_definition(&mut transition, &definition);
        // Known before it is on disk, so that nobody takes it up a second time.
        self.lock().insert(id, Active { mailbox, standing: standing.clone(), backlog: false });
        let pending = match self.writer.try_commit(transition) {
            Ok(pending) => pending,
            Err(error) => {
                runner.never_was();
                return Err(error);
            }
        };
        let (say, said) = oneshot::channel();
        let fresh = Begun::Fresh { id, at: millis(at), standing };
        self.spawn(Arc::clone(self).accept(pending, runner, (definition, keep), fresh, say));
        said.await.unwrap_or_else(|_| Err(StoreError::Failed("the program is ending".to_owned())))
    }

    /// Runs an instance once it is written; says so first.
    async fn accept(
        self: Arc<Engine>,
        pending: Pending,
        mut runner: Runner,
        (definition, keep): (Arc<Definition>, Duration),
        fresh: Begun,
        say: oneshot::Sender<Result<Begun, StoreError>>,
    ) {
        let refused = match pending.await {
            Ok(Committed::Done { matched, reached }) => {
                failpoint::pass("accept.written");
                self.kept(&definition);
                self.was_recorded();
                runner.began(keep, (matched, reached));
                let _ = say.send(Ok(fresh));
                return runner.run().await;
            }
            Ok(Committed::Taken(held)) => Ok(Begun::Taken(held)),
            Ok(Committed::Stale) => Err(StoreError::Failed("an id was given twice".to_owned())),
            Err(error) => Err(error),
        };
        runner.never_was();
        let _ = say.send(refused);
    }

    /// An instance that is not written yet; `waits`: for its turn.
    pub(super) fn runner_of(
        self: &Arc<Engine>,
        id: Uuid,
        begin: Begin,
        at: Duration,
        waits: bool,
    ) -> (Runner, mpsc::UnboundedSender<super::told::Told>, watch::Receiver<Standing>) {
        let definition = begin.definition;
        let names: Vec<Arc<str>> = definition.inputs().iter().map(|input| Arc::clone(&input.name)).collect();
        let mut turn = Turn { weighty: true, ..Turn::default() };
        turn.entries.push(journal::accepted(millis(at), &begin.route, &names, &begin.inputs));
        let start = Start {
            instance: id,
            seed: id.as_u64_pair().1,
            inputs: begin.inputs,
            client: definition.reads_client().then(|| client(&begin.client, &begin.account)).flatten(),
            correlation_id: Arc::clone(&begin.correlation_id),
            deadline: Duration::MAX,
            trace: true,
            durable: true,
        };
        let live = self.live();
        let now = Now { at, context: mapping::Context::new(self.clock.now(), live.tables()) };
        let mut actions = Vec::new();
        let state = match waits {
            false => machine::start(&definition, start, &now, &mut actions),
            true => machine::queue(&definition, start),
        };
        turn.take(actions, millis(at));
        let whose = Whose {
            account: begin.account,
            client: begin.client,
            correlation_id: begin.correlation_id,
            traceparent: begin.traceparent,
            trusted: begin.trusted && definition.is_sound(),
        };
        let (mailbox, inbox) = mpsc::unbounded_channel();
        let (tell, standing) =
            watch::channel(Standing { seq: 0, status: Status::Running, stage: "".into(), answer: None });
        let engine = Arc::clone(self);
        let runner =
            Runner::new(engine, id, definition, whose, state, (Saver::default(), turn), (inbox, tell));
        (runner, mailbox, standing)
    }

    /// Adds what the definition was compiled from, unless the store has it.
    pub(super) fn with_definition(&self, transition: &mut Transition, definition: &Definition) {
        let digest = definition.digest();
        if self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).contains(digest) {
            return;
        }
        let files = self.live().files();
        let named: Vec<_> = files
            .iter()
            .map(|(path, bytes)| (Arc::clone(path), Arc::<str>::from(machine::digest(bytes)), bytes))
            .collect();
        transition.definitions.push(store::Definition {
            digest: Arc::clone(digest),
            flow: Arc::clone(definition.name()),
            files: named.iter().map(|(path, digest, _)| (Arc::clone(path), Arc::clone(digest))).collect(),
        });
        transition.blobs.extend(named.into_iter().map(|(_, digest, bytes)| (digest, Arc::clone(bytes))));
    }

    pub(super) fn kept(&self, definition: &Definition) {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !kept.contains(definition.digest()) {
            kept.insert(Arc::clone(definition.digest()));
        }
    }
}

/// Whether it begins because its time has come again, and only reads: nobody decided anything, and nothing is changed.
fn is_routine(claims: &[Claim], definition: &Definition) -> bool {
    let is_scheduled = claims.iter().any(|claim| claim.scope.starts_with(SCHEDULE));
    is_scheduled && !definition.effectful()
}

/// `client` in the expressions of a durable flow: `{ name, account }`; nobody, when nobody is known.
pub fn client(name: &Arc<str>, account: &Arc<str>) -> Option<Value> {
    if name.is_empty() {
        return None;
    }
    let mut map = Map::with_capacity(2);
    map.insert("name", Value::String(Arc::clone(name)));
    if !account.is_empty() {
        map.insert("account", Value::String(Arc::clone(account)));
    }
    Some(Value::object(map))
}

impl Runner {
    /// As it is kept when it begins.
    pub(super) fn instance(&self, business_key: Option<Arc<str>>, at: store::Millis) -> Instance {
        let written = self.written();
        Instance {
            id: self.id,
            account: Arc::clone(&self.whose.account),
            client: Arc::clone(&self.whose.client),
            flow: Arc::clone(self.definition.name()),
            digest: Arc::clone(self.definition.digest()),
            correlation_id: Arc::clone(&self.whose.correlation_id),
            business_key,
            created_at: at,
            updated_at: at,
            seq: 1,
            status: written.status,
            stage: written.stage,
            wake_at: written.wake_at,
            state: written.state,
            answer: written.answer,
            keep_until: written.keep_until,
        }
    }

    /// A record for the audit trail about this instance.
    pub(super) fn audit(&self, kind: &str, who: &Arc<str>, body: Map) -> AuditRecord {
        AuditRecord {
            at: self.engine.now(),
            kind: kind.into(),
            who: Arc::clone(who),
            account: Arc::clone(&self.whose.account),
            about: self.id.to_string().into(),
            body: crate::codec::json::encode(&Value::object(body)).into(),
        }
    }
}
