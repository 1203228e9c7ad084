//! Findings while compiling, and the sentences that many of them share.

use crate::config::declarations::Name;
use crate::diagnostic::{Code, Diagnostic, Severity, Span, codes};
use crate::schema::{Type, Verdict};

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Diagnostic>,
    seen: Vec<Span>,
}

impl Findings {
    pub fn add(&mut self, finding: Diagnostic) {
        self.all.push(finding);
    }

    /// Whether this place is looked at for the first time: a system's rules are compiled for each
    /// operation, and findings about them come once.
    pub fn first(&mut self, span: Span) -> bool {
        let first = !self.seen.contains(&span);
        if first {
            self.seen.push(span);
        }
        first
    }

    /// Adds the findings that came with a result, and gives the result.
    pub fn take<T>(&mut self, (result, findings): (T, Vec<Diagnostic>)) -> T {
        self.all.extend(findings);
        result
    }

    /// A name that nothing declares, with the nearest that is.
    pub fn unknown<'k>(
        &mut self,
        code: &'static Code,
        what: &str,
        name: &Name,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let finding = Diagnostic::new(code, name.span, format!("there is no {what} `{}`", name.value));
        let finding = finding.nearest(&name.value, known.iter().copied());
        let few = (1..=12).contains(&known.len()) && finding.label.is_none();
        self.add(if few { finding.help(listed(&known)) } else { finding });
    }

    /// Whether values of one type can go where another is asked for. Where no value can, or one
    /// that certainly comes cannot, that is an error; where only data can show it, a hint; `what` names the values and `into` their goal.
    pub fn fits(&mut self, from: &Type, target: &Type, span: Span, what: &str, into: &str) {
        let (reasons, code, message) = match from.fits(target) {
            Verdict::Proven => return,
            Verdict::AtRuntime(reasons) => {
                let message = format!("only data can show whether {what} fits {into}");
                (reasons, &codes::CHECKED_AT_RUNTIME, message)
            }
            Verdict::Refuted(reasons) => {
                (reasons, &codes::UNFIT_OPERATION, format!("{what} does not fit {into}"))
            }
        };
        let finding = Diagnostic::new(code, span, message);
        let reasons = reasons.into_iter().take(5).map(|reason| match reason.pointer.as_str() {
            "" => format!("it {}", reason.message),
            pointer => format!("`{pointer}` {}", reason.message),
        });
        self.add(reasons.fold(finding, Diagnostic::help));
    }

    pub fn any_error(&self) -> bool {
        self.all.iter().any(|finding| finding.severity() == Severity::Error)
    }

    pub fn into_all(self) -> Vec<Diagnostic> {
        self.all
    }
}

fn listed(known: &[&str]) -> String {
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("write one of {}", names.join(", "))
}
