//! Findings as text for people, and as JSON and SARIF 2.1.0 for machines.

pub mod json;
pub mod sarif;
pub mod text;

use super::{Diagnostic, Severity, Sources};

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people: excerpts and carets.
    #[default]
    Text,
    /// For scripts: one array of objects.
    Json,
    /// For code hosts: SARIF 2.1.0 (OASIS).
    Sarif,
}

/// All findings in one form, ended by a newline unless there is nothing to say. `colour` matters to
/// text only.
pub fn render(format: Format, findings: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    match format {
        Format::Text => text::render(findings, sources, colour),
        Format::Json => json::render(findings, sources),
        Format::Sarif => sarif::render(findings, sources),
    }
}

/// Files in the order in which they depend on each other: what is wrong in one of the first may be why
/// something is wrong in a later one.
const ORDER: [&str; 10] = [
    "specs/",
    "tables/",
    "exceptions",
    "mappings/",
    "systems/",
    "gateway",
    "flows/",
    "routes/",
    "stubs/",
    "tests/",
];

/// Sorts findings as they are printed: causes first, then by file and place, errors before warnings in one
/// place.
pub fn sort(findings: &mut [Diagnostic], sources: &Sources) {
    let path = |finding: &Diagnostic| {
        finding.span.and_then(|span| sources.get(span.source)).map(|source| source.path.clone())
    };
    findings.sort_by_cached_key(|finding| {
        let place = finding.span.map_or((0, 0), |span| (span.start, span.end));
        let severity = std::cmp::Reverse(finding.severity());
        let path = path(finding);
        let rank = path.as_deref().map(|path| ORDER.iter().position(|start| path.starts_with(start)));
        (rank, path, place, severity, finding.code.name, finding.message.clone())
    });
}

/// How many findings fail a check.
pub fn errors(findings: &[Diagnostic]) -> usize {
    findings.iter().filter(|finding| finding.severity() == Severity::Error).count()
}
