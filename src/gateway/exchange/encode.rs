//! How a request ended, as an answer or a problem. Nothing that a system said passes, except good
//! answers and declared rejections.

use std::borrow::Cow;
use std::time::Duration;

use super::run::End;
use super::{Answer, Exchange, told};
use crate::clock::Moment;
use crate::codec::json;
use crate::flow::{Failure, FailureKind, FlowEnd};
use crate::gateway::Generation;
use crate::gateway::problem::*;
use crate::http::{HeaderName, HeaderValue, StatusCode};
use crate::mapping::Context;
use crate::plan::{Policy, Route, Texts};
use crate::system;
use crate::value::{Map, Value, View};

/// The answer of a request that ran.
pub(super) fn encode(exchange: &Exchange<'_>, end: End) -> Result<Answer, Problem> {
    match end {
        End::Passed(answer) => Ok(answer),
        End::Replayed(first) => replayed(encode(exchange, *first)),
        End::Flow(FlowEnd::Responded { status, headers, body }) => responded(exchange, status, headers, body),
        End::Flow(FlowEnd::Completed(Some(value))) => responded(exchange, 200, Vec::new(), Some(value)),
        // A flow that declares an output and has none found nothing.
        End::Absent => Err(Problem::new(&NOT_FOUND)),
        End::Flow(FlowEnd::Completed(None)) => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        End::Flow(FlowEnd::Rejected { code, facts, pointer, text }) => {
            let problem = rejection(exchange, &code, &facts, pointer.as_deref());
            Err(match text {
                Some(text) => problem.reason(text.to_string()),
                None => problem,
            })
        }
        End::Flow(FlowEnd::Raised { code, facts }) => Err(raised(exchange, &code, &facts)),
        End::Flow(FlowEnd::Failed(failure)) => Err(failed(&failure)),
        End::Flow(FlowEnd::Cancelled { reason }) => Err(Problem::new(&INTERNAL).reason(reason.to_string())),
    }
}

/// An answer that was given before says so.
fn replayed(first: Result<Answer, Problem>) -> Result<Answer, Problem> {
    let name = HeaderName::from_static("idempotency-replayed");
    match first {
        Ok(mut answer) => {
            answer.headers.insert(name, HeaderValue::from_static("true"));
            Ok(answer)
        }
        Err(problem) => Err(problem.header(name, "true")),
    }
}

fn responded(
    exchange: &Exchange<'_>,
    status: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<Value>,
) -> Result<Answer, Problem> {
    let status =
        StatusCode::from_u16(status).map_err(|_| Problem::new(&INTERNAL).reason("no such status"))?;
    let body = match body {
        // Errors that a flow answers have forms of their own.
        Some(body) if status.is_success() => match exchange.route() {
            Some(route) => shaped(Making::of(exchange), route, body, exchange.proven())?,
            None => Some(body),
        },
        body => body,
    };
    let mut answer = match body {
        Some(body) => Answer::json(status, written(&body)?),
        None => Answer::empty(status),
    };
    answer.headers.extend(headers);
    Ok(answer)
}

/// Bytes of an answer at most: what shares its parts may be small in memory, and long when it is written.
const MOST: usize = 64 << 20;

fn written(body: &Value) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::with_capacity(1024);
    match json::encode_view(View::of(body), MOST, &mut bytes) {
        true => Ok(bytes),
        false => Err(Problem::new(&INTERNAL).reason(format!("the answer has more than {MOST} bytes"))),
    }
}

/// What an answer is made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Making<'a> {
    pub generation: &'a Generation,
    pub now: Moment,
    /// For the log.
    pub correlation_id: &'a str,
}

