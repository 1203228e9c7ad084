//! Whether a request keeps its contract: every violation, all at once.

use super::decode::Document;
use super::idempotency::{self, Asked};
use super::route::Found;
use super::{Exchange, encode, parameters};
use crate::gateway::problem::{INTERNAL, Problem, VALIDATION, VIOLATIONS, Violation};
use crate::gateway::router::decide;
use crate::http::Bytes;
use crate::mapping::{self, Context, Mapping};
use crate::plan::{Body, Policy, Target};
use crate::value::Value;

/// Violations that are logged where a payload may break its contract.
const WARNED: usize = 20;

/// A request that keeps its contract.
#[derive(Debug)]
pub(super) struct Input {
    /// In the order of the route's.
    pub path: Vec<Option<Value>>,
    /// In the order of the route's; absent where an optional one is not sent.
    pub query: Vec<Option<Value>>,
    /// In its canonical form.
    pub body: Option<Value>,
    /// The key that the request was sent under.
    pub asked: Option<Asked>,
    /// As it came.
    pub bytes: Bytes,
}

/// Decides between routes that differ by body fields, then checks parameters and body.
pub(super) fn validate(
    exchange: &mut Exchange<'_>,
    found: &Found,
    document: Document,
) -> Result<Input, Problem> {
    exchange.route = Some(chosen(exchange, found, &document)?);
    let Some(route) = exchange.route() else { return Err(Problem::new(&INTERNAL)) };
    let mut violations = Vec::new();
    let path = parameters::path(&route.params, &found.params, &mut violations);
    // Senders of events put there what they like: a token, their own names.
    let takes_any = matches!(route.target, Target::Publish(_));
    let raw = exchange.head.uri.query().filter(|_| !takes_any).unwrap_or_default();
    let query = parameters::query(&route.query, raw, &mut violations);
    let shape = route.body.as_ref().zip(document.value.as_ref());
    let omitted = shape.map_or(0, |(shape, body)| check(exchange, shape, body, &mut violations));
    if !violations.is_empty() {
        return Err(Problem::new(&VALIDATION).errors(violations).omitted(omitted));
    }
    let asked = idempotency::asked(exchange, path.iter().chain(&query), document.value.as_ref())?;
    let body = match shape.and_then(|(shape, body)| Some((shape, shape.map.as_deref()?, body))) {
        Some((shape, map, body)) => held(exchange, shape, map, reshaped(exchange, map, body)?)?,
        None => document.value,
    };
    Ok(Input { path, query, body, asked, bytes: document.bytes })
}

fn chosen(exchange: &Exchange<'_>, found: &Found, document: &Document) -> Result<usize, Problem> {
    let routes = &exchange.generation.plan.routes;
    decide(&found.candidates, routes, document.value.as_ref()).ok_or_else(|| {
        let asked =
            found.candidates.iter().filter_map(|at| routes.get(*at)).flat_map(|route| &route.matches.body);
        let mut errors: Vec<Violation> = asked
            .map(|(at, _)| Violation::new(at.as_str(), "const", "has no value that is taken here"))
            .collect();
        errors.dedup();
        Problem::new(&VALIDATION).errors(errors)
    })
}

/// Adds what the body breaks; gives how many violations more there are than a problem names.
fn check(exchange: &Exchange<'_>, shape: &Body, body: &Value, violations: &mut Vec<Violation>) -> usize {
    let Some(schema) = shape.schema.as_ref().filter(|_| shape.validate != Policy::Off) else { return 0 };
    if schema.is_valid(body) {
        return 0;
    }
    if shape.validate == Policy::Warn {
        let found = schema.violations(body, WARNED);
        let places = found.iter().map(|one| (one.pointer.as_str(), one.keyword.as_str()));
        exchange.warn_of(&schema.name, places);
        return 0;
    }
    let room = VIOLATIONS.saturating_sub(violations.len());
    let found = schema.all_violations(body, room);
    let shown = found.shown.into_iter();
    violations.extend(shown.map(|one| Violation::new(one.pointer, &one.keyword, one.message)));
    found.omitted
}

/// The canonical form, held to its schema where that is not proven.
fn held(
    exchange: &Exchange<'_>,
    shape: &Body,
    map: &Mapping,
    body: Option<Value>,
) -> Result<Option<Value>, Problem> {
    let Some((schema, value)) = shape.canonical.as_ref().zip(body.as_ref()) else { return Ok(body) };
    if schema.is_valid(value) {
        return Ok(body);
    }
    let found = schema.violations(value, WARNED);
    exchange.warn_of(&schema.name, found.iter().map(|one| (one.pointer.as_str(), one.keyword.as_str())));
    if shape.validate == Policy::Warn {
        return Ok(body);
    }
    // The places are those of a form that the caller does not see.
    let words = found.first().map_or(String::new(), |one| format!("{} {}", one.pointer, one.message));
    let error = Violation::new("", "mapping", "says something that cannot be taken on");
    Err(Problem::new(&VALIDATION).errors(vec![error]).reason(format!("{}: {words}", map.name)))
}

/// The body in its canonical form.
fn reshaped(exchange: &Exchange<'_>, map: &Mapping, body: &Value) -> Result<Option<Value>, Problem> {
    let context = Context::new(exchange.gateway.clock.now(), &exchange.generation.plan.tables);
    map.program.eval(&[Some(body.clone())], &context).map_err(|error| match error {
        mapping::Error::Rejected(rejected) => {
            let facts = rejected.facts.into_iter().collect();
            encode::rejection(exchange, &rejected.code, &facts, None).reason(rejected.text.to_string())
        }
        mapping::Error::Failed(failed) => {
            let error = Violation::new("", "mapping", failed.message.clone());
            Problem::new(&VALIDATION).errors(vec![error]).reason(format!("{}: {}", map.name, failed.message))
        }
    })
}
