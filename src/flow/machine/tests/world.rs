//! A world that answers calls by rule, watches that the machine keeps its word, and jumps in time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::flow::FlowEnd;
use crate::flow::definition::Definition;
use crate::flow::machine::{
    self, Action, Call, CallId, Emission, Event, Listen, ListenId, Now, Start, TimerId,
};
use crate::mapping::{Context, Tables};
use crate::system::Outcome;
use crate::value::Value;

/// An attempt as the world sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// `c7`, or `c7 0 3` in the rounds of items 0 and 3.
    pub what: String,
    pub probe: bool,
    pub attempt: u32,
    pub key: Option<String>,
    pub at: Duration,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Trace {
    pub end: FlowEnd,
    pub asked: Vec<Asked>,
    pub at: Duration,
    pub retries: usize,
    pub emitted: Vec<Emitted>,
    /// When each listen was opened.
    pub listened: Vec<Duration>,
}

/// An event that a run emitted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Emitted {
    pub id: uuid::Uuid,
    pub key: Arc<str>,
    pub path: Arc<str>,
    pub at: Duration,
}

/// An event that the world tells a listen: when, after it was opened, its number and what it says.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub after: Duration,
    pub number: u64,
    pub payload: Value,
}

/// How the world answers: the outcome of an attempt and how long it takes.
pub(super) struct World<'w> {
    pub answers: Box<dyn FnMut(&Asked) -> (Outcome, Duration) + 'w>,
    /// What a listen is told, by how many were opened before it.
    pub events: Box<dyn FnMut(usize) -> Vec<Told> + 'w>,
    pub deadline: Duration,
}

impl<'w> World<'w> {
    /// A world without a deadline.
    pub fn new(answers: impl FnMut(&Asked) -> (Outcome, Duration) + 'w) -> World<'w> {
        World { answers: Box::new(answers), events: Box::new(|_| Vec::new()), deadline: Duration::MAX }
    }

    /// The same with events.
    pub fn telling(mut self, events: impl FnMut(usize) -> Vec<Told> + 'w) -> World<'w> {
        self.events = Box::new(events);
        self
    }

    /// The same with a deadline.
    pub fn until(mut self, deadline: Duration) -> World<'w> {
        self.deadline = deadline;
        self
    }

    /// Runs a definition to its end, checking on the way that the machine keeps its word.
    pub fn run(mut self, definition: &Definition) -> Trace {
        let tables = Tables::default();
        let mut play = Play::default();
        let mut actions = Vec::new();
        let now = |at| Now { at, context: Context::new(Moment(0), &tables) };
        let start = Start {
            instance: uuid::Uuid::from_u128(7),
            seed: 7,
            inputs: Vec::new(),
            client: None,
            correlation_id: "test".into(),
            deadline: self.deadline,
            trace: false,
            durable: false,
        };
        let mut state = machine::start(definition, start, &now(Duration::ZERO), &mut actions);
        for _ in 0..100_000 {
            if let Some(end) = play.perform(&mut self, &mut actions) {
                assert!(state.is_over());
                let open = (play.calls.len(), play.timers.len(), play.listens.len());
                assert_eq!(open, (0, 0, 0), "everything is given back");
                let Play { asked, at, retries, emitted, listened, .. } = play;
                return Trace { end, asked, at, retries, emitted, listened };
            }
            let ((at, _), event) = play.queue.pop_first().expect("a run that waits for nothing is over");
            play.at = at;
            let wanted = play.happens(&event);
            machine::apply(definition, &mut state, event, &now(at), &mut actions);
            assert!(wanted || actions.is_empty(), "what was given up changes nothing");
        }
        panic!("the run does not end");
    }
}

#[derive(Default)]
struct Play {
    at: Duration,
    number: u64,
    queue: BTreeMap<(Duration, u64), Event>,
    calls: HashSet<CallId>,
    timers: HashSet<TimerId>,
    listens: HashSet<ListenId>,
    emitted: Vec<Emitted>,
    listened: Vec<Duration>,
    seen: HashSet<u32>,
    asked: Vec<Asked>,
    retries: usize,
    /// By idempotency key: whether a create came to an unknown outcome and no probe said "none" since.
    open: HashMap<String, bool>,
    /// What each call asked, and what the answer will be.
    under_way: HashMap<CallId, (Asked, Outcome)>,
}

impl Play {
    fn perform(&mut self, world: &mut World<'_>, actions: &mut Vec<Action<'_>>) -> Option<FlowEnd> {
        let mut end = None;
        for action in actions.drain(..) {
            assert!(end.is_none(), "nothing follows the end");
            match action {
                Action::Call(call) => self.call(world, call),
                // What was given up may still answer; the machine must not mind.
                Action::CancelCall(id) => assert!(self.calls.remove(&id)),
                Action::Timer { id, after } => {
                    assert!(self.seen.insert(id.0) && self.timers.insert(id));
                    self.put(after, Event::Fired { timer: id });
                }
                Action::CancelTimer(id) => assert!(self.timers.remove(&id)),
                Action::Emit(emission) => self.emit(emission),
                Action::Listen(listen) => self.listen(world, &listen),
                Action::CancelListen(id) => assert!(self.listens.remove(&id)),
                Action::Retrying { .. } => self.retries += 1,
                Action::StepStarted { .. } | Action::StepEnded { .. } => panic!("nobody asked for steps"),
                Action::Adopted { .. }
                | Action::Expired { .. }
                | Action::Holding { .. }
                | Action::Respond(_)
                | Action::Parked(_)
                | Action::Unparked(_)
                | Action::Undoing { .. } => {
                    panic!("only durable runs say so")
                }
                Action::End(how) => end = Some(how),
            }
        }
        end
    }

