//! A gateway project as it was read: every file, typed where it is YAML, with its sources.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::declarations::common::Name;
use super::declarations::{event, exception, flow, gateway, route, stub, system, test};
use super::file::{self, Declared, Notes, Unread};
use super::kind::Kind;
use super::place::{self, Place, place};
use super::{folder, side_by_side};
use crate::diagnostic::{Diagnostic, SourceId, Sources, Span, codes, render};

/// Where `${NAME}` is looked up: a snapshot of the process environment, or nothing for a test.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub variables: BTreeMap<String, String>,
}

impl Environment {
    /// The process's variables as they are now; those that are not UTF-8 are left out.
    pub fn of_process() -> Environment {
        let variables = std::env::vars_os();
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Environment { variables: variables.filter_map(text).collect() }
    }
}

/// A file of the project that is not YAML: a mapping, a schema, a table.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// The name others use for it: `erp/sales-order@1`, `carriers`, or the path for mappings.
    pub name: Arc<str>,
    pub source: SourceId,
    pub text: Arc<str>,
}

/// Everything in a project's folder.
#[derive(Debug, Clone, Default)]
pub struct Project {
    pub sources: Sources,
    pub gateway: Option<gateway::GatewayFile>,
    pub systems: Vec<system::SystemFile>,
    pub routes: Vec<route::RouteFile>,
    pub flows: Vec<flow::FlowFile>,
    pub events: event::EventFile,
    pub exceptions: exception::ExceptionFile,
    pub stubs: Vec<stub::StubFile>,
    pub tests: Vec<test::TestFile>,
    pub mappings: Vec<TextFile>,
    pub schemas: Vec<TextFile>,
    pub tables: Vec<TextFile>,
    /// `${NAME}` without a value in this environment, in the order found: `serve` lists them all.
    pub missing_variables: Vec<(String, Span)>,
    /// `${secret:name}`, each place: `serve` lists those that have no value.
    pub secrets: Vec<(String, Span)>,
    /// SHA-256 over every file's path and bytes, in path order, hex.
    pub digest: String,
}

/// Reads a project's folder. Findings are complete: a file with errors is left out of the project
/// and every other file is still read.
pub fn load(dir: &Path, environment: &Environment) -> (Project, Vec<Diagnostic>) {
    let folder = folder::read(dir);
    let mut loading = Loading::new(environment);
    for (path, problem) in folder.problems {
        // Whether there is a `gateway.yaml` is not known then.
        loading.hidden |= path.is_empty() || path == "gateway.yaml";
        let path = if path.is_empty() { dir.display().to_string() } else { path };
        let source = loading.project.sources.add(path, "");
        loading.findings.push(Diagnostic { span: Some(Span::new(source, 0, 0)), ..problem });
    }
    loading.all(folder.files)
}

/// The same over texts in memory, as (path relative to the project, text): for tests, `dev` and editors.
pub fn load_texts(texts: Vec<(String, String)>, environment: &Environment) -> (Project, Vec<Diagnostic>) {
    let files = texts.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    Loading::new(environment).all(files)
}

/// Reads one YAML text as a declaration of `kind`, for tests and tools that have no project. Nothing
/// is given when there are errors.
pub fn read_text<T: DeserializeOwned>(
    kind: Kind,
    source: SourceId,
    text: &str,
    environment: &Environment,
) -> (Option<T>, Vec<Diagnostic>) {
    let mut notes = Notes::default();
    let file = Unread { kind, source, text: text.into() };
    let read = file::typed(&file, &Arc::new(environment.clone()), &mut notes);
    (read, notes.findings)
}

struct Loading {
    project: Project,
    environment: Arc<Environment>,
    /// YAML files, in their order.
    unread: Vec<Unread>,
    findings: Vec<Diagnostic>,
    /// Whether the folder, or its `gateway.yaml`, could not be read.
    hidden: bool,
}

impl Loading {
    fn new(environment: &Environment) -> Loading {
        let environment = Arc::new(environment.clone());
        Loading {
            project: Project::default(),
            environment,
            unread: Vec::new(),
            findings: Vec::new(),
            hidden: false,
        }
    }

    fn all(mut self, mut files: Vec<(String, Vec<u8>)>) -> (Project, Vec<Diagnostic>) {
        files.sort();
        files.retain(|(path, bytes)| !place::is_foreign(path, bytes));
        self.project.digest = digest(&files);
        for (path, bytes) in files {
            self.file(path, bytes);
        }
        self.declarations();
        if self.project.gateway.is_none()
            && !self.hidden
            && !self.project.sources.iter().any(|(_, source)| is_gateway(source))
        {
            let finding = Diagnostic::nowhere(&codes::MISSING_GATEWAY, "this folder has no `gateway.yaml`");
            self.findings.push(finding.help("write one, or start from `crossdock init`"));
        }
        self.duplicate_names();
        render::sort(&mut self.findings, &self.project.sources);
        (self.project, self.findings)
    }

