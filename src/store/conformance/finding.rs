//! Instances are found by whatever refers to them.

use super::make::{begin, begin_as, end, go_on, id, instance, text};
use super::{Check, Subject, get};
use crate::store::{Found, Instance, Transition};

pub(super) const CHECKS: &[Check] = &[
    ("an instance is found by each thing that refers to it, with how", ways),
    ("found instances come newest first, at most so many, each once", newest),
    ("of another account nothing is found", accounts),
    ("what is over is found too", over),
    ("a reference that is known is no error", again),
];

fn refer(number: u128, seq: u64, references: &[(&str, &str)]) -> Transition {
    let references = references.iter().map(|(name, value)| (text(name), text(value))).collect();
    Transition { references, ..go_on(number, seq) }
}

fn found(subject: &Subject, reference: &str, account: Option<&str>) -> Vec<(u128, String)> {
    let found = get(subject.store.find(reference, account, 9));
    found.iter().map(|found| (found.instance.id.as_u128(), found.by.to_string())).collect()
}

fn ways(subject: &mut Subject) {
    subject.done(begin_as(Instance { business_key: Some(text("PO-1")), ..instance(1) }));
    subject.done(begin(2));
    subject.done(refer(1, 1, &[("order", "SO-1")]));
    subject.reopen();
    for (reference, by) in [
        (&*id(1).to_string(), "id"),
        ("corr-1", "correlation_id"),
        ("PO-1", "business_key"),
        ("SO-1", "order"),
    ] {
        let expected =
            Found { instance: get(subject.store.instance(id(1))).expect("it began"), by: text(by) };
        assert_eq!(get(subject.store.find(reference, None, 9)), [expected], "{reference}");
    }
    assert_eq!(found(subject, &id(1).simple().to_string().to_uppercase(), None), [(1, "id".into())]);
    assert!(found(subject, "so-1", None).is_empty());
    assert!(found(subject, "", None).is_empty());
}

fn newest(subject: &mut Subject) {
    for number in [2, 1, 3] {
        subject.done(begin(number));
        subject.done(refer(number, 1, &[("order", "SO"), ("a", "SO")]));
    }
    let correlation_id = text("SO");
    subject.done(begin_as(Instance { correlation_id, business_key: Some(text("SO")), ..instance(4) }));
    let [a, id] = ["a", "correlation_id"].map(String::from);
    assert_eq!(found(subject, "SO", None), [(4, id), (3, a.clone()), (2, a.clone()), (1, a)]);
    let two: Vec<_> = get(subject.store.find("SO", None, 2)).iter().map(|found| found.instance.id).collect();
    assert_eq!(two, [super::make::id(4), super::make::id(3)]);
}

fn accounts(subject: &mut Subject) {
    let account = text("OTHER");
    subject.done(begin_as(Instance { account, business_key: Some(text("PO")), ..instance(1) }));
    subject.done(refer(1, 1, &[("order", "SO")]));
    for reference in [&*id(1).to_string(), "corr-1", "PO", "SO"] {
        assert!(found(subject, reference, Some("ACME")).is_empty(), "{reference}");
        assert_eq!(found(subject, reference, Some("OTHER")).len(), 1, "{reference}");
    }
}

fn over(subject: &mut Subject) {
    subject.done(begin_as(Instance { business_key: Some(text("PO")), ..instance(1) }));
    subject.done(refer(1, 1, &[("order", "SO")]));
    subject.done(end(1, 2));
    assert_eq!(found(subject, "PO", None), [(1, "business_key".into())]);
    assert_eq!(found(subject, "SO", None), [(1, "order".into())]);
}

fn again(subject: &mut Subject) {
    subject.done(begin(1));
    subject.done(refer(1, 1, &[("order", "SO"), ("order", "SO")]));
    subject.done(refer(1, 2, &[("order", "SO"), ("order", "SO-2")]));
    assert_eq!(found(subject, "SO", None), [(1, "order".into())]);
    assert_eq!(found(subject, "SO-2", None), [(1, "order".into())]);
}
