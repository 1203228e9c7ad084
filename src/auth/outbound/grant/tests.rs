//! Tokens on a virtual clock, from an endpoint that counts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::auth::Secret;
use crate::auth::outbound::{
    self, Declared, Door, LoginAnswer, LoginError, LoginRequest, Means, Refused, Sessions, Signer,
};
use crate::clock::{BoxFuture, Clock, Moment, VirtualClock};
use crate::config::Spanned;
use crate::config::declarations::system::SystemAuth;
use crate::config::declarations::{Text, TextPart};
use crate::http::{HeaderMap, header};
use crate::mapping::{Environment, Rejections, Tables};
use crate::schema::Schemas;

fn text(part: TextPart) -> Option<Text> {
    Some(Text { parts: vec![part], span: Default::default() })
}

fn auth() -> SystemAuth {
    SystemAuth {
        scheme: Spanned { value: "oauth2_client".to_owned(), span: Default::default() },
        token_url: text(TextPart::Literal("/token".to_owned())),
        client_id: text(TextPart::Literal("gateway".to_owned())),
        client_secret: text(TextPart::Secret("erp".to_owned())),
        ..SystemAuth::default()
    }
}

fn compiled(auth: &SystemAuth) -> (Option<Box<dyn Declared>>, Vec<String>) {
    let (schemas, tables, rejections) = (Schemas::default(), Tables::default(), Rejections::new());
    let environment = Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
    let (declared, findings) = outbound::compile(auth, &environment);
    (
        declared,
        findings.into_iter().map(|finding| format!("{}: {}", finding.code.name, finding.message)).collect(),
    )
}

/// An endpoint that takes a second, and whose tokens are good for so many seconds.
#[derive(Clone)]
struct Endpoint {
    clock: Arc<dyn Clock>,
    count: Arc<AtomicUsize>,
    life: Arc<Mutex<u64>>,
}

impl Door for Endpoint {
    fn knock(&self, request: LoginRequest) -> BoxFuture<'static, Result<LoginAnswer, LoginError>> {
        let Endpoint { clock, count, life } = self.clone();
        Box::pin(async move {
            assert_eq!((request.path.as_str(), request.elsewhere), ("/token", false));
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            clock.sleep(Duration::from_secs(1)).await;
            let body = format!(r#"{{"access_token":"t{number}","expires_in":{}}}"#, life.lock().unwrap());
            Ok(LoginAnswer { status: 200, headers: HeaderMap::new(), body: body.into() })
        })
    }
}

struct World {
    clock: Arc<VirtualClock>,
    endpoint: Endpoint,
    sessions: Sessions,
}

impl World {
    fn new(life: u64) -> World {
        let clock = VirtualClock::new(Moment(0), 1);
        let life = Arc::new(Mutex::new(life));
        let endpoint = Endpoint { clock: clock.clone(), count: Arc::default(), life };
        World { clock, endpoint, sessions: Sessions::new() }
    }

    fn signer(&self, secret: &str) -> Arc<dyn Signer> {
        let (clock, tables): (Arc<dyn Clock>, _) = (self.clock.clone(), Arc::new(Tables::default()));
        let secret = |name: &str| (name == "erp").then(|| Secret::new(secret.to_owned()));
        let means = Means { secret: &secret, tables: &tables, clock: &clock, sessions: &self.sessions };
        compiled(&auth()).0.unwrap().open(&means).unwrap()
    }

    async fn shown(&self, signer: &Arc<dyn Signer>) -> Result<String, Refused> {
        let mut headers = HeaderMap::new();
        outbound::prove(&**signer, &mut headers, &self.endpoint).await?;
        assert!(headers[header::AUTHORIZATION].is_sensitive());
        Ok(headers[header::AUTHORIZATION].to_str().unwrap().to_owned())
    }

    fn count(&self) -> usize {
        self.endpoint.count.load(Ordering::SeqCst)
    }
}

#[test]
fn a_token_is_renewed_before_it_ends_and_nobody_waits() {
    let world = World::new(600);
    let signer = world.signer("open sesame");
    let run = world.clock.run(async {
        assert_eq!(world.shown(&signer).await.unwrap(), "Bearer t1");
        world.clock.sleep(Duration::from_secs(530)).await;
        assert_eq!(world.shown(&signer).await.unwrap(), "Bearer t1");
        assert_eq!(world.count(), 1, "it is not time yet");
        world.clock.sleep(Duration::from_secs(20)).await;
        for _ in 0..5 {
            assert_eq!(world.shown(&signer).await.unwrap(), "Bearer t1", "while the next one is got");
        }
        world.clock.sleep(Duration::from_secs(2)).await;
        assert_eq!(world.shown(&signer).await.unwrap(), "Bearer t2");
        assert_eq!(world.count(), 2, "one gets it for all");
    });
    run.unwrap();
}

#[test]
fn a_token_that_ended_is_not_shown() {
    let world = World::new(600);
    let signer = world.signer("open sesame");
    let run = world.clock.run(async {
        assert_eq!(world.shown(&signer).await.unwrap(), "Bearer t1");
        world.clock.sleep(Duration::from_secs(597)).await;
        assert_eq!(world.shown(&signer).await.unwrap(), "Bearer t2", "it could end on its way");
        *world.endpoint.life.lock().unwrap() = 0;
        world.clock.sleep(Duration::from_secs(700)).await;
        let refused = world.shown(&signer).await.unwrap_err();
        assert!(refused.message.contains("is over already") && refused.reached, "{refused:?}");
    });
    run.unwrap();
}

#[test]
fn another_secret_is_another_token_and_the_old_one_stays() {
    let world = World::new(600);
    let (old, new) = (world.signer("old"), world.signer("new"));
    let run = world.clock.run(async {
        assert_eq!(world.shown(&old).await.unwrap(), "Bearer t1");
        assert_eq!(world.shown(&new).await.unwrap(), "Bearer t2");
        assert_eq!(world.shown(&old).await.unwrap(), "Bearer t1");
        assert_eq!(world.shown(&world.signer("new")).await.unwrap(), "Bearer t2", "a reload goes on with it");
        let shown = format!("{new:?} {:?} {:?}", world.sessions, compiled(&auth()).0);
        assert!(!shown.contains("t2") && !shown.contains("Basic"), "{shown}");
    });
    run.unwrap();
    assert_eq!(world.count(), 2);
}

#[test]
fn what_does_not_go_together_is_found() {
    let found = |change: fn(&mut SystemAuth)| {
        let mut auth = auth();
        change(&mut auth);
        compiled(&auth).1
    };
    assert_eq!(found(|_| {}), [""; 0]);
    assert_eq!(
        found(|auth| auth.client_secret = None),
        ["missing-key: `oauth2_client` lacks the key `client_secret` for this `client_auth`"]
    );
    assert_eq!(
        found(|auth| auth.key = text(TextPart::Secret("erp".to_owned()))),
        ["misplaced-key: `key` is for `client_auth: private_key_jwt` only"]
    );
    assert_eq!(
        found(|auth| auth.token_url = text(TextPart::Literal("login.example/token".to_owned()))),
        ["bad-url: `login.example/token` is not a URL: write `https://host:port/path`"]
    );
    assert_eq!(
        found(|auth| auth.token_url = text(TextPart::Secret("erp".to_owned()))),
        ["misplaced-secret: `token_url` holds a secret, which logs would show"]
    );
    assert_eq!(
        found(|auth| auth.user = text(TextPart::Literal("u".to_owned()))),
        ["misplaced-key: `user` does not belong to the scheme `oauth2_client`"]
    );
}
