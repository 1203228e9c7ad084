//! Token endpoints as they are: apart from the system, slow, away, refusing; and what a call comes to then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::support::*;
use crossdock::clock::SystemClock;
use crossdock::system::{Connection, FailureKind, HttpTransport, Live, Outcome, Surroundings};

const OPERATIONS: &str = "operations:\n  get_order: { get: /orders, gives: object, effect: read }\n  \
    create_order: { post: /orders, takes: { reference: string }, gives: object, effect: create, key: reference, \
    probe: { call: find_order, with: { reference: =reference } } }\n  \
    find_order: { get: '/orders/{reference}', takes: { reference: string }, gives: object, effect: read, \
    outcome: { not_found: 'status == 404' } }\n";

fn file(auth: &str) -> String {
    format!(
        "system: erp\nowner: test\nrunbook: https://wiki.example/erp\nurl: ${{ERP_URL}}\nauth:\n{auth}\n{OPERATIONS}"
    )
}

const CLIENT: &str = "  scheme: oauth2_client\n  token_url: ${TOKEN_URL}/oauth/token\n  client_id: 'gate:way'\n  \
    client_secret: ${secret:erp}\n  scope: orders.read orders.write\n  audience: https://erp.example/api\n  \
    parameters: { resource: 'a&b' }";

/// A system that lets in who shows the token that is good now, and an endpoint that gives tokens out.
struct World {
    erp: Server,
    tokens: Server,
    good: Arc<AtomicUsize>,
    live: Arc<Live>,
    connection: Connection,
}

impl World {
    fn new(auth: &str, answer: impl Fn(&Asked, usize) -> Vec<u8> + Send + Sync + 'static) -> World {
        World::with(auth, "s3cret", answer)
    }

    fn with(
        auth: &str,
        secret: &str,
        answer: impl Fn(&Asked, usize) -> Vec<u8> + Send + Sync + 'static,
    ) -> World {
        let good = Arc::new(AtomicUsize::new(1));
        let now = Arc::clone(&good);
        let erp = Server::start(move |asked, _| {
            let expected = format!("Bearer token-{}", now.load(Ordering::SeqCst));
            match asked.headers.get("authorization") {
                Some(shown) if *shown == expected => ok("{}"),
                _ => http("401 Unauthorized", &[], ""),
            }
        });
        let tokens = Server::start(answer);
        let file = file(auth);
        let plan =
            project(&[("systems/erp.yaml", &file)], &[("ERP_URL", &erp.url), ("TOKEN_URL", &tokens.url)]);
        let live = live(SystemClock::shared());
        let transport = HttpTransport::new(&plan.systems["erp"], &Surroundings::default()).unwrap();
        let secret: Arc<str> = secret.into();
        let connection =
            live.connect(&plan.systems["erp"], Arc::new(transport), &|_| Some(Arc::clone(&secret))).unwrap();
        World { erp, tokens, good, live, connection }
    }

    async fn get(&self) -> Outcome {
        let clock = SystemClock::shared();
        call(&self.live, &self.connection, "get_order", &[], &context(&*clock)).await
    }

    async fn create(&self) -> Outcome {
        let clock = SystemClock::shared();
        let reference = [Some("B-1".into())];
        call(&self.live, &self.connection, "create_order", &reference, &context(&*clock)).await
    }
}

