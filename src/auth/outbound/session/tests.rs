//! Sessions against a system that counts its logins.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::auth::Secret;
use crate::auth::outbound::{
    self, Declared, Door, LoginAnswer, LoginError, LoginRequest, Means, Refused, Sessions, Signer,
};
use crate::clock::{BoxFuture, Clock, Moment, VirtualClock};
use crate::config::Spanned;
use crate::config::declarations::system::{Login, SystemAuth};
use crate::config::declarations::{Data, Expression, Name, Text, TextPart};
use crate::http::{HeaderMap, header};
use crate::mapping::{Environment, Tables};
use crate::schema::Schemas;
use crate::value::Value;

fn name(text: &str) -> Name {
    Spanned { value: text.to_owned(), span: Default::default() }
}

fn expression(text: &str) -> Expression {
    Expression { text: text.to_owned(), span: Default::default(), aligned: true }
}

fn text(part: TextPart) -> Text {
    Text { parts: vec![part], span: Default::default() }
}

/// The login of an ERP that speaks JSON-RPC.
fn declared(ok: Option<&str>) -> Box<dyn Declared> {
    let secret = Data::Secret(text(TextPart::Secret("erp".to_owned())));
    let auth = SystemAuth {
        secrets: None,
        signature: None,
        scheme: name("session"),
        login: Some(Login {
            post: text(TextPart::Literal("/rpc/".to_owned())),
            headers: Default::default(),
            body: Some(Data::Object(vec![(name("password"), secret)], Default::default())),
            ok: ok.map(expression),
            value: expression("\"Session {body.result}\""),
            backoff: None,
        }),
        ..SystemAuth::default()
    };
    let (schemas, tables, rejections) =
        (Schemas::default(), Tables::default(), crate::mapping::Rejections::new());
    let environment = Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
    let (declared, findings) = outbound::compile(&auth, &environment);
    assert_eq!(findings, []);
    declared.unwrap()
}

/// A system that lets in who says `open sesame`, after a second.
#[derive(Clone)]
struct Erp {
    clock: Arc<dyn Clock>,
    logins: Arc<AtomicUsize>,
    /// Answers another status to the right password too.
    says: Arc<Mutex<Result<u16, bool>>>,
}

impl Door for Erp {
    fn knock(&self, request: LoginRequest) -> BoxFuture<'static, Result<LoginAnswer, LoginError>> {
        let Erp { clock, logins, says } = self.clone();
        Box::pin(async move {
            assert_eq!(request.path, "/rpc/");
            assert_eq!(request.headers[header::CONTENT_TYPE], "application/json");
            let number = logins.fetch_add(1, Ordering::SeqCst) + 1;
            clock.sleep(Duration::from_secs(1)).await;
            let said = *says.lock().unwrap();
            let status = said.map_err(|sent| LoginError { sent, message: "no answer".to_owned() })?;
            let known = request.body == "{\"password\":\"open sesame\"}";
            let body = if known { format!("{{\"result\":{number}}}") } else { "{}".to_owned() };
            Ok(LoginAnswer { status, headers: HeaderMap::new(), body: body.into() })
        })
    }
}

struct World {
    clock: Arc<VirtualClock>,
    erp: Erp,
    sessions: Sessions,
    declared: Box<dyn Declared>,
}

impl World {
    fn new() -> World {
        let clock = VirtualClock::new(Moment(0), 1);
        let erp = Erp { clock: clock.clone(), logins: Arc::default(), says: Arc::new(Mutex::new(Ok(200))) };
        World {
            clock,
            erp,
            sessions: Sessions::new(),
            declared: declared(Some("status == 200 and body.result > 0")),
        }
    }

    fn signer(&self, password: &str) -> Arc<dyn Signer> {
        let (clock, tables): (Arc<dyn Clock>, _) = (self.clock.clone(), Arc::new(Tables::default()));
        let secret = |name: &str| (name == "erp").then(|| Secret::new(password.into()));
        let means = Means { secret: &secret, tables: &tables, clock: &clock, sessions: &self.sessions };
        self.declared.open(&means).unwrap()
    }

    fn logins(&self) -> usize {
        self.erp.logins.load(Ordering::SeqCst)
    }
}

async fn proof(signer: &Arc<dyn Signer>, erp: &Erp) -> Result<(String, outbound::Proof), Refused> {
    let mut headers = HeaderMap::new();
    let proof = outbound::prove(&**signer, &mut headers, erp).await?;
    let session = &headers[header::AUTHORIZATION];
    assert!(session.is_sensitive());
    Ok((session.to_str().unwrap().to_owned(), proof))
}

