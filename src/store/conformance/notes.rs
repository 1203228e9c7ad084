//! Cases, the audit trail, blobs and definitions.

use super::make::{audit, begin, bytes, case, cases, record, text};
use super::{Check, Subject, get};
use crate::store::{AuditBreak, Case, CaseFilter, CaseState, Definition, Link, Transition, verify};

pub(super) const CHECKS: &[Check] = &[
    ("a case is kept whole and written anew", whole),
    ("cases are numbered from 1", numbered),
    ("cases are listed by what is asked for, newest first", listed),
    ("records are linked in order, across restarts", linked),
    ("a digest covers everything in its record", covers),
    ("blobs and definitions are kept once", bytes_once),
    ("marks are kept by name", marked),
];

fn marked(subject: &mut Subject) {
    assert_eq!(get(subject.store.mark("herald")), 0);
    let marks = |value| Transition {
        marks: vec![(text("herald"), value), (text("other"), 1)],
        ..Transition::default()
    };
    subject.done(marks(7));
    subject.done(marks(9));
    subject.reopen();
    assert_eq!((get(subject.store.mark("herald")), get(subject.store.mark("other"))), (9, 1));
}

fn whole(subject: &mut Subject) {
    let full = Case { assignee: Some(text("mina")), resolve_by: Some(8), ..case(1, Some(1)) };
    subject.done(cases(vec![full.clone()]));
    subject.reopen();
    assert_eq!(get(subject.store.case(1)), Some(full.clone()));
    let closed = Case { state: CaseState::Resolved, closed_at: Some(9), queues: vec![], ..full };
    subject.done(cases(vec![closed.clone()]));
    assert_eq!(get(subject.store.case(1)), Some(closed));
    let bare = Case { instance: None, park: None, flow: None, step: None, system: None, ..case(2, None) };
    subject.done(cases(vec![bare.clone()]));
    assert_eq!(get(subject.store.case(2)), Some(bare));
    assert_eq!(get(subject.store.case(3)), None);
}

fn numbered(subject: &mut Subject) {
    assert_eq!(get(subject.store.next_case()), 1);
    subject.done(cases(vec![case(1, None), case(2, None)]));
    assert_eq!(get(subject.store.next_case()), 3);
    subject.done(cases(vec![case(1, None)]));
    subject.reopen();
    assert_eq!(get(subject.store.next_case()), 3);
}

fn listed(subject: &mut Subject) {
    subject.done(cases(vec![
        case(1, Some(1)),
        Case { state: CaseState::Acknowledged, account: text("OTHER"), ..case(2, Some(2)) },
        Case { state: CaseState::AutoResolved, code: text("x"), flow: None, system: None, ..case(3, None) },
        Case { queues: vec![text("third")], owner: text("mina"), cause: text("y"), ..case(4, Some(1)) },
    ]));
    let list = |filter: CaseFilter, limit| {
        get(subject.store.cases(&filter, limit)).iter().map(|case| case.number).collect::<Vec<_>>()
    };
    let all = CaseFilter::default;
    assert_eq!(list(all(), 3), [4, 3, 2]);
    assert_eq!(list(CaseFilter { before: Some(3), ..all() }, 9), [2, 1]);
    assert_eq!(list(CaseFilter { open: true, ..all() }, 9), [4, 2, 1]);
    assert_eq!(list(CaseFilter { state: Some(CaseState::Acknowledged), ..all() }, 9), [2]);
    assert_eq!(list(CaseFilter { state: Some(CaseState::AutoResolved), ..all() }, 9), [3]);
    assert_eq!(list(CaseFilter { code: Some(text("x")), ..all() }, 9), [3]);
    assert_eq!(list(CaseFilter { instance: Some(super::make::id(1)), ..all() }, 9), [4, 1]);
    assert_eq!(list(CaseFilter { flow: Some(text("booking")), ..all() }, 9), [4, 2, 1]);
    assert_eq!(list(CaseFilter { system: Some(text("erp")), open: true, ..all() }, 9), [4, 2, 1]);
    assert_eq!(list(CaseFilter { owner: Some(text("mina")), ..all() }, 9), [4]);
    assert_eq!(list(CaseFilter { queue: Some(text("second")), ..all() }, 9), [3, 2, 1]);
    assert!(list(CaseFilter { queue: Some(text("sec")), ..all() }, 9).is_empty());
    assert_eq!(list(CaseFilter { cause: Some(text("y")), ..all() }, 9), [4]);
    assert_eq!(list(CaseFilter { account: Some(text("OTHER")), ..all() }, 9), [2]);
}

fn linked(subject: &mut Subject) {
    assert_eq!(verify(&*subject.store), Ok(0));
    subject.done(audit(&["a", "b"]));
    subject.reopen();
    subject.done(Transition { audit: vec![record("c")], ..begin(1) });
    let links = get(subject.store.audit(0, 9));
    assert_eq!(
        links.iter().map(|link| (link.number, &*link.record.kind)).collect::<Vec<_>>(),
        [(1, "a"), (2, "b"), (3, "c")]
    );
    assert_eq!(*links[0].before, *"0".repeat(64));
    assert_eq!((&links[1].before, &links[2].before), (&links[0].digest, &links[1].digest));
    assert_eq!(get(subject.store.audit(1, 1)), links[1..2]);
    assert_eq!(verify(&*subject.store), Ok(3));
}

fn covers(subject: &mut Subject) {
    let records = [
        record("a"),
        crate::store::AuditRecord { at: 2, ..record("a") },
        crate::store::AuditRecord { who: text("gatewayA"), account: text("CME"), ..record("a") },
        crate::store::AuditRecord { about: text("j"), ..record("a") },
        crate::store::AuditRecord { body: bytes("{ }"), ..record("a") },
    ];
    // Each is the first link of its own trail: only the record makes the difference.
    let digests: std::collections::BTreeSet<_> = records
        .iter()
        .map(|record| crate::store::chain::link(&crate::store::chain::first(), 1, record).digest)
        .collect();
    assert_eq!(digests.len(), records.len());
    subject.done(audit(&["a"]));
    assert!(digests.contains(&get(subject.store.audit(0, 1))[0].digest));
    assert_eq!(verify(&*subject.store), Ok::<u64, AuditBreak>(1));
    let link: Link = get(subject.store.audit(0, 1)).remove(0);
    assert_eq!(link.digest.len(), 64);
}

fn bytes_once(subject: &mut Subject) {
    let files = vec![(text("flows/a.yaml"), text("b1"))];
    let definition = Definition { digest: text("d1"), flow: text("booking"), files };
    let transition = Transition {
        blobs: vec![(text("b1"), bytes("one")), (text("b2"), bytes(""))],
        definitions: vec![definition.clone()],
        ..Transition::default()
    };
    subject.done(transition.clone());
    subject.done(transition);
    subject.reopen();
    assert_eq!(get(subject.store.blob("b1")), Some(b"one".to_vec()));
    assert_eq!(get(subject.store.blob("b2")), Some(Vec::new()));
    assert_eq!(get(subject.store.blob("b3")), None);
    assert_eq!(get(subject.store.definition("d1")), Some(definition));
    assert_eq!(get(subject.store.definition("d2")), None);
}
