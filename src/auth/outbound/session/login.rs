//! A session of one system: how it is asked for, shown and judged.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::answer;
use crate::auth::Secret;
use crate::auth::outbound::desk::{Desk, Given};
use crate::auth::outbound::{Door, LoginAnswer, LoginRequest, Proof, Refused, Signer, concealed};
use crate::auth::secret::fleeting;
use crate::clock::{BoxFuture, Clock};
use crate::http::{HeaderMap, HeaderName, Method};
use crate::mapping::{Compiled, Context, Tables};
use crate::value::Value;

/// What a login sends.
pub(super) struct Login {
    pub path: Secret,
    pub headers: HeaderMap,
    pub body: Zeroizing<Vec<u8>>,
}

/// Shows a session with every call.
pub(super) struct Session {
    pub means: Arc<Means>,
    pub desk: Desk,
}

/// What a session is got and judged with.
pub(super) struct Means {
    pub header: HeaderName,
    pub login: Login,
    pub ok: Option<Compiled>,
    pub value: Compiled,
    pub expired: Option<Compiled>,
    pub tables: Arc<Tables>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}: ..)", self.means.header)
    }
}

impl Signer for Session {
    fn sign(&self, headers: &mut HeaderMap) -> Option<Proof> {
        self.desk.sign(headers)
    }

    fn log_in<'a>(&'a self, door: &'a dyn Door) -> BoxFuture<'a, Result<(), Refused>> {
        Box::pin(async move {
            let means = Arc::clone(&self.means);
            let take = Box::new(move |answer: &LoginAnswer| means.session_of(answer));
            self.desk.ask(door, &|| Ok(self.means.request()), take).await
        })
    }

    fn is_over(&self, answer: &[Option<Value>]) -> bool {
        match &self.means.expired {
            Some(rule) => self.means.holds(rule, answer),
            None => answer.first() == Some(&Some(Value::from(401))),
        }
    }

    fn forget(&self, proof: Proof) {
        self.desk.forget(proof);
    }
}

impl Means {
    fn request(&self) -> LoginRequest {
        let Login { path, headers, body } = &self.login;
        LoginRequest {
            method: Method::POST,
            path: path.reveal().to_owned(),
            elsewhere: false,
            headers: headers.clone(),
            body: fleeting(body.clone()),
        }
    }

    /// The session that an answer gives; the error says nothing of the answer's words.
    fn session_of(&self, answer: &LoginAnswer) -> Result<Given, String> {
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
        let session = concealed(&session).ok_or("the session holds what no header may")?;
        Ok(Given { headers: vec![(self.header.clone(), session)], life: None })
    }

    fn holds(&self, rule: &Compiled, answer: &[Option<Value>]) -> bool {
        let context = Context::new(self.clock.now(), &self.tables);
        matches!(rule.program.eval(answer, &context), Ok(Some(Value::Bool(true))))
    }
}
