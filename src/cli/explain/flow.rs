//! A whole flow: what its steps send, set and answer, back to its inputs and the answers of systems.

use std::sync::Arc;

use super::ask;
use super::show::{Group, Names, Told};
use crate::diagnostic::Sources;
use crate::flow::{FlowLineage, Sent};
use crate::mapping::{Asked, Descent, FieldDescent, Key, names_of, overlaps};
use crate::plan::Plan;
use crate::system::OperationName;

/// Explains a flow, a field that one of its steps makes, or where a field that it begins with goes.
pub(super) fn explain(
    plan: &Plan,
    sources: &Sources,
    name: &str,
    field: Option<&str>,
    from: Option<&str>,
) -> Result<Told, String> {
    let Some(flow) = plan.flows.get(name) else {
        return Err(ask::no_such("flow", name, plan.flows.keys().map(|name| &**name)));
    };
    let sends = |operation: &OperationName, takes: &[Descent]| {
        let system = plan.systems.get(&operation.system);
        let operation = system.and_then(|system| system.operation(&operation.operation));
        operation.map(|operation| operation.descent(takes)).unwrap_or_default()
    };
    let lineage = flow.lineage(&sends);
    let reached = from.map(|from| source(&lineage, from)).transpose()?;
    let names = Names::of_flow(&lineage);
    let mut groups = Vec::new();
    let wanted = match field {
        Some(field) => vec![step(&lineage, name, flow.paths(), field)?],
        None => lineage.sent.iter().map(|sent| (sent, Vec::new())).collect(),
    };
    for (sent, below) in wanted {
        let mut fields = fields(sent);
        if !below.is_empty() {
            fields = asked(fields, sent, &below)?;
        }
        if let Some((slot, names)) = &reached {
            fields.retain(|field| {
                let all = field.origin.from.iter().chain(&field.origin.decided_by);
                all.into_iter().any(|place| overlaps(place, *slot, names))
            });
        }
        let title = format!("{} ({})", sent.step, sent.what);
        groups.push(Group::of(title, &fields, &names, sources, reached.as_ref()));
    }
    groups.retain(|group| !group.is_empty());
    let nothing = match (from, field) {
        (Some(from), _) => format!("nothing comes from `{from}`"),
        (None, Some(field)) => format!("nothing is written at `{field}`"),
        (None, None) => format!("flow `{name}` sends nothing"),
    };
    Ok(Told { groups, table: field.is_none(), nothing })
}

/// The fields that a step makes; what stands in the address has its word before it.
fn fields(sent: &Sent) -> Vec<FieldDescent> {
    let of_part = |(word, descent): &(Option<&'static str>, Descent)| {
        let mut fields = descent.fields();
        if let Some(word) = word {
            fields.iter_mut().for_each(|field| field.keys.insert(0, Key::Field((*word).into())));
        }
        fields
    };
    sent.parts.iter().flat_map(of_part).collect()
}

/// The step that a path means, and the names below it.
fn step<'l, 'p>(
    lineage: &'l FlowLineage,
    flow: &str,
    paths: impl Iterator<Item = &'p Arc<str>>,
    path: &str,
) -> Result<(&'l Sent, Vec<Arc<str>>), String> {
    let names = names_of(path)?;
    let depth = |step: &str| {
        let words: Vec<&str> = step.split('.').collect();
        let begins =
            words.len() <= names.len() && words.iter().zip(&names).all(|(word, name)| *word == &**name);
        begins.then_some(words.len())
    };
    let best = lineage.sent.iter().filter_map(|sent| Some((depth(&sent.step)?, sent)));
    if let Some((depth, sent)) = best.max_by_key(|(depth, _)| *depth) {
        return Ok((sent, names[depth..].to_vec()));
    }
    let silent = paths.filter_map(|step| Some((depth(step)?, step))).max_by_key(|(depth, _)| *depth);
    if let Some((_, step)) = silent.filter(|(depth, _)| *depth == names.len()) {
        return Err(format!("step `{step}` of flow `{flow}` neither sends nor makes anything"));
    }
    Err(ask::no_such("step", path, lineage.sent.iter().map(|sent| &*sent.step)))
}

fn asked(fields: Vec<FieldDescent>, sent: &Sent, names: &[Arc<str>]) -> Result<Vec<FieldDescent>, String> {
    let path: Vec<Key> = names.iter().cloned().map(Key::Field).collect();
    match Asked::of(&fields, &path) {
        Asked::Fields(found) => Ok(found),
        Asked::Inside(field) => Ok(vec![field]),
        Asked::Nothing => {
            let known: Vec<String> = fields.iter().map(|field| field.names().join(".")).collect();
            let path = names.join(".");
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Err(ask::or_near(format!("`{}` makes no field `{path}`", sent.step), &path, &known))
        }
    }
}

/// The source that a path means, and the names below it.
fn source(lineage: &FlowLineage, path: &str) -> Result<(usize, Vec<Arc<str>>), String> {
    let names = names_of(path)?;
    let depth = |name: &str| {
        let words: Vec<&str> = name.split('.').collect();
        let begins =
            words.len() <= names.len() && words.iter().zip(&names).all(|(word, name)| *word == &**name);
        begins.then_some(words.len())
    };
    let known = || lineage.sources.iter().enumerate();
    let best = known().filter_map(|(slot, source)| Some((depth(&source.name)?, slot, source)));
    let Some((depth, slot, source)) = best.max_by_key(|(depth, ..)| *depth) else {
        return Err(ask::no_such("input or answer", path, known().map(|(_, source)| &*source.name)));
    };
    let below = names[depth..].to_vec();
    if let Some(ty) = &source.ty {
        ask::known(ty, &below, &format!("`{}`", source.name))?;
    }
    Ok((slot, below))
}
