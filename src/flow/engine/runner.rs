//! One instance in memory: its state, what it waits for, and the turn that is not written yet.

mod act;
mod hear;
mod write;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::cases::close;
use super::sent::{Running, Send, Whose};
use super::told::{Done, Refused, Told};
use super::turn::Turn;
use super::{Engine, Live, Standing, journal, millis};
use crate::failpoint;
use crate::flow::machine::{self, Event, Now, Saver, State};
use crate::flow::{Definition, FlowEnd};
use crate::mapping;
use crate::store::{AuditRecord, Case, CaseState, Matched, Millis, Reached, Status};
use crate::system::Outcome;

/// Longest that one attempt may take, whatever its system declares.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(3600);
/// How far off a timer may be for its instance to stay in memory.
const LINGER: Duration = Duration::from_secs(5);

/// An instance that is in memory.
pub(super) struct Runner {
    pub engine: Arc<Engine>,
    pub id: Uuid,
    pub definition: Arc<Definition>,
    pub whose: Whose,
    pub state: State,
    saver: Saver,
    /// The state as it was written last.
    bytes: Arc<[u8]>,
    /// Transitions made so far.
    pub seq: u64,
    stage: Arc<str>,
    answer: Option<Arc<FlowEnd>>,
    turn: Turn,
    /// Whether the state has changed since it was written.
    dirty: bool,
    /// When it was written last.
    saved_at: Duration,
    running: Vec<Running>,
    /// Open cases by where it is parked.
    pub cases: BTreeMap<u32, Case>,
    /// Cases that were changed otherwise, for the next turn.
    tended: Vec<Case>,
    /// Events that the state has taken in, and the store does not know of yet.
    pub takes: Vec<(u32, u64)>,
    /// Events that are to be told to the machine.
    given: VecDeque<Matched>,
    audit: Vec<AuditRecord>,
    replies: Vec<oneshot::Sender<Result<Done, Refused>>>,
    inbox: mpsc::UnboundedReceiver<Told>,
    standing: watch::Sender<Standing>,
    keep: Duration,
}

/// What is written of a state.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub status: Status,
    pub stage: Arc<str>,
    pub wake_at: Option<Millis>,
    pub state: Arc<[u8]>,
    pub answer: Option<Arc<[u8]>>,
    pub keep_until: Option<Millis>,
}

/// The two ends of an instance: what it is told, and whom it tells where it stands.
pub(super) type Ends = (mpsc::UnboundedReceiver<Told>, watch::Sender<Standing>);

impl Runner {
    /// An instance whose first turn is not written yet.
    pub fn new(
        engine: Arc<Engine>,
        id: Uuid,
        definition: Arc<Definition>,
        whose: Whose,
        state: State,
        (saver, turn): (Saver, Turn),
        (inbox, standing): Ends,
    ) -> Runner {
        let keep = definition.keep().unwrap_or_else(|| engine.live().keep());
        let saved_at = engine.at();
        Runner {
            engine,
            id,
            definition,
            whose,
            state,
            saver,
            bytes: Arc::from([]),
            seq: 0,
            stage: "".into(),
            answer: None,
            turn,
            dirty: true,
            saved_at,
            running: Vec::new(),
            cases: BTreeMap::new(),
            tended: Vec::new(),
            takes: Vec::new(),
            given: VecDeque::new(),
            audit: Vec::new(),
            replies: Vec::new(),
            inbox,
            standing,
            keep,
        }
    }

    /// Its first turn is on disk.
    pub fn began(&mut self, keep: Duration, (matched, reached): (Vec<Matched>, Vec<Reached>)) {
        self.keep = keep;
        self.seq = 1;
        self.is_written(matched, reached);
    }

    /// It was not accepted.
    pub fn never_was(mut self) {
        self.engine.dismiss(self.id, &mut self.inbox);
    }

