//! Claims: one instance holds a name.

use super::make::{become_, begin, claim, end, go_on, id, text};
use super::{Check, Subject, get};
use crate::store::{Claim, ClaimKind, Committed, Held, Status, Transition};

pub(super) const CHECKS: &[Check] = &[
    ("a free name is held from then on", free),
    ("a name that is held is refused, with who holds it", taken),
    ("what is refused is not done in any part", nothing_of_taken),
    ("within one commit too, the first has the name", same_commit),
    ("the key of a request is free after its time", expired),
    ("the key of a request outlives its instance", outlives),
    ("a business key is free when its instance is over", business),
    ("names are apart by account, kind and scope", apart),
    ("an instance may claim again what it holds", again),
    ("what began a second time is stale, not taken", stale_first),
    ("where a line is allowed, the key goes to those in it, in their order", line),
    ("a line has an end, and the one behind it is refused", line_is_full),
    ("who ends in the line leaves it", leaves_line),
    ("who finds nobody in front is due at once", line_is_empty),
    ("an instance that does not change may be given keys of requests", lent),
];

fn with(number: u128, claims: &[Claim]) -> Transition {
    Transition { claims: claims.to_vec(), ..begin(number) }
}

fn held(claim: Claim, number: u128) -> Held {
    Held { claim, instance: id(number) }
}

fn free(subject: &mut Subject) {
    assert_eq!(get(subject.store.claim("ACME", ClaimKind::Request, "booking", "k", 5)), None);
    subject.done(with(1, &[claim("k", Some(50))]));
    subject.reopen();
    let found = get(subject.store.claim("ACME", ClaimKind::Request, "booking", "k", 5));
    assert_eq!(found, Some(held(claim("k", Some(50)), 1)));
}

fn taken(subject: &mut Subject) {
    subject.done(with(1, &[claim("k", Some(50)), claim("PO", None)]));
    let other = Claim { fingerprint: text("other"), ..claim("k", Some(70)) };
    assert_eq!(subject.commit(with(2, &[other])), Committed::Taken(held(claim("k", Some(50)), 1)));
    let second = subject.commit(with(2, &[claim("new", Some(70)), claim("PO", None)]));
    assert_eq!(second, Committed::Taken(held(claim("PO", None), 1)));
}

fn nothing_of_taken(subject: &mut Subject) {
    subject.done(with(1, &[claim("PO", None)]));
    subject.commit(with(2, &[claim("new", Some(70)), claim("PO", None)]));
    assert_eq!(get(subject.store.instance(id(2))), None);
    assert_eq!(get(subject.store.claim("ACME", ClaimKind::Request, "booking", "new", 5)), None);
    assert_eq!(get(subject.store.room()).open, 1);
}

fn same_commit(subject: &mut Subject) {
    let both = [with(1, &[claim("k", Some(50))]), with(2, &[claim("k", Some(50))])];
    let done = get(subject.store.commit(&both));
    assert_eq!(done[1], Committed::Taken(held(claim("k", Some(50)), 1)));
}

fn expired(subject: &mut Subject) {
    subject.done(with(1, &[claim("k", Some(50))]));
    let at = |now| get(subject.store.claim("ACME", ClaimKind::Request, "booking", "k", now)).is_some();
    assert_eq!((at(50), at(51)), (true, false));
    let later = |number, at| Transition { at, ..with(number, &[claim("k", Some(90))]) };
    assert!(matches!(subject.commit(later(2, 50)), Committed::Taken(_)));
    subject.done(later(2, 51));
    let now = get(subject.store.claim("ACME", ClaimKind::Request, "booking", "k", 60));
    assert_eq!(now, Some(held(claim("k", Some(90)), 2)));
}

fn outlives(subject: &mut Subject) {
    subject.done(with(1, &[claim("k", Some(50))]));
    subject.done(end(1, 1));
    assert!(matches!(subject.commit(with(2, &[claim("k", Some(50))])), Committed::Taken(_)));
}

fn business(subject: &mut Subject) {
    let find = |subject: &Subject| get(subject.store.claim("ACME", ClaimKind::Business, "booking", "PO", 5));
    for (number, (status, _)) in (1..).zip(Status::ALL.into_iter().filter(|(status, _)| !status.is_open())) {
        subject.done(with(number, &[claim("PO", None)]));
        subject.done(become_(number, 1, 2, Status::Paused));
        assert_eq!(find(subject), Some(held(claim("PO", None), number)), "{status:?}");
        subject.done(become_(number, 2, 3, status));
        assert_eq!(find(subject), None, "{status:?}");
    }
}

fn apart(subject: &mut Subject) {
    let request = claim("k", Some(50));
    subject.done(with(1, std::slice::from_ref(&request)));
    subject.done(with(2, &[Claim { account: text("OTHER"), ..request.clone() }]));
    subject.done(with(3, &[Claim { scope: text("other"), ..request.clone() }]));
    subject.done(with(4, &[Claim { kind: ClaimKind::Business, expires: None, ..request.clone() }]));
    subject.done(with(5, &[Claim { key: text("K"), ..request }]));
    let whose = |account, kind, scope| {
        get(subject.store.claim(account, kind, scope, "k", 5)).map(|held| held.instance.as_u128())
    };
    assert_eq!(whose("ACME", ClaimKind::Request, "booking"), Some(1));
    assert_eq!(whose("OTHER", ClaimKind::Request, "booking"), Some(2));
    assert_eq!(whose("ACME", ClaimKind::Request, "other"), Some(3));
    assert_eq!(whose("ACME", ClaimKind::Business, "booking"), Some(4));
}

