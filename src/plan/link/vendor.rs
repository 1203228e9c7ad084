//! Vendors stay at the edge (M32): a vendor's schema is named by its system and by that system's
//! mappings, and nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use super::mappings::Mappings;
use super::walk;
use crate::config::Project;
use crate::config::declarations::route::Layer;
use crate::config::declarations::{Name, Shape};
use crate::diagnostic::{Diagnostic, codes};
use crate::schema::Schemas;

/// Which system a vendor's schema belongs to.
pub(super) type Vendors = BTreeMap<Arc<str>, Arc<str>>;

/// The schemas that systems name for what is on the wire, and those in a folder of a system's name.
pub(super) fn schemas(project: &Project, known: &Schemas) -> Vendors {
    let mut vendors = Vendors::new();
    for file in &project.systems {
        let system: Arc<str> = file.system.value.as_str().into();
        let own = format!("{system}/");
        let in_folder = known.names().into_iter().filter(|name| name.starts_with(&own));
        let named = file.operations.values().flat_map(|operation| {
            let request = operation.request.as_ref().and_then(|request| request.schema.as_ref());
            request
                .into_iter()
                .chain(operation.response.as_ref().and_then(|response| response.schema.as_ref()))
        });
        let named = named.map(|name| Arc::from(name.value.as_str()));
        for name in in_folder.chain(named).filter(|name| !name.starts_with("canonical/")) {
            vendors.entry(name).or_insert_with(|| system.clone());
        }
    }
    vendors
}

/// Finds vendors' schemas in `takes`, `gives`, routes and in mappings that flows and routes use. (Flow
/// inputs and results are the flow room's to check.)
pub(super) fn check(project: &Project, vendors: &Vendors, mappings: &Mappings, findings: &mut Findings) {
    let mut edge = Edge { vendors, mappings, findings };
    for operation in project.systems.iter().flat_map(|file| file.operations.values()) {
        for name in operation.takes.values().chain(&operation.gives) {
            edge.schema(name, "what an operation takes and gives is canonical; name the vendor's form in `request` or `response`");
        }
    }
    for file in project.routes.iter().filter(|file| file.layer.value != Layer::System) {
        for route in &file.routes {
            let shapes = [&route.request, &route.response].into_iter().flatten();
            shapes.for_each(|shape| edge.shape(shape));
            route.body.iter().for_each(|name| edge.schema(name, ROUTE));
        }
    }
    let own = project.events.events.values().flat_map(|event| &event.subscribers);
    for subscriber in own.chain(project.events.subscribers.values().flatten()) {
        subscriber.map.iter().for_each(|name| edge.mapping(name));
    }
    for file in &project.flows {
        walk::steps(file, &mut |body| {
            let responds = body.respond.as_ref().and_then(|respond| respond.map.as_ref());
            body.map.iter().chain(responds).for_each(|name| edge.mapping(name));
        });
    }
}

const ROUTE: &str = "use a canonical entity, or a schema of the caller's own form";

struct Edge<'a> {
    vendors: &'a Vendors,
    mappings: &'a Mappings,
    findings: &'a mut Findings,
}

impl Edge<'_> {
    fn shape(&mut self, shape: &Shape) {
        shape.schema.iter().for_each(|name| self.schema(name, ROUTE));
        shape.map.iter().for_each(|name| self.mapping(name));
    }

    fn schema(&mut self, name: &Name, help: &str) {
        if let Some(system) = self.vendors.get(name.value.trim_end_matches("[]")) {
            let what =
                format!("`{}` is a form of the system `{system}` and is named outside of it", name.value);
            self.findings.add(Diagnostic::new(&codes::VENDOR_OUTSIDE_SYSTEM, name.span, what).help(help));
        }
    }

    fn mapping(&mut self, name: &Name) {
        let Some(mapping) = self.mappings.get(name.value.as_str()) else { return };
        let ends = mapping.inputs.iter().map(|input| &input.schema).chain([&mapping.target]);
        let found =
            ends.filter_map(|schema| Some((schema, self.vendors.get(schema.trim_end_matches("[]"))?))).next();
        if let Some((schema, system)) = found {
            let what = format!(
                "the mapping `{}` reads or makes `{schema}`, a form of the system `{system}`",
                name.value
            );
            self.findings.add(
                Diagnostic::new(&codes::VENDOR_OUTSIDE_SYSTEM, name.span, what)
                    .help("only that system's operations may use it; map between canonical entities and the caller's form here"),
            );
        }
    }
}
