//! Signatures that no preset has: other algorithms, what else is signed, and declarations that prove nothing.

use super::*;

const SHA1: &str = "9eff97e854328f8c04b2af8f624782570073d38f";
const SHA384: &str = "mQmr1DwPNha0q/eCoiTMib3ZJedHTcOkUKsuqQVmQZP0VtihZPALGFGqV+91F/fu";

#[test]
fn the_other_lengths_of_sha() {
    let sha1 = of("{ header: X-Sig, algorithm: hmac_sha1 }").unwrap();
    assert!(asked(&sha1, &["hush"], &[("x-sig", SHA1)], BODY, THEN).is_ok());
    assert!(asked(&sha1, &["hush\n"], &[("x-sig", &SHA1.to_uppercase())], BODY, THEN).is_ok());
    let sha384 = of("{ header: X-Sig, algorithm: hmac_sha384, encoding: base64 }").unwrap();
    assert!(asked(&sha384, &["hush"], &[("x-sig", SHA384)], BODY, THEN).is_ok());
    assert_eq!(asked(&sha384, &["hash"], &[("x-sig", SHA384)], BODY, THEN), Err(Unverified::Wrong));
}

/// RFC 8032 §7.1, test 2: one byte, `72`.
#[test]
fn ed25519_as_published() {
    let signature = of("{ header: X-Sig, algorithm: ed25519, key: hex }").unwrap();
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let made = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    assert!(asked(&signature, &[public], &[("x-sig", made)], "r", THEN).is_ok());
    assert_eq!(asked(&signature, &[public], &[("x-sig", made)], "s", THEN), Err(Unverified::Wrong));
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let whole = format!("{seed}{public}");
    let message = Outgoing { id: "", method: "POST", path: "/", url: "", body: b"r" };
    for private in [seed, whole.as_str()] {
        let key = SigningKey::read(&signature, &Secret::new(private.to_owned())).unwrap();
        assert_eq!(signature.sign(&message, &[key], at(THEN)).unwrap()[0].1.to_str().unwrap(), made);
    }
}

/// Made with `openssl dgst -sha256 -sign`.
#[test]
fn rsa_as_openssl_signs() {
    let signature = of("{ header: X-Sig, algorithm: rsa_sha256, encoding: base64 }").unwrap();
    let (public, made) = (include_str!("rsa.pem"), include_str!("rsa.sig"));
    assert!(asked(&signature, &[public], &[("x-sig", made)], BODY, THEN).is_ok());
    assert_eq!(asked(&signature, &[public], &[("x-sig", made)], "{}", THEN), Err(Unverified::Wrong));
}

#[test]
fn rsa_signs_and_verifies() {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::KeyPair as _;
    use base64::Engine;
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pem = |bytes: &[u8]| {
        let inside = base64::engine::general_purpose::STANDARD.encode(bytes);
        Secret::new(format!("-----BEGIN KEY-----\n{inside}\n-----END KEY-----\n"))
    };
    let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let signature = of("{ header: X-Sig, algorithm: rsa_sha256 }").unwrap();
    let key = SigningKey::read(&signature, &pem(private.as_ref())).unwrap();
    let message = Outgoing { id: "", method: "POST", path: "/", url: "", body: b"{}" };
    let signed: HeaderMap = signature.sign(&message, &[key], at(THEN)).unwrap().into_iter().collect();
    let key = VerifyingKey::read(&signature, &pem(public.as_ref())).unwrap();
    let mut came = Incoming { method: "POST", path: "/", headers: &signed, body: b"{}" };
    assert!(signature.verify(&came, std::slice::from_ref(&key), at(THEN)).is_ok());
    came.body = b"{ }";
    assert_eq!(signature.verify(&came, &[key], at(THEN)), Err(Unverified::Wrong));
}

#[test]
fn address_method_and_path_are_signed_where_declared() {
    let yaml = "{ header: X-Sig, algorithm: hmac_sha256, signs: \"{method} {path} {url}{body}\", \
                url: \"https://hooks.example/in\" }";
    let signature = of(yaml).unwrap();
    let key = SigningKey::read(&signature, &Secret::new("hush".to_owned())).unwrap();
    let url = "https://hooks.example/in";
    let message = Outgoing { id: "", method: "POST", path: "/hooks?a=1", url, body: b"{}" };
    let signed = |message| signature.sign(&message, std::slice::from_ref(&key), at(THEN)).unwrap();
    let taken = |signed: Vec<(HeaderName, HeaderValue)>| {
        let sent = [("x-sig", signed[0].1.to_str().unwrap())];
        asked(&signature, &["hush"], &sent, "{}", THEN)
    };
    assert!(taken(signed(message)).is_ok());
    assert_eq!(taken(signed(Outgoing { path: "/hooks?a=2", ..message })), Err(Unverified::Wrong));
    assert_eq!(taken(signed(Outgoing { method: "PUT", ..message })), Err(Unverified::Wrong));
    assert_eq!(taken(signed(Outgoing { url: "https://a.example", ..message })), Err(Unverified::Wrong));
}

