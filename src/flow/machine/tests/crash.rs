//! Durable runs in a process that ends at any moment: what was written is taken up again, answers under way are
//! lost, and what was created may have been created. The oracle is the ledger of the system.

mod renew;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::random::{mix, number};
use super::*;
use crate::clock::Moment;
use crate::flow::definition::Definition;
use crate::flow::machine::{self, Action, Call, CallId, Event, Now, Saver, Start, State, TimerId};
use crate::flow::step::fork::Rule as ForkRule;
use crate::mapping::{Context, Tables};
use crate::system::Effect;

/// As [`spec`] declares it: how long after an answer that leaves it open a create may still come.
const SETTLE: Duration = Duration::from_millis(50);

/// What was created, by what was asked for, with the keys under which it was undone.
#[derive(Debug, Default, Clone, PartialEq)]
struct Ledger {
    made: BTreeMap<String, Vec<i64>>,
    undone: BTreeMap<i64, BTreeSet<String>>,
    count: i64,
}

/// What happens in the world.
#[derive(Debug, Clone)]
enum Happens {
    /// An answer arrives.
    Answers(CallId, Outcome),
    Fires(TimerId),
    /// Something is created.
    Creates(String),
}

/// The world, the driver and what is on disk.
struct Life<'d> {
    definition: &'d Definition,
    tables: Tables,
    seed: u64,
    at: Duration,
    number: u64,
    queue: BTreeMap<(Duration, u64), Happens>,
    ledger: Ledger,
    calls: BTreeSet<CallId>,
    timers: BTreeSet<TimerId>,
    asked: HashMap<(String, bool), u64>,
    /// All that was asked, in order.
    told: Vec<String>,
    disk: Vec<u8>,
    blobs: HashMap<String, Vec<u8>>,
    end: Option<FlowEnd>,
    /// Whether every state is written and read again, though nothing ends.
    rewrites: bool,
}

/// What an attempt comes to: what the caller is told, and when after the answer it is created, if it is.
fn fate(seed: u64, what: &str, nth: u64) -> (Outcome, Option<Duration>) {
    let chance = mix(seed, what, nth) >> 20;
    let late = SETTLE / 10 * (chance >> 8 & 7) as u32;
    match chance % 12 {
        0..=4 => (ok(0), Some(Duration::ZERO)),
        5 => (not_done(), None),
        6 => (unknown(), None),
        7 => (unknown(), Some(Duration::ZERO)),
        8 => (unknown(), Some(late)),
        9 => (Outcome::Held(failure(SystemKind::Limited)), None),
        10 => (Outcome::Rejected { status: 409, message: "no".to_owned() }, None),
        _ => (ok(0), Some(Duration::ZERO)),
    }
}

