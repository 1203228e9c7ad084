//! Tokens good and bad, as they stand under `tests/cases/tokens`; keys that change; an issuer that is away.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::super::fetch::Source;
use super::super::stage::{Stage, verify, verify_later};
use super::trust::{Ages, Trust};
use super::*;
use crate::clock::{BoxFuture, Moment, VirtualClock};
use crate::http::Bytes;

/// An issuer with a key of every kind, and somebody with a key of his own.
struct Issuer {
    rsa: RsaKeyPair,
    attacker: RsaKeyPair,
    p256: EcdsaKeyPair,
    p256_der: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    p521: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    jwks: String,
}

const SHOWN: &[u8] = b"a secret that somebody showed in a set of keys by mistake";

fn coded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn components(key: &RsaKeyPair) -> (Vec<u8>, Vec<u8>) {
    let parts = signature::RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key());
    (parts.n, parts.e)
}

impl Issuer {
    fn new() -> Issuer {
        use aws_lc_rs::encoding::AsDer;
        let rsa = RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let p256 = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der: aws_lc_rs::encoding::EcPrivateKeyRfc5915Der<'_> = p256.private_key().as_der().unwrap();
        let p256_der =
            EcdsaKeyPair::from_private_key_der(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, der.as_ref());
        let p256_der = p256_der.unwrap();
        let p384 = EcdsaKeyPair::generate(&signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let p521 = EcdsaKeyPair::generate(&signature::ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
        let ed25519 = Ed25519KeyPair::generate().unwrap();
        let (n, e) = components(&rsa);
        let (n, e) = (coded(&n), coded(&e));
        let curve = |kid: &str, crv: &str, key: &EcdsaKeyPair| {
            let (x, y) = key.public_key().as_ref()[1..].split_at(key.public_key().as_ref().len() / 2);
            json!({ "kty": "EC", "kid": kid, "crv": crv, "x": coded(x), "y": coded(y) })
        };
        let jwks = json!({ "keys": [
            { "kty": "RSA", "kid": "rsa", "n": n, "e": e, "use": "sig" },
            { "kty": "RSA", "kid": "only-rs256", "n": n, "e": e, "alg": "RS256" },
            { "kty": "RSA", "kid": "encrypts", "n": n, "e": e, "use": "enc" },
            { "kty": "oct", "kid": "oct", "k": coded(SHOWN) },
            { "kty": "XX", "kid": "unheard-of" },
            curve("p256", "P-256", &p256), curve("p384", "P-384", &p384), curve("p521", "P-521", &p521),
            { "kty": "OKP", "kid": "ed25519", "crv": "Ed25519", "x": coded(ed25519.public_key().as_ref()) },
        ] });
        let attacker = RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        Issuer { rsa, attacker, p256, p256_der, p384, p521, ed25519, jwks: jwks.to_string() }
    }

    fn sign(&self, key: &str, algorithm: &str, message: &str) -> Vec<u8> {
        let (chance, message) = (SystemRandom::new(), message.as_bytes());
        let rsa = |key: &RsaKeyPair| {
            let mut signed = vec![0; key.public_modulus_len()];
            let how: &'static dyn signature::RsaEncoding = match algorithm {
                "PS256" => &signature::RSA_PSS_SHA256,
                "PS384" => &signature::RSA_PSS_SHA384,
                "PS512" => &signature::RSA_PSS_SHA512,
                "RS384" => &signature::RSA_PKCS1_SHA384,
                "RS512" => &signature::RSA_PKCS1_SHA512,
                _ => &signature::RSA_PKCS1_SHA256,
            };
            key.sign(how, &chance, message, &mut signed).unwrap();
            signed
        };
        let shared =
            |secret: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec();
        let curve = |key: &EcdsaKeyPair| key.sign(&chance, message).unwrap().as_ref().to_vec();
        match key {
            "rsa" => rsa(&self.rsa),
            "attacker" => rsa(&self.attacker),
            "p256" => curve(&self.p256),
            "p256-der" => curve(&self.p256_der),
            "p384" => curve(&self.p384),
            "p521" => curve(&self.p521),
            "ed25519" => self.ed25519.sign(message).as_ref().to_vec(),
            "modulus" => shared(&components(&self.rsa).0),
            "set" => shared(self.jwks.as_bytes()),
            "shown" => shared(SHOWN),
            "empty" => shared(b""),
            "nobody" => Vec::new(),
            other => panic!("there is no key `{other}`"),
        }
    }

    /// A token of these parts.
    fn token(&self, header: &str, claims: &str, key: &str, algorithm: &str) -> String {
        let message = format!("{}.{}", coded(header.as_bytes()), coded(claims.as_bytes()));
        format!("{message}.{}", coded(&self.sign(key, algorithm, &message)))
    }

    /// The token that a case describes.
    fn described(&self, case: &str) -> String {
        let line = |name: &str| case.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let (n, _) = components(&self.attacker);
        let header = line("header").unwrap().replace("{n}", &coded(&n));
        let (key, algorithm) =
            line("signed").unwrap().split_once(' ').unwrap_or((line("signed").unwrap(), ""));
        let token = self.token(&header, line("claims").unwrap(), key, algorithm);
        let shape = case.lines().find_map(|line| line.strip_prefix("as:"));
        let Some(shape) = shape.map(|shape| shape.strip_prefix(' ').unwrap_or(shape)) else { return token };
        let mut parts = token.split('.');
        let [header, claims, signed] = [(); 3].map(|()| parts.next().unwrap());
        let other = coded(br#"{"alg":"RS256","kid":"rsa","client_id":"admin"}"#);
        let others = self.sign("rsa", "RS256", &format!("{header}.{other}"));
        shape
            .replace("{h}", header)
            .replace("{c}", claims)
            .replace("{s}", signed)
            .replace("{s:-4}", &signed[..signed.len().saturating_sub(4)])
            .replace("{s:100}", signed.get(..100).unwrap_or(signed))
            .replace("{o}", &coded(&others))
            .replace("{x}", &other)
    }
}

const POLICY: &str = "{ scheme: jwt, issuer: \"https://issuer.example\", audience: api, jwks_file: keys.json,\n    \
     algorithms: [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA] }";

/// The policy of `gateway.yaml` that stands behind `portal:`.
fn policy(text: &str) -> crate::auth::inbound::AuthPolicy {
    let gateway = format!("edition: 2026\ngateway: test\nauth:\n  portal: {text}\n");
    let environment = crate::config::Environment::default();
    let (project, findings) =
        crate::config::load_texts(vec![("gateway.yaml".to_owned(), gateway)], &environment);
    assert!(
        findings.iter().all(|finding| finding.severity() < crate::diagnostic::Severity::Error),
        "{findings:?}"
    );
    let (schemas, _) = crate::schema::Schemas::compile(&[]);
    let (tables, rejections) = (crate::mapping::Tables::default(), Default::default());
    let language =
        crate::mapping::Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
    let file = project.gateway.unwrap();
    crate::auth::inbound::compile(file.auth.values().next().unwrap(), &language).unwrap()
}

/// A clock at a thousand seconds, a declared client, and the issuer's keys in a file.
fn stage(issuer: &Issuer) -> (Stage, tempfile::TempDir, Arc<VirtualClock>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("keys.json"), &issuer.jwks).unwrap();
    let clock = VirtualClock::new(Moment(1_000 * 1_000_000_000), 1);
    let own: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let mut stage = Stage { clock: own, root: dir.path().to_owned(), ..Stage::default() };
    stage.client("portal", &["bookings:read", "bookings:write"]);
    (stage, dir, clock)
}

fn ask(verifier: &dyn Verifier, token: &str) -> Result<Arc<Client>, Refused> {
    verify(verifier, &[("authorization", &format!("Bearer {token}"))]).map(|client| client.unwrap())
}

/// Holds what was said to what the case has after `refused:`.
fn told(name: &str, case: &str, detail: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/tokens/refused").join(format!("{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        let rest: String = case
            .lines()
            .filter(|line| !line.starts_with("refused:"))
            .map(|line| format!("{line}\n"))
            .collect();
        std::fs::write(path, format!("{rest}refused: {detail}\n")).unwrap();
        return;
    }
    let expected = case.lines().find_map(|line| line.strip_prefix("refused: "));
    assert_eq!(expected, Some(detail), "{name}");
}

fn cases(folder: &str) -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/tokens").join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.into_iter().map(read).collect()
}

