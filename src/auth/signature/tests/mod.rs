//! Signatures against published vectors and vectors computed by other programs; and what must not pass.

mod declared;

use super::*;
use crate::auth::Secret;
use crate::clock::Moment;
use crate::config::built_in;
use crate::diagnostic::{Diagnostic, Span};
use crate::http::HeaderValue;

/// What a sender might say.
const BODY: &str = r#"{"taskId":"11z1BbsQUZFHD1XAd~emDDeK","triggerId":3}"#;
/// When most of the vectors were signed, in seconds.
const THEN: i64 = 1_614_265_330;

fn at(seconds: i64) -> Moment {
    Moment(i128::from(seconds) * 1_000_000_000)
}

fn of(yaml: &str) -> Result<Signature, Vec<Diagnostic>> {
    compile(&built_in(yaml).expect("a declaration"), Span::default())
}

fn headers(sent: &[(&str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    sent.iter().map(header).collect()
}

fn keys(signature: &Signature, secrets: &[&str]) -> Vec<VerifyingKey> {
    let read = |secret: &&str| VerifyingKey::read(signature, &Secret::new((*secret).to_owned())).unwrap();
    secrets.iter().map(read).collect()
}

fn asked(
    signature: &Signature,
    secrets: &[&str],
    sent: &[(&str, &str)],
    body: &str,
    now: i64,
) -> Result<Verified, Unverified> {
    let headers = headers(sent);
    let message = Incoming { method: "POST", path: "/hooks?a=1", headers: &headers, body: body.as_bytes() };
    signature.verify(&message, &keys(signature, secrets), at(now))
}

/// Preset, secret, headers, body. GitHub's and Standard Webhooks' are published (in the documentation of
/// GitHub; in the tests of the reference libraries); the others were computed with Python's `hmac`.
const VECTORS: [(&str, &str, &[(&str, &str)], &str); 7] = [
    (
        "easypost",
        "se\u{301}cret",
        &[(
            "x-hmac-signature",
            "hmac-sha256-hex=a481f09d60aa16f972250303cff79a374e272e7e451080370db340f74cdaf10c",
        )],
        BODY,
    ),
    (
        "github",
        "It's a Secret to Everybody",
        &[
            (
                "x-hub-signature-256",
                "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            ),
            ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        ],
        "Hello, World!",
    ),
    (
        "onfleet",
        "a1b2c3d4e5f60718293a4b5c6d7e8f90",
        &[(
            "x-onfleet-signature",
            "3077cc42b70e09d871956a88679c063ea656471f06377eb3b3ea73f6e0a8bac0207cc8493276b423c65e14f6e5e2f2a7b9a2253ff2fa81157cab70effcaff63f",
        )],
        BODY,
    ),
    (
        "samsara",
        "c2Ftc2FyYS1zZWNyZXQtb2YtdGVzdHM=",
        &[
            ("x-samsara-signature", "v1=aead8d52a478e83b989397b38109213c8b4673ac7995f30231111a915259a9eb"),
            ("x-samsara-timestamp", "1614265330"),
        ],
        BODY,
    ),
    (
        "shopify",
        "hush",
        &[
            ("x-shopify-hmac-sha256", "5rrFBAV19rMLE64ss7eyn/2utLgFiB0eZ1JCeQp6Liw="),
            ("x-shopify-event-id", "98880550-7158-44d4-b7cd-2c97c8a091b5"),
        ],
        BODY,
    ),
    (
        "standard_webhooks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        r#"{"test": 2432232314}"#,
    ),
    (
        "stripe",
        "whsec_test_secret",
        &[(
            "stripe-signature",
            "t=1614265330,v1=9a2379211fb2aa9318d59abc03900df0fe71dcd8f1acbf25d8aecaf00bf37094,v0=6ffbb59b",
        )],
        BODY,
    ),
];

#[test]
fn every_preset_has_a_vector_that_verifies() {
    let named: Vec<&str> = VECTORS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named, PRESETS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, secret, sent, body) in VECTORS {
        let signature = preset(name).expect(name);
        let verified = asked(&signature, &["another", secret][1..], sent, body, THEN);
        assert!(verified.is_ok(), "{name}: {verified:?}");
        assert_eq!(verified.unwrap().at, signature.is_timed().then_some(THEN * 1000), "{name}");
    }
}

#[test]
fn nothing_that_was_changed_passes() {
    for (name, secret, sent, body) in VECTORS {
        let signature = preset(name).expect(name);
        assert_eq!(asked(&signature, &[secret], sent, &format!("{body} "), THEN), Err(Unverified::Wrong));
        assert_eq!(asked(&signature, &[], sent, body, THEN), Err(Unverified::Wrong), "{name}");
        let other = if name == "onfleet" { "00ff" } else { "c2Ftc2FyYQ==" };
        assert_eq!(asked(&signature, &[other], sent, body, THEN), Err(Unverified::Wrong), "{name}");
        // Every header that is declared is signed or needed; each of them twice is not clear.
        for gone in 0..sent.len() {
            let fewer: Vec<_> =
                sent.iter().enumerate().filter(|(n, _)| *n != gone).map(|(_, h)| *h).collect();
            let refused = asked(&signature, &[secret], &fewer, body, THEN).unwrap_err();
            assert!(matches!(refused, Unverified::Missing(_)), "{name}: {refused:?}");
            let twice: Vec<_> = sent.iter().chain([&sent[gone]]).copied().collect();
            let refused = asked(&signature, &[secret], &twice, body, THEN).unwrap_err();
            assert!(!refused.is_guess(), "{name}: {refused:?}");
        }
    }
}

#[test]
fn an_old_message_and_one_of_the_future_are_stale() {
    for (name, secret, sent, body) in VECTORS {
        let signature = preset(name).expect(name);
        for away in [-301, 301, 86_400] {
            let got = asked(&signature, &[secret], sent, body, THEN + away);
            match signature.is_timed() {
                true => assert_eq!(got, Err(Unverified::Stale), "{name} {away}"),
                false => assert!(got.is_ok(), "{name}"),
            }
        }
        for near in [-300, 300] {
            assert!(asked(&signature, &[secret], sent, body, THEN + near).is_ok(), "{name} {near}");
        }
    }
}

#[test]
fn a_time_that_is_changed_no_longer_fits() {
    let (name, secret, sent, body) = VECTORS[5];
    let signature = preset(name).unwrap();
    let later = [sent[0], ("webhook-timestamp", "1614269999"), sent[2]];
    assert_eq!(asked(&signature, &[secret], &later, body, 1_614_269_999), Err(Unverified::Wrong));
    let other = [("webhook-id", "msg_other"), sent[1], sent[2]];
    assert_eq!(asked(&signature, &[secret], &other, body, THEN), Err(Unverified::Wrong));
    assert_eq!(asked(&signature, &[secret], sent, body, THEN).unwrap().id.as_deref(), Some(sent[0].1));
}

#[test]
fn one_of_several_signatures_fits_one_of_several_secrets() {
    let (name, secret, sent, body) = VECTORS[5];
    let signature = preset(name).unwrap();
    let (old, more) = ("whsec_b2xkIHNlY3JldCBvZiBvbGQ=", format!("v1a,abc= v1,Zm9v v1, {}", sent[2].1));
    let many = [sent[0], sent[1], ("webhook-signature", more.as_str())];
    assert!(asked(&signature, &[old, secret], &many, body, THEN).is_ok());
    assert_eq!(asked(&signature, &[old], &many, body, THEN), Err(Unverified::Wrong));
    // No more are looked at than any sender would give.
    let flood = format!("{}{}", "v1,Zm9v ".repeat(100), sent[2].1);
    let flood = [sent[0], sent[1], ("webhook-signature", flood.as_str())];
    assert_eq!(asked(&signature, &[secret], &flood, body, THEN), Err(Unverified::Wrong));
    for junk in ["", "v1,", "v1,!!", "g0hM9SsE", "v2,Zm9v"] {
        let junk = [sent[0], sent[1], ("webhook-signature", junk)];
        let refused = asked(&signature, &[secret], &junk, body, THEN);
        assert_eq!(refused, Err(Unverified::Malformed(signature.header().clone())));
    }
}

/// What we sign, and whether we take it ourselves; every preset but none of its vectors.
#[test]
fn what_is_signed_verifies() {
    for (name, secret, ..) in VECTORS {
        let signature = preset(name).expect(name);
        let key = |text: &str| SigningKey::read(&signature, &Secret::new(text.to_owned())).unwrap();
        let message =
            Outgoing { id: "evt_1", method: "POST", path: "/", url: "https://a.example/", body: b"{}" };
        let signed = signature.sign(&message, &[key(secret)], at(THEN)).unwrap();
        let signed: Vec<(&str, &str)> =
            signed.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert!(asked(&signature, &[secret], &signed, "{}", THEN).is_ok(), "{name}: {signed:?}");
        assert!(signature.sign(&message, &[], at(THEN)).is_err(), "{name}");
    }
}

#[test]
fn the_published_signature_of_standard_webhooks_is_made_and_both_secrets_sign_while_one_is_changed() {
    let (_, secret, sent, body) = VECTORS[5];
    let signature = preset("standard_webhooks").unwrap();
    let key = |text: &str| SigningKey::read(&signature, &Secret::new(text.to_owned())).unwrap();
    let message = Outgoing { id: sent[0].1, method: "POST", path: "/", url: "", body: body.as_bytes() };
    let value = |keys: &[SigningKey]| {
        let signed = signature.sign(&message, keys, at(THEN)).unwrap();
        let found = signed.iter().find(|(name, _)| name == "webhook-signature");
        found.unwrap().1.to_str().unwrap().to_owned()
    };
    assert_eq!(value(&[key(secret)]), sent[2].1);
    let both = value(&[key("whsec_bmV3IHNlY3JldCBvZiBub3c="), key(secret)]);
    assert_eq!(both.split(' ').collect::<Vec<_>>().len(), 2);
    assert!(both.ends_with(sent[2].1), "{both}");
}
