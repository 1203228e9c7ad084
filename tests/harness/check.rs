//! `tests/cases/check/<code>/<case>/`: a project that has the finding `<code>`, and `expected.txt`,
//! what `crossdock check` says about it.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use crossdock::config::Environment;
use crossdock::diagnostic::render::sort;
use crossdock::diagnostic::{Severity, codes};

/// One trial a case folder.
pub fn trials() -> Vec<Trial> {
    super::trials("check", run)
}

fn run(case: &Path) -> Result<(), Failed> {
    let mut checked = crossdock::cli::check(case, &Environment::default());
    let code = case.parent().map(super::name).unwrap_or_default();
    // What only `--strict` says stands in the cases that are about it.
    if codes::find(&code).is_some_and(|code| code.severity == Severity::Hint) {
        checked.diagnostics.extend(checked.hints);
        sort(&mut checked.diagnostics, &checked.project.sources);
    }
    let text =
        crossdock::diagnostic::render::text::render(&checked.diagnostics, &checked.project.sources, false);
    if !checked.diagnostics.iter().any(|finding| finding.code.name == code) {
        return Err(format!("the case does not have the finding `{code}`; it has:\n{text}").into());
    }
    super::expect(&case.join("expected.txt"), &text)
}
