//! Every way in which a request is refused, as RFC 9457 problem details: one catalogue.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::Trace;
use crate::http::{HeaderName, HeaderValue};

/// The media type of every problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Violations named in one answer; more are counted, not listed.
pub const VIOLATIONS: usize = 200;

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The last word of its type, `urn:crossdock:problem:<name>`.
    pub name: &'static str,
    pub status: u16,
    pub title: &'static str,
}

macro_rules! kinds {
    ($($constant:ident = $name:literal, $status:literal, $title:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $title, ".")]
            pub static $constant: Kind = Kind { name: $name, status: $status, title: $title };
        )*
        /// The catalogue, sorted by name.
        pub static KINDS: &[&Kind] = &[$(&$constant),*];
    };
}

// One line a kind, sorted by name.
kinds! {
    ALREADY_UNDER_WAY = "already-under-way", 409, "This is under way already";
    ANSWER_INVALID = "answer-invalid", 500, "The answer broke its own contract and was withheld";
    BODY_TIMEOUT = "body-timeout", 408, "The body did not arrive in time";
    BODY_TOO_LARGE = "body-too-large", 413, "The body is larger than allowed here";
    BUSY = "busy", 503, "The gateway is answering as many requests as it can";
    EXCEPTION = "exception", 500, "The request could not be completed; someone is looking at it";
    FORBIDDEN = "forbidden", 403, "You may not do this";
    HEAD_TIMEOUT = "head-timeout", 408, "The head of the request did not arrive in time";
    HEAD_TOO_LARGE = "head-too-large", 431, "The head of the request is larger than allowed";
    IDEMPOTENCY_KEY_INVALID = "idempotency-key-invalid", 400, "The `Idempotency-Key` cannot be read";
    IDEMPOTENCY_KEY_MISSING = "idempotency-key-missing", 400, "This needs an `Idempotency-Key`";
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused", 422, "This `Idempotency-Key` was sent with another request";
    IDEMPOTENCY_KEY_USED = "idempotency-key-used", 409, "This was done already, and its answer is not kept any more";
    IN_FLIGHT = "in-flight", 409, "The same request is still being answered";
    INTERNAL = "internal", 500, "Something went wrong on our side";
    MALFORMED_BODY = "malformed-body", 400, "The body cannot be read";
    MALFORMED_REQUEST = "malformed-request", 400, "The request cannot be understood";
    METHOD_NOT_ALLOWED = "method-not-allowed", 405, "This method is not offered here";
    NO_ROOM = "no-room", 503, "There is no room for more work at present";
    NOT_ACCEPTABLE = "not-acceptable", 406, "None of the accepted media types can be given";
    NOT_FOUND = "not-found", 404, "There is nothing here";
    NOT_IMPLEMENTED = "not-implemented", 501, "The request asks for something that is not done here";
    QUEUE_FULL = "queue-full", 429, "As many as may wait for this do already";
    QUOTA_EXCEEDED = "quota-exceeded", 429, "Too many requests";
    REJECTED = "rejected", 422, "The request was refused";
    STORE_UNAVAILABLE = "store-unavailable", 503, "What is kept cannot be read at present";
    SYSTEM_FAILED = "system-failed", 502, "A system behind the gateway gave no usable answer";
    SYSTEM_UNAVAILABLE = "system-unavailable", 503, "A system behind the gateway is not available";
    TARGET_TOO_LONG = "target-too-long", 414, "The target of the request is longer than allowed";
    TIMEOUT = "timeout", 504, "There was no answer in time";
    TOO_LATE = "too-late", 409, "It is too late to take this back";
    UNAUTHENTICATED = "unauthenticated", 401, "You must say who you are";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", 415, "The body is in a form that is not taken here";
    VALIDATION = "validation", 422, "The request breaks its contract";
}

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A JSON Pointer into the body; `query:page`, `path:reference`, `header:accept` elsewhere.
    pub pointer: String,
    /// What rule is broken: `required`, `maxLength`, `type`.
    pub keyword: String,
    /// For the caller, with no internals.
    pub message: String,
}

impl Violation {
    /// A violation at `pointer`.
    pub fn new(pointer: impl Into<String>, keyword: &str, message: impl Into<String>) -> Violation {
        Violation { pointer: pointer.into(), keyword: keyword.to_owned(), message: message.into() }
    }
}

