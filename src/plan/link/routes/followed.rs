//! Routes that show what happened: a stream of events, and the record that events fold into.

use std::sync::Arc;

use super::{Shop, run};
use crate::config::declarations::Name;
use crate::config::declarations::route::{Layer, Route as Declared, RouteFile};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::event::Visibility;
use crate::http::Method;
use crate::plan::Target;
use crate::plan::link::findings::Findings;

fn bad(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::BAD_STREAM_ROUTE, span, message)
}

/// The target of `stream_of` or `entity_of`. `None` when there is no such stream or entity.
pub(super) fn link(
    kind: &str,
    (file, one): (&RouteFile, &Declared),
    (name, method, path): (&Name, &Method, &Name),
    ends: &run::Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    if *method != Method::GET {
        findings.add(bad(path.span, format!("`{kind}` does not go with this method")).help("write `get`"));
    }
    if ends.open {
        let message = format!("`{kind}` shows each account its own, and here anybody may call");
        findings.add(bad(name.span, message).help("name an auth policy other than `scheme: none`"));
    }
    strangers(kind, one, findings);
    match kind {
        "stream_of" => stream(name, path, ends, shop, findings),
        _ => entity(file, name, path, ends, shop, findings),
    }
}

fn stream(
    name: &Name,
    path: &Name,
    ends: &run::Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    if !ends.params.is_empty() {
        let finding = bad(path.span, "a stream has no parameters: it tells of all that is the caller's");
        findings.add(finding.help("write a path without `{ }`"));
    }
    let subscribers = shop.events.values().flat_map(|event| &event.subscribers);
    let known: Vec<&str> = subscribers.filter_map(|subscriber| Some(&**subscriber.stream()?)).collect();
    if !known.contains(&name.value.as_str()) {
        let help = "name it where an event is declared: `subscribers: [{ stream: portal }]`";
        findings.unknown(&codes::UNKNOWN_STREAM, "stream", name, known, help);
        return None;
    }
    Some(Target::Stream { stream: name.value.as_str().into() })
}

fn entity(
    file: &RouteFile,
    name: &Name,
    path: &Name,
    ends: &run::Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    if ends.params.len() != 1 {
        let message = format!("the path has {} parameters, and one is the record's key", ends.params.len());
        findings.add(bad(path.span, message).help("write one: `/v1/shipments/{reference}`"));
    }
    let folding = || shop.events.values().filter_map(|event| Some((event, event.fold.as_ref()?)));
    let own = |fold: &Arc<crate::event::Fold>| *fold.entity == *name.value;
    if !folding().any(|(_, fold)| own(fold)) {
        let known = folding().map(|(_, fold)| &*fold.entity);
        let help = "name the entity of an event's `folds_into`";
        findings.unknown(&codes::UNKNOWN_ENTITY, "entity", name, known, help);
        return None;
    }
    let hidden = folding().find(|(event, fold)| own(fold) && event.visibility != Visibility::Customer);
    if let Some((event, _)) = hidden.filter(|_| file.layer.value == Layer::Experience) {
        let message = format!("customers may not see `{}`, which folds into `{}`", event.name, name.value);
        let finding = Diagnostic::new(&codes::WRONG_AUDIENCE, name.span, message);
        let help = "say `visibility: customer` there, or show the record in another layer";
        findings.add(finding.related(event.span, "the event").help(help));
    }
    Some(Target::Entity { entity: name.value.as_str().into() })
}

/// Keys that say nothing beside these.
fn strangers(kind: &str, one: &Declared, findings: &mut Findings) {
    let shape = |shape: &Option<crate::config::declarations::Shape>| {
        let shape = shape.as_ref()?;
        Some(shape.map.as_ref().or(shape.schema.as_ref()).map(|name| name.span).unwrap_or_default())
    };
    let keys = [
        ("body", one.body.as_ref().map(|name| name.span)),
        ("query", one.query.keys().next().map(|name| name.span)),
        ("request", shape(&one.request)),
        ("response", shape(&one.response)),
        ("with", one.with.keys().next().map(|name| name.span)),
    ];
    for (key, span) in keys.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        let message = format!("`{key}` does not go with `{kind}`");
        let help = "take it out: what is told is chosen where the event is declared, with `when` and `map`";
        findings.add(Diagnostic::new(&codes::MISPLACED_KEY, span, message).help(help));
    }
}
