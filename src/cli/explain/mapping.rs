//! One mapping: its fields, or what comes from a field of an input.

use super::ask;
use super::show::{Group, Names, Told};
use crate::diagnostic::Sources;
use crate::mapping::{Asked, FieldDescent, Mapping, names_of, overlaps};
use crate::plan::Plan;

/// Explains a mapping, a field of it, or where a field of an input goes.
pub(super) fn explain(
    plan: &Plan,
    sources: &Sources,
    name: &str,
    path: Option<&str>,
    from: Option<&str>,
) -> Result<Told, String> {
    let Some(mapping) = plan.mappings.get(name) else {
        return Err(ask::no_such("mapping", name, plan.mappings.keys().map(|name| &**name)));
    };
    let mut fields = mapping.descent().fields();
    let mut whole = true;
    if let Some(path) = path {
        whole = false;
        fields = asked(mapping, fields, path)?;
    }
    let mut reached = None;
    if let Some(from) = from {
        let (slot, names) = source(mapping, from)?;
        fields.retain(|field| {
            let all = field.origin.from.iter().chain(&field.origin.decided_by);
            all.into_iter().any(|place| overlaps(place, slot, &names))
        });
        reached = Some((slot, names));
    }
    let names = Names::of_mapping(mapping);
    let title = format!("mapping {name}: {} to {}", names.inputs(), mapping.target);
    let nothing = match (from, path) {
        (Some(from), _) => format!("nothing comes from `{from}`"),
        (None, Some(path)) => format!("`{name}` does not write `{path}`"),
        (None, None) => format!("`{name}` writes nothing"),
    };
    let group = Group::of(title, &fields, &names, sources, reached.as_ref());
    Ok(Told { groups: vec![group], table: whole, nothing })
}

fn asked(mapping: &Mapping, fields: Vec<FieldDescent>, path: &str) -> Result<Vec<FieldDescent>, String> {
    let names = names_of(path)?;
    let known = ask::known(&mapping.target_type, &names, &format!("`{}`", mapping.target))?;
    Ok(match Asked::of(&fields, &known) {
        Asked::Fields(found) => found,
        Asked::Inside(field) => vec![field],
        Asked::Nothing => Vec::new(),
    })
}

/// The input and the names below it that a path such as `booking.packages.type` means.
fn source(mapping: &Mapping, path: &str) -> Result<(usize, Vec<std::sync::Arc<str>>), String> {
    let mut names = names_of(path)?;
    let inputs = || mapping.inputs.iter().map(|input| &*input.name);
    let first = if names.is_empty() { "".into() } else { names.remove(0) };
    let Some(slot) = inputs().position(|name| *name == *first) else {
        return Err(ask::no_such("input", &first, inputs()));
    };
    let input = &mapping.inputs[slot];
    ask::known(&input.ty, &names, &format!("`{}`", input.schema))?;
    Ok((slot, names))
}