#[test]
fn one_login_serves_all() {
    let world = World::new();
    let signer = world.signer("open sesame");
    let run = world.clock.run(async {
        let callers: Vec<_> = (0..50)
            .map(|_| {
                let (signer, erp) = (signer.clone(), world.erp.clone());
                tokio::spawn(async move { proof(&signer, &erp).await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap().unwrap().0, "Session 1");
        }
        // A reload with the same login goes on with the session.
        assert_eq!(proof(&world.signer("open sesame"), &world.erp).await.unwrap().0, "Session 1");
    });
    run.unwrap();
    assert_eq!(world.logins(), 1);
}

#[test]
fn exactly_the_session_that_was_refused_is_forgotten() {
    let world = World::new();
    let signer = world.signer("open sesame");
    let run = world.clock.run(async {
        let (_, first) = proof(&signer, &world.erp).await.unwrap();
        assert!(signer.is_over(&[Some(Value::from(401)), None, None]));
        assert!(!signer.is_over(&[Some(Value::from(200)), None, None]));
        signer.forget(first);
        assert_eq!(proof(&signer, &world.erp).await.unwrap().0, "Session 2");
        // Late news about the first session does not cost the second.
        signer.forget(first);
        assert_eq!(proof(&signer, &world.erp).await.unwrap().0, "Session 2");
    });
    run.unwrap();
    assert_eq!(world.logins(), 2);
}

#[test]
fn a_wrong_password_is_sent_once_per_backoff() {
    let world = World::new();
    let signer = world.signer("wrong");
    let run = world.clock.run(async {
        for _ in 0..20 {
            let refused = proof(&signer, &world.erp).await.unwrap_err();
            assert!(refused.reached && refused.retry_after <= Some(Duration::from_secs(30)), "{refused:?}");
            assert!(!refused.message.contains("wrong"), "{refused:?}");
        }
        assert_eq!(world.logins(), 1);
        world.clock.sleep(Duration::from_secs(31)).await;
        proof(&signer, &world.erp).await.unwrap_err();
        assert_eq!(world.logins(), 2);
        // The right password in a new generation does not wait for the wrong one's sake.
        proof(&world.signer("open sesame"), &world.erp).await.unwrap();
    });
    run.unwrap();
    assert_eq!(world.logins(), 3);
}

#[test]
fn an_answer_without_a_session() {
    let world = World { declared: declared(None), ..World::new() };
    let run = world.clock.run(async {
        let refused = proof(&world.signer("wrong"), &world.erp).await.unwrap_err();
        assert!(refused.message.contains("no session"), "{refused:?}");
        assert_eq!(proof(&world.signer("open sesame"), &world.erp).await.unwrap().0, "Session 2");
    });
    run.unwrap();
}

#[test]
fn logins_without_an_answer() {
    let world = World::new();
    let signer = world.signer("open sesame");
    let run = world.clock.run(async {
        *world.erp.says.lock().unwrap() = Err(false);
        for _ in 0..2 {
            let refused = proof(&signer, &world.erp).await.unwrap_err();
            assert!(!refused.reached, "{refused:?}");
        }
        assert_eq!(world.logins(), 2, "what never arrived may be tried again at once");
        *world.erp.says.lock().unwrap() = Ok(503);
        proof(&signer, &world.erp).await.unwrap_err();
        world.clock.sleep(Duration::from_secs(6)).await;
        *world.erp.says.lock().unwrap() = Ok(200);
        proof(&signer, &world.erp).await.unwrap();
    });
    run.unwrap();
    assert_eq!(world.logins(), 4);
}

#[test]
fn a_login_outlives_its_caller() {
    let world = World::new();
    let signer = world.signer("open sesame");
    let run = world.clock.run(async {
        for _ in 0..3 {
            tokio::select! {
                biased;
                proved = proof(&signer, &world.erp) => assert!(proved.is_ok()),
                () = world.clock.sleep(Duration::from_millis(400)) => {}
            }
        }
        assert_eq!(proof(&signer, &world.erp).await.unwrap().0, "Session 1");
    });
    run.unwrap();
    assert_eq!(world.logins(), 1);
}

#[test]
fn nothing_of_a_secret_shows() {
    let world = World::new();
    let signer = world.signer("open sesame");
    let run = world.clock.run(async { proof(&signer, &world.erp).await.unwrap() });
    run.unwrap();
    let shown = format!("{:?} {:?} {:?}", world.declared, signer, world.sessions);
    assert!(!shown.contains("sesame") && !shown.contains("Session 1"), "{shown}");
}