    fn file(&mut self, path: String, bytes: Vec<u8>) {
        let Some(place) = place(&path) else { return };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            // A spreadsheet among tables, say: what it holds does not matter.
            Err(_) if matches!(place, Place::Unknown { .. }) => String::new(),
            Err(error) => return self.not_utf8(path, &error),
        };
        // A byte order mark is no part of the text; offsets count from behind it.
        let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
        let place = match place {
            Place::Stray => match place::meant(&path, &text) {
                Some(meant) => Place::Unknown { meant },
                None => return,
            },
            other => other,
        };
        let source = self.project.sources.add(path, text.clone());
        self.known(place, source, text);
    }

    fn known(&mut self, place: Place, source: SourceId, text: Arc<str>) {
        let file = |name: Arc<str>| TextFile { name, source, text: text.clone() };
        match place {
            Place::Yaml(kind) => self.unread.push(Unread { kind, source, text }),
            Place::Mapping(name) => self.project.mappings.push(file(name)),
            Place::Schema(name) => self.project.schemas.push(file(name)),
            Place::Table(name) => self.project.tables.push(file(name)),
            Place::Stray => {}
            Place::Unknown { meant } => {
                let message = "this file is not read: nothing of a project has such a place and ending";
                let finding = Diagnostic::new(&codes::UNKNOWN_FILE, Span::new(source, 0, 0), message);
                self.findings.push(finding.help(format!("did you mean `{meant}`?")));
            }
        }
    }

    /// Reads the YAML files side by side, and takes them in their order.
    fn declarations(&mut self) {
        let unread = std::mem::take(&mut self.unread);
        let environment = self.environment.clone();
        for (declared, notes) in side_by_side(&unread, |file| file::read(file, &environment)) {
            self.findings.extend(notes.findings);
            self.project.missing_variables.extend(notes.missing);
            self.project.secrets.extend(notes.secrets);
            declared.into_iter().for_each(|declared| self.declared(declared));
        }
    }

    fn declared(&mut self, declared: Declared) {
        let project = &mut self.project;
        match declared {
            Declared::Events(file) => self.events(file),
            Declared::Exceptions(file) => self.exceptions(file),
            Declared::Flow(file) => project.flows.push(file),
            Declared::Gateway(file) => drop(project.gateway.get_or_insert(file)),
            Declared::Route(file) => project.routes.push(file),
            Declared::Stub(file) => project.stubs.push(file),
            Declared::System(file) => project.systems.push(file),
            Declared::Test(file) => project.tests.push(file),
        }
    }

    fn events(&mut self, file: event::EventFile) {
        for (name, event) in file.events {
            merge(&mut self.project.events.events, "event", name, event, &mut self.findings);
        }
        for (name, webhook) in file.webhooks {
            merge(&mut self.project.events.webhooks, "webhook", name, webhook, &mut self.findings);
        }
        for (name, more) in file.subscribers {
            self.project.events.subscribers.entry(name).or_default().extend(more);
        }
    }

    fn exceptions(&mut self, file: exception::ExceptionFile) {
        for (name, rejection) in file.rejections {
            merge(&mut self.project.exceptions.rejections, "exception", name, rejection, &mut self.findings);
        }
        for (name, exception) in file.exceptions {
            merge(&mut self.project.exceptions.exceptions, "exception", name, exception, &mut self.findings);
        }
    }

    /// Systems, their stubs and flows are named once.
    fn duplicate_names(&mut self) {
        let project = &self.project;
        let systems = project.systems.iter().map(|file| ("system", &file.system));
        let flows = project.flows.iter().map(|file| ("flow", &file.flow));
        let stubs = project.stubs.iter().map(|file| ("stub", &file.stub));
        let mut seen: BTreeMap<(&str, &str), Span> = BTreeMap::new();
        for (what, name) in systems.chain(flows).chain(stubs) {
            match seen.entry((what, name.as_str())) {
                Entry::Vacant(entry) => drop(entry.insert(name.span)),
                Entry::Occupied(first) => self.findings.push(duplicate(what, name, *first.get())),
            }
        }
    }

    fn not_utf8(&mut self, path: String, error: &std::string::FromUtf8Error) {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let source = self.project.sources.add(path, text);
        let span = Span::new(source, valid, valid + '\u{fffd}'.len_utf8());
        let finding = Diagnostic::new(&codes::NOT_UTF8, span, "this file is not UTF-8 text");
        self.findings.push(finding.label("from here").help("save it as UTF-8"));
    }
}

fn merge<T>(into: &mut BTreeMap<Name, T>, what: &str, name: Name, value: T, findings: &mut Vec<Diagnostic>) {
    match into.get_key_value(name.as_str()) {
        Some((first, _)) => findings.push(duplicate(what, &name, first.span)),
        None => drop(into.insert(name, value)),
    }
}

fn duplicate(what: &str, name: &Name, first: Span) -> Diagnostic {
    let message = format!("the {what} `{}` is declared twice", name.value);
    let finding = Diagnostic::new(&codes::DUPLICATE_NAME, name.span, message).label("again here");
    finding.related(first, "first here").help("rename or remove one of them")
}

fn is_gateway(source: &crate::diagnostic::Source) -> bool {
    matches!(place(&source.path), Some(Place::Yaml(Kind::Gateway)))
}

/// SHA-256 over every path and its bytes, each with its length before it.
fn digest(files: &[(String, Vec<u8>)]) -> String {
    let mut digest = Sha256::new();
    for (path, bytes) in files {
        for part in [path.as_bytes(), bytes] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