fn token(number: usize) -> Vec<u8> {
    ok(&format!(r#"{{"access_token":"token-{number}","token_type":"bearer","expires_in":3600}}"#))
}

fn form(body: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

#[tokio::test]
async fn client_credentials_give_one_token_for_all() {
    let world = World::new(CLIENT, |_, count| token(count));
    let many = (0..8).map(|_| world.get());
    for outcome in futures(many).await {
        assert_eq!(outcome.name(), "ok", "{outcome:?}");
    }
    let asked = world.tokens.asked();
    assert_eq!(asked.len(), 1, "one asks for all");
    assert_eq!(asked[0].line, "POST /oauth/token HTTP/1.1");
    let basic = format!("Basic {}", STANDARD.encode("gate%3Away:s3cret"));
    assert_eq!(asked[0].headers["authorization"], basic, "encoded as RFC 6749 has it");
    let form = form(&asked[0].body);
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(form["scope"], "orders.read orders.write");
    assert_eq!((form["audience"].as_str(), form["resource"].as_str()), ("https://erp.example/api", "a&b"));
    assert!(!form.contains_key("client_secret"));
}

/// Waits for all, together.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|one| (Some(Box::pin(one)), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in &mut all {
            if let Some(waiting) = future
                && let std::task::Poll::Ready(output) = waiting.as_mut().poll(cx)
            {
                (*future, *done) = (None, Some(output));
            }
        }
        match all.iter().all(|(future, _)| future.is_none()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    all.into_iter().filter_map(|(_, done)| done).collect()
}

#[tokio::test]
async fn a_client_may_prove_itself_in_the_form() {
    let auth = format!("{CLIENT}\n  client_auth: body");
    let world = World::new(&auth, |_, count| token(count));
    assert_eq!(world.get().await.name(), "ok");
    let asked = &world.tokens.asked()[0];
    assert!(!asked.headers.contains_key("authorization"));
    let form = form(&asked.body);
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("gate:way", "s3cret"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let world = World::new(CLIENT, |_, count| token(count));
    assert_eq!(world.get().await.name(), "ok");
    world.good.store(2, Ordering::SeqCst);
    assert_eq!(world.create().await.name(), "ok", "a create too: a 401 says that nothing was done");
    assert_eq!(world.tokens.asked().len(), 2);
    world.good.store(99, Ordering::SeqCst);
    let before = world.erp.asked().len();
    let outcome = world.get().await;
    assert!(outcome.failure().is_some(), "{outcome:?}");
    assert_eq!(world.erp.asked().len() - before, 2, "once more, and no more");
}

#[tokio::test]
async fn an_endpoint_that_gives_no_token_uses_up_no_attempt() {
    let answers: [(&str, Vec<u8>, &str); 6] = [
        (
            "401",
            http("401 Unauthorized", &[], r#"{"error":"invalid_client","error_description":"s3cret"}"#),
            "(status 401, `invalid_client`)",
        ),
        ("500", http("500 Internal Server Error", &[], "s3cret"), "(status 500)"),
        ("other words", http("400 Bad Request", &[], r#"{"error":"s3cret"}"#), "(status 400)"),
        ("no token", ok("{}"), "no `access_token`"),
        ("another kind", ok(r#"{"access_token":"x","token_type":"mac"}"#), "no bearer token"),
        ("a header's end", ok(r#"{"access_token":"x\r\ny"}"#), "what no header may"),
    ];
    for (what, answer, said) in answers {
        let world = World::new(CLIENT, move |_, _| answer.clone());
        for _ in 0..3 {
            let outcome = world.create().await;
            assert_eq!(kind(&outcome), ("held", Some(FailureKind::Auth)), "{what}");
            let message = &outcome.failure().unwrap().message;
            assert!(message.contains(said) && !message.contains("s3cret"), "{what}: {message}");
        }
        assert_eq!(world.tokens.asked().len(), 1, "{what}: nobody hammers it");
        assert_eq!(world.erp.asked().len(), 0, "{what}: nothing of the create was sent");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_away_holds_the_call() {
    let auth = CLIENT.replace("${TOKEN_URL}", &format!("http://127.0.0.1:{}", closed()));
    let world = World::new(&auth, |_, count| token(count));
    let outcome = world.create().await;
    assert_eq!(kind(&outcome), ("held", Some(FailureKind::Connect)), "{outcome:?}");
    assert_eq!(world.erp.asked().len(), 0);
}

fn closed() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_redirect_of_the_endpoint_is_not_followed() {
    let elsewhere = Server::start(|_, count| token(count));
    let to = format!("location: {}/oauth/token", elsewhere.url);
    let world = World::new(CLIENT, move |_, _| http("307 Temporary Redirect", &[&to], ""));
    assert_eq!(kind(&world.get().await), ("held", Some(FailureKind::Auth)));
    assert_eq!(elsewhere.asked().len(), 0, "the client's secret goes nowhere else");
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", STANDARD.encode(der))
}

fn validation(algorithm: Algorithm, audience: &str) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    validation
}

#[tokio::test]
async fn an_assertion_gets_a_token_as_salesforce_and_google_give_it() {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private = AsDer::<Pkcs8V1Der<'static>>::as_der(&key).unwrap();
    let auth = "  scheme: jwt_bearer\n  token_url: ${TOKEN_URL}/token\n  issuer: app\n  subject: user@example\n  \
        audience: https://login.example\n  claims: { scope: api }\n  key_id: k1\n  key: ${secret:erp}";
    // As Salesforce answers: no `expires_in`.
    let world = World::with(auth, &pem(private.as_ref()), |_, _| {
        ok(r#"{"access_token":"token-1","token_type":"Bearer"}"#)
    });
    assert_eq!(world.get().await.name(), "ok");
    let form = form(&world.tokens.asked()[0].body);
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let public = DecodingKey::from_rsa_der(key.public_key().as_ref());
    let token = jsonwebtoken::decode::<serde_json::Value>(
        &form["assertion"],
        &public,
        &validation(Algorithm::RS256, "https://login.example"),
    );
    let token = token.unwrap();
    assert_eq!(token.header.kid.as_deref(), Some("k1"));
    let claims = token.claims;
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["scope"]),
        (&"app".into(), &"user@example".into(), &"api".into())
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 180);
    assert!(claims["jti"].as_str().is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn a_client_may_prove_itself_by_a_key() {
    let key =
        aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING)
            .unwrap();
    let private = key.to_pkcs8v1().unwrap();
    let auth = "  scheme: oauth2_client\n  token_url: ${TOKEN_URL}/token\n  client_id: gateway\n  \
        client_auth: private_key_jwt\n  algorithm: ES256\n  key: ${secret:erp}";
    let world = World::with(auth, &pem(private.as_ref()), |_, count| token(count));
    assert_eq!(world.get().await.name(), "ok");
    world.good.store(2, Ordering::SeqCst);
    assert_eq!(world.get().await.name(), "ok");
    let forms: Vec<_> = world.tokens.asked().iter().map(|asked| form(&asked.body)).collect();
    assert_eq!(forms[0]["grant_type"], "client_credentials");
    assert_eq!(forms[0]["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let public = DecodingKey::from_ec_der(key.public_key().as_ref());
    let audience = format!("{}/token", world.tokens.url);
    let claims = |form: &BTreeMap<String, String>| {
        let checked = validation(Algorithm::ES256, &audience);
        jsonwebtoken::decode::<serde_json::Value>(&form["client_assertion"], &public, &checked)
            .unwrap()
            .claims
    };
    assert_eq!(
        (&claims(&forms[0])["iss"], &claims(&forms[0])["sub"]),
        (&"gateway".into(), &"gateway".into())
    );
    assert_ne!(claims(&forms[0])["jti"], claims(&forms[1])["jti"], "each is made anew");
}

#[test]
fn a_key_that_cannot_sign_is_refused_before_any_call() {
    let auth = "  scheme: jwt_bearer\n  token_url: /token\n  issuer: app\n  key: ${secret:erp}";
    let plan = project(&[("systems/erp.yaml", &file(auth))], &[("ERP_URL", "http://erp.test")]);
    let live = live(SystemClock::shared());
    let system = &plan.systems["erp"];
    let refused = |secret: &str| {
        let transport = Arc::new(HttpTransport::new(system, &Surroundings::default()).unwrap());
        live.connect(system, transport, &|_| Some(secret.into())).unwrap_err().join("; ")
    };
    let said = refused("hush");
    assert!(said.contains("holds no private key in PEM") && !said.contains("hush"), "{said}");
    let key =
        aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING)
            .unwrap();
    let said = refused(&pem(key.to_pkcs8v1().unwrap().as_ref()));
    assert!(said.contains("RSA key of at least 2048 bits"), "{said}");
}
