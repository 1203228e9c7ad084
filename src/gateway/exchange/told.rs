//! What an exchange tells the log, and what of its head expressions may read.

use std::sync::Arc;

use super::Exchange;
use crate::codec::json;
use crate::gateway::Generation;
use crate::http::HeaderName;
use crate::telemetry;
use crate::value::{Map, PointerBuf, Value};

/// Headers that prove who somebody is: never read by expressions, never logged.
const CREDENTIALS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

impl Exchange<'_> {
    /// The request's headers by lower-case name, without those that prove who somebody is.
    pub fn readable_headers(&self) -> Value {
        let auth = self.route().map(|route| &route.auth);
        let unnamed = auth.is_none_or(|auth| auth.key_header().is_none());
        let is_proof = |name: &HeaderName| {
            let usual = unnamed && name == "x-api-key";
            usual || CREDENTIALS.contains(&name.as_str()) || auth.is_some_and(|auth| auth.is_proof(name))
        };
        let mut members = Map::new();
        for (name, value) in &self.head.headers {
            if let (false, Ok(text)) = (is_proof(name), value.to_str()) {
                members.insert(Arc::<str>::from(name.as_str()), Value::from(text));
            }
        }
        Value::object(members)
    }

    /// Says that a payload breaks a schema whose policy lets it pass: where and how, never with what.
    pub fn warn_of<'v>(&self, schema: &str, violations: impl Iterator<Item = (&'v str, &'v str)>) {
        let route = self.route().map(|route| &*route.name).unwrap_or_default();
        warn_of(schema, route, &self.trace.correlation_id, violations);
    }

    /// Whether the log shows payloads.
    pub fn shows_payloads(&self) -> bool {
        tracing::enabled!(target: "crossdock::payload", tracing::Level::DEBUG)
    }

    /// Shows a payload at debug level, without what the project declares as redacted.
    pub fn show_payload(&self, value: &Value) {
        if !self.shows_payloads() {
            return;
        }
        let queries = self.generation.plan.redact.iter();
        let pointers: Vec<String> = queries.flat_map(|query| query.locate(value)).map(pointer).collect();
        let clean = json::encode(&telemetry::redact(value, &pointers));
        tracing::debug!(target: "crossdock::payload", body = &*String::from_utf8_lossy(&clean),
            correlation_id = &*self.trace.correlation_id, "request body");
    }
}

/// Says that a payload on a route breaks a schema: where and how, never with what.
pub(super) fn warn_of<'v>(
    schema: &str,
    route: &str,
    correlation_id: &str,
    violations: impl Iterator<Item = (&'v str, &'v str)>,
) {
    let places: Vec<String> =
        violations.take(20).map(|(pointer, keyword)| format!("{pointer} {keyword}")).collect();
    tracing::warn!(target: "crossdock::contract", schema, route, violations = places.join(", "),
        correlation_id, "a payload breaks its contract");
}

/// Says that somebody has to look at something: whose it is, and how bad.
pub(super) fn exception(generation: &Generation, code: &str, correlation_id: &str) {
    let Some(declared) = generation.plan.exceptions.get(code) else { return };
    let owner = declared.owner.as_deref().unwrap_or_default();
    tracing::error!(target: "crossdock::exception", code, owner, severity = ?declared.severity,
        category = ?declared.category, correlation_id, "an exception was raised");
}

fn pointer(at: PointerBuf) -> String {
    at.as_str().to_owned()
}