    /// It was loaded: what it was and how it was answered.
    pub fn resumes(
        &mut self,
        seq: u64,
        stage: Arc<str>,
        answer: Option<FlowEnd>,
        cases: Vec<Case>,
        given: Vec<Matched>,
    ) {
        self.given = given.into();
        (self.seq, self.stage, self.answer) = (seq, stage, answer.map(Arc::new));
        let (parked, broken): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.park.is_some());
        self.cases = parked.into_iter().filter_map(|case| Some((case.park?, case))).collect();
        // It could not be taken up, and now it is.
        self.tended.extend(broken.into_iter().map(|mut case| {
            close(&mut case, CaseState::AutoResolved, self.engine.now());
            case
        }));
        self.turn.weighty = !self.turn.entries.is_empty() || !self.tended.is_empty();
    }

    /// Runs until it is over, or only waits.
    pub async fn run(mut self) {
        loop {
            if self.turn.weighty {
                if !self.write().await {
                    break;
                }
                failpoint::pass("turn.written");
            }
            if self.engine.is_ending() {
                // What is to be sent is on disk, and is sent at the next start.
                self.turn.sends.clear();
                if self.running.is_empty() {
                    // What it has come to need not be found out again.
                    if self.dirty && !self.state.is_over() {
                        self.write().await;
                    }
                    break;
                }
            }
            self.carry_out();
            if self.state.is_over() {
                break;
            }
            if let Some(matched) = self.given.pop_front() {
                self.occurred(matched);
                continue;
            }
            if self.is_idle() {
                if self.let_go().await {
                    return;
                }
                continue;
            }
            // What changes nothing outside is written now and then, too: nobody should have to find out twice what took long.
            if self.dirty && self.engine.at().saturating_sub(self.saved_at) > LINGER {
                self.turn.weighty = true;
                continue;
            }
            self.hear().await;
        }
        self.engine.dismiss(self.id, &mut self.inbox);
    }

    /// Begins the attempts of the turn, and gives up those that are no longer wanted.
    fn carry_out(&mut self) {
        for id in std::mem::take(&mut self.turn.taken_back) {
            self.running.retain(|running| running.send.id != id);
        }
        for send in std::mem::take(&mut self.turn.sends) {
            let running = self.begin_attempt(send);
            self.running.push(running);
        }
    }

    fn begin_attempt(&self, send: Send) -> Running {
        let since = self.engine.clock.monotonic();
        let context = self.whose.context(&send, since.saturating_add(LONGEST_ATTEMPT));
        if let Some(held) = self.engine.held_back(&send.operation.system) {
            return Running { send, since, future: Box::pin(std::future::ready(held)) };
        }
        let live = self.engine.live();
        let (operation, inputs, probe) = (send.operation.clone(), Arc::clone(&send.inputs), send.probe);
        let counted = Counted::one(&self.engine);
        let future = Box::pin(async move {
            let _counted = counted;
            match probe {
                false => live.caller().call(&operation, inputs, context).await,
                true => live.caller().probe(&operation, inputs, context).await,
            }
        });
        Running { send, since, future }
    }

    /// Whether nothing happens soon by itself.
    fn is_idle(&self) -> bool {
        let soon = self.engine.at().saturating_add(LINGER);
        self.running.is_empty() && self.state.timers().all(|(_, due)| due > soon)
    }

    /// The turn that is not written yet.
    pub fn turn_mut(&mut self) -> &mut Turn {
        &mut self.turn
    }

    /// A case was changed by somebody: it is written with the next turn, and then they are answered.
    pub fn tended(&mut self, case: Case, record: AuditRecord, reply: oneshot::Sender<Result<Done, Refused>>) {
        self.tended.push(case);
        self.audit.push(record);
        self.replies.push(reply);
        self.turn.weighty = true;
    }

    /// Tells the machine.
    pub fn apply(&mut self, event: Event) {
        let (live, at) = (self.engine.live(), self.engine.at());
        let now = Now { at, context: mapping::Context::new(self.engine.clock.now(), live.tables()) };
        let mut actions = Vec::new();
        machine::apply(&self.definition, &mut self.state, event, &now, &mut actions);
        self.turn.take(actions, millis(at));
        self.turn.hold_back(|system| self.engine.is_paused(system).is_some());
        self.dirty = true;
        self.note_holds();
    }

    /// Whether somebody waits for its answer.
    pub(super) fn is_awaited(&self) -> bool {
        // One end belongs to the engine.
        self.standing.receiver_count() > 1
    }

    /// An attempt came to an outcome.
    fn came_to(&mut self, send: Send, outcome: Outcome, took: Duration) {
        failpoint::pass("outcome.heard");
        self.observe(&send, &outcome, took);
        self.turn.entries.push(journal::outcome(self.engine.now(), &send, &outcome, took));
        if !matches!(outcome, Outcome::Held(_))
            && outcome.failure().is_none_or(|failure| !failure.kind.is_outage())
            && self
                .engine
                .was_away(&send.operation.system, self.engine.clock.monotonic().saturating_sub(took))
        {
            self.turn.back.push(Arc::clone(&send.operation.system));
            self.turn.weighty = true;
        }
        self.apply(Event::Outcome { call: send.id, outcome });
    }

    fn observe(&self, send: &Send, outcome: &Outcome, took: Duration) {
        let live: Arc<dyn Live> = self.engine.live();
        let named = |name: &Arc<str>| (!name.is_empty()).then(|| Arc::clone(name));
        let context = crate::flow::direct::FlowContext {
            instance: self.id,
            account: named(&self.whose.account),
            client: named(&self.whose.client),
            correlation_id: Arc::clone(&self.whose.correlation_id),
            traceparent: self.whose.traceparent.clone(),
            deadline: Duration::MAX,
            trusted: false,
        };
        let (operation, attempt) = (&send.operation, send.attempt);
        live.observer().attempted(&crate::flow::direct::Attempted {
            context: &context,
            operation,
            attempt,
            outcome,
            took,
        });
    }
}

/// An attempt under way, until it is answered or given up.
struct Counted(Arc<Engine>);

impl Counted {
    fn one(engine: &Arc<Engine>) -> Counted {
        engine.attempts.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(engine))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.attempts.fetch_sub(1, Ordering::Relaxed);
    }
}
