//! Logging in: one for all, never too often.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::answer;
use super::sessions::Sessions;
use crate::auth::Secret;
use crate::auth::outbound::{Door, LoginAnswer, LoginError, LoginRequest, Proof, Refused, Signer};
use crate::clock::{BoxFuture, Clock};
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue};
use crate::mapping::{Compiled, Context, Tables};
use crate::value::Value;

/// After a login that failed for no fault of ours (5xx).
const PAUSE: Duration = Duration::from_secs(5);
/// The longest that a system may ask us to wait.
const LONGEST: Duration = Duration::from_secs(3600);

/// What a login sends.
pub(super) struct Login {
    pub path: Secret,
    pub headers: HeaderMap,
    pub body: Zeroizing<Vec<u8>>,
}

/// Shows a session with every call.
pub(super) struct Session(pub Arc<Means>);

/// What a session is got and judged with.
pub(super) struct Means {
    pub header: HeaderName,
    pub login: Login,
    /// Of all that the login sends: sessions of other logins are not ours.
    pub digest: [u8; 32],
    pub ok: Option<Compiled>,
    pub value: Compiled,
    pub expired: Option<Compiled>,
    pub backoff: Duration,
    pub tables: Arc<Tables>,
    pub clock: Arc<dyn Clock>,
    pub sessions: Sessions,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}: ..)", self.0.header)
    }
}

impl Signer for Session {
    fn sign(&self, headers: &mut HeaderMap) -> Option<Proof> {
        let (session, proof) = self.0.sessions.current(&self.0.digest)?;
        headers.insert(self.0.header.clone(), session);
        Some(proof)
    }

    fn log_in<'a>(&'a self, door: &'a dyn Door) -> BoxFuture<'a, Result<(), Refused>> {
        Box::pin(self.log_in_once(door))
    }

    fn is_over(&self, answer: &[Option<Value>]) -> bool {
        match &self.0.expired {
            Some(rule) => self.0.holds(rule, answer),
            None => answer.first() == Some(&Some(Value::from(401))),
        }
    }

    fn forget(&self, proof: Proof) {
        self.0.sessions.forget(&self.0.digest, proof);
    }
}

impl Session {
    async fn log_in_once(&self, door: &dyn Door) -> Result<(), Refused> {
        let means = Arc::clone(&self.0);
        let turn = means.sessions.turn().await;
        if means.sessions.current(&means.digest).is_some() {
            return Ok(());
        }
        if let Some(refused) = means.sessions.standing_in_the_way(&means.digest, means.clock.monotonic()) {
            return Err(refused);
        }
        let knocking = door.knock(means.request());
        // A task of its own: a slow login must not be lost, and begun again, with every caller who
        // cannot wait for it.
        let login = tokio::spawn(async move {
            let _turn = turn;
            let answered = knocking.await;
            means.settle(answered)
        });
        login.await.unwrap_or_else(|_| {
            let message = "the login was cut off".to_owned();
            Err(Refused { message, retry_after: None, reached: true })
        })
    }
}

impl Means {
    /// Keeps the session, or what stands in the way of the next login.
    fn settle(&self, answered: Result<LoginAnswer, LoginError>) -> Result<(), Refused> {
        let answer = match answered {
            Ok(answer) => answer,
            Err(error) => return Err(self.unanswered(error.sent, error.message)),
        };
        match self.session_of(&answer) {
            Ok(session) => {
                self.sessions.keep(&self.digest, session);
                Ok(())
            }
            Err(why) => Err(self.refused(&answer, &why)),
        }
    }

    fn request(&self) -> LoginRequest {
        let Login { path, headers, body } = &self.login;
        LoginRequest {
            path: path.reveal().to_owned(),
            headers: headers.clone(),
            body: Bytes::copy_from_slice(body),
        }
    }

    /// The session that an answer gives; the error says nothing of the answer's words.
    fn session_of(&self, answer: &LoginAnswer) -> Result<HeaderValue, String> {
        let values = answer::values(answer);
        let ok = match &self.ok {
            Some(rule) => self.holds(rule, &values),
            None => (200..300).contains(&answer.status),
        };
        if !ok {
            return Err(format!("the login was refused (status {})", answer.status));
        }
        let context = Context::new(self.clock.now(), &self.tables);
        let Ok(Some(Value::String(session))) = self.value.program.eval(&values, &context) else {
            return Err("the answer to the login holds no session where `value` looks for it".to_owned());
        };
        let mut session =
            HeaderValue::from_str(&session).map_err(|_| "the session holds what no header may".to_owned())?;
        session.set_sensitive(true);
        Ok(session)
    }

    fn holds(&self, rule: &Compiled, answer: &[Option<Value>]) -> bool {
        let context = Context::new(self.clock.now(), &self.tables);
        matches!(rule.program.eval(answer, &context), Ok(Some(Value::Bool(true))))
    }

    fn unanswered(&self, sent: bool, message: String) -> Refused {
        // Nothing was seen of a login that was not sent: the breaker, not we, spares the system.
        let pause = if sent { self.backoff } else { Duration::ZERO };
        let message = format!("the login got no answer: {message}");
        self.wait(pause, &message);
        Refused { message, retry_after: sent.then_some(pause), reached: sent }
    }

    fn refused(&self, answer: &LoginAnswer, why: &str) -> Refused {
        let usual = if answer.status >= 500 { self.backoff.min(PAUSE) } else { self.backoff };
        let pause = usual.max(retry_after(&answer.headers).unwrap_or_default()).min(LONGEST.max(usual));
        self.wait(pause, why);
        Refused { message: why.to_owned(), retry_after: Some(pause), reached: true }
    }

    fn wait(&self, pause: Duration, why: &str) {
        self.sessions.wait(&self.digest, self.clock.monotonic() + pause, why);
    }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3); a date is not looked at.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(crate::http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
