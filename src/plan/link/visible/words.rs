//! What is said of a field that customers must not see.

use super::graph::{Leak, Takes, is_nowhere};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::mapping::path_text;
use crate::schema::{Marked, Way};

/// A marked field that is shown.
pub(super) struct Shown {
    pub leak: Leak,
    /// What shows it: a route, a subscriber.
    pub what: String,
    pub span: Span,
    /// Which part of that.
    pub form: &'static str,
}

/// One finding for each marked field at each place where it is taken up, whoever then shows it.
pub(super) fn findings(shown: Vec<Shown>) -> Vec<Diagnostic> {
    let mut groups: Vec<(Span, Vec<Shown>)> = Vec::new();
    for one in shown {
        let span = taken_up(&one);
        let same = |(at, group): &&mut (Span, Vec<Shown>)| {
            let first = group.first().map(|first| (&first.leak.marked, &first.leak.schema));
            *at == span && first == Some((&one.leak.marked, &one.leak.schema))
        };
        match groups.iter_mut().find(same) {
            Some((_, group)) => group.push(one),
            None => groups.push((span, vec![one])),
        }
    }
    groups.into_iter().filter_map(|(span, group)| finding(span, &group)).collect()
}

/// Where the marked field is taken up: the nearest to it that somebody wrote for one field, else for a whole.
fn taken_up(shown: &Shown) -> Span {
    let first = |takes| shown.leak.hops.iter().find(|hop| hop.takes == takes);
    let written = first(Takes::Field).or_else(|| first(Takes::Whole));
    written.map_or(shown.span, |hop| hop.span)
}

fn finding(span: Span, group: &[Shown]) -> Option<Diagnostic> {
    let shown = group.first()?;
    let Leak { marked, schema, target, hops, .. } = &shown.leak;
    let as_what = match path_text(target).trim_start_matches('.') {
        "" => format!("{} of {}", shown.form, shown.what),
        path => format!("`{path}` in {} of {}", shown.form, shown.what),
    };
    let message = format!(
        "`{}` of `{schema}` is marked `{}` and reaches customers: {as_what}",
        field(&marked.way),
        marked.visibility.word()
    );
    let mut finding =
        Diagnostic::new(&codes::INTERNAL_FIELD_SHOWN, span, message).label("it is taken up here");
    if let Some(mark) = marked.span {
        finding = finding.related(mark, "the mark");
    }
    let mut told: Vec<(Span, &str)> = Vec::new();
    for hop in hops.iter().filter(|hop| !is_nowhere(hop.span) && !hop.words.is_empty()) {
        if !told.contains(&(hop.span, &hop.words)) {
            told.push((hop.span, &hop.words));
            finding = finding.related(hop.span, hop.words.clone());
        }
    }
    if !hops.iter().any(|hop| hop.span == shown.span) {
        finding = finding.related(shown.span, "shown here");
    }
    let mut others: Vec<&str> = Vec::new();
    for other in group.iter().map(|one| one.what.as_str()).filter(|what| *what != shown.what) {
        if !others.contains(&other) {
            others.push(other);
        }
    }
    if !others.is_empty() {
        finding = finding.help(format!("{} shows it, too", others.join(", ")));
    }
    Some(finding.help(remedy(marked)))
}

fn remedy(marked: &Marked) -> String {
    let leave = "leave it out here: name the fields that customers may see, in a mapping or a `set`";
    match marked.span {
        Some(_) => format!("{leave}; or, if they may see this one, mark it `\"x-visibility\": \"customer\"`"),
        None => format!("{leave}; the mark is in the canonical entity `{}`", marked.document),
    }
}

fn field(way: &[Way]) -> String {
    let mut text = String::new();
    for step in way {
        match step {
            Way::Field(name) if text.is_empty() => text.push_str(name),
            Way::Field(name) => {
                text.push('.');
                text.push_str(name);
            }
            Way::Items => text.push_str("[]"),
        }
    }
    if text.is_empty() { "all".to_owned() } else { text }
}

/// There is more than can be followed, so that nothing is proven.
pub(super) fn too_much() -> Diagnostic {
    let message = "flows have more steps and values than can be followed to what customers see";
    Diagnostic::nowhere(&codes::TOO_COMPLEX, message)
        .help("answer with a mapping of few fields, and split flows that run many others")
}
