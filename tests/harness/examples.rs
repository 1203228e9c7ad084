//! Every project under `examples/` passes `check` without an error.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use crossdock::config::Environment;

/// One trial a project.
pub fn trials() -> Vec<Trial> {
    let projects = super::folders(&super::root().join("examples"));
    let projects = projects.into_iter().filter(|project| project.join("gateway.yaml").exists());
    projects
        .map(|project| Trial::test(format!("examples/{}", super::name(&project)), move || run(&project)))
        .collect()
}

fn run(project: &Path) -> Result<(), Failed> {
    let checked = crossdock::cli::check(project, &Environment::default());
    if checked.counts().0 == 0 && checked.plan.is_some() {
        return Ok(());
    }
    Err(crossdock::diagnostic::render::text::render(&checked.diagnostics, &checked.project.sources, false)
        .into())
}
