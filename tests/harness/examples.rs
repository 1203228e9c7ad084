//! Every project under `examples/` passes `check`; only what is not built yet is warned about.

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
    let checked = crossdock::plan::check(project, &Environment::default());
    // Flows that change something are warned about until they are durable: true, and nothing to mend.
    let mended = checked.diagnostics.iter().all(|finding| finding.code.name == "not-yet-durable");
    if mended && checked.plan.is_some() {
        return Ok(());
    }
    Err(crossdock::diagnostic::render::text::render(&checked.diagnostics, &checked.project.sources, false)
        .into())
}
