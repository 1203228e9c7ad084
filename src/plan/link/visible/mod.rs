//! What customers see (M11): no field that a schema marks as not for them reaches an answer, the status of an
//! instance, a text, or a subscriber. Followed by the data, through mappings and steps, not by names.
//!
//! What is held in any form counts: a text with it, a number computed of it. What only decides does not: a
//! condition, a comparison, the key of a lookup, how many items there are.

mod build;
mod graph;
mod walk;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use build::Builder;
use graph::{Leak, Words};
use walk::Walker;
use words::Shown;

use super::findings::Findings;
use crate::config::declarations::route::Layer;
use crate::diagnostic::{Diagnostic, Span};
use crate::event::{EventType, Subscriber, To, Visibility};
use crate::flow::{Definition, Ending, StepAt};
use crate::mapping::{Descent, Rejecting};
use crate::plan::{Plan, Route, Target, Texts};

/// Finds every field that customers must not see and that an experience route shows them.
pub(super) fn check(plan: &Plan, findings: &mut Findings) {
    let experience = |route: &&Arc<Route>| route.layer == Layer::Experience;
    if !plan.routes.iter().any(|route| experience(&route)) {
        return;
    }
    let mut builder = Builder::new(plan);
    plan.flows.values().for_each(|flow| Walker::events_of(&mut builder, flow));
    let mut found = Found { builder, shown: Vec::new() };
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for route in plan.routes.iter().filter(experience) {
        found.route(route);
        told.insert(&route.name);
    }
    // A status shows the result of whichever route ran the flow, in that route's form.
    for status in plan.routes.iter().filter(experience) {
        let (Target::Status { flow, .. } | Target::Cancel { flow, .. }) = &status.target else { continue };
        for route in &plan.routes {
            let runs = matches!(&route.target, Target::Run { flow: runs, .. } if runs.name() == flow);
            if runs && told.insert(&route.name) {
                found.runs(route, status);
            }
        }
        if let Some(flow) = plan.flows.get(flow) {
            found.started(flow, status);
        }
    }
    findings.extend(found.into_findings());
}

/// Finds every field that customers must not see and that a subscriber outside is told.
pub(super) fn subscribers(plan: &Plan, findings: &mut Findings) {
    for event in plan.events.values() {
        for subscriber in &event.subscribers {
            findings.extend(told(plan, event, subscriber));
        }
    }
}

/// Of what an event says, through the subscriber's mapping, if it has one. Flows that say the event are followed, too.
fn told(plan: &Plan, event: &EventType, subscriber: &Subscriber) -> Vec<Diagnostic> {
    let (map, who) = match &subscriber.to {
        To::Stream { stream, map, .. } => (map, format!("the stream `{stream}`")),
        To::Webhook { webhook, map, .. } => {
            let audience = plan.webhooks.get(webhook).map(|known| known.audience);
            if audience != Some(Visibility::Customer) {
                return Vec::new();
            }
            (map, format!("the webhook `{webhook}`"))
        }
        To::Flow { .. } => return Vec::new(),
    };
    let mut builder = Builder::new(plan);
    plan.flows.values().for_each(|flow| Walker::events_of(&mut builder, flow));
    let said = builder.event(&event.name);
    let made = match map {
        Some(map) => builder.made_of(map, said),
        None => said,
    };
    let mut found = Found { builder, shown: Vec::new() };
    let (words, span) = (format!("{who} is told of `{}`", event.name), event.span);
    let at = Place { what: who, span, form: "what it is told" };
    found.value(&at, Words::Said(words), span, made);
    found.into_findings()
}

/// Where something is shown.
struct Place {
    /// `` `GET /v1/accounts/{number}` ``.
    what: String,
    span: Span,
    /// Which part of it: `the answer`, `the header `x-limit``.
    form: &'static str,
}

struct Found<'p> {
    builder: Builder<'p>,
    shown: Vec<Shown>,
}

