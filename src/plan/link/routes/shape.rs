//! The caller's forms of body and answer: schemas, mappings, and whether they fit what is between.

use std::sync::Arc;

use super::{Shop, trust};
use crate::config::Spanned;
use crate::config::declarations::route::Route;
use crate::config::declarations::{Name, Policy, Shape};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::Definition;
use crate::mapping::Mapping;
use crate::plan::link::findings::Findings;
use crate::plan::{AnswerShape, Body};
use crate::schema::{Mismatch, Schema, Type, Verdict};

/// What a caller sends, and the type of what `body` is in expressions.
pub(super) fn body(
    one: &Spanned<Route>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> (Option<Body>, Option<Type>) {
    if let (Some(short), Some(_)) = (&one.body, &one.request) {
        findings.add(
            Diagnostic::new(&codes::CONFLICTING_KEYS, short.span, "`body` stands beside `request`").help(
                "keep `request: { map: …, schema: … }`; `body` is short for a `request` with a schema alone",
            ),
        );
    }
    let declared = match (&one.request, &one.body) {
        (Some(shape), _) => shape.clone(),
        (None, Some(schema)) => Shape { schema: Some(schema.clone()), ..Shape::default() },
        (None, None) => return (None, None),
    };
    let map = declared.map.as_ref().and_then(|name| mapping(name, shop, findings));
    let schema = declared.schema.as_ref().and_then(|name| schema(name, shop, findings));
    let schema = schema.or_else(|| shop.language.schemas.get(&map.as_ref()?.inputs.first()?.schema));
    if let (Some(map), Some(schema), Some(name)) = (&map, &schema, &declared.map) {
        fits(&schema.ty, map, name, &format!("the body, `{}`,", schema.name), findings);
    }
    let ty = match (&map, &schema) {
        // What is unknown has been noted: it fits everything.
        (None, _) if declared.map.is_some() => Some(Type::Never),
        (Some(map), _) => Some(map.target_type.clone()),
        (None, Some(schema)) => Some(schema.ty.clone()),
        (None, None) => Some(Type::Any),
    };
    let validate = declared.validate.as_ref().map_or(Policy::Reject, |policy| policy.value);
    let canonical = trust::canonical(map.as_deref(), schema.as_deref(), validate, shop);
    (Some(Body { schema, validate, map, canonical }), ty)
}

/// What the caller gets.
pub(super) fn answer(one: &Spanned<Route>, shop: &Shop<'_>, findings: &mut Findings) -> AnswerShape {
    let default = shop.gateway.validate.answers.as_ref().map_or(Policy::Reject, |policy| policy.value);
    let Some(declared) = &one.response else {
        return AnswerShape { map: None, schema: None, validate: default };
    };
    let map = declared.map.as_ref().and_then(|name| mapping(name, shop, findings));
    let named = declared.schema.as_ref().and_then(|name| Some((name, schema(name, shop, findings)?)));
    if map.is_none() && declared.map.is_some() {
        // What it makes of the answer is not known.
        return AnswerShape { map: None, schema: None, validate: default };
    }
    if let (Some(map), Some((name, schema))) = (&map, &named) {
        let verdict = map.target_type.fits(&schema.ty);
        report(
            verdict,
            name.span,
            &format!("what the mapping `{}` makes", map.name),
            &format!("`{}`", schema.name),
            findings,
        );
    }
    let schema = named.map(|(_, schema)| schema).or_else(|| shop.language.schemas.get(&map.as_ref()?.target));
    AnswerShape { map, schema, validate: declared.validate.as_ref().map_or(default, |policy| policy.value) }
}

/// Whether everything that the flow may answer fits the answer's mapping or schema.
pub(super) fn check_answers(flow: &Definition, answer: &AnswerShape, one: &Route, findings: &mut Findings) {
    let Some(span) = one
        .response
        .as_ref()
        .and_then(|shape| shape.map.as_ref().or(shape.schema.as_ref()))
        .map(|name| name.span)
    else {
        return;
    };
    let target = match (&answer.map, &answer.schema) {
        (Some(map), _) => {
            map.inputs.first().map(|input| (input.ty.clone(), format!("the mapping `{}` takes", map.name)))
        }
        (None, Some(schema)) => Some((schema.ty.clone(), format!("`{}` allows", schema.name))),
        (None, None) => None,
    };
    let Some((target, takes)) = target else { return };
    let what = format!("what the flow `{}` answers", flow.name());
    let bodies = flow.answers().iter().filter_map(|answer| answer.body.as_ref());
    for ty in bodies.chain(flow.output().map(|(ty, _)| ty)) {
        report(ty.fits(&target), span, &what, &format!("what {takes}"), findings);
    }
}

/// A schema by its name.
fn schema(name: &Name, shop: &Shop<'_>, findings: &mut Findings) -> Option<Arc<Schema>> {
    let found = shop.language.schemas.get(&name.value);
    if found.is_none() {
        let names = shop.language.schemas.names();
        findings.unknown(
            &codes::UNKNOWN_SCHEMA,
            "schema",
            name,
            names.iter().map(|name| &**name),
            "`specs/erp/order@1.json` is `erp/order@1`",
        );
    }
    found
}

/// A mapping with one input by its name.
pub(super) fn mapping(name: &Name, shop: &Shop<'_>, findings: &mut Findings) -> Option<Arc<Mapping>> {
    let Some(found) = shop.mappings.get(name.value.as_str()) else {
        let known = shop.mappings.keys().map(|name| &**name);
        findings.unknown(
            &codes::UNKNOWN_MAPPING,
            "mapping",
            name,
            known,
            "write the name after `map` at the head of a file in `mappings/`",
        );
        return None;
    };
    if let Some(second) = found.inputs.get(1) {
        findings.add(
            Diagnostic::new(
                &codes::UNBOUND_INPUT,
                name.span,
                format!("the mapping `{}` takes more than the one value there is here", name.value),
            )
            .related(second.span, "its second input")
            .help("use a mapping with one `from`; what else it needs the flow can `set`"),
        );
    }
    Some(found.clone())
}

fn fits(ty: &Type, map: &Mapping, name: &Name, what: &str, findings: &mut Findings) {
    if let Some(input) = map.inputs.first() {
        report(
            ty.fits(&input.ty),
            name.span,
            what,
            &format!("what the mapping `{}` takes, `{}`", map.name, input.schema),
            findings,
        );
    }
}

/// A finding when something certainly does not fit, and a hint when only the data can show it.
pub(super) fn report(verdict: Verdict, span: Span, what: &str, target: &str, findings: &mut Findings) {
    let (reasons, finding) = match verdict {
        Verdict::Proven => return,
        Verdict::AtRuntime(reasons) => {
            let message = format!("only data can show whether {what} fits {target}");
            (reasons, Diagnostic::new(&codes::CHECKED_AT_RUNTIME, span, message))
        }
        Verdict::Refuted(reasons) => {
            (reasons, Diagnostic::new(&codes::UNFIT_SHAPE, span, format!("{what} does not fit {target}")))
        }
    };
    findings.add(reasons.iter().take(3).fold(finding, |finding, reason| finding.help(sentence(reason))));
}

fn sentence(reason: &Mismatch) -> String {
    if reason.pointer.is_empty() {
        format!("it {}", reason.message)
    } else {
        format!("`{}` {}", reason.pointer, reason.message)
    }
}
