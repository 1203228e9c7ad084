//! What a system's answer means: decode, unwrap, the declared rules, schema, mapping, an [`Outcome`].

use std::time::Duration;

use super::decode::decode;
use super::envelope::{self, Unwrapped};
use super::live::Connection;
use super::pace::LONGEST_REST;
use super::words::{bounded, violations};
use super::{Effect, Failure, FailureKind, Observer, Operation, Outcome, Policy, WireError, WireResponse};
use crate::clock::Moment;
use crate::http::{HeaderMap, header};
use crate::mapping::{Compiled, Error};
use crate::schema::Schema;
use crate::value::{Map, Value};

/// One answer and what is needed to judge it.
pub(super) struct Answer<'a> {
    connection: &'a Connection,
    operation: &'a Operation,
    response: &'a WireResponse,
    observer: &'a dyn Observer,
    now: Moment,
    /// `status`, `headers` (where a rule reads them), `body`: what rules see.
    slots: Vec<Option<Value>>,
    undecodable: Option<String>,
    unwrapped: Option<Unwrapped>,
}

impl<'a> Answer<'a> {
    pub fn read(
        connection: &'a Connection,
        operation: &'a Operation,
        response: &'a WireResponse,
        rpc_id: i64,
        now: Moment,
        observer: &'a dyn Observer,
    ) -> Answer<'a> {
        let (body, undecodable) = match decode(&response.headers, &response.body) {
            Ok(body) => (body, None),
            Err(why) => (None, Some(why)),
        };
        let unwrapped = operation.envelope.as_ref().map(|_| match &body {
            Some(body) => envelope::unwrap(rpc_id, body),
            None => Unwrapped::Broken("is no JSON-RPC answer"),
        });
        let headers = operation.rules.read_headers().then(|| header_object(&response.headers));
        let slots = vec![Some(status_of(response)), headers, body];
        Answer { connection, operation, response, observer, now, slots, undecodable, unwrapped }
    }

    /// Whether a rule holds; what is absent or undecodable compares false.
    pub fn holds(&self, rule: &Option<Compiled>) -> bool {
        rule.as_ref().is_some_and(|rule| {
            let said = self.connection.eval(&rule.program, &self.slots, self.now);
            matches!(said, Ok(Some(Value::Bool(true))))
        })
    }

    fn status(&self) -> u16 {
        self.response.status.as_u16()
    }

    /// How long the system asks to be left alone (RFC 9110 §10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.response.headers, self.now)
    }

    /// What it came to: the first rule that holds, else the status, the envelope and the schema.
    pub fn judge(&self) -> Outcome {
        let rules = &self.operation.rules;
        if self.holds(&rules.rejected) {
            return Outcome::Rejected { status: self.status(), message: self.said() };
        }
        if self.holds(&rules.not_done) {
            return Outcome::NotDone(self.failure(FailureKind::Unavailable, self.said()));
        }
        if self.holds(&rules.transient) {
            let failure = self.failure(FailureKind::Unavailable, self.said());
            // "Not now" does not say that nothing was done (a 503 may come after the commit).
            return match self.operation.effect {
                Effect::Create => Outcome::Unknown(failure),
                Effect::Read | Effect::Idempotent => Outcome::NotDone(failure),
            };
        }
        if self.holds(&rules.not_found) {
            return Outcome::Ok { value: None, age: None };
        }
        let ok = match &rules.ok {
            Some(_) => self.holds(&rules.ok),
            None => self.response.status.is_success(),
        };
        if ok { self.accept() } else { self.undeclared(self.said()) }
    }

    /// An answer that counts as ok, if its form does.
    fn accept(&self) -> Outcome {
        let result = match &self.unwrapped {
            Some(Unwrapped::Result(result)) => Some(result),
            Some(Unwrapped::Error(_)) => return self.undeclared(self.said()),
            Some(Unwrapped::Broken(why)) => return self.useless(format!("the answer {why}")),
            None => self.slots.get(2).and_then(Option::as_ref),
        };
        if self.operation.gives.is_none() && self.operation.response.schema.is_none() {
            return Outcome::Ok { value: None, age: None };
        }
        if let (None, Some(why)) = (result, &self.undecodable) {
            return self.useless(format!("the answer cannot be read: {why}: {}", self.said()));
        }
        let Some(result) = result else {
            return self.useless("the answer has no body".to_owned());
        };
        self.check(self.operation.response.schema.as_deref(), result)
            .and_then(|()| self.reshape(result))
            .unwrap_or_else(|outcome| outcome)
    }

    fn reshape(&self, result: &Value) -> Result<Outcome, Outcome> {
        let shape = &self.operation.response;
        if self.operation.gives.is_none() {
            return Ok(Outcome::Ok { value: None, age: None });
        }
        let Some(map) = &shape.map else {
            self.check_given(result)?;
            return Ok(Outcome::Ok { value: Some(result.clone()), age: None });
        };
        match self.connection.eval(&map.program, &[Some(result.clone())], self.now) {
            Ok(value) => {
                // What is proven needs no second look.
                if let Some(value) = value.as_ref().filter(|_| !shape.proven) {
                    self.check_given(value)?;
                }
                Ok(Outcome::Ok { value, age: None })
            }
            Err(Error::Rejected(said)) if self.operation.effect == Effect::Read => {
                Err(Outcome::Declined { code: said.code, text: said.text, facts: said.facts })
            }
            Err(Error::Rejected(said)) => {
                Err(self.useless(format!("the answer was refused as `{}`: {}", said.code, said.text)))
            }
            Err(Error::Failed(failed)) => Err(self.useless(format!(
                "`{}` failed at `{}`: {}",
                map.name,
                failed.target.as_str(),
                failed.message
            ))),
        }
    }

    /// Holds a value to what the operation gives.
    fn check_given(&self, value: &Value) -> Result<(), Outcome> {
        let shape = &self.operation.response;
        match value.as_array().filter(|_| shape.gives_list) {
            Some(items) => items.iter().try_for_each(|item| self.check(shape.gives.as_deref(), item)),
            None => self.check(shape.gives.as_deref(), value),
        }
    }

    fn check(&self, schema: Option<&Schema>, value: &Value) -> Result<(), Outcome> {
        let policy = self.operation.response.validate.unwrap_or(Policy::Reject);
        let Some(schema) = schema.filter(|_| policy != Policy::Off) else { return Ok(()) };
        if schema.is_valid(value) {
            return Ok(());
        }
        let message = format!("the answer does not fit `{}`: {}", schema.name, violations(schema, value));
        if policy == Policy::Warn {
            let (system, operation) = (&self.connection.system.name, &self.operation.name);
            self.observer.on_violation(system, operation, &self.connection.speakable(&message));
            return Ok(());
        }
        Err(self.useless(message))
    }

    /// An answer that should have been good and cannot be used. A create may be done: it is looked
    /// for before anything else.
    fn useless(&self, message: String) -> Outcome {
        let failure = self.failure(FailureKind::Invalid, message);
        match self.operation.effect {
            Effect::Create => Outcome::Unknown(failure),
            Effect::Read | Effect::Idempotent => Outcome::Invalid(failure),
        }
    }

    /// An error that nobody declared. Only what the status itself says was not done counts as not
    /// done: 401 and 407 (no proof accepted), and but for a create 429 (RFC 6585 §4 does not say
    /// that nothing was done). For a create everything else is unknown.
    fn undeclared(&self, message: String) -> Outcome {
        let status = self.status();
        let kind = match status {
            401 | 403 | 407 => FailureKind::Auth,
            408 | 504 => FailureKind::Timeout,
            429 | 502 | 503 => FailureKind::Unavailable,
            _ => FailureKind::Error,
        };
        let failure = self.failure(kind, message);
        match status {
            401 | 407 => Outcome::NotDone(failure),
            _ if self.operation.effect == Effect::Create => Outcome::Unknown(failure),
            429 => Outcome::NotDone(failure),
            408 | 425 | 500..=599 | 200..=299 => Outcome::Unknown(failure),
            _ => Outcome::Invalid(failure),
        }
    }

    fn failure(&self, kind: FailureKind, message: String) -> Failure {
        Failure { kind, message: self.connection.speakable(&message), retry_after: self.retry_after() }
    }

    /// The system's own words: the envelope's error, else the body; never much of it, and never what
    /// is not for logs.
    fn said(&self) -> String {
        match &self.unwrapped {
            Some(Unwrapped::Error(error)) => {
                format!("status {}: {}", self.status(), self.connection.quoted(error))
            }
            _ => self.connection.said(self.response),
        }
    }
}

