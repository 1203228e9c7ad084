//! What is declared and never used: events, flows, mappings, schemas, tables, rejections, exceptions.

use std::collections::BTreeSet;

use regex::Regex;

use super::findings::Findings;
use super::mappings::Mappings;
use super::walk;
use crate::config::declarations::{Name, flow::FlowInput};
use crate::config::{Project, TextFile};
use crate::diagnostic::{Code, Diagnostic, Source, Span, codes};

/// Warns of everything that nothing uses.
pub(super) fn check(project: &Project, mappings: &Mappings, findings: &mut Findings) {
    let used = Used::of(project, mappings);
    for file in project.flows.iter().filter(|file| !used.flows.contains(file.flow.value.as_str())) {
        let finding = named(&codes::UNUSED_FLOW, &file.flow, "nothing runs the flow");
        findings.add(finding.help("run it from a route or a step, or remove the file"));
    }
    for name in project.events.events.keys().filter(|name| !used.events.contains(name.value.as_str())) {
        let finding = named(&codes::UNUSED_EVENT, name, "nothing emits, hears or subscribes to the event");
        findings.add(finding.help(format!("use it, `emit: {}`, or remove it", name.value)));
    }
    for mapping in mappings.values().filter(|mapping| !used.mappings.contains(&*mapping.name)) {
        let what = format!("nothing uses the mapping `{}`", mapping.name);
        findings.add(
            Diagnostic::new(&codes::UNUSED_MAPPING, mapping.span, what)
                .help("name it where data is reshaped, `map: …`, or remove the file"),
        );
    }
    unused_files(&project.schemas, &used.schemas, &codes::UNUSED_SCHEMA, "schema", findings);
    unused_files(&project.tables, &used.tables, &codes::UNUSED_TABLE, "table", findings);
    for name in
        project.exceptions.rejections.keys().filter(|name| !used.rejections.contains(name.value.as_str()))
    {
        let finding = named(&codes::UNUSED_REJECTION, name, "nothing rejects with");
        findings.add(finding.help(format!("use it, `else: {{ reject: {} }}`, or remove it", name.value)));
    }
    for name in
        project.exceptions.exceptions.keys().filter(|name| !used.exceptions.contains(name.value.as_str()))
    {
        let finding = named(&codes::UNUSED_EXCEPTION, name, "nothing raises");
        findings.add(finding.help(format!("use it, `raise: {}`, or remove it", name.value)));
    }
}

fn named(code: &'static Code, name: &Name, what: &str) -> Diagnostic {
    Diagnostic::new(code, name.span, format!("{what} `{}`", name.value))
}

fn unused_files(
    files: &[TextFile],
    used: &BTreeSet<String>,
    code: &'static Code,
    what: &str,
    findings: &mut Findings,
) {
    for file in files.iter().filter(|file| !used.contains(&*file.name)) {
        let finding = Diagnostic::new(
            code,
            Span::new(file.source, 0, 0),
            format!("nothing uses the {what} `{}`", file.name),
        );
        findings.add(finding.help("remove the file, or name it where it belongs"));
    }
}

/// The names that something uses.
#[derive(Default)]
struct Used<'p> {
    events: BTreeSet<&'p str>,
    flows: BTreeSet<&'p str>,
    mappings: BTreeSet<&'p str>,
    schemas: BTreeSet<String>,
    tables: BTreeSet<String>,
    rejections: BTreeSet<String>,
    exceptions: BTreeSet<&'p str>,
}