impl<'a> Making<'a> {
    fn of(exchange: &Exchange<'a>) -> Making<'a> {
        Making {
            generation: exchange.generation,
            now: exchange.gateway.clock.now(),
            correlation_id: &exchange.trace.correlation_id,
        }
    }
}

/// An answer in the form of a route's callers, checked against its contract unless that is proven.
pub(super) fn shaped(
    making: Making<'_>,
    route: &Route,
    body: Value,
    proven: bool,
) -> Result<Option<Value>, Problem> {
    let shape = &route.answer;
    let body = match &shape.map {
        Some(map) => {
            let context = Context::new(making.now, &making.generation.plan.tables);
            map.program
                .eval(&[Some(body)], &context)
                .map_err(|error| withheld(format!("{}: {error:?}", map.name)))?
        }
        None => Some(body),
    };
    // What is proven of what was looked at needs no look.
    let looks = shape.validate != Policy::Off && !proven;
    let Some((schema, value)) = shape.schema.as_ref().zip(body.as_ref()).filter(|_| looks) else {
        return Ok(body);
    };
    if !schema.is_valid(value) {
        let found = schema.violations(value, 20);
        let places = found.iter().map(|one| (one.pointer.as_str(), one.keyword.as_str()));
        told::warn_of(&schema.name, &route.name, making.correlation_id, places);
        if shape.validate == Policy::Reject {
            return Err(withheld(format!("the answer breaks `{}`", schema.name)));
        }
    }
    Ok(body)
}

fn withheld(reason: String) -> Problem {
    Problem::new(&ANSWER_INVALID).reason(reason)
}

/// A declared business answer, in the caller's language.
pub(super) fn rejection(exchange: &Exchange<'_>, code: &str, facts: &Map, pointer: Option<&str>) -> Problem {
    let mut problem = Problem::new(&REJECTED);
    problem.code = Some(code.into());
    let Some(declared) = exchange.generation.plan.rejections.get(code) else { return problem };
    problem.status = declared.status;
    say(exchange, &mut problem, &declared.customer, facts);
    if let Some(pointer) = pointer {
        let words = problem.detail.clone().unwrap_or_default();
        problem.errors.push(Violation::new(pointer, code, words));
    }
    problem
}

fn raised(exchange: &Exchange<'_>, code: &str, facts: &Map) -> Problem {
    let mut problem = Problem::new(&EXCEPTION);
    problem.code = Some(code.into());
    if let Some(declared) = exchange.generation.plan.exceptions.get(code) {
        say(exchange, &mut problem, &declared.customer, facts);
    }
    told::exception(exchange.generation, code, &exchange.trace.correlation_id);
    problem
}

/// Puts the customer's text, with its facts, into a problem.
fn say(exchange: &Exchange<'_>, problem: &mut Problem, texts: &Texts, facts: &Map) {
    let asked = exchange.head.headers.get("accept-language").and_then(|value| value.to_str().ok());
    if let Some((language, text)) = texts.pick(asked) {
        problem.detail = Some(told_with(text, facts));
        problem.language = Some(language.to_owned());
    }
}

/// A customer's text with its facts.
pub(super) fn told_with(text: &str, facts: &Map) -> String {
    fill(text, |name| facts.get(name).map(fact))
}

fn fact(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => String::from_utf8(json::encode(other)).unwrap_or_default().into(),
    }
}

/// A step failed and nothing caught it: what the caller may know of it.
fn failed(failure: &Failure) -> Problem {
    let kind = match failure.kind {
        FailureKind::System(kind) => of_system(kind),
        FailureKind::StepTimeout => &TIMEOUT,
        FailureKind::NotEnough => &SYSTEM_UNAVAILABLE,
        FailureKind::UnknownOutcome => &SYSTEM_FAILED,
        FailureKind::Rejected(_) => &REJECTED,
        FailureKind::Expression | FailureKind::TooMuch => &INTERNAL,
    };
    let operation = failure.operation.as_ref().map(|name| format!("{}.{}", name.system, name.operation));
    let place = operation.as_deref().unwrap_or("the flow");
    let reason = format!("{} at `{}` ({place}): {}", failure.kind.name(), failure.step, failure.detail);
    Problem::new(kind)
        .detail(failure.kind.words())
        .retry_after(wait(kind, failure.retry_after))
        .reason(reason)
}

/// A forwarded call failed.
pub(super) fn call_failed(operation: &system::OperationName, failure: &system::Failure) -> Problem {
    let kind = of_system(failure.kind);
    let words = FailureKind::System(failure.kind).words();
    let reason = format!("{}.{}: {}", operation.system, operation.operation, failure.message);
    Problem::new(kind).detail(words).retry_after(wait(kind, failure.retry_after)).reason(reason)
}

fn of_system(kind: system::FailureKind) -> &'static Kind {
    use system::FailureKind as System;
    match kind {
        System::Timeout => &TIMEOUT,
        System::Connect | System::Unavailable | System::BreakerOpen | System::Limited => &SYSTEM_UNAVAILABLE,
        System::Broken | System::Error | System::Invalid | System::Auth => &SYSTEM_FAILED,
        System::Request => &INTERNAL,
    }
}

/// Whole seconds until it is worth asking again; a few where a system is away and does not say.
fn wait(kind: &'static Kind, asked: Option<Duration>) -> Option<u64> {
    let asked = asked.map(|wait| wait.as_millis().div_ceil(1000).max(1) as u64);
    asked.or((kind == &SYSTEM_UNAVAILABLE).then_some(5))
}
