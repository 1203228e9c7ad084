//! A gateway project as it was read: every file, typed where it is YAML, with its sources.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::declarations::common::Name;
use super::declarations::{exception, flow, gateway, route, stub, system, test};
use super::kind::Kind;
use super::place::{Place, place};
use super::reading::{self, Reading};
use super::{folder, structure, tree};
use crate::diagnostic::{Diagnostic, Severity, SourceId, Sources, Span, codes, render};

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
        loading.unread |= path.is_empty() || path == "gateway.yaml";
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
    let mut loading = Loading::new(environment);
    let read = loading.read(kind, source, &Arc::from(text));
    (read, loading.findings)
}

struct Loading {
    project: Project,
    environment: Rc<Environment>,
    findings: Vec<Diagnostic>,
    /// Whether the folder, or its `gateway.yaml`, could not be read.
    unread: bool,
}

impl Loading {
    fn new(environment: &Environment) -> Loading {
        let environment = Rc::new(environment.clone());
        Loading { project: Project::default(), environment, findings: Vec::new(), unread: false }
    }

    fn all(mut self, mut files: Vec<(String, Vec<u8>)>) -> (Project, Vec<Diagnostic>) {
        files.sort();
        self.project.digest = digest(&files);
        for (path, bytes) in files {
            self.file(path, bytes);
        }
        if self.project.gateway.is_none()
            && !self.unread
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
            Err(error) => return self.not_utf8(path, &error),
        };
        // A byte order mark is no part of the text; offsets count from behind it.
        let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
        let source = self.project.sources.add(path, text.clone());
        self.known(place, source, text);
    }

    fn known(&mut self, place: Place, source: SourceId, text: Arc<str>) {
        let file = |name: Arc<str>| TextFile { name, source, text: text.clone() };
        match place {
            Place::Yaml(kind) => self.yaml(kind, source, &text),
            Place::Mapping(name) => self.project.mappings.push(file(name)),
            Place::Schema(name) => self.project.schemas.push(file(name)),
            Place::Table(name) => self.project.tables.push(file(name)),
            Place::NotBuilt { feature, meanwhile } => {
                let message = format!("{feature} are not built yet");
                let finding = Diagnostic::new(&codes::NOT_BUILT_YET, Span::new(source, 0, 0), message);
                self.findings.push(finding.help(meanwhile));
            }
            Place::Unknown { meant } => {
                let message = "this file is not read: it is in no folder that a project has";
                let finding = Diagnostic::new(&codes::UNKNOWN_FILE, Span::new(source, 0, 0), message);
                self.findings.push(finding.help(format!("did you mean `{meant}`?")));
            }
        }
    }

    fn yaml(&mut self, kind: Kind, source: SourceId, text: &Arc<str>) {
        match kind {
            Kind::Exceptions => {
                if let Some(file) = self.read(kind, source, text) {
                    self.exceptions(file);
                }
            }
            Kind::Flow => {
                let file = self.read(kind, source, text);
                self.project.flows.extend(file);
            }
            Kind::Gateway => {
                let file = self.read(kind, source, text);
                self.project.gateway = self.project.gateway.take().or(file);
            }
            Kind::Route => {
                let file = self.read(kind, source, text);
                self.project.routes.extend(file);
            }
            Kind::Stub => {
                let file = self.read(kind, source, text);
                self.project.stubs.extend(file);
            }
            Kind::System => {
                let file = self.read(kind, source, text);
                self.project.systems.extend(file);
            }
            Kind::Test => {
                let file = self.read(kind, source, text);
                self.project.tests.extend(file);
            }
        }
    }

    /// One YAML file: tree, structure, types. `None` when anything is wrong with it.
    fn read<T: DeserializeOwned>(&mut self, kind: Kind, source: SourceId, text: &Arc<str>) -> Option<T> {
        let (tree, mut findings) = tree::build(source, text);
        let Some(tree) = tree else {
            self.findings.extend(bounded(findings));
            return None;
        };
        let checked = structure::check(&tree, kind, &self.environment);
        findings.extend(checked.findings);
        let failed = has_errors(&findings);
        self.findings.extend(bounded(findings));
        self.project.missing_variables.extend(checked.missing);
        self.project.secrets.extend(checked.secrets);
        if failed || tree.is_null(tree.root) {
            return None;
        }
        let reading = Reading { tree: Rc::new(tree), environment: self.environment.clone() };
        let read = reading::read(reading, &checked.expanded);
        read.map_err(|finding| self.findings.push(*finding)).ok()
    }

    fn exceptions(&mut self, file: exception::ExceptionFile) {
        for (name, rejection) in file.rejections {
            merge(&mut self.project.exceptions.rejections, name, rejection, &mut self.findings);
        }
        for (name, exception) in file.exceptions {
            merge(&mut self.project.exceptions.exceptions, name, exception, &mut self.findings);
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

fn merge<T>(into: &mut BTreeMap<Name, T>, name: Name, value: T, findings: &mut Vec<Diagnostic>) {
    match into.get_key_value(name.as_str()) {
        Some((first, _)) => findings.push(duplicate("exception", &name, first.span)),
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

/// The most findings that one file may have: a file of another kind by mistake, or a hostile one,
/// must not bury what the others say.
const MAX_FINDINGS: usize = 200;

fn bounded(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = findings.len().saturating_sub(MAX_FINDINGS);
    findings.truncate(MAX_FINDINGS);
    if let (1.., Some(last)) = (more, findings.last_mut()) {
        last.help.push(format!("{more} more findings in this file are not shown"));
    }
    findings
}

fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity() == Severity::Error)
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
