//! What is sent back: an answer or a problem, with the headers that every answer carries.

use super::Exchange;
use super::cors;
use crate::gateway::problem::{self, Problem};
use crate::gateway::trace::CORRELATION_ID;
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, StatusCode};

/// A good answer, before the headers that all answers carry.
#[derive(Debug)]
pub(in crate::gateway) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// An answer in JSON.
    pub fn json(status: StatusCode, body: Vec<u8>) -> Answer {
        let mut answer = Answer { status, headers: HeaderMap::new(), body: body.into() };
        answer.headers.insert("content-type", HeaderValue::from_static("application/json"));
        answer
    }

    /// Adds a header whose value may have characters that headers cannot: then it is left out.
    pub fn header(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

impl Exchange<'_> {
    /// A problem as an answer.
    pub fn refuse(&self, problem: Problem) -> Answer {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = Answer { status, headers: HeaderMap::new(), body: problem.body(self.trace).into() };
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
        answer.header(CORRELATION_ID, &self.trace.correlation_id);
        answer.header("x-request-id", &self.trace.request_id);
        answer.header("x-content-type-options", "nosniff");
        if !answer.headers.contains_key("cache-control") {
            answer.header("cache-control", "no-store");
        }
        self.say_limits(&mut answer);
        if let Some(cors) = self.route().and_then(|route| route.cors.as_ref()) {
            answer.headers.extend(cors::answer(cors, &self.head.headers));
        }
        answer
    }

    fn say_limits(&self, answer: &mut Answer) {
        if self.verdicts.is_empty() {
            return;
        }
        let listed = |said: Vec<String>| said.join(", ");
        answer.header(
            "ratelimit-policy",
            &listed(self.verdicts.iter().map(|verdict| verdict.policy()).collect()),
        );
        answer.header("ratelimit", &listed(self.verdicts.iter().map(|verdict| verdict.state()).collect()));
    }
}
