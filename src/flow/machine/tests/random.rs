//! Any flow, any outcomes, any order: the machine ends, keeps its word, and `all` does not care who
//! was first. (That nothing cancelled is told, that ids are fresh, that no create is sent again while
//! it may have been done: see `world`.)

use std::collections::HashMap;

use proptest::prelude::*;

use super::hearing::{Heard, Hearing, payload};
use super::world::Asked;
use super::*;
use crate::flow::step::fork::Rule as ForkRule;
use crate::flow::step::listen::Rule;
use crate::system::Effect;

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![Just(Effect::Read), Just(Effect::Idempotent)]
}

fn call() -> impl Strategy<Value = Spec> {
    prop_oneof![
        (0..80u32, effect(), 1..4u32).prop_map(|(number, effect, attempts)| Spec::Call {
            number,
            effect,
            attempts,
            probe: false,
            probe_first: false,
        }),
        (90..99u32, 1..4u32, any::<bool>(), any::<bool>()).prop_map(|(number, attempts, probe, first)| {
            let effect = Effect::Create;
            Spec::Call { number, effect, attempts, probe, probe_first: probe && first }
        }),
    ]
}

/// Steps without any that depend on who is first, unless `racy`.
pub(super) fn steps(racy: bool) -> impl Strategy<Value = Vec<Spec>> {
    let leaf = prop_oneof![
        6 => call(),
        2 => (0..9i64).prop_map(Spec::Set),
        1 => Just(Spec::Reject),
        1 => (1..2_000u64).prop_map(|lapse| Spec::Wait(ms(lapse))),
        1 => (0..4i64).prop_map(Spec::Emit),
    ];
    let step = leaf.prop_recursive(4, 24, 4, move |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        let rule = match racy {
            true => prop_oneof![
                Just(ForkRule::All),
                Just(ForkRule::First),
                (1..2_000u64, 0..4u32)
                    .prop_map(|(within, need)| ForkRule::Gather { within: ms(within), need }),
            ]
            .boxed(),
            false => Just(ForkRule::All).boxed(),
        };
        let timeout = (1..3_000u64, inner.clone());
        prop_oneof![
            list.clone().prop_map(Spec::Do),
            (rule, list.clone()).prop_map(|(rule, branches)| Spec::Fork(rule, branches)),
            (0..6i64, 1..4u32, list.clone()).prop_map(|(items, concurrency, body)| Spec::For {
                items,
                concurrency,
                body
            }),
            (list.clone(), list.clone()).prop_map(|(tried, caught)| Spec::Try(tried, caught)),
            list.prop_map(Spec::Run),
            timeout.prop_map(move |(timeout, inner)| match racy {
                true => Spec::Timeout(ms(timeout), Box::new(inner)),
                false => inner,
            }),
            inner.clone().prop_map(|inner| Spec::Skipped(Box::new(inner))),
            hearing(inner).prop_map(move |hearing| match racy {
                true => Spec::Listen(hearing),
                false => Spec::Emit(0),
            }),
        ]
    });
    prop::collection::vec(step, 1..5)
}

/// Listens for events about one or two of four numbers, not for ever.
fn hearing(inner: impl Strategy<Value = Spec> + Clone) -> impl Strategy<Value = Hearing> {
    let steps = || prop::option::of(prop::collection::vec(inner.clone(), 1..3));
    let condition = || prop::option::of(prop_oneof![Just("e0.last ?? true"), Just("not (e0.last ?? false)")]);
    let heard = (0..4i64, condition(), steps()).prop_map(|(about, when, steps)| Heard { about, when, steps });
    let rule = prop_oneof![Just(Rule::Any), Just(Rule::All)];
    let parts = (prop::collection::vec(heard, 1..3), rule, condition(), 1..3_000u64, steps(), steps());
    parts.prop_map(|(entries, rule, until, timeout, otherwise, unmatched)| Hearing {
        rule: if entries.len() == 1 { Rule::One } else { rule },
        entries,
        until,
        timeout: Some(ms(timeout)),
        otherwise,
        unmatched,
    })
}