#[test]
fn milliseconds_are_told_from_seconds() {
    let yaml = "{ header: X-Sig, algorithm: hmac_sha256, signs: \"{timestamp}{body}\", \
                timestamp: X-Time, timestamp_unit: milliseconds, tolerance: 10s }";
    let signature = of(yaml).unwrap();
    let key = SigningKey::read(&signature, &Secret::new("hush".to_owned())).unwrap();
    let message = Outgoing { id: "", method: "POST", path: "/", url: "", body: b"{}" };
    let signed = signature.sign(&message, &[key], at(THEN)).unwrap();
    let sent: Vec<_> = signed.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(sent[0], ("x-time", "1614265330000"));
    assert_eq!(asked(&signature, &["hush"], &sent, "{}", THEN + 10).unwrap().at, Some(THEN * 1000));
    assert_eq!(asked(&signature, &["hush"], &sent, "{}", THEN + 11), Err(Unverified::Stale));
}

#[test]
fn a_preset_is_filled_up_and_can_be_changed() {
    let signature = of("{ preset: shopify, header: Shopify-Hmac-SHA256 }").unwrap();
    let sent = [("shopify-hmac-sha256", VECTORS[4].2[0].1), VECTORS[4].2[1]];
    assert!(asked(&signature, &["hush"], &sent, BODY, THEN).is_ok());
}

#[test]
fn what_would_prove_nothing_is_refused() {
    let told = |yaml: &str| -> Vec<String> {
        let findings = of(yaml).expect_err(yaml);
        findings.iter().map(|finding| format!("{}: {}", finding.code.name, finding.message)).collect()
    };
    for (yaml, words) in [
        ("{ header: X-Sig }", "missing-key: a signature needs the key `algorithm`"),
        ("{ algorithm: hmac_sha256 }", "missing-key: a signature needs the key `header`"),
        ("{ preset: githbu }", "unknown-value: there is no preset `githbu`"),
        ("{ preset: github, header: \"X Sig\" }", "bad-header: `X Sig` is not the name of a header"),
        (
            "{ preset: github, signs: \"{id}\" }",
            "bad-signature: the body is not signed, so anybody can change it",
        ),
        (
            "{ preset: github, timestamp: X-Time }",
            "bad-signature: the time is not signed, so an old message can be given a new one",
        ),
        (
            "{ preset: github, signs: \"{timestamp}{body}\" }",
            "bad-signature: `{timestamp}` is signed, and nothing says where it stands",
        ),
        (
            "{ preset: onfleet, signs: \"{id}{body}\" }",
            "bad-signature: `{id}` is signed, and nothing says where it stands",
        ),
        (
            "{ preset: github, signs: \"{boby}\" }",
            "bad-signature: `{boby}` is no part of a message that can be signed",
        ),
        (
            "{ preset: github, signs: \"{body\" }",
            "bad-signature: `{` is no part of a message that can be signed",
        ),
        (
            "{ preset: github, tolerance: 5m }",
            "misplaced-key: no time is signed here, so there is nothing to tolerate",
        ),
    ] {
        assert_eq!(told(yaml), [words], "{yaml}");
    }
}

#[test]
fn a_secret_that_is_written_otherwise_is_refused_without_a_word_of_it() {
    let told = |yaml: &str, secret: &str| {
        let signature = of(yaml).unwrap();
        VerifyingKey::read(&signature, &Secret::new(secret.to_owned())).unwrap_err()
    };
    assert_eq!(told("{ preset: onfleet }", "hush"), "is not hexadecimal digits");
    assert_eq!(told("{ preset: onfleet }", "abc"), "is not hexadecimal digits");
    assert_eq!(told("{ preset: samsara }", "hu%sh"), "is not base64");
    assert_eq!(told("{ preset: github }", ""), "is empty");
    assert_eq!(told("{ preset: github, algorithm: ed25519 }", "hush"), "is not one PEM block");
    assert_eq!(told("{ preset: github, algorithm: ed25519, key: hex }", "00"), "is not a public Ed25519 key");
    assert_eq!(told("{ preset: github, algorithm: rsa_sha256, key: hex }", "00"), "is not a public RSA key");
    let key = VerifyingKey::read(&preset("github").unwrap(), &Secret::new("hush".to_owned()));
    assert_eq!(format!("{:?}", key.unwrap()), "VerifyingKey(..)");
}
