//! The facts that customers' texts show, and the steps that give them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::findings::Findings;
use super::walk;
use crate::config::declarations::exception::ExceptionFile;
use crate::config::declarations::flow::StepBody;
use crate::config::declarations::{Localized, Name};
use crate::config::{Project, Spanned};
use crate::diagnostic::{Diagnostic, Span, codes, nearest};
use crate::mapping::Rejections;
use crate::plan::texts::placeholders;

/// Finds steps that reject or raise without a fact that the text shows.
pub(super) fn check(project: &Project, findings: &mut Findings) {
    for file in &project.flows {
        walk::steps(file, &mut |body| {
            if let Some((name, text)) = texts(project, body) {
                given(project, name, text, body, findings);
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

fn given(project: &Project, name: &Name, texts: &Localized, body: &StepBody, findings: &mut Findings) {
    let shown: BTreeSet<&str> = texts.values().flat_map(|text| placeholders(text)).collect();
    for fact in shown.iter().copied().filter(|fact| !body.facts.contains_key(*fact)) {
        let what = format!("the text of `{}` shows `{{{fact}}}`, and this step does not give it", name.value);
        let places = places(project, texts, fact);
        let near = body.facts.keys().find(|own| nearest(&own.value, [fact]).is_some());
        match (near, places.first()) {
            // Which of the two is the slip, only the author knows.
            (Some(own), Some(place)) => findings.add(
                Diagnostic::new(&codes::UNKNOWN_PLACEHOLDER, *place, what)
                    .label(format!("did you mean `{{{}}}`?", own.value))
                    .related(own.span, "what this step gives")
                    .help(format!("write `{{{}}}` in the text, or name the fact `{fact}`", own.value)),
            ),
            _ => {
                let finding =
                    Diagnostic::new(&codes::UNKNOWN_PLACEHOLDER, name.span, what).help(help(fact, body));
                findings.add(
                    places
                        .iter()
                        .take(1)
                        .fold(finding, |finding, place| finding.related(*place, "shown here")),
                );
            }
        }
    }
}

fn help(fact: &str, body: &StepBody) -> String {
    let known: Vec<&str> = body.facts.keys().map(|name| name.value.as_str()).collect();
    match known.is_empty() {
        true => format!("give it: `facts: {{ {fact}: =… }}`"),
        false => format!("it gives `{}`; add `{fact}`, or show one of these in the text", known.join("`, `")),
    }
}

/// Where the texts show a fact.
fn places(project: &Project, texts: &Localized, fact: &str) -> Vec<Span> {
    let place = |text: &Spanned<String>| {
        let source = project.sources.get(text.span.source)?;
        let start = text.span.start as usize;
        let words = source.text.get(start..text.span.end as usize)?;
        let word = format!("{{{fact}}}");
        let at = start + words.find(&word)?;
        Some(Span::new(text.span.source, at, at + word.len()))
    };
    texts.values().filter_map(place).collect()
}

/// The codes of all rejections, each with the facts that its texts show.
pub(super) fn shown(file: &ExceptionFile) -> Rejections {
    let facts =
        |texts: &Localized| texts.values().flat_map(|text| placeholders(text)).map(Arc::from).collect();
    file.rejections
        .iter()
        .map(|(name, declared)| (name.value.as_str().into(), facts(&declared.customer)))
        .collect()
}