/// What a listen is told: some events twice, some about nothing that it wants, in any order.
fn events(seed: u64, listen: usize) -> Vec<Told> {
    let count = mix(seed, "count", listen as u64) >> 10 & 7;
    let tell = |at| {
        let chance = mix(seed, "event", listen as u64 * 8 + at) >> 8;
        let payload = payload((chance >> 16 & 3) as i64, chance & 1 == 0);
        Told { after: ms(chance >> 20 & 0x7ff), number: chance >> 4 & 7, payload }
    };
    (0..count).map(tell).collect()
}

/// Whether it waits for time or events: then it goes on after the deadline, though it asks nobody.
fn waits(steps: &[Spec]) -> bool {
    let of = |step: &Spec| match step {
        Spec::Wait(_) | Spec::Listen(_) => true,
        Spec::Try(tried, caught) => waits(tried) || waits(caught),
        Spec::Do(inner) | Spec::Fork(_, inner) | Spec::Run(inner) => waits(inner),
        Spec::For { body, .. } => waits(body),
        Spec::Timeout(_, inner) | Spec::Skipped(inner) => waits(std::slice::from_ref(inner)),
        Spec::Call { .. } | Spec::Undone { .. } | Spec::Set(_) | Spec::Reject | Spec::Emit(_) => false,
    };
    steps.iter().any(of)
}

pub(super) fn mix(seed: u64, words: &str, number: u64) -> u64 {
    words.bytes().fold(seed ^ number.wrapping_mul(0x9e37_79b9), |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(17)
    })
}

/// What the `nth` attempt at something comes to: by rule, not by when.
pub(super) fn outcome(seed: u64, asked: &Asked, nth: u64) -> Outcome {
    let chance = mix(seed, &asked.what, nth.wrapping_add(if asked.probe { 1_000 } else { 0 })) >> 20;
    match (chance % 16, asked.probe) {
        (0..=5, true) => Outcome::Ok { value: None, age: None },
        (6, true) => {
            Outcome::Ok { value: Some(Value::array(vec![Value::from(1), Value::from(2)])), age: None }
        }
        (0..=7, _) => ok((chance >> 8) as i64 % 100),
        (8 | 9, _) => not_done(),
        (10..=12, _) => unknown(),
        (13, _) => Outcome::Held(failure(SystemKind::Limited)),
        (14, _) => Outcome::Rejected { status: 409, message: "no".to_owned() },
        _ => Outcome::Invalid(failure(SystemKind::Invalid)),
    }
}

/// Plays `steps`: outcomes by `seed`, how long each takes by `pace`.
fn play(steps: &[Spec], seed: u64, pace: u64, deadline: Duration) -> Trace {
    let definition = definition(steps);
    // Tells apart the same call at several places: by its idempotency key where it has one.
    let mut asked_before: HashMap<(String, Option<String>, bool), u64> = HashMap::new();
    World::new(|asked| {
        let nth = asked_before.entry((asked.what.clone(), asked.key.clone(), asked.probe)).or_default();
        *nth += 1;
        let took = mix(pace, &asked.what, *nth) >> 16 & 0x3ff;
        (outcome(seed, asked, *nth), ms(took))
    })
    .telling(|listen| events(pace, listen))
    .until(deadline)
    .run(&definition)
}

