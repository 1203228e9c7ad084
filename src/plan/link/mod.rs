//! Compiles every part of a project and joins them: one file per concern.

mod abuse;
mod clients;
mod echoes;
mod egress;
mod events;
mod facts;
mod findings;
mod folds;
mod mappings;
mod names;
mod needs;
mod plain;
mod routes;
mod settings;
mod store;
mod subscribers;
mod systems;
mod texts;
mod unused;
mod vendor;
mod visible;
mod walk;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use echoes::without_echoes;
use findings::Findings;
pub use settings::shown as shown_text;

use super::Plan;
use crate::config::Project;
use crate::diagnostic::Diagnostic;
use crate::flow;
use crate::mapping::{self, Tables};
use crate::schema::{SchemaSource, Schemas};
use crate::system;

/// Links a project. `None` when a finding is an error, or when there is no readable `gateway.yaml`, which
/// loading has said. Findings are in no order.
pub fn build(project: &Project) -> (Option<Plan>, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let plan = link(project, &mut findings);
    let refused = findings.any_error();
    (plan.filter(|_| !refused), findings.into_all())
}

/// Where a project's store is, also when the rest of the project has errors.
pub fn store_settings(project: &Project) -> super::StoreSettings {
    let file = project.gateway.as_ref();
    file.map_or_else(Default::default, |file| store::link(file, &mut Findings::default()))
}

fn link(project: &Project, findings: &mut Findings) -> Option<Plan> {
    let schemas = findings.take(Schemas::compile(&schema_sources(project)));
    let tables = Arc::new(findings.take(Tables::compile(&project.tables)));
    let rejections = texts::rejections(&project.exceptions, findings);
    let exceptions = texts::exceptions(&project.exceptions, findings);
    let codes = facts::shown(&project.exceptions);
    let stops: BTreeSet<Arc<str>> = exceptions.keys().cloned().collect();
    let language = mapping::Environment { schemas: &schemas, tables: &tables, rejections: &codes };
    let mappings = mappings::link(&project.mappings, &language, findings);
    let deps = system::Deps { environment: language, mappings: &mappings, tables: &tables };
    let systems = systems::link(&project.systems, &deps, findings);
    let vendors = vendor::schemas(project, &schemas);
    let events = events::link(&project.events, &schemas, &vendors, findings);
    let mut flows = flow::Environment {
        events: &events,
        operations: systems::signatures(&systems),
        flows: BTreeMap::new(),
        mappings: &mappings,
        mapping: language,
        vendor_schemas: vendors.clone(),
        exceptions: &stops,
    };
    let found = flow::compile_all(&project.flows, &mut flows);
    findings.take(((), found));
    let flow::Environment { operations, flows, .. } = flows;
    let webhooks = webhooks::link(&project.events, findings);
    let known = subscribers::Known { language, mappings: &mappings, flows: &flows, webhooks: &webhooks };
    let events = subscribers::link(&project.events, events, &known, findings);
    names::check(project, findings);
    facts::check(project, findings);
    plain::check(project, findings);
    vendor::check(project, &vendors, &mappings, findings);
    unused::check(project, &mappings, findings);
    // Loading has said that there is no readable `gateway.yaml`.
    let gateway = project.gateway.as_ref()?;
    let settings = settings::link(gateway, findings);
    egress::check(&systems, &settings.egress, findings);
    let clients = clients::link(gateway, findings);
    let doors = clients::Doors::link(gateway, &clients, &language, findings);
    let shop = routes::Shop {
        language,
        events: &events,
        mappings: &mappings,
        flows: &flows,
        operations: &operations,
        systems: &project.systems,
        doors: &doors,
        gateway,
        bounds: &settings.bounds,
    };
    let routes = routes::link(&project.routes, &shop, findings);
    let plan = Plan {
        digest: project.digest.as_str().into(),
        files: super::earlier::files(project),
        settings,
        clients,
        policies: doors.auth.clone(),
        routes,
        flows,
        systems,
        mappings,
        rejections,
        exceptions,
        events,
        webhooks,
        redact: settings::redact(gateway, findings),
        secrets: needs::secrets(project),
        secret_places: needs::secret_places(project),
        secrets_dir: needs::secrets_dir(gateway),
        variables: needs::variables(project),
        tables,
        schemas,
    };
    visible::check(&plan, findings);
    visible::subscribers(&plan, findings);
    Some(plan)
}

/// The schema files of a project, for [`Schemas::compile`].
pub fn schema_sources(project: &Project) -> Vec<SchemaSource> {
    let source = |file: &crate::config::TextFile| SchemaSource {
        name: file.name.clone(),
        source: file.source,
        text: file.text.clone(),
    };
    project.schemas.iter().map(source).collect()
}
