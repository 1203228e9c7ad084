//! What `after` proves of a flow holds in every run of it (M21): whenever a step begins, those that are
//! certainly done before it have been done.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use proptest::prelude::*;

use super::random::{mix, number, outcome, steps};
use super::world::Asked;
use super::*;
use crate::clock::Moment;
use crate::flow::compile::certainly;
use crate::flow::definition::{Definition, StepIndex};
use crate::flow::machine::{self, Action, Event, Now, Start};
use crate::mapping::{Context, Tables};

/// Steps that began and steps that were done, in the order in which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happened {
    Began(StepIndex),
    Done(StepIndex),
}

/// Plays a definition: outcomes by `seed`, how long each takes by `pace`.
fn play(definition: &Definition, seed: u64, pace: u64) -> Vec<Happened> {
    let tables = Tables::default();
    let now = |at| Now { at, context: Context::new(Moment(0), &tables) };
    let start = Start {
        instance: uuid::Uuid::from_u128(7),
        seed: 7,
        inputs: Vec::new(),
        client: None,
        correlation_id: "test".into(),
        deadline: Duration::MAX,
        trace: true,
        durable: false,
    };
    let mut play = Play::new(definition, seed, pace);
    let mut actions = Vec::new();
    let mut state = machine::start(definition, start, &now(Duration::ZERO), &mut actions);
    for _ in 0..100_000 {
        play.perform(&mut actions);
        if state.is_over() {
            return play.happened;
        }
        let ((at, _), event) = play.queue.pop_first().expect("a run that waits for nothing is over");
        play.at = at;
        machine::apply(definition, &mut state, event, &now(at), &mut actions);
    }
    panic!("the run does not end");
}

struct Play<'d> {
    definition: &'d Definition,
    seed: u64,
    pace: u64,
    at: Duration,
    queue: BTreeMap<(Duration, u64), Event>,
    asked: HashMap<(String, bool), u64>,
    happened: Vec<Happened>,
}

impl<'d> Play<'d> {
    fn new(definition: &'d Definition, seed: u64, pace: u64) -> Play<'d> {
        let (queue, asked, happened) = (BTreeMap::new(), HashMap::new(), Vec::new());
        Play { definition, seed, pace, at: Duration::ZERO, queue, asked, happened }
    }

    fn perform(&mut self, actions: &mut Vec<Action<'_>>) {
        for action in actions.drain(..) {
            match action {
                Action::Call(call) => {
                    let what = call.operation.operation.to_string();
                    let nth = self.asked.entry((what.clone(), call.probe)).or_default();
                    *nth += 1;
                    let nth = *nth;
                    let took = mix(self.pace, &what, nth) >> 16 & 0x3ff;
                    let asked =
                        Asked { what, probe: call.probe, attempt: call.attempt, key: None, at: self.at };
                    let outcome = outcome(self.seed, &asked, nth);
                    self.put(ms(took), Event::Outcome { call: call.id, outcome });
                }
                Action::Timer { id, after } => self.put(after, Event::Fired { timer: id }),
                Action::StepStarted { path } => {
                    self.happened.extend(self.step(path).map(Happened::Began));
                }
                Action::StepEnded { path, how: "done" } => {
                    self.happened.extend(self.step(path).map(Happened::Done));
                }
                _ => {}
            }
        }
    }

    fn put(&mut self, after: Duration, event: Event) {
        let number = self.queue.len() as u64 + self.asked.values().sum::<u64>() * 1_000;
        let mut place = (self.at + after, number);
        while self.queue.contains_key(&place) {
            place.1 += 1;
        }
        self.queue.insert(place, event);
    }

    /// The step with this very path: those of other flows are not asked about.
    fn step(&self, path: &Arc<str>) -> Option<StepIndex> {
        let found = self.definition.steps.iter().position(|step| Arc::ptr_eq(&step.path, path));
        found.map(|step| step as StepIndex)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn what_is_proven_to_come_before_has_been_done(
        mut steps in steps(true),
        seed in any::<u64>(),
        pace in any::<u64>(),
    ) {
        number(&mut steps, &mut 0);
        let definition = definition(&steps);
        let all = 0..definition.steps.len() as StepIndex;
        let mut done = Vec::new();
        for happened in play(&definition, seed, pace) {
            match happened {
                Happened::Done(step) => done.push(step),
                Happened::Began(step) => {
                    let mut before = all.clone().filter(|other| certainly(&definition, *other, step));
                    let missing = before.find(|other| !done.contains(other));
                    let path = |step: StepIndex| definition.steps[step as usize].path.clone();
                    prop_assert!(missing.is_none(), "{} without {:?}", path(step), missing.map(path));
                }
            }
        }
    }
}

#[test]
fn proofs_are_not_empty() {
    let definition = definition(&[
        Spec::call(1),
        Spec::Fork(crate::flow::step::fork::Rule::All, vec![Spec::call(2), Spec::call(3)]),
        Spec::call(4),
    ]);
    let at = |path: &str| {
        definition.steps.iter().position(|step| *step.path == *path).expect("it is there") as StepIndex
    };
    let last = at("s2");
    let before: Vec<&str> = definition
        .steps
        .iter()
        .enumerate()
        .filter(|(step, _)| certainly(&definition, *step as StepIndex, last))
        .map(|(_, step)| &*step.path)
        .collect();
    assert_eq!(before.len(), definition.steps.len() - 1, "{before:?}");
    assert!(!certainly(&definition, last, at("s0")));
}