/// One refusal, ready to be answered.
#[derive(Debug)]
pub struct Problem {
    pub kind: &'static Kind,
    /// The kind's, unless a rejection declares its own.
    pub status: u16,
    /// What is special about this one: ours, never a system's text.
    pub detail: Option<String>,
    /// The code of a declared rejection or exception.
    pub code: Option<Arc<str>>,
    /// The language of `detail`, where it was chosen by the caller's.
    pub language: Option<String>,
    pub errors: Vec<Violation>,
    /// Violations that were counted and are not among `errors`.
    pub omitted: usize,
    /// In whole seconds; also sent as `Retry-After`.
    pub retry_after: Option<u64>,
    /// Further headers: `Allow`, `WWW-Authenticate`, `Accept-Post`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Why, for the log only.
    pub reason: Option<String>,
}

impl Problem {
    /// A problem of this kind with nothing more to say.
    pub fn new(kind: &'static Kind) -> Problem {
        Problem {
            kind,
            status: kind.status,
            detail: None,
            code: None,
            language: None,
            errors: Vec::new(),
            omitted: 0,
            retry_after: None,
            headers: Vec::new(),
            reason: None,
        }
    }

    /// Says what is special about this one.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.detail = Some(detail.into());
        self
    }

    /// Says why, for the log only.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Problem {
        self.reason = Some(reason.into());
        self
    }

    /// Names what is wrong.
    #[must_use]
    pub fn errors(mut self, errors: Vec<Violation>) -> Problem {
        self.errors = errors;
        self
    }

    /// Says how many more things are wrong than are named.
    #[must_use]
    pub fn omitted(mut self, count: usize) -> Problem {
        self.omitted = count;
        self
    }

    /// Says when to ask again, in whole seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: Option<u64>) -> Problem {
        self.retry_after = seconds;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Problem {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The type as a URI.
    pub fn type_uri(&self) -> String {
        match &self.code {
            Some(code) => format!("urn:crossdock:{}:{code}", self.kind.name),
            None => format!("urn:crossdock:problem:{}", self.kind.name),
        }
    }

    /// The JSON document (RFC 9457 §3), extended by `code`, `errors`, `retry_after`, `request_id`
    /// and `correlation_id`.
    pub fn body(&self, trace: &Trace) -> Vec<u8> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Json| body.insert(name.to_owned(), value);
        put("type", json!(self.type_uri()));
        put("title", json!(self.kind.title));
        put("status", json!(self.status));
        if let Some(detail) = &self.detail {
            put("detail", json!(detail));
        }
        if let Some(code) = &self.code {
            put("code", json!(&**code));
        }
        if !self.errors.is_empty() {
            put("errors", self.errors.iter().take(VIOLATIONS).map(shown).collect());
        }
        let omitted = self.omitted + self.errors.len().saturating_sub(VIOLATIONS);
        if omitted > 0 {
            put("errors_omitted", json!(omitted));
        }
        if let Some(seconds) = self.retry_after {
            put("retry_after", json!(seconds));
        }
        put("request_id", json!(&*trace.request_id));
        put("correlation_id", json!(&*trace.correlation_id));
        Json::Object(body).to_string().into_bytes()
    }
}

fn shown(violation: &Violation) -> Json {
    json!({ "pointer": violation.pointer, "keyword": violation.keyword, "message": violation.message })
}

/// Puts facts into a customer text: `{name}` becomes the fact's text; a name without a fact becomes
/// nothing, never a brace that a customer reads.
pub fn fill<'a>(text: &str, fact: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            rest = after;
            break;
        };
        filled.push_str(&fact(name.trim()).unwrap_or_default());
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> Trace {
        Trace { correlation_id: "c-1".into(), request_id: "r-1".into(), traceparent: "".into() }
    }

    #[test]
    fn the_catalogue_is_sorted_and_says_only_error_statuses() {
        assert!(KINDS.is_sorted_by(|a, b| a.name < b.name));
        assert!(KINDS.iter().all(|kind| (400..600).contains(&kind.status)));
    }

    #[test]
    fn a_problem_names_every_violation() {
        let errors = vec![Violation::new("/charges/0", "type", "must be an object")];
        let problem = Problem::new(&VALIDATION).errors(errors).retry_after(Some(3));
        let body: Json = serde_json::from_slice(&problem.body(&trace())).unwrap();
        assert_eq!(body["type"], "urn:crossdock:problem:validation");
        assert_eq!(body["status"], 422);
        assert_eq!(body["errors"][0]["pointer"], "/charges/0");
        assert_eq!(body["retry_after"], 3);
        assert_eq!((&body["request_id"], &body["correlation_id"]), (&json!("r-1"), &json!("c-1")));
    }

    #[test]
    fn texts_are_filled_with_facts() {
        let fact = |name: &str| (name == "limit").then(|| "500".into());
        assert_eq!(fill("Up to {limit}, not {more}.", fact), "Up to 500, not .");
        assert_eq!(fill("open {brace", fact), "open brace");
    }
}
