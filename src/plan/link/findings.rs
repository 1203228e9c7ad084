//! Findings while linking: collecting them, and the sentences that many of them share.

use crate::config::Spanned;
use crate::diagnostic::{Code, Diagnostic, Severity, Span};

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Diagnostic>,
}

impl Findings {
    /// Adds one finding.
    pub fn add(&mut self, finding: Diagnostic) {
        self.all.push(finding);
    }

    /// Adds what was found, if anything was.
    pub fn extend(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        self.all.extend(found);
    }

    /// Adds the findings that came with a result, and gives the result.
    pub fn take<T>(&mut self, (result, findings): (T, Vec<Diagnostic>)) -> T {
        self.all.extend(findings);
        result
    }

    /// Adds what is wrong and gives nothing, or gives what is right.
    pub fn keep<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|finding| self.all.push(finding)).ok()
    }

    /// A name that nothing declares: `there is no flow `x``, the nearest known one, or all of them.
    pub fn unknown<'k>(
        &mut self,
        code: &'static Code,
        what: &str,
        name: &Spanned<String>,
        known: impl IntoIterator<Item = &'k str>,
        otherwise: &str,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let finding = Diagnostic::new(code, name.span, format!("there is no {what} `{}`", name.value));
        let finding = finding.nearest(&name.value, known.iter().copied());
        self.add(if finding.label.is_some() { finding } else { finding.help(listed(&known, otherwise)) });
    }

    /// Whether anything found refuses the project.
    pub fn any_error(&self) -> bool {
        self.all.iter().any(|finding| finding.severity() == Severity::Error)
    }

    /// Everything found.
    pub fn into_all(self) -> Vec<Diagnostic> {
        self.all
    }
}

/// `declared: a, b, c`, when there are few enough to read; else what to do.
fn listed(known: &[&str], otherwise: &str) -> String {
    if known.is_empty() || known.len() > 12 {
        return otherwise.to_owned();
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("declared: {}; {otherwise}", names.join(", "))
}

/// A finding with the same words in many places: `{what} has no owner`.
pub(super) fn lacking(code: &'static Code, span: Span, what: &str, lacks: &str, help: &str) -> Diagnostic {
    Diagnostic::new(code, span, format!("{what} has no {lacks}")).help(help)
}