#[test]
fn no_hostile_token_passes() {
    let issuer = Issuer::new();
    let (stage, _dir, _) = stage(&issuer);
    let verifier = stage.open(&policy(POLICY)).unwrap();
    let cases = cases("refused");
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let mut passed = Vec::new();
    for (name, case) in cases {
        let token = issuer.described(&case);
        match ask(&*verifier, &token) {
            Ok(_) => passed.push(name),
            Err(refused) => {
                assert!(refused.challenge.starts_with("Bearer realm="), "{name}: {}", refused.challenge);
                let said = format!("{} {}", refused.detail, refused.challenge);
                told(&name, &case, &refused.detail);
                let leaks = token.split('.').filter(|part| part.len() > 8).any(|part| said.contains(part));
                assert!(!leaks, "{name}: {said}");
            }
        }
    }
    assert!(passed.is_empty(), "these passed: {passed:?}");
}

#[test]
fn good_tokens_of_every_algorithm_pass() {
    let issuer = Issuer::new();
    let (stage, _dir, _) = stage(&issuer);
    let verifier = stage.open(&policy(POLICY)).unwrap();
    for (name, case) in cases("good") {
        let token = issuer.described(&case);
        // The second time out of memory.
        for _ in 0..2 {
            let client =
                ask(&*verifier, &token).unwrap_or_else(|refused| panic!("{name}: {}", refused.detail));
            assert_eq!((&*client.name, &*client.account), ("portal", "ACME"), "{name}");
        }
    }
}