/// `status`, `headers` and `body` for rules.
pub(super) fn rule_slots(response: &WireResponse, body: Option<Value>) -> Vec<Option<Value>> {
    vec![Some(status_of(response)), Some(header_object(&response.headers)), body]
}

fn status_of(response: &WireResponse) -> Value {
    Value::from(i64::from(response.status.as_u16()))
}

/// Headers as expressions see them: lower-case names, values of the same name joined by commas.
pub(super) fn header_object(headers: &HeaderMap) -> Value {
    let mut map = Map::with_capacity(headers.keys_len());
    for name in headers.keys() {
        let values: Vec<&str> =
            headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        map.insert(name.as_str(), Value::from(values.join(", ")));
    }
    Value::object(map)
}

/// `Retry-After` as seconds or as an HTTP date (RFC 9110 §10.2.3), at most [`LONGEST_REST`]: nobody is told
/// to come back in a hundred years because a clock is wrong.
pub(super) fn retry_after(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST_REST));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Moment(since.as_nanos() as i128).since(now).min(LONGEST_REST))
}

/// What a transport's failure means for an effect.
pub(super) fn unanswered(error: WireError) -> Outcome {
    let failure = Failure { kind: error.kind, message: bounded(&error.message), retry_after: None };
    match error.kind {
        FailureKind::Request => Outcome::Invalid(failure),
        _ if error.sent => Outcome::Unknown(failure),
        _ => Outcome::NotDone(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    fn after(text: &str, now: i128) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        retry_after(&headers, Moment(now * 1_000_000_000))
    }

    #[test]
    fn both_forms_of_retry_after() {
        assert_eq!(after("120", 0), Some(Duration::from_secs(120)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770), Some(Duration::from_secs(7)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_999), Some(Duration::ZERO));
        assert_eq!(after("Fri, 31 Dec 9999 23:59:59 GMT", 784_111_770), Some(LONGEST_REST));
        assert_eq!(after("18446744073709551615", 0), Some(LONGEST_REST));
        assert_eq!(after("soon", 0), None);
        assert_eq!(after("-5", 0), None);
    }
}
