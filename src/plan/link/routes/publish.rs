//! `publish`: a route by which events come in from outside.

use std::sync::Arc;

use super::run::Ends;
use super::{Shop, shape};
use crate::config::Spanned;
use crate::config::declarations::Name;
use crate::config::declarations::route::{Handshake as DeclaredHandshake, Route as Declared, RouteFile};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::event::{EventType, Intake};
use crate::http::Method;
use crate::mapping::{self, Mapping, Program, Scope};
use crate::plan::link::findings::Findings;
use crate::plan::{Body, Handshake, Policy, Publish, Target};
use crate::schema::{Field, ObjectType, Type, Verdict};
use crate::value::PointerBuf;

/// The event of a route, and how bodies become events. `None` when there is no such event.
pub(super) fn link(
    (file, one): (&RouteFile, &Spanned<Declared>),
    (name, method, path): (&Name, &Method, &Name),
    ends: &Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    proven_senders(one, name, ends, findings);
    if method != Method::POST && method != Method::PUT {
        let finding = Diagnostic::new(&codes::GET_WITH_BODY, path.span, "events come in with a body");
        findings.add(finding.help("write `post:`"));
    }
    let is_cloud = one.envelope.is_some();
    let body = ends.body.clone().unwrap_or(Type::Any);
    let (each, item) = items(one, is_cloud, body, shop, findings);
    let when = one.when.as_ref().and_then(|when| {
        let scope = Scope::new().with("item", item.clone());
        let scope = if is_cloud { scope.with("cloudevent", cloudevent()) } else { scope };
        findings.take(mapping::compile_condition(when, &scope, &shop.language))
    });
    let handshake = handshake(one.handshake.as_ref(), findings);
    let Some(event) = shop.events.get(name.value.as_str()).cloned() else {
        let known = shop.events.keys().map(|known| &**known);
        let help = "declare it in a file of `events/`";
        findings.unknown(&codes::UNKNOWN_EVENT, "event", name, known, help);
        return None;
    };
    let map = match &one.map {
        Some(map) => shape::mapping(map, shop, findings).map(|mapping| {
            fits(map.span, &mapping, &item, &event, findings);
            let takes = mapping.inputs.first().and_then(|input| shop.language.schemas.get(&input.schema));
            takes.map(|takes| (mapping.program.clone(), takes))
        }),
        None => {
            says(name.span, &item, &event, findings);
            None
        }
    };
    let intake = Intake {
        route: super::name_of(method, &path.value, &super::matches(one, &mut Findings::default())),
        owner: event.owner.clone().or_else(|| file.owner.as_ref().map(|owner| owner.value.as_str().into())),
        event,
        each,
        when: when.map(|when| when.program),
        map: map.flatten(),
        is_cloud,
    };
    Some(Target::Publish(Box::new(Publish { intake: Arc::new(intake), handshake })))
}

/// What `cloudevent` is in expressions: what every CloudEvent has, and what else it may have.
fn cloudevent() -> Type {
    let field = |name: &str, required| (Arc::from(name), Field { ty: Type::text(), required });
    let fields = vec![
        field("id", true),
        field("source", true),
        field("type", true),
        field("subject", false),
        field("time", false),
        field("dataschema", false),
    ];
    Type::Object(Arc::new(ObjectType { fields, rest: Some(Type::Any), ..ObjectType::default() }))
}

/// Whoever may publish makes flows run: it must be known who that is.
fn proven_senders(one: &Spanned<Declared>, name: &Name, ends: &Ends<'_>, findings: &mut Findings) {
    if !ends.unproven {
        return;
    }
    let declared = one.auth.as_ref().and_then(|names| names.0.first());
    let span = declared.map_or(name.span, |policy| policy.span);
    let message = format!("anybody may say that `{}` happened: this route asks for no proof", name.value);
    let help = "name a policy that does, such as one of `scheme: signature` or `scheme: token`";
    findings.add(Diagnostic::new(&codes::MISSING_AUTH, span, message).help(help));
}