/// Makes every call of a flow an operation of its own, so that what it comes to does not depend on
/// which place asked first.
pub(super) fn number(steps: &mut [Spec], next: &mut u32) {
    for step in steps {
        match step {
            Spec::Call { number, effect, .. } => {
                let place = if *effect == Effect::Create { 9_000 } else { 1_000 };
                *number = place + *next;
                *next += 1;
            }
            Spec::Undone { number, .. } => {
                *number = 9_000 + *next;
                *next += 1;
            }
            Spec::Do(inner) | Spec::Fork(_, inner) | Spec::Run(inner) => number(inner, next),
            Spec::For { body, .. } => number(body, next),
            Spec::Try(tried, caught) => {
                number(tried, next);
                number(caught, next);
            }
            Spec::Timeout(_, inner) | Spec::Skipped(inner) => number(std::slice::from_mut(inner), next),
            Spec::Listen(hearing) => hearing.blocks_mut().for_each(|steps| number(steps, next)),
            Spec::Set(_) | Spec::Reject | Spec::Wait(_) | Spec::Emit(_) => {}
        }
    }
}

fn tries(steps: &[Spec]) -> u32 {
    let of = |step: &Spec| match step {
        Spec::Try(tried, caught) => 1 + tries(tried) + tries(caught),
        Spec::Do(inner) | Spec::Fork(_, inner) | Spec::Run(inner) => tries(inner),
        Spec::For { body, .. } => tries(body),
        Spec::Timeout(_, inner) | Spec::Skipped(inner) => tries(std::slice::from_ref(inner)),
        Spec::Listen(hearing) => hearing.blocks().map(|steps| tries(steps)).sum(),
        Spec::Call { .. }
        | Spec::Undone { .. }
        | Spec::Set(_)
        | Spec::Reject
        | Spec::Wait(_)
        | Spec::Emit(_) => 0,
    };
    steps.iter().map(of).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn any_run_ends_and_keeps_its_word(
        mut steps in steps(true),
        seed in any::<u64>(),
        pace in any::<u64>(),
        deadline in prop_oneof![Just(Duration::MAX), (1..5_000u64).prop_map(ms)],
    ) {
        number(&mut steps, &mut 0);
        let trace = play(&steps, seed, pace, deadline);
        // Attempts at one place: at most those of the policy, which is at most 3 here.
        prop_assert!(trace.asked.iter().filter(|asked| !asked.probe).all(|asked| asked.attempt <= 3));
        // Nobody is asked after the deadline but by what undoes things.
        let last = deadline.saturating_add(crate::flow::machine::CATCH_TIME * tries(&steps));
        prop_assert!(waits(&steps) || trace.asked.iter().all(|asked| asked.at < last));
    }

    #[test]
    fn all_does_not_care_who_was_first(
        mut steps in steps(false),
        seed in any::<u64>(),
        one in any::<u64>(),
        other in any::<u64>(),
    ) {
        number(&mut steps, &mut 0);
        let one = play(&steps, seed, one, Duration::MAX);
        let other = play(&steps, seed, other, Duration::MAX);
        prop_assert_eq!(one.end, other.end);
    }

    #[test]
    fn gather_depends_on_who_answered_only(
        answers in prop::collection::vec((0..3u8, 0..1_600u64), 1..6),
        paces in prop::collection::vec(1..700u64, 6),
        need in 0..4u32,
    ) {
        // Who answers in time is fixed; when exactly, is not.
        let rule = ForkRule::Gather { within: ms(800), need };
        let branches = (0..answers.len() as u32).map(Spec::call).collect();
        let definition = definition(&[Spec::Fork(rule, branches)]);
        let run = |shift: &dyn Fn(usize) -> u64| {
            World::new(|asked| {
                let number: usize = asked.what[1..].parse().expect("a number");
                let (kind, took) = answers[number];
                let took = if took < 800 { shift(number) } else { took };
                (if kind == 0 { not_done() } else { ok(number as i64) }, ms(took))
            })
            .run(&definition)
            .end
        };
        let (one, other) = (run(&|number| paces[number]), run(&|number| paces[5 - number]));
        match (&one, &other) {
            (FlowEnd::Failed(one), FlowEnd::Failed(other)) => prop_assert_eq!(one.kind, other.kind),
            _ => prop_assert_eq!(one, other),
        }
    }
}