impl<'d> Life<'d> {
    fn new(definition: &'d Definition, seed: u64, rewrites: bool) -> Life<'d> {
        Life {
            definition,
            tables: Tables::default(),
            seed,
            at: Duration::ZERO,
            number: 0,
            queue: BTreeMap::new(),
            ledger: Ledger::default(),
            calls: BTreeSet::new(),
            timers: BTreeSet::new(),
            asked: HashMap::new(),
            told: Vec::new(),
            disk: Vec::new(),
            blobs: HashMap::new(),
            end: None,
            rewrites,
        }
    }

    fn put(&mut self, after: Duration, happens: Happens) {
        self.number += 1;
        self.queue.insert((self.at + after, self.number), happens);
    }

    fn write(&mut self, state: &State) {
        let (bytes, blobs) = Saver::default().save(state).expect("a small state");
        self.disk = bytes;
        self.blobs.extend(blobs.into_iter().map(|(digest, bytes)| (digest.to_string(), bytes.to_vec())));
    }

    fn read(&self) -> State {
        machine::load(&self.disk, |digest| self.blobs.get(digest).cloned()).expect("what was written")
    }

    fn turn(&mut self, turn: impl FnOnce(&'d Definition, &Now<'_>, &mut Vec<Action<'d>>)) -> Vec<Action<'d>> {
        let mut actions = Vec::new();
        let now = Now { at: self.at, context: Context::new(Moment(0), &self.tables) };
        turn(self.definition, &now, &mut actions);
        actions
    }

    /// Lives to the end, or until everything is parked. `dies` says before which of the events the process ends.
    fn live(mut self, dies: &dyn Fn(u64) -> bool) -> Life<'d> {
        let start = Start {
            instance: uuid::Uuid::from_u128(7),
            seed: 7,
            inputs: Vec::new(),
            client: None,
            correlation_id: "test".into(),
            deadline: Duration::MAX,
            trace: false,
            durable: true,
        };
        // It has waited for its turn, in another process.
        let mut state = machine::queue(self.definition, start);
        assert!(state.is_queued() && !state.is_over());
        self.write(&state);
        state = self.read();
        let mut begun = |definition, now: &Now<'_>, actions: &mut Vec<Action<'d>>| {
            machine::apply(definition, &mut state, Event::Turn, now, actions);
        };
        let actions = self.turn(&mut begun);
        // What is accepted is on disk.
        self.write(&state);
        self.carry_out(&state, actions);
        for event in 0..20_000 {
            if self.end.is_some() || (self.calls.is_empty() && self.timers.is_empty()) {
                // What is still to be created is.
                while let Some(((at, _), happens)) = self.queue.pop_first() {
                    self.at = at;
                    self.happens(happens);
                }
                let is_parked = state.parked().next().is_some();
                assert!(self.end.is_some() || is_parked, "it waits for nothing: {state:?}");
                return self;
            }
            if dies(event) {
                state = self.dies(event);
                continue;
            }
            if mix(self.seed, "back", event) >> 20 & 3 == 0 {
                self.is_back(&mut state);
                continue;
            }
            let ((at, _), happens) = self.queue.pop_first().expect("something happens");
            self.at = at;
            let Some(event) = self.happens(happens) else { continue };
            if self.rewrites {
                self.write(&state);
                state = self.read();
            }
            let actions = self.turn(|definition, now, actions| {
                machine::apply(definition, &mut state, event, now, actions);
            });
            self.carry_out(&state, actions);
        }
        panic!("the run does not end");
    }

    /// Somebody says that the system is there again: whoever is held goes on at once.
    fn is_back(&mut self, state: &mut State) {
        for timer in state.held_on(self.definition, "test") {
            if self.timers.remove(&timer) {
                let actions = self.turn(|definition, now, actions| {
                    machine::apply(definition, state, Event::Fired { timer }, now, actions);
                });
                self.carry_out(state, actions);
            }
        }
    }

    /// The process ends and begins again after a while: answers are lost, what was sent may still be done.
    fn dies(&mut self, event: u64) -> State {
        self.queue.retain(|_, happens| matches!(happens, Happens::Creates(_)));
        self.calls.clear();
        self.timers.clear();
        let away = ms(mix(self.seed, "away", event) >> 30 & 0xff);
        let until = self.at + away;
        while let Some(first) = self.queue.first_entry().filter(|first| first.key().0 <= until) {
            let happens = first.remove();
            self.happens(happens);
        }
        self.at = until;
        let mut state = self.read();
        let actions = self.turn(|definition, now, actions| {
            machine::recover(definition, &mut state, now, actions);
        });
        self.carry_out(&state, actions);
        state
    }

    /// What becomes of it for the machine, if it hears of it.
    fn happens(&mut self, happens: Happens) -> Option<Event> {
        match happens {
            Happens::Answers(call, outcome) => {
                self.calls.remove(&call).then_some(Event::Outcome { call, outcome })
            }
            Happens::Fires(timer) => self.timers.remove(&timer).then_some(Event::Fired { timer }),
            Happens::Creates(what) => {
                self.ledger.count += 1;
                let number = self.ledger.count;
                self.ledger.made.entry(what).or_default().push(number);
                None
            }
        }
    }

    /// As the engine does: what the world would notice is on disk first.
    fn carry_out(&mut self, state: &State, actions: Vec<Action<'d>>) {
        let weighty = |action: &Action<'_>| match action {
            Action::Call(call) => call.idempotency_key.is_some(),
            Action::Respond(_)
            | Action::Parked(_)
            | Action::Unparked(_)
            | Action::Emit(_)
            | Action::End(_) => true,
            _ => false,
        };
        if actions.iter().any(weighty) {
            self.write(state);
        }
        for action in actions {
            assert!(self.end.is_none(), "nothing follows the end");
            match action {
                Action::Call(call) => self.call(call),
                Action::CancelCall(id) => assert!(self.calls.remove(&id)),
                Action::Timer { id, after } => {
                    assert!(self.timers.insert(id), "timers are fresh");
                    self.put(after, Happens::Fires(id));
                }
                Action::CancelTimer(id) => assert!(self.timers.remove(&id)),
                Action::End(end) => {
                    assert!(state.is_over());
                    self.end = Some(end);
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, call: Call<'_>) {
        assert!(self.calls.insert(call.id), "calls are fresh");
        let inputs: String = call.inputs.iter().flatten().map(|input| format!(" {input:?}")).collect();
        let what = format!("{}{inputs}", call.operation.operation);
        let nth = self.asked.entry((what.clone(), call.probe)).or_default();
        *nth += 1;
        let nth = *nth;
        self.told.push(format!("{what} {} {:?} {:?}", call.probe, call.idempotency_key, self.at));
        let took = ms(mix(self.seed, &what, nth.wrapping_add(50)) >> 16 & 0x1ff);
        let (outcome, created) = self.outcome(&call, &what, nth, took);
        if let Some(after) = created {
            self.put(after, Happens::Creates(what));
        }
        self.put(took, Happens::Answers(call.id, outcome));
    }

    /// What the caller will be told after `took`, and when it is created.
    fn outcome(
        &mut self,
        call: &Call<'_>,
        what: &str,
        nth: u64,
        took: Duration,
    ) -> (Outcome, Option<Duration>) {
        let is_create = what.starts_with("c9");
        if call.probe {
            return (self.probe(what, nth), None);
        }
        if what.starts_with('u') {
            return (self.undo(call, what, nth), None);
        }
        let (outcome, after) = fate(self.seed, what, nth);
        match outcome {
            // What is asked for again is the same thing: the ledger says which when the answer arrives.
            Outcome::Ok { .. } if is_create => {
                let number = self.ledger.count + 1;
                self.ledger.count = number;
                self.ledger.made.entry(what.to_owned()).or_default().push(number);
                (ok(number), None)
            }
            other => (other, after.filter(|_| is_create).map(|after| took + after)),
        }
    }

    fn probe(&self, what: &str, nth: u64) -> Outcome {
        let mut made = self.ledger.made.get(what).cloned().unwrap_or_default();
        // What was taken back is not there any more.
        made.retain(|number| !self.ledger.undone.contains_key(number));
        match mix(self.seed, what, nth.wrapping_add(1_000)) >> 20 & 7 {
            0 => not_done(),
            1 => unknown(),
            _ => Outcome::Ok {
                value: Some(Value::array(made.into_iter().map(Value::from).collect())),
                age: None,
            },
        }
    }

    fn undo(&mut self, call: &Call<'_>, what: &str, nth: u64) -> Outcome {
        let number = call.inputs[0].as_ref().and_then(Value::as_number).expect("what was created");
        let number: i64 = number.to_string().parse().expect("a whole number");
        let key = call.idempotency_key.as_deref().expect("a key").to_owned();
        let chance = mix(self.seed, what, nth) >> 20 & 7;
        if chance > 1 {
            self.ledger.undone.entry(number).or_default().insert(key);
        }
        match chance {
            0 | 2 => unknown(),
            1 => not_done(),
            _ => ok(1),
        }
    }
}

/// What must hold of the ledger once a run is over or parked.
fn judge(life: &Life<'_>, undoable: &BTreeSet<u32>) -> Result<(), TestCaseError> {
    let told = || format!("{:#?}\n{:#?}\n{:?}", life.told, life.ledger, life.end);
    for (what, made) in &life.ledger.made {
        let live = made.iter().filter(|number| !life.ledger.undone.contains_key(number)).count();
        prop_assert!(live <= 1, "{what} was created {live} times\n{}", told());
        let number = what[1..].split(' ').next().and_then(|word| word.parse::<u32>().ok());
        let may_be_renewed = number.is_some_and(|number| undoable.contains(&number));
        prop_assert!(made.len() <= 1 || may_be_renewed, "{what} was created again\n{}", told());
        let undone = made.iter().map(|number| life.ledger.undone.get(number).map_or(0, BTreeSet::len));
        for times in undone {
            prop_assert!(times <= 1, "{what} was undone {times} times\n{}", told());
            let is_undoable = number.is_some_and(|number| undoable.contains(&number));
            if is_undoable && matches!(life.end, Some(FlowEnd::Rejected { .. })) {
                prop_assert!(times == 1, "{what} was left behind\n{}", told());
            }
        }
    }
    Ok(())
}

fn leaf() -> impl Strategy<Value = Spec> {
    prop_oneof![
        2 => (1..4u32).prop_map(|attempts| Spec::read(0, attempts)),
        2 => (1..4u32).prop_map(|attempts| Spec::Call {
            number: 0, effect: Effect::Idempotent, attempts, probe: false, probe_first: false,
        }),
        3 => (2..9u32, any::<bool>()).prop_map(|(attempts, probe_first)| Spec::Call {
            number: 0, effect: Effect::Create, attempts, probe: true, probe_first,
        }),
        6 => (2..9u32, prop::option::of(1..1_500u64))
            .prop_map(|(attempts, good)| Spec::Undone { number: 0, attempts, good: good.map(ms) }),
        1 => (0..9i64).prop_map(Spec::Set),
        2 => Just(Spec::Reject),
        1 => (1..2_000u64).prop_map(|lapse| Spec::Wait(ms(lapse))),
        1 => (0..4i64).prop_map(Spec::Emit),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Spec>> {
    let step = leaf().prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        let rule = prop_oneof![Just(ForkRule::All), Just(ForkRule::First)];
        prop_oneof![
            list.clone().prop_map(Spec::Do),
            (rule, list.clone()).prop_map(|(rule, branches)| Spec::Fork(rule, branches)),
            (0..5i64, 1..4u32, list.clone()).prop_map(|(items, concurrency, body)| Spec::For {
                items,
                concurrency,
                body
            }),
            (list.clone(), list.clone()).prop_map(|(tried, caught)| Spec::Try(tried, caught)),
            list.prop_map(Spec::Run),
            (1..3_000u64, inner).prop_map(|(timeout, inner)| Spec::Timeout(ms(timeout), Box::new(inner))),
        ]
    });
    prop::collection::vec(step, 1..5)
}

fn undoable(steps: &[Spec], found: &mut BTreeSet<u32>) {
    for step in steps {
        match step {
            Spec::Undone { number, .. } => _ = found.insert(*number),
            Spec::Do(inner) | Spec::Fork(_, inner) | Spec::Run(inner) => undoable(inner, found),
            Spec::For { body, .. } => undoable(body, found),
            Spec::Try(tried, caught) => {
                undoable(tried, found);
                undoable(caught, found);
            }
            Spec::Timeout(_, inner) | Spec::Skipped(inner) => undoable(std::slice::from_ref(inner), found),
            _ => {}
        }
    }
}

fn numbered(mut steps: Vec<Spec>) -> (Definition, BTreeSet<u32>) {
    number(&mut steps, &mut 0);
    let mut found = BTreeSet::new();
    undoable(&steps, &mut found);
    (definition(&steps), found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn however_often_the_process_ends_nothing_is_created_twice_or_left_behind(
        steps in steps(),
        seed in any::<u64>(),
        deaths in any::<u64>(),
        often in 2..40u64,
    ) {
        let (definition, undoable) = numbered(steps);
        // Not for ever: a process that always dies gets nowhere.
        let dies = |event: u64| event < 400 && (mix(deaths, "dies", event) >> 24).is_multiple_of(often);
        let life = Life::new(&definition, seed, false).live(&dies);
        judge(&life, &undoable)?;
        let life = Life::new(&definition, seed, false).live(&|_| false);
        judge(&life, &undoable)?;
    }

    #[test]
    fn writing_and_reading_a_state_changes_nothing(steps in steps(), seed in any::<u64>()) {
        let (definition, _) = numbered(steps);
        let one = Life::new(&definition, seed, false).live(&|_| false);
        let other = Life::new(&definition, seed, true).live(&|_| false);
        prop_assert_eq!(one.told, other.told);
        prop_assert_eq!(one.ledger, other.ledger);
        prop_assert_eq!(one.end, other.end);
    }
}

/// Every step kind that does something, alone and around others.
fn kinds() -> Vec<(&'static str, Spec)> {
    let create = || Spec::Undone { number: 0, attempts: 6, good: None };
    let expires = || Spec::Undone { number: 0, attempts: 6, good: Some(ms(300)) };
    vec![
        ("call", create()),
        ("set", Spec::Set(1)),
        ("do", Spec::Do(vec![create(), create()])),
        ("fork", Spec::Fork(ForkRule::All, vec![create(), create()])),
        ("good for a while", Spec::Do(vec![expires(), Spec::Wait(ms(400)), create(), Spec::Set(1)])),
        (
            "good branches",
            Spec::Do(vec![
                Spec::Fork(ForkRule::All, vec![expires(), expires()]),
                Spec::Wait(ms(400)),
                create(),
            ]),
        ),
        ("fork first", Spec::Fork(ForkRule::First, vec![create(), create()])),
        ("for", Spec::For { items: 3, concurrency: 2, body: vec![create()] }),
        ("try", Spec::Try(vec![create(), Spec::read(0, 1)], vec![create()])),
        ("run", Spec::Run(vec![create()])),
        ("wait", Spec::Wait(ms(300))),
        ("emit", Spec::Emit(1)),
        ("reject", Spec::Reject),
        ("timeout", Spec::Timeout(ms(200), Box::new(create()))),
    ]
}

#[test]
fn every_step_kind_is_broken_off_at_every_event_whatever_its_calls_come_to() {
    for (kind, spec) in kinds() {
        let steps = [
            Spec::Undone { number: 0, attempts: 6, good: None },
            spec,
            Spec::Undone { number: 0, attempts: 6, good: None },
        ];
        for end in [None, Some(Spec::Reject)] {
            let steps: Vec<Spec> = steps.iter().cloned().chain(end).collect();
            let (definition, undoable) = numbered(steps);
            for seed in 0..40 {
                for broken in 0..14 {
                    // Once there, and once more while it is taken up.
                    for again in [0, 1] {
                        let dies = |event: u64| event == broken || event == broken + again;
                        let life = Life::new(&definition, seed, false).live(&dies);
                        if let Err(error) = judge(&life, &undoable) {
                            panic!("{kind}, seed {seed}, broken off at {broken}: {error}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_create_under_way_when_the_process_ends_has_its_whole_time_to_be_done() {
    let definition = definition(&[Spec::Undone { number: 9_001, attempts: 6, good: None }]);
    let sends = |life: &Life<'_>| life.told.iter().filter(|told| told.contains("false")).count();
    // The answer would have come after `took`; the create is done just before, long after the restart.
    let seed = (0..5_000)
        .find(|seed| {
            let took = mix(*seed, "c9001", 51) >> 16 & 0x1ff;
            let says = mix(*seed, "c9001", 1_001) >> 20 & 7 > 1;
            took > 450
                && says
                && matches!(fate(*seed, "c9001", 1), (Outcome::Unknown(_), Some(Duration::ZERO)))
        })
        .expect("such a seed");
    let life = Life::new(&definition, seed, false).live(&|event| event == 0);
    assert_eq!((sends(&life), life.ledger.made["c9001"].len()), (1, 1), "{:#?}", life.told);
}

#[test]
fn what_nobody_waits_for_and_was_not_done_is_not_sent_again() {
    let slow = Spec::Undone { number: 9_001, attempts: 6, good: None };
    let definition = definition(&[Spec::Timeout(ms(10), Box::new(slow))]);
    let seed = (0..5_000)
        .find(|seed| matches!(fate(*seed, "c9001", 1), (Outcome::Unknown(_), None)))
        .expect("such a seed");
    let life = Life::new(&definition, seed, false).live(&|_| false);
    let sends = life.told.iter().filter(|told| told.contains("c9001 false")).count();
    assert_eq!((sends, life.ledger.made.len()), (1, 0), "{:#?}", life.told);
}

#[test]
fn a_create_that_a_try_catches_while_nobody_knows_whether_it_was_done_is_found_out_and_undone() {
    let create = Spec::Undone { number: 9_001, attempts: 3, good: None };
    let definition = definition(&[Spec::Try(vec![create], vec![Spec::Set(1)]), Spec::Reject]);
    // Created, not answered, and the probe does not answer three times.
    let silent = |seed: u64, nth: u64| mix(seed, "c9001", nth.wrapping_add(1_000)) >> 20 & 7 == 1;
    let seed = (0..50_000)
        .find(|seed| {
            let done = matches!(fate(*seed, "c9001", 1), (Outcome::Unknown(_), Some(Duration::ZERO)));
            done && (1..=3).all(|nth| silent(*seed, nth)) && !silent(*seed, 4)
        })
        .expect("such a seed");
    let life = Life::new(&definition, seed, false).live(&|_| false);
    assert!(matches!(life.end, Some(FlowEnd::Rejected { .. })), "{:?}", life.end);
    let (made, undone) = (life.ledger.made["c9001"].len(), life.ledger.undone.len());
    assert_eq!((made, undone), (1, 1), "{:#?}", life.told);
}
