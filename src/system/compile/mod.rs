//! A system file becomes a [`System`], with every finding about it.

mod bounds;
mod effect;
mod findings;
mod operation;
mod path;
mod request;
mod response;

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use self::findings::Findings;
use super::text;
use super::{Operation, System};
use crate::auth::outbound;
use crate::config::declarations::system::SystemFile;
use crate::diagnostic::{Diagnostic, codes};
use crate::http::Target;
use crate::mapping::{Environment, Mapping, Tables};

/// What a system file may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Deps<'a> {
    pub environment: Environment<'a>,
    /// Every mapping of the project by name.
    pub mappings: &'a BTreeMap<Arc<str>, Arc<Mapping>>,
    /// The same tables as the environment's, to keep.
    pub tables: &'a Arc<Tables>,
}

/// Compiles one system file. With an error there is no system.
pub fn compile(file: &SystemFile, deps: &Deps<'_>) -> (Option<System>, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let system = system(file, deps, &mut findings);
    let refused = findings.any_error();
    (system.filter(|_| !refused), findings.into_all())
}

fn system(file: &SystemFile, deps: &Deps<'_>, findings: &mut Findings) -> Option<System> {
    owned(file, findings);
    url(file, findings);
    let auth = match &file.auth {
        Some(auth) => Some(findings.take(outbound::compile(auth, &deps.environment))?),
        None => None,
    };
    let operations: BTreeMap<Arc<str>, Arc<Operation>> = file
        .operations
        .iter()
        .filter_map(|(name, declared)| {
            let operation = operation::compile(file, name, declared, deps, findings)?;
            Some((Arc::from(name.value.as_str()), Arc::new(operation)))
        })
        .collect();
    let mut secrets: Vec<Arc<str>> = operations.values().flat_map(|one| one.secrets()).collect();
    secrets.sort();
    secrets.dedup();
    let mut system = System {
        name: file.system.value.as_str().into(),
        owner: file.owner.as_ref().map(|owner| owner.value.as_str().into()),
        runbook: file.runbook.clone(),
        url: file.url.clone(),
        ca: file.ca.clone(),
        tls: file.tls.clone(),
        network: file.network.as_ref().map(|network| network.value),
        limits: bounds::limits(file, findings),
        timeouts: bounds::timeouts(file, findings),
        response_size: bounds::response_size(file, findings),
        breaker: bounds::breaker(file.breaker.as_ref(), findings),
        operations,
        secrets,
        span: file.system.span,
        auth,
        tables: Arc::clone(deps.tables),
        fingerprint: [0; 16],
    };
    system.fingerprint = fingerprint(file, &system);
    effect::probes(file, &mut system, deps, findings);
    Some(system)
}

fn owned(file: &SystemFile, findings: &mut Findings) {
    let name = &file.system;
    if file.owner.is_none() {
        let message = format!("nobody owns the system `{}`", name.value);
        let help = "add `owner:` with the team that answers for it";
        findings.add(Diagnostic::new(&codes::MISSING_OWNER, name.span, message).help(help));
    }
    if file.runbook.is_none() {
        let message = format!("the system `{}` has no runbook", name.value);
        let help = "add `runbook:` with the address of the page that says what to do when it misbehaves";
        findings.add(Diagnostic::new(&codes::MISSING_RUNBOOK, name.span, message).help(help));
    }
}

fn url(file: &SystemFile, findings: &mut Findings) {
    let span = file.url.span;
    if text::secret(&file.url).is_some() {
        let message = "`url` holds a secret, which logs would show";
        let help = "move it into `auth` or `headers`";
        findings.add(Diagnostic::new(&codes::MISPLACED_SECRET, span, message).help(help));
    } else if let Some(url) = text::literal(&file.url)
        && let Err(why) = Target::parse(&url)
    {
        findings.add(Diagnostic::new(&codes::BAD_URL, span, format!("`{url}` {why}")));
    }
}

/// Of everything that decides what an answer that is kept becomes. Writing out whole types and
/// programs takes long, so what keeps no answers is left out.
fn fingerprint(file: &SystemFile, system: &System) -> [u8; 16] {
    let mut digest = Sha256::new();
    let cached: Vec<_> = system.operations.values().filter(|one| one.cache.is_some()).collect();
    if !cached.is_empty() {
        digest.update(format!("{file:?}"));
        digest.update(format!("{cached:?}"));
    }
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&digest.finalize()[..16]);
    fingerprint
}
