//! Who was waited for: times that a reader can add up by hand.

use super::*;

fn scene(number: u64, at: Millis, kind: &str, path: &str, body: &str) -> Scene {
    let body = body.as_bytes().into();
    Scene::read(&Entry { number, at, kind: kind.into(), path: path.into(), body })
}

/// A booking whose order is refused, amended after a minute, and picked up.
fn booking() -> Vec<Scene> {
    vec![
        scene(1, 1000, "accepted", "", r#"{"inputs":{"booking":{"reference":"BK-1"}}}"#),
        scene(
            2,
            1110,
            "outcome",
            "account",
            r#"{"system":"erp","operation":"get_account","attempt":1,"ms":100,"outcome":"ok"}"#,
        ),
        scene(
            3,
            1110,
            "sent",
            "order",
            r#"{"system":"erp","operation":"create_order","attempt":1,"key":"k"}"#,
        ),
        scene(
            4,
            1210,
            "outcome",
            "order",
            r#"{"system":"erp","operation":"create_order","attempt":1,"key":"k","ms":100,"outcome":"rejected","status":422,"message":"unknown unit"}"#,
        ),
        scene(5, 1210, "parked", "order", r#"{"park":7,"failure":"rejected","detail":"unknown unit"}"#),
        scene(
            6,
            61_210,
            "action",
            "",
            r#"{"action":"amend","who":"ann","reason":"wrong unit","name":"booking","value":1}"#,
        ),
        scene(7, 61_210, "resumed", "", r#"{"park":7}"#),
        scene(
            8,
            61_210,
            "sent",
            "order",
            r#"{"system":"erp","operation":"create_order","attempt":1,"key":"k"}"#,
        ),
        scene(
            9,
            61_310,
            "outcome",
            "order",
            r#"{"system":"erp","operation":"create_order","attempt":1,"key":"k","ms":100,"outcome":"ok"}"#,
        ),
        scene(10, 61_310, "listening", "picked", r#"{"events":["delivery.milestone"]}"#),
        scene(
            11,
            71_330,
            "heard",
            "",
            r#"{"event":"delivery.milestone","key":"S-1","number":1,"occurred_at":71310,"recorded_at":71320}"#,
        ),
        scene(12, 71_340, "ended", "", r#"{"how":"completed"}"#),
    ]
}

fn of(story: &Story, party: Party) -> Millis {
    story.shares.iter().find(|share| share.party == party).map_or(0, |share| share.took)
}

#[test]
fn every_moment_has_one_party() {
    let story = tell(booking(), 1000, 99_999);
    assert_eq!(of(&story, Party::Operators), 60_000);
    assert_eq!(of(&story, Party::System("erp".into())), 300);
    assert_eq!(of(&story, Party::Event("delivery.milestone".into())), 10_000);
    assert_eq!(of(&story, Party::Propagation), 20);
    assert_eq!(of(&story, Party::Portal), 20);
    assert_eq!((story.took(), story.ended), (70_340, Some(71_340)));
}

#[test]
fn waiting_for_a_retry_is_waiting_for_the_system() {
    let scenes = vec![
        scene(1, 0, "accepted", "", "{}"),
        scene(2, 0, "sent", "order", r#"{"system":"erp","operation":"create_order"}"#),
        scene(
            3,
            100,
            "outcome",
            "order",
            r#"{"system":"erp","operation":"create_order","ms":100,"outcome":"unknown","failure":"timeout","message":"no answer"}"#,
        ),
        scene(
            4,
            1150,
            "outcome",
            "order",
            r#"{"system":"erp","operation":"create_order","probe":true,"ms":50,"outcome":"ok"}"#,
        ),
        scene(5, 1150, "outcome", "order", r#"{"key":"k","outcome":"ok","adopted":true}"#),
        scene(6, 1150, "ended", "", r#"{"how":"completed"}"#),
    ];
    let story = tell(scenes, 0, 0);
    assert_eq!(of(&story, Party::System("erp".into())), 1150);
    assert_eq!(story.lines[4].words, "what was created is found, and taken over");
}

#[test]
fn the_next_move_is_somebody_s() {
    let all = booking();
    let until = |number: usize| all[..number].to_vec();
    let waits = |number: usize, now| waits_on(&until(number), 1000, now);
    let erp = Party::System("erp".into());
    assert_eq!(waits(3, 1150), Waits { party: erp, since: 1110 });
    assert_eq!(waits(5, 9000), Waits { party: Party::Operators, since: 1210 });
    assert_eq!(waits(10, 70_000), Waits { party: Party::Event("delivery.milestone".into()), since: 61_310 });
    assert_eq!(waits(11, 71_335), Waits { party: Party::Portal, since: 71_330 });
}

#[test]
fn a_terminal_reads_it_from_the_top() {
    let head = Head {
        reference: "BK-1".into(),
        flow: "book".into(),
        account: "ACME".into(),
        standing: "completed".into(),
        facts: vec![("correlation", "c-1".into())],
        began: "2026-05-07T08:00:00Z".into(),
    };
    let told = text(&tell(booking(), 1000, 0), &head, false);
    let expected = "\
BK-1  book for ACME: completed
  correlation  c-1
  began        2026-05-07T08:00:00Z

      +0ms           accepted
    +110ms  account  erp.get_account: ok (100ms)
    +110ms  order    erp.create_order is sent
    +210ms  order    erp.create_order: rejected (422), unknown unit (100ms)
    +210ms  order    somebody must act: rejected, unknown unit
  +1m 00s           ann: amend `booking`, \"wrong unit\"
";
    for line in expected.lines() {
        assert!(told.lines().any(|own| own.trim() == line.trim()), "`{line}` is not in\n{told}");
    }
    assert!(told.ends_with("took 1m 10s: operators 1m 00s, event delivery.milestone 10.0s, erp 300ms, propagation 20ms, portal 20ms\n"), "{told}");
}