/// The items of a body, and what one is.
fn items(
    one: &Declared,
    is_cloud: bool,
    body: Type,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> (Option<Program>, Type) {
    let Some(each) = &one.each else {
        // What a CloudEvent carries is not what the body is.
        return (None, if is_cloud { Type::Any } else { body });
    };
    if let Some(envelope) = &one.envelope {
        let message = "CloudEvents come in batches of their own, and `each` takes another list apart";
        let finding = Diagnostic::new(&codes::CONFLICTING_KEYS, each.span, message);
        findings.add(finding.related(envelope.span, "`envelope`").help("keep one of the two"));
    }
    let scope = Scope::new().with("body", body);
    let Some(compiled) = findings.take(mapping::compile_expression(each, &scope, &shop.language)) else {
        return (None, Type::Never);
    };
    let item = match compiled.ty.shape() {
        Type::Any => Type::Any,
        _ => compiled.ty.without_null().items().unwrap_or_else(|_| {
            let message = format!("`{}` is no list, it is `{}`", each.text, compiled.ty);
            let finding = Diagnostic::new(&codes::NOT_A_LIST, each.span, message);
            findings.add(finding.help("name the list whose items are events: `each: body.events`"));
            Type::Never
        }),
    };
    (Some(compiled.program), item)
}

/// Whether a mapping takes an item and makes what the event says.
fn fits(span: Span, mapping: &Mapping, item: &Type, event: &EventType, findings: &mut Findings) {
    if let Some(input) = mapping.inputs.first()
        && let Verdict::Refuted(reasons) = item.fits(&input.ty)
    {
        let message =
            format!("an item is `{item}`, and the mapping `{}` takes `{}`", mapping.name, input.schema);
        let finding = Diagnostic::new(&codes::UNFIT_EVENT, span, message);
        findings.add(reasons.iter().take(1).fold(finding, |finding, why| finding.help(why.message.clone())));
    }
    if let Verdict::Refuted(reasons) = mapping.target_type.fits(event.ty()) {
        let message = format!(
            "mapping `{}` makes `{}`, and `{}` says `{}`",
            mapping.name, mapping.target, event.name, event.schema.name
        );
        let finding = Diagnostic::new(&codes::UNFIT_EVENT, span, message);
        findings.add(reasons.iter().take(1).fold(finding, |finding, why| finding.help(why.message.clone())));
    }
}

/// Whether an item itself can be what the event says.
fn says(span: Span, item: &Type, event: &EventType, findings: &mut Findings) {
    if let Verdict::Refuted(_) = item.fits(event.ty()) {
        let message = format!("an item is `{item}`, and `{}` says `{}`", event.name, event.schema.name);
        let help = format!("name a mapping that makes it: `map: to_{}`", event.name.replace('.', "_"));
        findings.add(Diagnostic::new(&codes::UNFIT_EVENT, span, message).help(help));
    }
}

fn handshake(declared: Option<&DeclaredHandshake>, findings: &mut Findings) -> Handshake {
    let Some(declared) = declared else { return Handshake::default() };
    if let (None, Some(name)) = (&declared.query, declared.expects.keys().next()) {
        let message = "`expects` is about the query of a handshake, and there is no `query`";
        let finding = Diagnostic::new(&codes::MISPLACED_KEY, name.span, message);
        findings.add(finding.help("add the parameter that is given back: `query: hub.challenge`"));
    }
    let body = declared.body.as_ref().and_then(|text| {
        let pointer = PointerBuf::parse(&text.value);
        if pointer.is_none() {
            let message = format!("`{}` is not a JSON Pointer", text.value);
            let finding = Diagnostic::new(&codes::BAD_POINTER, text.span, message);
            findings.add(finding.help(format!("write `/{}`", text.value.replace('.', "/"))));
        }
        pointer
    });
    let origins = declared.origins.iter().flat_map(|list| &list.value);
    Handshake {
        query: declared.query.as_ref().map(|name| name.value.as_str().into()),
        expects: declared.expects.iter().map(|(n, text)| (n.value.as_str().into(), text.clone())).collect(),
        body,
        origins: origins.map(|origin| origin.value.to_ascii_lowercase().into()).collect(),
    }
}

/// A route that publishes takes a body, whether it says which or not.
pub(super) fn body(target: &Target, declared: Option<Body>) -> Option<Body> {
    let any = || Body { schema: None, validate: Policy::Off, map: None, canonical: None };
    declared.or_else(|| matches!(target, Target::Publish(_)).then(any))
}

/// Keys that say nothing beside what the route does.
pub(super) fn strangers(one: &Declared, target: &Target, findings: &mut Findings) {
    let shape = |shape: &crate::config::declarations::Shape| {
        shape.map.as_ref().or(shape.schema.as_ref()).map(|name| name.span)
    };
    let of_publish = [
        ("each", one.each.as_ref().map(|each| each.span)),
        ("envelope", one.envelope.as_ref().map(|envelope| envelope.span)),
        ("handshake", one.handshake.as_ref().map(|_| super::span_of(one).unwrap_or_default())),
        ("map", one.map.as_ref().map(|map| map.span)),
        ("when", one.when.as_ref().map(|when| when.span)),
    ];
    let of_others = [
        ("query", one.query.keys().next().map(|name| name.span)),
        ("request", one.request.as_ref().and_then(shape)),
        ("response", one.response.as_ref().and_then(shape)),
        ("with", one.with.keys().next().map(|name| name.span)),
    ];
    let (keys, help) = match target {
        Target::Publish(_) => {
            (of_others.as_slice(), "take it out; `body`, `each`, `when` and `map` say what is published")
        }
        _ => (of_publish.as_slice(), "take it out; it goes with `publish:`"),
    };
    for (key, span) in keys.iter().filter_map(|(key, span)| Some((key, (*span)?))) {
        let message = format!("`{key}` does nothing here");
        findings.add(Diagnostic::new(&codes::MISPLACED_KEY, span, message).help(help));
    }
}
