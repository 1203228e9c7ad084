//! From a folder to a plan and everything that is to be said about it: what `check`, `serve`, reload,
//! `dev` and `test` all do first.

use std::path::Path;

use super::{Plan, build, link};
use crate::config::{self, Environment, Project};
use crate::diagnostic::{Diagnostic, Severity, render};

/// A project that was read, and what came of it.
#[derive(Debug)]
pub struct Checked {
    pub project: Project,
    /// `None` when a finding is an error.
    pub plan: Option<Plan>,
    /// Every error and warning, sorted by file and place, each once.
    pub diagnostics: Vec<Diagnostic>,
    /// What `check --strict` says besides, likewise.
    pub hints: Vec<Diagnostic>,
}

impl Checked {
    /// How many findings are errors, and how many are warnings.
    pub fn counts(&self) -> (usize, usize) {
        let errors = render::errors(&self.diagnostics);
        let warnings = self.diagnostics.iter().filter(|finding| finding.severity() == Severity::Warning);
        (errors, warnings.count())
    }
}

/// Reads and checks the project in `dir`.
pub fn check(dir: &Path, environment: &Environment) -> Checked {
    complete(config::load(dir, environment))
}

/// Reads and checks a project of texts in memory, as (path relative to the project, text).
pub fn check_texts(texts: Vec<(String, String)>, environment: &Environment) -> Checked {
    complete(config::load_texts(texts, environment))
}

fn complete((project, mut diagnostics): (Project, Vec<Diagnostic>)) -> Checked {
    let (plan, linked) = build(&project);
    diagnostics.extend(link::without_echoes(&project, &diagnostics, linked));
    render::sort(&mut diagnostics, &project.sources);
    diagnostics.dedup();
    let refused = render::errors(&diagnostics) > 0;
    let (hints, diagnostics) =
        diagnostics.into_iter().partition(|finding| finding.severity() == Severity::Hint);
    Checked { project, plan: plan.filter(|_| !refused), diagnostics, hints }
}
