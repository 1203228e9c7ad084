//! Text to syntax tree: several errors per text, nothing hostile gets far.
//!
//! pest stops at its first error. So the statement that holds the error is blanked out, places
//! kept, and the text is read again, until it can be read or enough has been found.

mod build_defs;
mod build_expr;
mod build_mapping;
mod build_match;
#[cfg(test)]
mod coverage;
mod errors;
mod hints;
mod prepass;

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::{Pair, Pairs};

use super::syntax;
use crate::config::declarations::Expression;
use crate::diagnostic::{Diagnostic, SourceId, Span, codes};

/// A mapping's text, at most.
const BYTES: usize = 1 << 20;
/// What is said of a `}` without its `{`.
const CLOSES_NOTHING: &str = "this `}` closes nothing";
/// Findings of one text, at most.
const FINDINGS: usize = 20;

// The grammar's path is from the package's root.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/mapping.pest"]
struct Grammar;

/// Where the bytes of a text stand in the project's files.
#[derive(Clone, Copy)]
pub(super) struct Place {
    source: SourceId,
    base: usize,
    /// Everything stands here: the text was escaped or folded, so offsets do not line up.
    whole: Option<Span>,
}

impl Place {
    pub(super) fn span(self, range: Range<usize>) -> Span {
        self.whole.unwrap_or_else(|| Span::new(self.source, self.base + range.start, self.base + range.end))
    }

    fn of(self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        // A rule may have eaten white space behind it.
        self.span(span.start()..span.start() + pair.as_str().trim_end().len())
    }
}

/// Reads one expression as it stands in YAML.
pub fn parse_expression(expression: &Expression) -> Result<syntax::Expr, Vec<Diagnostic>> {
    let place = Place {
        source: expression.span.source,
        base: expression.span.start as usize,
        whole: (!expression.aligned).then_some(expression.span),
    };
    let mut findings = Vec::new();
    let build = |mut pairs: Pairs<'_, Rule>, _, findings: &mut Vec<Diagnostic>| {
        let pair = pairs.next()?.into_inner().find(|pair| pair.as_rule() == Rule::expr)?;
        Some(build_expr::Builder { place, findings }.expr(pair))
    };
    let expr = read(&expression.text, Rule::expression, place, &mut findings, build);
    match expr {
        Some(expr) if findings.is_empty() => Ok(expr),
        None if findings.is_empty() => Err(vec![empty(place.span(0..expression.text.len()))]),
        _ => Err(findings),
    }
}

fn empty(span: Span) -> Diagnostic {
    Diagnostic::new(&codes::SYNTAX_ERROR, span, "an expression is missing").help("write a value or a path")
}

/// Reads a mapping file; what could be read is given along with the findings.
pub fn parse_mapping(source: SourceId, text: &str) -> (Option<syntax::Mapping>, Vec<Diagnostic>) {
    let place = Place { source, base: 0, whole: None };
    let mut findings = Vec::new();
    let build = |mut pairs: Pairs<'_, Rule>, comments: Vec<Range<usize>>, findings: &mut Vec<Diagnostic>| {
        let comments = comments.into_iter().map(|range| place.span(range)).collect();
        build_expr::Builder { place, findings }.mapping(pairs.next()?, comments)
    };
    let mapping = read(text, Rule::mapping, place, &mut findings, build);
    (mapping, findings)
}

/// The text as the grammar reads it, as long as the original: comments are blank, and only newlines that
/// end a statement are left. And where the comments stand. `None` when brackets do not fit.
pub(super) fn prepare(text: &str) -> Option<(String, Vec<Range<usize>>)> {
    let prepared = prepass::prepare(text).ok()?;
    Some((prepared.text, prepared.comments))
}

/// Reads a file of definitions; what could be read is given along with the findings.
pub fn parse_shared(source: SourceId, text: &str) -> (Option<syntax::SharedFile>, Vec<Diagnostic>) {
    let place = Place { source, base: 0, whole: None };
    let mut findings = Vec::new();
    let build = |mut pairs: Pairs<'_, Rule>, comments: Vec<Range<usize>>, findings: &mut Vec<Diagnostic>| {
        let comments = comments.into_iter().map(|range| place.span(range)).collect();
        build_expr::Builder { place, findings }.shared(pairs.next()?, comments)
    };
    let shared = read(text, Rule::mapping, place, &mut findings, build);
    (shared, findings)
}

/// Blanks statements until the grammar can read the text, and builds what it then reads and the
/// places of its comments. `None` when there is no reading it.
fn read<T>(
    text: &str,
    rule: Rule,
    place: Place,
    findings: &mut Vec<Diagnostic>,
    build: impl FnOnce(Pairs<'_, Rule>, Vec<Range<usize>>, &mut Vec<Diagnostic>) -> Option<T>,
) -> Option<T> {
    if text.len() > BYTES {
        let message = format!("a text of more than {BYTES} bytes");
        findings.push(Diagnostic::new(&codes::TOO_COMPLEX, place.span(0..1), message));
        return None;
    }
    let mut text = text.to_owned();
    let mut line = None;
    for _ in 0..FINDINGS {
        let prepared = match prepass::prepare(&text) {
            Ok(prepared) => prepared,
            Err(problem) => {
                findings.push(misfit(&problem, place));
                // Nothing is left of an expression that is blanked.
                if rule == Rule::expression {
                    return None;
                }
                blank(&mut text, problem.blank?);
                continue;
            }
        };
        let error = match Grammar::parse(rule, &prepared.text) {
            Ok(pairs) => return build(pairs, prepared.comments, findings),
            Err(error) => error,
        };
        let stop = errors::describe(&error, &prepared.text);
        let missing_brace = stop.message.starts_with("expected `{`");
        let span = place.span(stop.shown.start..stop.shown.end.min(text.len()).max(stop.shown.start));
        // What cannot be read behind the first thing on a line follows from it, mostly.
        let start = text[..stop.at].rfind('\n');
        if line.replace(start) != Some(start) {
            let finding = Diagnostic::new(&codes::SYNTAX_ERROR, span, stop.message);
            findings.push(stop.help.into_iter().fold(finding, Diagnostic::help));
        }
        if rule == Rule::expression {
            return None;
        }
        // A block that was not opened: what it holds and its `}` would only be said to be wrong too.
        if missing_brace {
            findings.retain(|finding| finding.message != CLOSES_NOTHING);
            return None;
        }
        let holder =
            prepared.statements.into_iter().find(|range| range.start <= stop.at && stop.at <= range.end);
        blank(&mut text, holder?);
    }
    None
}

fn misfit(problem: &prepass::Problem, place: Place) -> Diagnostic {
    let code = if problem.blank.is_some() { &codes::SYNTAX_ERROR } else { &codes::TOO_COMPLEX };
    let finding = Diagnostic::new(code, place.span(problem.at.clone()), problem.message.clone());
    problem.help.iter().cloned().fold(finding, Diagnostic::help)
}

/// Replaces a stretch with as many spaces; whole characters only.
fn blank(text: &mut String, range: Range<usize>) {
    let spaces = " ".repeat(range.len());
    text.replace_range(range, &spaces);
}
