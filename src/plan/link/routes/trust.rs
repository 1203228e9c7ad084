//! What of a route needs no look when it runs, because it is proven of what was looked at.

use std::sync::Arc;

use super::{Shop, run};
use crate::flow::Definition;
use crate::mapping::{Compiled, Mapping};
use crate::plan::{AnswerShape, Argument, Body, Parameter, ParameterKind, Policy, Target};
use crate::schema::{Schema, Type, Verdict};

/// What the canonical form of a body is held to.
pub(super) fn canonical(
    map: Option<&Mapping>,
    schema: Option<&Schema>,
    validate: Policy,
    shop: &Shop<'_>,
) -> Option<Arc<Schema>> {
    let map = map.filter(|map| validate != Policy::Off && !reshapes_surely(map, schema, validate))?;
    shop.language.schemas.get(&map.target)
}

fn reshapes_surely(map: &Mapping, schema: Option<&Schema>, validate: Policy) -> bool {
    let takes = || Some(fits(&schema?.ty, &map.inputs.first()?.ty));
    validate == Policy::Reject && map.is_proven() && takes() == Some(true)
}

/// Whether everything that a flow gets is certainly of its type. What is forwarded is not ours.
pub(super) fn target(target: &Target, ends: &run::Ends<'_>, body: Option<&Body>) -> bool {
    let Target::Run { flow, inputs } = target else { return false };
    inputs.iter().zip(flow.inputs()).all(|(argument, input)| match argument {
        Argument::Absent => true,
        Argument::Path(at) => ends.params.get(*at).is_some_and(|given| parameter(given, &input.ty)),
        Argument::Query(at) => ends.query.get(*at).is_some_and(|given| parameter(given, &input.ty)),
        Argument::Body => {
            body.is_some_and(certain) && ends.body.as_ref().is_some_and(|ty| fits(ty, &input.ty))
        }
        Argument::Computed(computed) => certainly_computed(computed, ends, body),
    })
}

fn certainly_computed(computed: &Compiled, ends: &run::Ends<'_>, body: Option<&Body>) -> bool {
    let reads = |slot: usize| computed.reads.iter().any(|read| read.slot == slot);
    computed.proven
        && (!reads(0) || ends.params.iter().all(plain))
        && (!reads(1) || ends.query.iter().all(plain))
        && (!reads(3) || body.is_none_or(certain))
}

/// Whether the body's canonical form is certainly of its type: looked at, or proven.
fn certain(body: &Body) -> bool {
    let looked_at = body.validate == Policy::Reject && body.schema.is_some();
    match &body.map {
        None => looked_at,
        Some(map) => {
            let held = body.validate == Policy::Reject && body.canonical.is_some();
            held || (looked_at && reshapes_surely(map, body.schema.as_deref(), body.validate))
        }
    }
}

fn parameter(given: &Parameter, wanted: &Type) -> bool {
    plain(given) && fits(&super::parameters::ty(given.kind), wanted)
}

/// Whether a parameter's text is read by the rules that its type has. Those of times are the calendar's,
/// which are not to the letter those of a schema's formats.
fn plain(parameter: &Parameter) -> bool {
    matches!(parameter.kind, ParameterKind::String | ParameterKind::Integer | ParameterKind::Boolean)
}

/// Whether the caller's answer certainly keeps its contract, if the flow's inputs are of their types.
pub(super) fn answer(target: &Target, answer: &AnswerShape) -> bool {
    let (Target::Run { flow, .. }, Some(schema)) = (target, &answer.schema) else { return false };
    let takes = match &answer.map {
        None => schema.ty.clone(),
        Some(map) if map.is_proven() && fits(&map.target_type, &schema.ty) => match map.inputs.first() {
            Some(input) => input.ty.clone(),
            None => return false,
        },
        Some(_) => return false,
    };
    flow.is_proven() && given(flow).iter().all(|ty| fits(ty, &takes))
}

/// The types of what a flow may give and answer.
fn given(flow: &Definition) -> Vec<Type> {
    let output = flow.output().map(|(ty, _)| ty.clone());
    let answers = flow.answers().iter().filter(|answer| (200..300).contains(&answer.status));
    output.into_iter().chain(answers.filter_map(|answer| answer.body.clone())).collect()
}

fn fits(source: &Type, target: &Type) -> bool {
    source.fits(target) == Verdict::Proven
}
