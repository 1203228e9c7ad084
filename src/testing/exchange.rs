//! One exchange: the request goes in as it would over the network, and what came out is held against what was expected.

use std::sync::Arc;
use std::time::Duration;

use super::compare::{differences, shown};
use super::{CallExpectation, Exchange, Expectation};
use crate::auth::inbound::Head;
use crate::clock::Clock;
use crate::codec::json;
use crate::http::{HeaderMap, HeaderValue, Request, Response, header};
use crate::plan::Secrets;
use crate::simulator::Recorded;
use crate::store::Store;
use crate::value::Value;

impl Exchange {
    /// The request, with the client's key where a client asks.
    pub(super) fn request(&self, key: Option<(&str, &str)>) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("test.example"));
        if self.body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some((name, key)) = key {
            let pair = (header::HeaderName::try_from(name), HeaderValue::try_from(key));
            if let (Ok(name), Ok(value)) = pair {
                headers.insert(name, value);
            }
        }
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        let body = self.body.clone().unwrap_or_default();
        Request::new(self.method.clone(), self.uri.clone(), headers, body.into())
    }

    /// Signs the request as its sender would, if it says who that is.
    pub(super) fn sign(
        &self,
        request: &mut Request,
        secrets: &Secrets,
        clock: &dyn Clock,
    ) -> Result<(), String> {
        let Some(signed) = self.signed_by.as_ref().and_then(|policy| policy.signature()) else {
            return Ok(());
        };
        let head = Head {
            method: &request.method,
            uri: &request.uri,
            headers: &request.headers,
            certificate: None,
            peer: None,
        };
        let secret = |name: &str| secrets.get(name).map(|secret| Arc::from(secret.reveal()));
        let body = self.body.as_deref().unwrap_or_default();
        let headers = signed.sign(&secret, (&head, body), &clock.id().to_string(), clock.now())?;
        for (name, value) in headers {
            request.headers.insert(name, value);
        }
        Ok(())
    }
}

/// What came of a step.
pub(super) struct Came<'a> {
    /// `None`: nobody asked.
    pub response: Option<&'a Response>,
    /// Calls since the step before.
    pub calls: &'a [Recorded],
    pub lasted: Duration,
    /// What flows have done.
    pub store: &'a dyn Store,
    /// The number of the last event before this step.
    pub since: u64,
    /// What webhooks and streams were told.
    pub told: &'a super::Told,
}

impl Expectation {
    /// Every way in which what came out is not what was expected.
    pub(super) fn unmet(&self, came: &Came<'_>) -> Vec<String> {
        let mut unmet = Vec::new();
        if let Some(response) = came.response {
            self.answer(response, &mut unmet);
        }
        self.calls(came.calls, &mut unmet);
        if let Some(limit) = self.within.filter(|limit| came.lasted > *limit) {
            unmet.push(format!("expected an answer within {limit:?}, it took {:?}", came.lasted));
        }
        unmet.extend(self.life.unmet(came.store, came.since));
        unmet.extend(self.told.unmet(came.told));
        unmet
    }

    fn answer(&self, response: &Response, unmet: &mut Vec<String>) {
        let body = json::decode(&response.body, &json::Limits::default()).ok();
        self.status(response, body.as_ref(), unmet);
        for (name, value) in &self.headers {
            header_is(name.as_str(), value, &response.headers, unmet);
        }
        let other = self.status.is_some_and(|expected| expected != response.status.as_u16());
        // A problem in place of the answer has none of its fields: saying so for each says nothing.
        let problem = other && body.as_ref().is_some_and(is_problem);
        if let Some(expected) = self.body.as_ref().filter(|_| !problem) {
            unmet.extend(differences(expected, body.as_ref()));
        }
        self.problem(body.as_ref(), unmet);
    }

    fn status(&self, response: &Response, body: Option<&Value>, unmet: &mut Vec<String>) {
        let got = response.status.as_u16();
        if let Some(expected) = self.status.filter(|expected| *expected != got) {
            let said = body.map_or_else(String::new, |body| format!(": {}", said(body)));
            unmet.push(format!("expected status {expected}, got {got}{said}"));
        }
    }

