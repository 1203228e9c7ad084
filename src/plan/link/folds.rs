//! `folds_into`: what makes the record the same whatever order its events come in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::events::field;
use super::findings::Findings;
use crate::config::Spanned;
use crate::config::declarations::Data;
use crate::config::declarations::event::{EventFile, FoldsInto};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::event::Fold;
use crate::schema::Schema;
use crate::value::{Kind, Value};

fn bad(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::BAD_FOLD, span, message)
}

/// How events of a type fold. `None` when a field is not there.
pub(super) fn link(declared: &Spanned<FoldsInto>, schema: &Schema, findings: &mut Findings) -> Option<Fold> {
    let state = field(&declared.state, schema, true, findings);
    let by = field(&declared.by, schema, true, findings);
    let rank = ranks(declared, findings);
    let texts = [(&declared.state, state.is_some()), (&declared.by, by.is_some())];
    for (name, _) in texts.into_iter().filter(|(_, found)| *found) {
        let found = schema.ty.at_path(name.value.split('.')).ok();
        if found.is_some_and(|found| found.ty.without_null().kind() != Some(Kind::String)) {
            findings.add(bad(name.span, format!("`{}` is no text", name.value)));
        }
    }
    for missing in unranked(declared, schema, &rank) {
        let message = format!("the state `{missing}` has no rank");
        let help = "name every state that the schema lists, from the first to the last";
        findings.add(bad(declared.state.span, message).help(help));
    }
    Some(Fold { entity: declared.entity.value.as_str().into(), state: state?, by: by?, when: None, rank })
}

/// States by their names, ranked from 1.
fn ranks(declared: &FoldsInto, findings: &mut Findings) -> BTreeMap<Arc<str>, u32> {
    let mut ranks = BTreeMap::new();
    if declared.rank.is_empty() {
        findings
            .add(bad(declared.entity.span, "`rank` names no state").help("write `rank: [first, …, last]`"));
    }
    for (rank, entry) in (1..).zip(&declared.rank) {
        let states = match entry {
            Data::Array(states, _) => states.as_slice(),
            one => std::slice::from_ref(one),
        };
        for state in states {
            match state {
                Data::Literal(Spanned { value: Value::String(name), span }, _) => {
                    if ranks.insert(Arc::clone(name), rank).is_some() {
                        findings.add(bad(*span, format!("`{name}` is ranked twice")).help("take one out"));
                    }
                }
                other => {
                    let finding = bad(other.span(), "a state is a text");
                    findings.add(finding.help("write the names of states, or lists of them"));
                }
            }
        }
    }
    ranks
}

/// States that the schema lists and the ranks do not.
fn unranked(declared: &FoldsInto, schema: &Schema, ranks: &BTreeMap<Arc<str>, u32>) -> Vec<Arc<str>> {
    let Ok(found) = schema.ty.at_path(declared.state.value.split('.')) else { return Vec::new() };
    let texts = found.ty.without_null().texts();
    texts.unwrap_or_default().into_iter().filter(|text| !ranks.contains_key(text)).collect()
}

/// All that fold into one entity rank its states alike.
pub(super) fn agree(file: &EventFile, findings: &mut Findings) {
    let mut first: BTreeMap<&str, (&FoldsInto, Span)> = BTreeMap::new();
    for fold in file.events.values().filter_map(|event| event.folds_into.as_ref()) {
        let Some((other, span)) = first.get(fold.entity.value.as_str()) else {
            first.insert(&fold.entity.value, (fold, fold.entity.span));
            continue;
        };
        let (mut own, mut theirs) = (Findings::default(), Findings::default());
        if ranks(fold, &mut own) != ranks(other, &mut theirs) {
            let message = format!("`{}` is ranked otherwise elsewhere", fold.entity.value);
            let finding = bad(fold.entity.span, message).related(*span, "the other ranks");
            findings.add(finding.help("let both name all states, in the same order"));
        }
    }
}