#[test]
fn every_bit_of_a_signed_token_counts() {
    let issuer = Issuer::new();
    let (stage, _dir, _) = stage(&issuer);
    let verifier = stage.open(&policy(POLICY)).unwrap();
    let token = issuer.token(r#"{"alg":"EdDSA","kid":"ed25519"}"#, GOOD, "ed25519", "EdDSA");
    ask(&*verifier, &token).unwrap();
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(ask(&*verifier, &changed).is_err(), "byte {at}");
    }
}

const GOOD: &str = r#"{"iss":"https://issuer.example","aud":"api","exp":2000,"client_id":"portal"}"#;

#[test]
fn a_remembered_token_ends_when_it_says() {
    let issuer = Issuer::new();
    let (stage, _dir, clock) = stage(&issuer);
    let verifier = stage.open(&policy(POLICY)).unwrap();
    let token = issuer.token(r#"{"alg":"ES256","kid":"p256"}"#, GOOD, "p256", "ES256");
    ask(&*verifier, &token).unwrap();
    clock.advance(Duration::from_secs(999));
    ask(&*verifier, &token).unwrap();
    // Its end is past, and so is the minute that clocks may be apart.
    clock.advance(Duration::from_secs(62));
    assert_eq!(ask(&*verifier, &token).unwrap_err().why, Why::Unfit);
}

#[test]
fn what_issuers_send_becomes_a_client() {
    let issuer = Issuer::new();
    let (stage, _dir, _) = stage(&issuer);
    let open = |more: &str| stage.open(&policy(&POLICY.replace(" }", &format!(", {more} }}")))).unwrap();
    let bearer = |more: &str| {
        let claims = format!(r#"{{"iss":"https://issuer.example","aud":"api","exp":2000,{more}}}"#);
        issuer.token(r#"{"alg":"EdDSA","kid":"ed25519"}"#, &claims, "ed25519", "EdDSA")
    };
    let who = |verifier: &Arc<dyn Verifier>, token: &str| {
        let client = ask(&**verifier, token).map_err(|refused| refused.detail)?;
        Ok::<_, String>(format!("{} {} {}", client.name, client.account, client.scopes.join(",")))
    };
    let made = open("account: \"https://acme.example/account\"");
    let auth0 = bearer(r#""azp":"spa","https://acme.example/account":"HALDEN","scope":"b a a""#);
    assert_eq!(who(&made, &auth0).unwrap(), "spa HALDEN a,b");
    let entra = open("account: tid, scopes: roles");
    assert_eq!(who(&entra, &bearer(r#""azp":"x","tid":"T","roles":["r2","r1"]"#)).unwrap(), "x T r1,r2");
    let keycloak = open("account: =claims.org, scopes: realm_access.roles, client: azp");
    let token = bearer(r#""azp":"k","org":"K","realm_access":{"roles":["admin"]}"#);
    assert_eq!(who(&keycloak, &token).unwrap(), "k K admin");
    // An account that is empty would be that of callers whom nobody knows.
    for account in [r#""""#, r#"" ""#, "null", "true", "[]", r#""a\nb""#] {
        let token = bearer(&format!(r#""azp":"k","org":{account}"#));
        assert!(who(&keycloak, &token).is_err(), "{account}");
    }
    // What a token allows is at most what a declared client may.
    let declared = open("scopes: scope");
    let token = bearer(r#""client_id":"portal","scope":"bookings:read admin""#);
    assert_eq!(who(&declared, &token).unwrap(), "portal ACME bookings:read");
    assert_eq!(who(&declared, &bearer(r#""client_id":"portal""#)).unwrap(), "portal ACME ");
}

#[test]
fn a_shared_secret_is_only_for_its_own_algorithms_and_long_enough() {
    let issuer = Issuer::new();
    let (mut stage, _dir, _) = stage(&issuer);
    let text = "{ scheme: jwt, issuer: \"https://issuer.example\", audience: api, algorithms: [HS256], secret: \"${secret:s}\" }";
    stage.secrets.insert("s".into(), "too short".into());
    let missing = stage.open(&policy(text)).unwrap_err();
    assert!(missing[0].contains("32 bytes") && !missing[0].contains("too short"), "{missing:?}");
    stage.secrets.insert("s".into(), String::from_utf8(SHOWN.to_vec()).unwrap());
    let verifier = stage.open(&policy(text)).unwrap();
    ask(&*verifier, &issuer.token(r#"{"alg":"HS256"}"#, GOOD, "shown", "HS256")).unwrap();
    for (header, key) in
        [(r#"{"alg":"HS512"}"#, "shown"), (r#"{"alg":"RS256"}"#, "rsa"), (r#"{"alg":"HS256"}"#, "empty")]
    {
        assert_eq!(
            ask(&*verifier, &issuer.token(header, GOOD, key, "")).unwrap_err().why,
            Why::Wrong,
            "{header}"
        );
    }
    assert!(!format!("{verifier:?}").contains("somebody showed"));
}

/// An issuer's server that shows what it is told to, and counts who asks.
#[derive(Debug, Clone, Default)]
struct Shown(Arc<(Mutex<Option<String>>, AtomicUsize)>);

impl Shown {
    fn show(&self, keys: Option<String>) {
        *self.0.0.lock().unwrap() = keys;
    }

    fn asked(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

impl Source for Shown {
    fn ask(&self, _: Option<Bytes>) -> BoxFuture<'_, Result<Bytes, String>> {
        self.0.1.fetch_add(1, Ordering::SeqCst);
        let shown = self.0.0.lock().unwrap().clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            shown.map(Bytes::from).ok_or_else(|| "it is away".to_owned())
        })
    }
}

/// A verifier over keys that are fetched.
fn fetching(issuer: &Issuer) -> (Jwt, Shown, Arc<VirtualClock>) {
    let (stage, _dir, clock) = stage(issuer);
    let shown = Shown::default();
    let trust = Arc::new(Trust::fetched(Box::new(shown.clone()), Arc::clone(&stage.clock)));
    let rules = Rules {
        algorithms: vec![Algorithm::EdDsa, Algorithm::Es256],
        issuer: "https://issuer.example".into(),
        audience: vec!["api".into()],
        skew: Duration::from_secs(60),
        ages: Ages { refresh: Duration::from_secs(600), keep: Duration::from_secs(3600) },
        trust,
        maker: Maker::plain(stage.clients.clone()),
        verified: Verified::new(Duration::from_secs(300)),
        clock: Arc::clone(&stage.clock),
    };
    (Jwt(Arc::new(rules)), shown, clock)
}

async fn later(verifier: &Jwt, token: &str) -> Result<Arc<Client>, Why> {
    let sent = verify_later(verifier, &[("authorization", &format!("Bearer {token}"))]).await;
    sent.map(|client| client.unwrap()).map_err(|refused| refused.why)
}

/// A token that is good for long, so that only keys grow old.
fn lasting(issuer: &Issuer, kid: &str) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#);
    issuer.token(&header, &GOOD.replace("2000", "1000000"), "ed25519", "EdDSA")
}

#[tokio::test]
async fn keys_are_fetched_once_for_all_who_wait() {
    let issuer = Issuer::new();
    let (verifier, shown, _) = fetching(&issuer);
    shown.show(Some(issuer.jwks.clone()));
    let token = lasting(&issuer, "ed25519");
    let (one, two, three) =
        tokio::join!(later(&verifier, &token), later(&verifier, &token), later(&verifier, &token));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(shown.asked(), 1);
}

#[tokio::test]
async fn invented_names_of_keys_do_not_make_us_ask() {
    let issuer = Issuer::new();
    let (verifier, shown, clock) = fetching(&issuer);
    shown.show(Some(issuer.jwks.clone()));
    later(&verifier, &lasting(&issuer, "ed25519")).await.unwrap();
    for guess in 0..50 {
        assert_eq!(later(&verifier, &lasting(&issuer, &format!("k{guess}"))).await.unwrap_err(), Why::Wrong);
    }
    assert_eq!(shown.asked(), 1);
    // The issuer signs with a new key: it is found with the next question, which may come after a while.
    shown.show(Some(issuer.jwks.replace("\"kid\":\"ed25519\"", "\"kid\":\"new\"")));
    clock.advance(Duration::from_secs(31));
    later(&verifier, &lasting(&issuer, "new")).await.unwrap();
    assert_eq!(shown.asked(), 2);
    // What the old key signed is not believed any more, though it was a moment ago.
    assert_eq!(later(&verifier, &lasting(&issuer, "ed25519")).await.unwrap_err(), Why::Wrong);
}

#[tokio::test]
async fn an_issuer_that_is_away_leaves_its_keys_in_use_for_as_long_as_declared() {
    let issuer = Issuer::new();
    let (verifier, shown, clock) = fetching(&issuer);
    assert_eq!(later(&verifier, &lasting(&issuer, "ed25519")).await.unwrap_err(), Why::Unknown);
    assert_eq!(later(&verifier, &lasting(&issuer, "ed25519")).await.unwrap_err(), Why::Unknown);
    assert_eq!(shown.asked(), 1, "who fails is not asked again at once");
    shown.show(Some(issuer.jwks.clone()));
    clock.advance(Duration::from_secs(6));
    later(&verifier, &lasting(&issuer, "ed25519")).await.unwrap();
    shown.show(None);
    clock.advance(Duration::from_secs(1800));
    // Its age is between the two: used, and renewed beside the request.
    later(&verifier, &with_id(&issuer, "a")).await.unwrap();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(shown.asked(), 3);
    later(&verifier, &with_id(&issuer, "b")).await.unwrap();
    clock.advance(Duration::from_secs(1801));
    assert_eq!(later(&verifier, &with_id(&issuer, "c")).await.unwrap_err(), Why::Unknown);
}

/// A token that was not seen before.
fn with_id(issuer: &Issuer, id: &str) -> String {
    let claims = GOOD.replace("2000", &format!("1000000,\"jti\":\"{id}\""));
    issuer.token(r#"{"alg":"EdDSA","kid":"ed25519"}"#, &claims, "ed25519", "EdDSA")
}