    fn problem(&self, body: Option<&Value>, unmet: &mut Vec<String>) {
        if let Some(expected) = &self.problem {
            let got = body.and_then(code_of);
            if got != Some(expected) {
                unmet.push(format!("expected the problem `{expected}`, got {}", got.unwrap_or("none")));
            }
        }
        if let Some(expected) = &self.pointers {
            let errors =
                body.and_then(|body| body.get("errors")).and_then(Value::as_array).unwrap_or_default();
            let mut got: Vec<&str> =
                errors.iter().filter_map(|error| error.get("pointer").and_then(Value::as_str)).collect();
            got.sort_unstable();
            if !got.iter().copied().eq(expected.iter().map(|pointer| &**pointer)) {
                unmet.push(format!("expected violations at {expected:?}, got {got:?}"));
            }
        }
    }

    fn calls(&self, calls: &[Recorded], unmet: &mut Vec<String>) {
        for forbidden in &self.no_calls {
            if calls.iter().any(|call| call.operation == *forbidden) {
                unmet.push(format!("{} was called, and must not be", dotted(forbidden)));
            }
        }
        let Some(expected) = &self.calls else { return };
        let names = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let wanted: Vec<String> = expected.iter().map(|call| dotted(&call.operation)).collect();
        let got: Vec<String> = calls.iter().map(|call| dotted(&call.operation)).collect();
        if wanted != got {
            unmet.push(format!("expected the calls {}\n     got the calls {}", names(wanted), names(got)));
            return;
        }
        for (expected, call) in expected.iter().zip(calls) {
            expected.unmet(call, unmet);
        }
    }
}

impl CallExpectation {
    fn unmet(&self, call: &Recorded, unmet: &mut Vec<String>) {
        let name = dotted(&self.operation);
        if let Some(path) = self.path.as_ref().filter(|path| ***path != *call.path) {
            unmet.push(format!("{name}: expected the path `{path}`, got `{}`", call.path));
        }
        let mut wrong = Vec::new();
        for (header, value) in &self.headers {
            header_is(header.as_str(), value, &call.headers, &mut wrong);
        }
        if let Some(query) = &self.query {
            wrong.extend(
                differences(query, Some(&call.query)).into_iter().map(|what| format!("query {what}")),
            );
        }
        if let Some(body) = &self.body {
            wrong.extend(differences(body, call.body.as_ref()));
        }
        unmet.extend(wrong.into_iter().map(|difference| format!("{name}: {difference}")));
    }
}

fn is_problem(body: &Value) -> bool {
    body.get("type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("urn:crossdock:problem:"))
}

/// A body in short: of a problem its code, its words and all that it finds wrong.
fn said(body: &Value) -> String {
    if !is_problem(body) {
        return shown(body);
    }
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let errors = body.get("errors").and_then(Value::as_array).unwrap_or_default();
    let errors =
        errors.iter().map(|error| format!("\n  {} {}", text(error, "pointer"), text(error, "message")));
    let detail = ["detail", "title"].map(|name| text(body, name)).into_iter().find(|text| !text.is_empty());
    format!(
        "`{}`, {}{}",
        code_of(body).unwrap_or("problem"),
        detail.unwrap_or_default(),
        errors.collect::<String>()
    )
}

/// What a problem is called: the code of a rejection or exception, else the last word of its type.
fn code_of(problem: &Value) -> Option<&str> {
    let kind = || problem.get("type")?.as_str()?.rsplit(':').next();
    problem.get("code").and_then(Value::as_str).or_else(kind)
}

fn header_is(name: &str, expected: &Arc<str>, headers: &HeaderMap, unmet: &mut Vec<String>) {
    let got = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    if got.as_deref() != Some(&**expected) {
        let got = got.map_or("none".to_owned(), |got| format!("`{got}`"));
        unmet.push(format!("expected the header `{name}: {expected}`, got {got}"));
    }
}

fn dotted(name: &crate::system::OperationName) -> String {
    format!("{}.{}", name.system, name.operation)
}
