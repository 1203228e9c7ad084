//! What is sent back: an answer or a problem, with the headers that every answer carries.

use super::Exchange;
use super::cors;
use crate::gateway::limits::Verdict;
use crate::gateway::problem::{self, Problem};
use crate::gateway::trace::CORRELATION_ID;
use crate::http::{Bytes, Feed, HeaderMap, HeaderName, HeaderValue, StatusCode, header};

// Names as constants: reading one from its text for each answer costs more than writing it.
const CORRELATION: HeaderName = HeaderName::from_static(CORRELATION_ID);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Headers that an answer has room for from the start.
const HEADERS: usize = 12;

/// A good answer, before the headers that all answers carry.
#[derive(Debug)]
pub(in crate::gateway) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What comes instead of `body`, bit by bit.
    pub feed: Option<Feed>,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::new(), feed: None }
    }

    /// An answer in JSON.
    pub fn json(status: StatusCode, body: Vec<u8>) -> Answer {
        let mut answer =
            Answer { status, headers: HeaderMap::with_capacity(HEADERS), body: body.into(), feed: None };
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer
    }

    /// Adds a header whose value may have characters that headers cannot: then it is left out.
    pub fn header(&mut self, name: &'static str, value: &str) {
        self.put(HeaderName::from_static(name), value);
    }

    fn put(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }
}

impl Exchange<'_> {
    /// A problem as an answer.
    pub fn refuse(&self, problem: Problem) -> Answer {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer =
            Answer { status, headers: HeaderMap::new(), body: problem.body(self.trace).into(), feed: None };
        answer.header("content-type", problem::MEDIA_TYPE);
        if let Some(language) = &problem.language {
            answer.header("content-language", language);
        }
        if let Some(seconds) = problem.retry_after {
            answer.header("retry-after", &seconds.to_string());
        }
        answer.headers.extend(problem.headers);
        answer
    }

    /// Adds what every answer carries: ids, limits, cross-origin access, and that it is not to be
    /// kept or guessed at.
    pub fn finish(&self, mut answer: Answer) -> Answer {
        answer.put(CORRELATION, &self.trace.correlation_id);
        answer.put(REQUEST_ID, &self.trace.request_id);
        answer.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let header::Entry::Vacant(cache) = answer.headers.entry(header::CACHE_CONTROL) {
            cache.insert(HeaderValue::from_static("no-store"));
        }
        self.say_limits(&mut answer);
        if let Some(cors) = self.route().and_then(|route| route.cors.as_ref()) {
            for (name, value) in cors::answer(cors, &self.head.headers) {
                // An answer may depend on more than on the origin.
                if name == header::VARY {
                    answer.headers.append(name, value);
                } else {
                    answer.headers.insert(name, value);
                }
            }
        }
        answer
    }

    fn say_limits(&self, answer: &mut Answer) {
        match self.verdicts.as_slice() {
            [] => {}
            [only] => {
                answer.headers.insert(POLICY, only.policy.clone());
                answer.put(LIMIT, &only.state());
            }
            several => {
                let policies = several.iter().filter_map(|verdict| verdict.policy.to_str().ok());
                answer.put(POLICY, &policies.collect::<Vec<_>>().join(", "));
                answer.put(LIMIT, &several.iter().map(Verdict::state).collect::<Vec<_>>().join(", "));
            }
        }
    }
}
