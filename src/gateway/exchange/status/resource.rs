//! The status resource: only what is listed here leaves, and only in the customer's words.

use std::sync::Arc;

use jiff::Timestamp;

use super::history::Past;
use super::{Lens, Seen, millis};
use crate::codec::json;
use crate::flow::FlowEnd;
use crate::gateway::exchange::encode;
use crate::plan::{Route, Target, Texts};
use crate::store::{Case, Instance, Millis, Status};
use crate::value::{Map, Value};

impl Lens {
    /// The resource, as JSON in one line.
    pub fn body(&self, seen: &Seen) -> Vec<u8> {
        json::encode(&self.resource(seen))
    }

    fn resource(&self, seen: &Seen) -> Value {
        let (instance, end) = (&seen.instance, seen.end());
        let mut body = Map::with_capacity(14);
        body.insert("id", Value::from(instance.id.to_string()));
        put(&mut body, "reference", instance.business_key.clone().map(Value::String));
        body.insert("status", Value::from(word(seen)));
        let stage = (!instance.stage.is_empty()).then(|| Value::String(Arc::clone(&instance.stage)));
        put(&mut body, "stage", stage);
        put(&mut body, "outcome", outcome(instance, end.as_ref()).map(Value::from));
        put(&mut body, "result", end.as_ref().and_then(|end| self.result(seen, end)));
        put(&mut body, "rejection", end.as_ref().and_then(|end| self.rejection(end)));
        body.insert("reasons", Value::array(self.reasons(seen, end.as_ref())));
        body.insert("history", Value::array(seen.history.iter().map(past).collect()));
        body.insert("correlationId", Value::String(Arc::clone(&instance.correlation_id)));
        body.insert("acceptedAt", time(instance.created_at));
        body.insert("updatedAt", time(instance.updated_at));
        let age = millis(&*self.clock).saturating_sub(instance.updated_at).max(0) / 1000;
        body.insert("age", Value::from(age));
        Value::object(body)
    }

    /// What the flow gives, as the route that ran it gives it; what cannot be given so is withheld.
    fn result(&self, seen: &Seen, end: &FlowEnd) -> Option<Value> {
        let body = match end {
            FlowEnd::Responded { status, body, .. } if !(200..300).contains(status) => return body.clone(),
            FlowEnd::Responded { body, .. } => body.clone()?,
            FlowEnd::Completed(output) => output.clone()?,
            _ => return None,
        };
        let route = self.ran(seen)?;
        let making = encode::Making {
            generation: &self.generation,
            now: self.clock.now(),
            correlation_id: &seen.instance.correlation_id,
        };
        let shaped = encode::shaped(making, route, body, false);
        shaped.unwrap_or_else(|problem| {
            let reason = problem.reason.unwrap_or_default();
            tracing::error!(target: "crossdock::contract", route = &*route.name, reason, "a result was withheld");
            None
        })
    }

    /// The route that ran it, or the nearest that runs its flow.
    fn ran(&self, seen: &Seen) -> Option<&Arc<Route>> {
        let runs = |route: &&Arc<Route>| matches!(&route.target, Target::Run { flow, .. } if *flow.name() == self.flow);
        let routes = || self.generation.plan.routes.iter().filter(runs);
        let named = routes().find(|route| Some(&route.name) == seen.route.as_ref());
        named.or_else(|| routes().find(|route| route.api == self.route.api))
    }

    fn rejection(&self, end: &FlowEnd) -> Option<Value> {
        let FlowEnd::Rejected { code, facts, .. } = end else { return None };
        let texts = self.generation.plan.rejections.get(code).map(|declared| &declared.customer);
        Some(self.reason(code, texts, facts))
    }

    /// Why it does not go on, in the customer's words.
    fn reasons(&self, seen: &Seen, end: Option<&FlowEnd>) -> Vec<Value> {
        let mut reasons: Vec<Value> = Vec::new();
        let told = match end {
            Some(FlowEnd::Raised { code, facts }) => self.exception(code, facts),
            Some(FlowEnd::Failed(_)) => Some(plain("not_completed", "This could not be completed.")),
            _ => None,
        };
        let open = seen.instance.status.is_open();
        let cases = seen.cases.iter().filter(|_| open).map(|case| self.of_case(case));
        let held = seen.held.then(|| plain("delayed", DELAYED));
        for reason in told.into_iter().chain(cases).chain(held) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    fn of_case(&self, case: &Case) -> Value {
        let body = json::decode(&case.body, &json::Limits::default()).unwrap_or_default();
        let facts = body.get("detail").and_then(Value::as_object).cloned().unwrap_or_default();
        self.exception(&case.code, &facts).unwrap_or_else(|| plain("attention", ATTENTION))
    }

    fn exception(&self, code: &Arc<str>, facts: &Map) -> Option<Value> {
        let declared = self.generation.plan.exceptions.get(code)?;
        Some(self.reason(code, Some(&declared.customer), facts))
    }

    fn reason(&self, code: &Arc<str>, texts: Option<&Texts>, facts: &Map) -> Value {
        let mut reason = Map::with_capacity(2);
        reason.insert("code", Value::String(Arc::clone(code)));
        if let Some((_, text)) = texts.and_then(|texts| texts.pick(self.language.as_deref())) {
            reason.insert("text", Value::from(encode::told_with(text, facts)));
        }
        Value::object(reason)
    }
}

const ATTENTION: &str = "This has stopped, and somebody is looking at it.";
const DELAYED: &str = "A system that is needed does not answer at present. This goes on by itself.";

fn plain(code: &str, text: &str) -> Value {
    Value::object(
        [("code", code), ("text", text)].map(|(name, text)| (name.into(), text.into())).into_iter().collect(),
    )
}

fn put(body: &mut Map, name: &'static str, value: Option<Value>) {
    if let Some(value) = value {
        body.insert(name, value);
    }
}

fn past(past: &Past) -> Value {
    let mut body = Map::with_capacity(3);
    body.insert("at", time(past.at));
    if !past.stage.is_empty() {
        body.insert("stage", Value::String(Arc::clone(&past.stage)));
    }
    body.insert("event", Value::from(past.what));
    Value::object(body)
}

fn time(at: Millis) -> Value {
    Timestamp::from_millisecond(at).map_or(Value::Null, |at| Value::from(at.to_string()))
}

fn word(seen: &Seen) -> &'static str {
    match seen.instance.status {
        Status::Running if seen.queued => "queued",
        Status::Running if seen.instance.seq <= 1 => "accepted",
        Status::Running => "processing",
        Status::Paused => "attention",
        over => over.name(),
    }
}

/// What came of the business, apart from how the work went; `None` while that is open.
fn outcome(instance: &Instance, end: Option<&FlowEnd>) -> Option<&'static str> {
    match (instance.status, end) {
        (Status::Completed, Some(FlowEnd::Responded { status, .. })) if *status >= 400 => Some("refused"),
        (Status::Completed, _) => Some("fulfilled"),
        (Status::Rejected, _) => Some("refused"),
        (Status::Failed, _) => Some("not_fulfilled"),
        (Status::Cancelled, _) => Some("cancelled"),
        (Status::Running | Status::Paused | Status::Compensating, _) => None,
    }
}
