//! A token of one system: how it is asked for, shown and judged.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::answer;
use super::assertion::Assertion;
use super::form::Form;
use crate::auth::outbound::desk::{Desk, Take};
use crate::auth::outbound::{Door, LoginAnswer, LoginRequest, Proof, Refused, Signer};
use crate::auth::secret::fleeting;
use crate::clock::{BoxFuture, Clock};
use crate::http::{HeaderMap, HeaderValue, Method, header};
use crate::mapping::{Compiled, Context, Tables};
use crate::value::Value;

/// What is sent to the token endpoint.
pub(super) struct Exchange {
    pub path: String,
    pub elsewhere: bool,
    /// The client's proof, where it goes into a header.
    pub client: Option<HeaderValue>,
    pub form: Form,
    /// What is signed anew each time, and the form's field for it.
    pub assertion: Option<(&'static str, Assertion)>,
}

/// Shows a token with every call.
pub(super) struct Token {
    pub exchange: Exchange,
    pub desk: Desk,
    /// For tokens that do not say how long they are good.
    pub life: Duration,
    pub expired: Option<Compiled>,
    pub tables: Arc<Tables>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Signer for Token {
    fn sign(&self, headers: &mut HeaderMap) -> Option<Proof> {
        self.desk.sign(headers)
    }

    fn log_in<'a>(&'a self, door: &'a dyn Door) -> BoxFuture<'a, Result<(), Refused>> {
        Box::pin(async move { self.desk.ask(door, &|| self.request(), self.take()).await })
    }

    fn renew(&self, door: &dyn Door) {
        self.desk.renew(door, &|| self.request(), || self.take());
    }

    fn is_over(&self, answer: &[Option<Value>]) -> bool {
        let Some(rule) = &self.expired else { return answer.first() == Some(&Some(Value::from(401))) };
        let context = Context::new(self.clock.now(), &self.tables);
        matches!(rule.program.eval(answer, &context), Ok(Some(Value::Bool(true))))
    }

    fn forget(&self, proof: Proof) {
        self.desk.forget(proof);
    }
}

impl Token {
    fn take(&self) -> Take {
        let life = self.life;
        Box::new(move |answer: &LoginAnswer| answer::token(answer, life))
    }

    fn request(&self) -> Result<LoginRequest, String> {
        let Exchange { path, elsewhere, client, form, assertion } = &self.exchange;
        let mut form = form.clone();
        if let Some((field, assertion)) = assertion {
            form.add(field, &assertion.make(&*self.clock)?);
        }
        let mut headers = HeaderMap::new();
        let typed = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, typed);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(client.clone().map(|client| (header::AUTHORIZATION, client)));
        let (path, elsewhere) = (path.clone(), *elsewhere);
        Ok(LoginRequest { method: Method::POST, path, elsewhere, headers, body: fleeting(form.bytes()) })
    }
}
