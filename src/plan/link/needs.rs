//! What a plan needs from where it runs: secrets and variables, by name only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::settings;
use crate::config::Project;
use crate::config::declarations::gateway::GatewayFile;

/// Names of every secret that the project refers to.
pub(super) fn secrets(project: &Project) -> BTreeSet<Arc<str>> {
    project.secrets.iter().map(|(name, _)| name.as_str().into()).collect()
}

/// Where each secret is referred to, in the order found.
pub(super) fn secret_places(project: &Project) -> BTreeMap<Arc<str>, Vec<String>> {
    let mut places: BTreeMap<Arc<str>, Vec<String>> = BTreeMap::new();
    for (name, span) in &project.secrets {
        let place = project.sources.locate(*span);
        let known = places.entry(name.as_str().into()).or_default();
        if !known.contains(&place) {
            known.push(place);
        }
    }
    places
}

/// The directory of secrets: `secrets` beside the project unless said.
pub(super) fn secrets_dir(file: &GatewayFile) -> PathBuf {
    file.secrets
        .dir
        .as_ref()
        .map_or_else(|| PathBuf::from("secrets"), |dir| PathBuf::from(&*settings::shown(dir)))
}

/// Variables without a value, sorted, each with the first place that needs it.
pub(super) fn variables(project: &Project) -> Vec<(Arc<str>, String)> {
    let mut places = BTreeMap::new();
    for (name, span) in &project.missing_variables {
        places.entry(Arc::from(name.as_str())).or_insert_with(|| project.sources.locate(*span));
    }
    places.into_iter().collect()
}
