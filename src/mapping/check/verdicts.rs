//! What is known beforehand of every place of a target, and which calls may fail when it runs.

use std::sync::Arc;

use super::scope::Checker;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::schema::{Mismatch, Verdict};

/// So many further reasons are told of one place.
const FURTHER: usize = 4;

/// What is known beforehand of one place of a target. A place that several branches write has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetVerdict {
    /// The JSON path of the place: `lines[].sku`; empty for the whole.
    pub path: Arc<str>,
    /// The expression whose value goes there.
    pub span: Span,
    /// Proven, or checked when it runs and why; what is refuted is an error, and stands nowhere.
    pub verdict: Verdict,
}

/// A call that fails on some input, and that no `try` catches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MayFail {
    /// The JSON path of the place that it is for; empty for the whole and in a `let`.
    pub path: Arc<str>,
    /// What is called.
    pub name: Arc<str>,
    pub span: Span,
}

/// What has been gathered so far.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// The place of the target that is being written, a step each: `.lines`, `[]`, `.sku`.
    at: Vec<String>,
    pub places: Vec<TargetVerdict>,
    pub failing: Vec<MayFail>,
    /// How many `try` stand around what is being checked.
    pub catching: usize,
}

impl Verdicts {
    fn path(&self) -> Arc<str> {
        self.at.concat().trim_start_matches('.').into()
    }

    /// Whether every place is proven.
    pub(super) fn all_proven(&self) -> bool {
        self.places.iter().all(|place| place.verdict == Verdict::Proven)
    }
}

impl Checker<'_> {
    /// Checks what goes one step down the target: `.sku`, `[]`, `[0]`.
    pub(super) fn below<T>(&mut self, step: String, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.verdicts.at.push(step);
        let result = inside(self);
        self.verdicts.at.pop();
        result
    }

    /// Checks what is no place of the target, though it has to be of a type: an argument.
    pub(super) fn beside<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.verdicts.places.len();
        let result = inside(self);
        self.verdicts.places.truncate(before);
        result
    }

    /// How many places have a verdict.
    pub(super) fn judged(&self) -> usize {
        self.verdicts.places.len()
    }

    /// Keeps what is known of the present place. Where places inside it (from `since` on) are looked at
    /// when it runs, only what is said of the whole is added.
    pub(super) fn judge(&mut self, span: Span, verdict: Verdict, since: usize) {
        // A definition by itself goes nowhere; where it is called, it is checked again.
        if self.calls.defining {
            return;
        }
        let inner = self.verdicts.places.iter().skip(since);
        let open = inner.clone().any(|place| place.verdict != Verdict::Proven);
        let verdict = match verdict {
            Verdict::AtRuntime(mut reasons) if open => {
                reasons.retain(|reason| reason.pointer.is_empty());
                if reasons.is_empty() {
                    return;
                }
                Verdict::AtRuntime(reasons)
            }
            Verdict::Refuted(_) => return,
            other => other,
        };
        let place = TargetVerdict { path: self.verdicts.path(), span, verdict };
        if !self.verdicts.places.contains(&place) {
            self.verdicts.places.push(place);
        }
    }

    /// Keeps that a call may fail.
    pub(super) fn may_fail(&mut self, name: &str, span: Span) {
        if self.calls.defining {
            return;
        }
        let failing = MayFail { path: self.verdicts.path(), name: name.into(), span };
        if !self.verdicts.failing.contains(&failing) {
            self.verdicts.failing.push(failing);
        }
    }

    /// Checks what a `try` catches: calls that fail in it are no matter.
    pub(super) fn caught<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.verdicts.failing.len();
        self.verdicts.catching += 1;
        let result = inside(self);
        self.verdicts.catching -= 1;
        self.verdicts.failing.truncate(before);
        result
    }
}

/// The findings of `check --strict`: every place that only the data can show to be right, and every
/// call that may fail. `whole` is the target in words.
pub(super) fn hints(places: &[TargetVerdict], failing: &[MayFail], whole: &str) -> Vec<Diagnostic> {
    let places = places.iter().filter_map(|place| checked_at_runtime(place, whole));
    let failing = failing.iter().map(|call| {
        let of = if call.path.is_empty() { String::new() } else { format!(" for `{}`", call.path) };
        let message = format!("`{}` may fail here{of}, and no `try` catches it", call.name);
        let help = format!("write `try({}(…), …)` with what stands in then", call.name);
        Diagnostic::new(&codes::MAY_FAIL, call.span, message).help(help)
    });
    places.chain(failing).collect()
}

fn checked_at_runtime(place: &TargetVerdict, whole: &str) -> Option<Diagnostic> {
    let Verdict::AtRuntime(reasons) = &place.verdict else { return None };
    let first = reasons.first()?;
    let name = named(&place.path, first, whole);
    let message = format!("{name} can only be checked when data is there: it {}", first.message);
    let finding = Diagnostic::new(&codes::CHECKED_AT_RUNTIME, place.span, message);
    let finding = first.remedy.iter().fold(finding, |finding, remedy| finding.help(remedy.clone()));
    let further = reasons.iter().skip(1).take(FURTHER).map(|reason| {
        let remedy = reason.remedy.as_ref().map_or(String::new(), |remedy| format!(": {remedy}"));
        format!("and {} {}{remedy}", named(&place.path, reason, whole), reason.message)
    });
    let finding = further.fold(finding, Diagnostic::help);
    let more = reasons.len().saturating_sub(1 + FURTHER);
    Some(if more > 0 { finding.help(format!("and {more} more inside it")) } else { finding })
}

/// `lines[].sku` for a reason inside a place; the target in words for the whole of it.
fn named(path: &str, reason: &Mismatch, whole: &str) -> String {
    let mut name = path.to_owned();
    for step in reason.pointer.split('/').skip(1) {
        match step {
            "*" => name.push_str("[]"),
            step if step.bytes().all(|byte| byte.is_ascii_digit()) => name.push_str(&format!("[{step}]")),
            step => {
                let dot = if name.is_empty() { "" } else { "." };
                name.push_str(&format!("{dot}{}", step.replace("~1", "/").replace("~0", "~")));
            }
        }
    }
    if name.is_empty() { whole.to_owned() } else { format!("`{name}` of {whole}") }
}