impl<'p> Used<'p> {
    fn of(project: &'p Project, mappings: &Mappings) -> Used<'p> {
        let mut used = Used::default();
        used.in_systems(project);
        used.in_routes(project);
        used.in_flows(project);
        used.in_events(project);
        used.in_mappings(mappings);
        used.in_texts(project);
        used
    }

    fn in_systems(&mut self, project: &'p Project) {
        for operation in project.systems.iter().flat_map(|file| file.operations.values()) {
            operation.takes.values().chain(&operation.gives).for_each(|name| self.schema(name));
            if let Some(request) = &operation.request {
                self.shape(request.map.as_ref(), request.schema.as_ref());
            }
            if let Some(response) = &operation.response {
                self.shape(response.map.as_ref(), response.schema.as_ref());
            }
        }
    }

    fn in_routes(&mut self, project: &'p Project) {
        for route in project.routes.iter().flat_map(|file| &file.routes) {
            self.flows
                .extend([&route.run, &route.status_of].into_iter().flatten().map(|name| name.value.as_str()));
            self.events.extend(route.publish.iter().map(|name| name.value.as_str()));
            self.shape(route.map.as_ref(), route.body.as_ref());
            for shape in [&route.request, &route.response].into_iter().flatten() {
                self.shape(shape.map.as_ref(), shape.schema.as_ref());
            }
        }
    }

    fn in_flows(&mut self, project: &'p Project) {
        for file in &project.flows {
            match &file.input {
                Some(FlowInput::One { schema, .. }) => self.schema(schema),
                Some(FlowInput::Named(names)) => names.values().for_each(|name| self.schema(name)),
                None => {}
            }
            file.gives.iter().for_each(|name| self.schema(name));
            self.flows.extend(file.on.iter().map(|_| file.flow.value.as_str()));
            walk::steps(file, &mut |body| {
                self.flows.extend(body.run.iter().map(|name| name.value.as_str()));
                let heard = body.listen.iter().flat_map(|listen| listen.events());
                self.events.extend(body.emit.iter().chain(heard).map(|name| name.value.as_str()));
                self.exceptions.extend(body.raise.iter().map(|name| name.value.as_str()));
                self.rejections.extend(body.reject.iter().map(|name| name.value.clone()));
                let responds = body.respond.as_ref().and_then(|respond| respond.map.as_ref());
                self.mappings.extend(body.map.iter().chain(responds).map(|name| name.value.as_str()));
            });
        }
    }

    fn in_events(&mut self, project: &'p Project) {
        for (name, event) in &project.events.events {
            self.schema(&event.schema);
            let more = project.events.subscribers.get(name.value.as_str()).into_iter().flatten();
            if event.folds_into.is_some() {
                self.events.insert(&name.value);
            }
            for subscriber in event.subscribers.iter().chain(more) {
                self.events.insert(&name.value);
                self.flows.extend(subscriber.flow.iter().map(|flow| flow.value.as_str()));
                self.mappings.extend(subscriber.map.iter().map(|map| map.value.as_str()));
            }
        }
    }

    fn in_mappings(&mut self, mappings: &Mappings) {
        for mapping in mappings.values() {
            let ends = mapping.inputs.iter().map(|input| &input.schema).chain([&mapping.target]);
            self.schemas.extend(ends.map(|name| bare(name).to_owned()));
            self.tables.extend(mapping.tables.iter().map(|name| name.to_string()));
        }
    }

    /// What expressions and schemas name is found in their texts: precise enough for a warning.
    fn in_texts(&mut self, project: &Project) {
        let rejects = Regex::new(r#"reject\(\s*"([^"]+)""#).expect("the pattern is fixed");
        let lookups = Regex::new(r"\blookup\w*\(\s*([a-z][a-z0-9_]*)").expect("the pattern is fixed");
        let refers = Regex::new(r##""\$ref"\s*:\s*"(?:crossdock:)?([^"#]+)"##).expect("the pattern is fixed");
        let types = Regex::new(r"([\w./-]+@\d+)").expect("the pattern is fixed");
        let find = |pattern: &Regex, source: &Source| -> Vec<String> {
            pattern.captures_iter(&source.text).map(|found| found[1].to_owned()).collect()
        };
        for (_, source) in project.sources.iter() {
            if source.path.ends_with(".json") {
                self.schemas.extend(find(&refers, source));
            } else {
                self.rejections.extend(find(&rejects, source));
                self.tables.extend(find(&lookups, source));
                if source.path.ends_with(".mapping") {
                    // Parameters of definitions have schemas for their types.
                    self.schemas.extend(find(&types, source));
                }
            }
        }
    }

    fn shape(&mut self, map: Option<&'p Name>, schema: Option<&'p Name>) {
        self.mappings.extend(map.map(|name| name.value.as_str()));
        schema.into_iter().for_each(|name| self.schema(name));
    }

    fn schema(&mut self, name: &Name) {
        self.schemas.insert(bare(&name.value).to_owned());
    }
}

/// A schema's name without the `[]` of a list.
fn bare(name: &str) -> &str {
    name.trim_end_matches("[]").trim_end_matches('?')
}