fn again(subject: &mut Subject) {
    subject.done(with(1, &[claim("PO", None)]));
    subject.done(Transition { claims: vec![claim("PO", None), claim("k", Some(9))], ..go_on(1, 1) });
    assert!(matches!(subject.commit(with(2, &[claim("k", Some(9))])), Committed::Taken(_)));
}

fn stale_first(subject: &mut Subject) {
    subject.done(with(1, &[claim("a", Some(50))]));
    subject.done(with(2, &[claim("b", Some(50))]));
    assert_eq!(subject.commit(with(1, &[claim("a", Some(50))])), Committed::Stale);
    assert_eq!(subject.commit(with(1, &[claim("b", Some(50))])), Committed::Stale);
    let going = Transition { claims: vec![claim("b", Some(50))], ..go_on(1, 9) };
    assert_eq!(subject.commit(going), Committed::Stale);
}

/// An instance that stands in line for `PO` behind at most `most` that wait.
fn waits(number: u128, most: u32) -> Transition {
    Transition {
        line: Some(most),
        ..with(number, &[claim("PO", None), claim(&format!("k{number}"), Some(50))])
    }
}

fn holder(subject: &Subject) -> Option<u128> {
    let held = get(subject.store.claim("ACME", ClaimKind::Business, "booking", "PO", 5));
    held.map(|held| held.instance.as_u128())
}

fn due(subject: &Subject) -> Vec<u128> {
    get(subject.store.due(1000, 10)).into_iter().map(|(_, id)| id.as_u128()).collect()
}

fn line(subject: &mut Subject) {
    subject.done(with(1, &[claim("PO", None)]));
    subject.done(waits(3, 5));
    subject.done(waits(2, 5));
    subject.reopen();
    assert_eq!((holder(subject), due(subject)), (Some(1), vec![]));
    subject.done(end(1, 1));
    subject.reopen();
    assert_eq!((holder(subject), due(subject)), (Some(3), vec![3]));
    subject.done(Transition { claims: vec![claim("PO", None)], ..go_on(3, 1) });
    assert_eq!((holder(subject), due(subject)), (Some(3), vec![]));
    subject.done(end(3, 2));
    assert_eq!((holder(subject), due(subject)), (Some(2), vec![2]));
    subject.done(end(2, 1));
    assert_eq!((holder(subject), due(subject)), (None, vec![]));
}

fn line_is_full(subject: &mut Subject) {
    subject.done(with(1, &[claim("PO", None)]));
    subject.done(waits(2, 2));
    subject.done(waits(3, 2));
    assert_eq!(subject.commit(waits(4, 2)), Committed::Taken(held(claim("PO", None), 1)));
    assert_eq!(get(subject.store.claim("ACME", ClaimKind::Request, "booking", "k4", 5)), None);
    let second = Transition { line: Some(9), ..with(5, &[claim("k2", Some(50))]) };
    assert!(matches!(subject.commit(second), Committed::Taken(_)), "only business keys have lines");
}

fn leaves_line(subject: &mut Subject) {
    subject.done(with(1, &[claim("PO", None)]));
    subject.done(waits(2, 5));
    subject.done(waits(3, 5));
    subject.done(end(2, 1));
    assert_eq!((holder(subject), due(subject)), (Some(1), vec![]));
    subject.done(end(1, 1));
    assert_eq!((holder(subject), due(subject)), (Some(3), vec![3]));
}

fn line_is_empty(subject: &mut Subject) {
    subject.done(waits(1, 0));
    assert_eq!((holder(subject), due(subject)), (Some(1), vec![1]));
    assert!(matches!(subject.commit(waits(2, 0)), Committed::Taken(_)));
}

fn lent(subject: &mut Subject) {
    subject.done(with(1, &[claim("k", Some(50))]));
    subject.done(with(2, &[claim("l", Some(50))]));
    let lend = |at, number, claims: &[Claim]| Transition {
        at,
        holder: Some(id(number)),
        claims: claims.to_vec(),
        ..Transition::default()
    };
    let refused = subject.commit(lend(2, 2, &[claim("new", Some(70)), claim("k", Some(70))]));
    assert_eq!(refused, Committed::Taken(held(claim("k", Some(50)), 1)));
    let who = |subject: &Subject, key| {
        get(subject.store.claim("ACME", ClaimKind::Request, "booking", key, 60)).map(|held| held.instance)
    };
    assert_eq!(who(subject, "new"), None, "nothing was done");
    subject.done(lend(2, 2, &[claim("new", Some(70))]));
    subject.done(lend(51, 2, &[claim("k", Some(70))]));
    subject.reopen();
    assert_eq!([who(subject, "new"), who(subject, "k"), who(subject, "l")], [Some(id(2)), Some(id(2)), None]);
    assert_eq!(get(subject.store.instance(id(2))).map(|instance| instance.seq), Some(1), "it did not change");
}
