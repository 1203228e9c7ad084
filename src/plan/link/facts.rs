//! The facts that customers' texts show, and the steps that give them.

use std::collections::BTreeSet;

use super::findings::Findings;
use super::walk;
use crate::config::Project;
use crate::config::declarations::flow::StepBody;
use crate::config::declarations::{Localized, Name};
use crate::diagnostic::{Diagnostic, codes};

/// Finds steps that reject or raise without a fact that the text shows.
pub(super) fn check(project: &Project, findings: &mut Findings) {
    for file in &project.flows {
        walk::steps(file, &mut |body| {
            if let Some((name, text)) = texts(project, body) {
                given(name, text, body, findings);
            }
        });
    }
}

/// The code that a step ends with, and its texts.
fn texts<'p>(project: &'p Project, body: &'p StepBody) -> Option<(&'p Name, &'p Localized)> {
    let rejected = body
        .reject
        .as_ref()
        .and_then(|name| Some((name, &project.exceptions.rejections.get(name.value.as_str())?.customer)));
    rejected.or_else(|| {
        body.raise
            .as_ref()
            .and_then(|name| Some((name, &project.exceptions.exceptions.get(name.value.as_str())?.customer)))
    })
}

fn given(name: &Name, texts: &Localized, body: &StepBody, findings: &mut Findings) {
    let shown: BTreeSet<&str> = texts.values().flat_map(|text| placeholders(text)).collect();
    for fact in shown.into_iter().filter(|fact| !body.facts.contains_key(*fact)) {
        let known: Vec<&str> = body.facts.keys().map(|name| name.value.as_str()).collect();
        let near = body.facts.keys().find(|own| crate::diagnostic::nearest(&own.value, [fact]).is_some());
        let span = near.map_or(name.span, |own| own.span);
        let what = format!("the text of `{}` shows `{{{fact}}}`, and this step does not give it", name.value);
        findings.add(
            Diagnostic::new(&codes::UNKNOWN_PLACEHOLDER, span, what)
                .nearest(near.map_or("", |own| &own.value), [fact])
                .help(match known.is_empty() {
                    true => format!("give it: `facts: {{ {fact}: =… }}`"),
                    false => format!(
                        "it gives `{}`; add `{fact}`, or show one of these in the text",
                        known.join("`, `")
                    ),
                }),
        );
    }
}

/// The names in braces of a text: `{limit}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    parts.map(|(name, _)| name.trim()).filter(|name| !name.is_empty())
}
