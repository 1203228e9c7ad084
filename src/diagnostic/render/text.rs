//! Findings for people: the line, a caret under the words, and what to write instead.

use std::borrow::Cow;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity, Source, SourceId, Sources, Span};

/// Lines longer than this are trimmed around the caret.
const WIDTH: usize = 140;

/// Every finding as an excerpt with a caret, separated by blank lines.
pub fn render(findings: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let mut out = String::new();
    for finding in findings {
        if !out.is_empty() {
            out.push('\n');
        }
        // The renderer makes C0 visible and lets C1 through (ECMA-48 §5.3), which steers terminals too.
        let c1 = |character: char| ('\u{80}'..='\u{9f}').contains(&character);
        out.push_str(&renderer.render(&[group(finding, sources)]).replace(c1, "\u{fffd}"));
        out.push('\n');
    }
    out
}

fn group<'a>(finding: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = level(finding.severity());
    let title = level.primary_title(finding.message.as_str()).id(finding.code.name);
    let helps = finding.help.iter().map(|help| Level::HELP.message(help.as_str()));
    let group = Group::with_title(title).elements(excerpts(finding, sources));
    group.elements(helps)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::NOTE.with_name("hint"),
    }
}

/// One excerpt for each file that the finding points into, its own file first.
fn excerpts<'a>(finding: &'a Diagnostic, sources: &'a Sources) -> Vec<Element<'a>> {
    let mut files: Vec<SourceId> = Vec::new();
    let places = finding.span.iter().chain(finding.related.iter().map(|(span, _)| span));
    for span in places {
        if !files.contains(&span.source) {
            files.push(span.source);
        }
    }
    files.into_iter().filter_map(|file| Some(excerpt(finding, file, sources.get(file)?))).collect()
}

fn excerpt<'a>(finding: &'a Diagnostic, file: SourceId, source: &'a Source) -> Element<'a> {
    if source.text.is_empty() {
        return Origin::path(&*source.path).into();
    }
    let text = match finding.span.filter(|span| finding.concealed && span.source == file) {
        Some(span) => Cow::Owned(without(&source.text, bytes(span, source))),
        None => Cow::Borrowed(&*source.text),
    };
    let snippet = Snippet::source(text).path(&*source.path);
    let primary = finding.span.filter(|span| span.source == file).map(|span| {
        let annotation = AnnotationKind::Primary.span(bytes(span, source));
        labelled(annotation, finding.label.as_deref())
    });
    let related = finding.related.iter().filter(|(span, _)| span.source == file);
    let context = related.map(|(span, words)| {
        labelled(AnnotationKind::Context.span(bytes(*span, source)), Some(words.as_str()))
    });
    snippet.annotations(primary.into_iter().chain(context)).into()
}

/// The text with some of its bytes made unreadable, each in its place.
fn without(text: &str, secret: std::ops::Range<usize>) -> String {
    format!("{}{}{}", &text[..secret.start], "*".repeat(secret.len()), &text[secret.end..])
}

fn labelled<'a>(annotation: Annotation<'a>, label: Option<&'a str>) -> Annotation<'a> {
    match label {
        Some(label) => annotation.label(label),
        None => annotation,
    }
}

/// The span's bytes, kept inside the text and on the boundaries of characters.
fn bytes(span: Span, source: &Source) -> std::ops::Range<usize> {
    let clamp = |at: u32| {
        let mut at = (at as usize).min(source.text.len());
        while !source.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (clamp(span.start), clamp(span.end));
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;

    #[test]
    fn looks_as_the_design_shows() {
        let mut sources = Sources::default();
        let text = "orderNo:    upper(booking.reference)\npoNumber:   left(booking.custmerReference, 35)\n";
        let source = sources.add("mappings/booking.mapping", text);
        let at = text.find("custmer").expect("it is there");
        let finding = Diagnostic::new(
            &codes::UNKNOWN_FIELD,
            Span::new(source, at, at + 16),
            "`canonical/booking@1` has no field `custmerReference`",
        )
        .nearest("custmerReference", ["customerReference"])
        .help("see the schema");
        let expected = "\
error[unknown-field]: `canonical/booking@1` has no field `custmerReference`
 --> mappings/booking.mapping:2:26
  |
2 | poNumber:   left(booking.custmerReference, 35)
  |                          ^^^^^^^^^^^^^^^^ did you mean `customerReference`?
  |
  = help: see the schema
";
        assert_eq!(render(&[finding], &sources, false), expected);
    }

    #[test]
    fn shows_both_files_and_survives_wild_spans() {
        let mut sources = Sources::default();
        let first = sources.add("a.yaml", "flow: a\n");
        let second = sources.add("b.yaml", "flow: ä");
        let finding = Diagnostic::new(&codes::UNKNOWN_KEY, Span::new(second, 7, 9000), "twice")
            .related(Span::new(first, 6, 7), "first here");
        let text = render(&[finding], &sources, false);
        assert!(text.contains("b.yaml:1:") && text.contains("a.yaml:1:7"), "{text}");
    }
}
