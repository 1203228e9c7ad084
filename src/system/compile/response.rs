//! What an answer means and becomes: rules, schema, mapping, `gives`.

use super::operation::{Draft, schema};
use super::request::find;
use super::{Deps, Findings};
use crate::config::declarations::system::{Operation, OutcomeRules, SystemFile};
use crate::config::declarations::{Expression, Name, Shape};
use crate::diagnostic::{Diagnostic, codes};
use crate::mapping::{self, Compiled, Scope};
use crate::schema::{Type, Verdict};
use crate::system::Policy;
use crate::system::operation::{ResponseShape, Rules};

/// What rules see; what is absent or of another kind compares false.
pub(super) fn rule_scope() -> Scope {
    let scope = Scope::new().with("status", Type::integer()).with("headers", Type::any_object());
    Scope { lenient: true, ..scope.with_optional("body", Type::Any) }
}

/// The operation's rules, each else the system's.
pub(super) fn rules(
    file: &SystemFile,
    declared: &Operation,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Rules {
    let none = OutcomeRules::default();
    let (ours, systems) =
        (declared.outcome.as_ref().unwrap_or(&none), file.outcome.as_ref().unwrap_or(&none));
    let scope = rule_scope();
    // The system's rules are the same words for every operation: findings about them come once.
    let mut compile = |own: &Option<Expression>, inherited: &Option<Expression>| -> Option<Compiled> {
        let (rule, fresh) = match own {
            Some(rule) => (rule, true),
            None => (inherited.as_ref()?, findings.first(inherited.as_ref()?.span)),
        };
        let (compiled, found) = mapping::compile_condition(rule, &scope, &deps.environment);
        findings.take((compiled, if fresh { found } else { Vec::new() }))
    };
    Rules {
        rejected: compile(&ours.rejected, &systems.rejected),
        not_done: compile(&ours.not_done, &systems.not_done),
        transient: compile(&ours.transient, &systems.transient),
        not_found: compile(&ours.not_found, &systems.not_found),
        ok: compile(&ours.ok, &systems.ok),
    }
}

/// The type that an operation gives.
pub(super) fn gives(declared: &Operation, deps: &Deps<'_>, findings: &mut Findings) -> Option<Type> {
    let name = declared.gives.as_ref()?;
    super::operation::ty(name, &name.value, deps, findings)
}

/// The schema an answer is held to and the mapping that reshapes it.
pub(super) fn shape(
    draft: &Draft<'_>,
    declared: Option<&Shape>,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Option<ResponseShape> {
    let none = Shape::default();
    let declared = declared.unwrap_or(&none);
    let written = draft.gives_name.map_or("", |name| name.value.trim_end_matches('?'));
    let item = written.strip_suffix("[]");
    let gives_schema = deps.environment.schemas.get(item.unwrap_or(written));
    let mut shape = ResponseShape {
        map: None,
        schema: None,
        gives: gives_schema,
        gives_list: item.is_some(),
        proven: false,
        validate: declared.validate.as_ref().map(|policy| policy.value),
    };
    if let Some(name) = &declared.schema {
        shape.schema = Some(schema(name, deps, findings)?);
    }
    match &declared.map {
        Some(map) => mapped(draft, map, declared.schema.as_ref(), &mut shape, deps, findings)?,
        None => unmapped(draft, declared.schema.as_ref(), &shape, findings),
    }
    shape.proven = draft.gives.is_some_and(|gives| proven(&shape, gives));
    Some(shape)
}

/// Whether what the mapping makes of an answer that keeps its schema certainly is what is given.
fn proven(shape: &ResponseShape, gives: &Type) -> bool {
    let strict = shape.validate.is_none_or(|policy| policy == Policy::Reject);
    let (Some(map), Some(schema)) = (&shape.map, shape.schema.as_ref().filter(|_| strict)) else {
        return false;
    };
    let takes = map.inputs.first().is_some_and(|input| schema.ty.fits(&input.ty) == Verdict::Proven);
    takes && map.is_proven() && map.target_type.fits(gives) == Verdict::Proven
}

fn mapped(
    draft: &Draft<'_>,
    map: &Name,
    schema_name: Option<&Name>,
    shape: &mut ResponseShape,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Option<()> {
    let mapping = find(map, deps, findings)?;
    let [input] = mapping.inputs.as_slice() else {
        let message = format!("`{}` takes {} inputs, but an answer is one", map.value, mapping.inputs.len());
        let help = "name a mapping with one `from`, the system's form of the answer";
        findings.add(Diagnostic::new(&codes::UNFIT_OPERATION, map.span, message).help(help));
        return None;
    };
    match (&shape.schema, schema_name) {
        (Some(schema), Some(name)) => {
            let (what, into) = (format!("`{}`", name.value), format!("what `{}` takes", map.value));
            findings.fits(&schema.ty, &input.ty, name.span, &what, &into);
        }
        // What the mapping takes is what the system must have sent.
        _ => shape.schema = deps.environment.schemas.get(&input.schema),
    }
    match (draft.gives, draft.gives_name) {
        (Some(gives), Some(name)) => {
            let (what, into) = (format!("what `{}` makes", map.value), format!("`gives: {}`", name.value));
            findings.fits(&mapping.target_type, gives, name.span, &what, &into);
        }
        _ => {
            let message =
                format!("`{}` reshapes the answer, but `{}` gives nothing", map.value, draft.name.value);
            let help = format!("add `gives: {}`", mapping.target);
            findings.add(Diagnostic::new(&codes::MISSING_KEY, map.span, message).help(help));
        }
    }
    shape.map = Some(mapping);
    Some(())
}

fn unmapped(draft: &Draft<'_>, schema_name: Option<&Name>, shape: &ResponseShape, findings: &mut Findings) {
    if let (Some(gives), Some(schema), Some(name)) = (draft.gives, &shape.schema, schema_name) {
        let into = format!("what `{}` gives, and no `map` reshapes it", draft.name.value);
        findings.fits(&schema.ty, gives, name.span, &format!("`{}`", name.value), &into);
    }
}