impl Found<'_> {
    fn into_findings(self) -> Vec<Diagnostic> {
        let stopped = self.builder.stopped.then(words::too_much);
        words::findings(self.shown).into_iter().chain(stopped).collect()
    }

    /// All that a route shows whoever calls it.
    fn route(&mut self, route: &Arc<Route>) {
        match &route.target {
            Target::Run { .. } => self.runs(route, route),
            Target::Forward { operation, .. } => {
                let answer = self.builder.answer(operation);
                self.body(
                    route,
                    route,
                    ("the operation answers it".to_owned(), operation_span(&self.builder, operation)),
                    answer,
                );
            }
            // Streams are looked at with their subscribers; records show states and times, and whoever publishes gets an
            // empty answer.
            Target::Status { .. }
            | Target::Cancel { .. }
            | Target::Stream { .. }
            | Target::Entity { .. }
            | Target::Publish(_) => {}
        }
    }

    /// What a flow that `route` runs tells, at the route `shows`.
    fn runs(&mut self, route: &Arc<Route>, shows: &Arc<Route>) {
        let Target::Run { flow, inputs } = &route.target else { return };
        let (given, rejecting) = self.builder.arguments(route, inputs);
        let at = StepAt { path: "".into(), span: route.span, flow: flow.name().clone() };
        for one in rejecting {
            self.rejected(shows, &at, one);
        }
        let given = given.into_iter().map(|input| vec![input]).collect();
        for (at, ending) in Walker::ends_of(&mut self.builder, flow, given) {
            self.ending(route, shows, &at, ending);
        }
    }

    /// What a flow that events start tells at a route that shows where it stands; its result is given in the form of
    /// a route that runs the flow.
    fn started(&mut self, flow: &Definition, status: &Arc<Route>) {
        let plan = self.builder.plan;
        let runs = |route: &&Arc<Route>| matches!(&route.target, Target::Run { flow: runs, .. } if runs.name() == flow.name());
        let routes: Vec<&Arc<Route>> = plan.routes.iter().filter(runs).collect();
        let given = self.builder.given(flow);
        for (at, ending) in Walker::ends_of(&mut self.builder, flow, given) {
            match ending {
                Ending::Answer(200..300, body) | Ending::Output(body) => {
                    for route in &routes {
                        self.body(route, status, (answers(&at), at.span), body.clone());
                    }
                }
                ending => self.ending(status, status, &at, ending),
            }
        }
    }

    fn ending(&mut self, route: &Arc<Route>, shows: &Arc<Route>, at: &StepAt, ending: Ending) {
        let words = Words::Said(answers(at));
        match ending {
            Ending::Answer(200..300, body) | Ending::Output(body) => {
                self.body(route, shows, (answers(at), at.span), body);
            }
            // Errors that a flow answers have forms of their own.
            Ending::Answer(_, body) => self.value(&place(shows, "the answer"), words, at.span, body),
            Ending::Header(_, header) => {
                self.value(&place(shows, "a header of the answer"), words, at.span, header);
            }
            Ending::Key(key) => {
                let words = Words::Said(format!("it is the business key of the flow `{}`", at.flow));
                self.value(&place(shows, "the `reference` of its status"), words, at.span, key);
            }
            Ending::Rejected(rejecting) => self.rejected(shows, at, rejecting),
            Ending::Raised(code, facts) => {
                let texts = self.builder.plan.exceptions.get(&code).map(|known| &known.customer);
                self.facts(shows, at.span, &code, texts, facts);
            }
        }
    }

    /// A body in the form of a route's callers.
    fn body(&mut self, route: &Route, shows: &Arc<Route>, (words, span): (String, Span), body: Descent) {
        let answered = self.builder.station(Words::Said(words), span, None, vec![body]);
        let made = match &route.answer.map {
            Some(map) => self.builder.mapping(map, vec![answered], map.span),
            None => answered,
        };
        let schema = route.answer.schema.as_ref().map(|schema| (schema.clone(), 0));
        let made = self.builder.station(Words::Silent, route.span, schema, vec![made]);
        let words = Words::Said(format!("`{}` answers it", route.name));
        self.value(&place(shows, "the answer"), words, route.span, made);
    }

    fn rejected(&mut self, shows: &Arc<Route>, at: &StepAt, rejecting: Rejecting) {
        let span = if graph::is_nowhere(rejecting.span) { at.span } else { rejecting.span };
        let texts = self.builder.plan.rejections.get(&rejecting.code).map(|known| &known.customer);
        self.facts(shows, span, &rejecting.code, texts, rejecting.facts);
    }

    /// The facts that the customer's text shows; the others are for logs and cases.
    fn facts(
        &mut self,
        shows: &Arc<Route>,
        span: Span,
        code: &str,
        texts: Option<&Texts>,
        facts: Vec<(Arc<str>, Descent)>,
    ) {
        let shown: BTreeSet<&str> = texts.into_iter().flat_map(Texts::facts).collect();
        let facts: Vec<_> = facts.into_iter().filter(|(name, _)| shown.contains(&**name)).collect();
        if !facts.is_empty() {
            let words = Words::Said(format!("the text of `{code}` shows it"));
            self.value(&place(shows, "the text of a problem"), words, span, Descent::of_members(facts));
        }
    }

    /// Something that is shown as it is.
    fn value(&mut self, place: &Place, words: Words, span: Span, value: Descent) {
        self.builder.station(words, span, None, vec![value]);
        let start = self.builder.graph.last();
        match self.builder.graph.leaks(start) {
            Ok(leaks) => self.shown.extend(leaks.into_iter().map(|leak| shown(place, leak))),
            Err(()) => self.builder.stopped = true,
        }
    }
}

fn shown(place: &Place, leak: Leak) -> Shown {
    Shown { leak, what: place.what.clone(), span: place.span, form: place.form }
}

fn place(route: &Route, form: &'static str) -> Place {
    Place { what: format!("`{}`", route.name), span: route.span, form }
}

fn answers(at: &StepAt) -> String {
    match &*at.path {
        "output" => format!("it is in the output of the flow `{}`", at.flow),
        path => format!("the step `{path}` of the flow `{}` answers it", at.flow),
    }
}

fn operation_span(builder: &Builder<'_>, name: &crate::system::OperationName) -> Span {
    builder.operation(name).map(|operation| operation.span).unwrap_or_default()
}
