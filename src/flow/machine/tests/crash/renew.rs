//! What has expired is taken back and made anew, once for each step that finds it so, and under a key of its own.

use super::*;

/// What was asked, without probes: operation, key, when.
fn asked(life: &Life<'_>) -> Vec<(String, String, String)> {
    let words = life.told.iter().filter(|told| told.contains(" false "));
    let parts = words.map(|told| {
        let parts: Vec<&str> = told.split(' ').collect();
        let [what, .., key, at] = parts[..] else { panic!("{told}") };
        (what.to_owned(), key.to_owned(), at.to_owned())
    });
    parts.collect()
}

/// A life in which everything that is asked for is done at the first attempt.
fn smooth<'d>(definition: &'d Definition, calls: usize) -> Life<'d> {
    (0..20_000)
        .map(|seed| Life::new(definition, seed, true).live(&|_| false))
        .find(|life| asked(life).len() == calls && matches!(life.end, Some(FlowEnd::Completed(_))))
        .expect("such a seed")
}

fn reservation(good: u64) -> Spec {
    Spec::Undone { number: 9_001, attempts: 3, good: Some(ms(good)) }
}

#[test]
fn a_reservation_that_is_over_is_released_and_made_anew_before_the_step_that_names_it() {
    let order = Spec::Undone { number: 9_002, attempts: 3, good: None };
    let definition = definition(&[reservation(60_000), Spec::Wait(ms(120_000)), order]);
    let life = smooth(&definition, 4);
    let asked = asked(&life);
    let what: Vec<&str> = asked.iter().map(|(what, ..)| what.as_str()).collect();
    assert_eq!(what, ["c9001", "u9001", "c9001", "c9002"]);
    assert_ne!(asked[0].1, asked[2].1, "another reservation has another key");
    let Ledger { made, undone, .. } = &life.ledger;
    assert_eq!((made["c9001"].len(), made["c9002"].len()), (2, 1));
    assert!(undone.contains_key(&made["c9001"][0]) && !undone.contains_key(&made["c9001"][1]));
}

#[test]
fn a_reservation_that_is_good_is_used_and_each_step_looks_for_itself() {
    let (read, wait) = (|| Spec::read(1, 1), |lapse| Spec::Wait(ms(lapse)));
    let good = definition(&[reservation(60_000), wait(30_000), read(), read()]);
    assert_eq!(asked(&smooth(&good, 3)).len(), 3);
    // It is over twice.
    let twice = definition(&[reservation(60_000), wait(90_000), read(), wait(90_000), read()]);
    let life = smooth(&twice, 7);
    let keys: BTreeSet<String> =
        asked(&life).into_iter().filter(|(what, ..)| what == "c9001").map(|(_, key, _)| key).collect();
    assert_eq!(keys.len(), 3);
}

#[test]
fn a_reservation_in_a_branch_is_made_anew_alone() {
    let fork = Spec::Fork(ForkRule::All, vec![reservation(60_000), Spec::read(1, 1)]);
    let definition = definition(&[fork, Spec::Wait(ms(90_000)), Spec::read(2, 1)]);
    let life = smooth(&definition, 5);
    let what: Vec<String> = asked(&life).into_iter().map(|(what, ..)| what).skip(2).collect();
    assert_eq!(what, ["u9001", "c9001", "c2"]);
}

#[test]
fn what_was_kept_of_a_reservation_is_released_when_the_flow_is_refused() {
    let definition =
        definition(&[reservation(60_000), Spec::Wait(ms(90_000)), Spec::read(1, 1), Spec::Reject]);
    let life = (0..20_000)
        .map(|seed| Life::new(&definition, seed, true).live(&|_| false))
        .find(|life| asked(life).len() == 5 && matches!(life.end, Some(FlowEnd::Rejected { .. })))
        .expect("such a seed");
    let made = &life.ledger.made["c9001"];
    let times = made.iter().map(|number| life.ledger.undone.get(number).map_or(0, BTreeSet::len));
    assert_eq!(times.collect::<Vec<_>>(), [1, 1], "{:#?}", life.told);
}
