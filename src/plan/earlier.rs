//! Flows of an earlier project: instances go on with the definition that they began with.

use std::sync::Arc;

use super::{Checked, Plan, check_texts};
use crate::config::{Environment, Project};
use crate::flow::Definition;

/// Compiles the flow called `name` of a project's files ([`Plan::files`]).
///
/// # Errors
/// In words, when they are no project (any more), or have no such flow.
pub fn flow_of(files: Vec<(Arc<str>, Vec<u8>)>, name: &str) -> Result<Arc<Definition>, String> {
    let checked = check_kept(files);
    let first =
        || checked.diagnostics.first().map_or_else(String::new, |finding| format!(": {}", finding.message));
    let plan: &Plan =
        checked.plan.as_ref().ok_or_else(|| format!("its project has errors now{}", first()))?;
    plan.flows.get(name).cloned().ok_or_else(|| format!("its project has no flow `{name}`"))
}

/// Checks the files of a project that was served before ([`Plan::files`]). They were UTF-8 then; what is not any
/// more is read as well as can be.
pub fn check_kept(files: Vec<(Arc<str>, Vec<u8>)>) -> Checked {
    let text =
        |(path, bytes): (Arc<str>, Vec<u8>)| (path.to_string(), String::from_utf8_lossy(&bytes).into_owned());
    check_texts(files.into_iter().map(text).collect(), &Environment::of_process())
}

/// What is kept of a project.
pub(super) fn files(project: &Project) -> Arc<Vec<(Arc<str>, Arc<[u8]>)>> {
    let aside = |path: &str| ["stubs/", "tests/"].iter().any(|dir| path.starts_with(dir));
    let sources = project.sources.iter().map(|(_, source)| source);
    let own = sources.filter(|source| !aside(&source.path) && !source.path.starts_with("canonical/"));
    Arc::new(own.map(|source| (Arc::clone(&source.path), source.text.as_bytes().into())).collect())
}