    fn put(&mut self, after: Duration, event: Event) {
        self.number += 1;
        self.queue.insert((self.at + after, self.number), event);
    }

    fn emit(&mut self, emission: Emission<'_>) {
        let Emission { id, key, path, .. } = emission;
        assert!(self.emitted.iter().all(|known| known.id != id), "an event has an id of its own");
        self.emitted.push(Emitted { id, key, path: path.clone(), at: self.at });
    }

    fn listen(&mut self, world: &mut World<'_>, listen: &Listen<'_>) {
        assert!(self.seen.insert(listen.id.0) && self.listens.insert(listen.id), "ids are fresh");
        let number = self.listened.len();
        self.listened.push(self.at);
        for Told { after, number, payload } in (world.events)(number) {
            let event = listen.wants[0].event.clone();
            self.put(after, Event::Occurred { listen: listen.id, event, number, payload });
        }
    }

    fn call(&mut self, world: &mut World<'_>, call: Call<'_>) {
        assert!(self.seen.insert(call.id.0) && self.calls.insert(call.id), "ids are fresh");
        assert!(self.at < call.deadline, "no call after the deadline");
        let items = call.inputs.iter().flatten().filter_map(Value::as_number);
        let items: String = items.map(|number| format!(" {number}")).collect();
        let asked = Asked {
            what: format!("{}{items}", call.operation.operation),
            probe: call.probe,
            attempt: call.attempt,
            key: call.idempotency_key.as_deref().map(str::to_owned),
            at: self.at,
        };
        if let Some(key) = asked.key.as_ref().filter(|_| !asked.probe) {
            let open = self.open.get(key).copied().unwrap_or(false);
            assert!(!open, "a create is never sent again while it may have been done: {asked:?}");
        }
        let (outcome, took) = (world.answers)(&asked);
        self.put(took, Event::Outcome { call: call.id, outcome: outcome.clone() });
        self.under_way.insert(call.id, (asked.clone(), outcome));
        self.asked.push(asked);
    }

    /// Notes what an event says; gives whether anybody still waits for it.
    fn happens(&mut self, event: &Event) -> bool {
        match event {
            Event::Turn
            | Event::Retry { .. }
            | Event::Skip { .. }
            | Event::Amend { .. }
            | Event::Rerun(_)
            | Event::Stop { .. } => true,
            Event::Fired { timer } => self.timers.remove(timer),
            Event::Occurred { listen, .. } => self.listens.contains(listen),
            Event::Outcome { call, .. } => {
                let wanted = self.calls.remove(call);
                let Some((asked, outcome)) = self.under_way.remove(call) else { return wanted };
                if wanted {
                    self.learn(&asked, &outcome);
                }
                wanted
            }
        }
    }

    fn learn(&mut self, asked: &Asked, outcome: &Outcome) {
        let none = matches!(outcome, Outcome::Ok { value: None, .. });
        match (asked.probe, &asked.key, outcome) {
            (false, Some(key), Outcome::Unknown(_)) if asked.what.starts_with("c9") => {
                self.open.insert(key.clone(), true);
            }
            // Probes carry no key: a probe closes the create of its operation and round.
            (true, _, _) if none => {
                let keys = self.asked.iter().filter(|other| other.what == asked.what);
                let keys: Vec<String> = keys.filter_map(|other| other.key.clone()).collect();
                for key in keys {
                    self.open.insert(key, false);
                }
            }
            _ => {}
        }
    }
}
