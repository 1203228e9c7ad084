//! Compiling a project's schemas: read, check, link, and give each its type.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock, OnceLock};

use jsonschema::{Registry, ValidationError, Validator};

use super::keywords::Draft;
use super::library::{Document, Library, Target, own_id};
use super::node::Exact;
use super::types::read::TypeReader;
use super::{Schema, SchemaSource, Schemas, canonical, check, facets, lower, spanned};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::value::Value;

/// Schemas by their names.
type ByName = BTreeMap<Arc<str>, Arc<Schema>>;

/// Documents that know each other, ready for validators to be built.
#[derive(Debug)]
pub(super) struct Linked {
    pub library: Library,
    /// Documents with errors: no validator knows them.
    broken: HashSet<usize>,
    registry: OnceLock<Option<Registry<'static>>>,
}

impl Linked {
    fn new(library: Library, broken: HashSet<usize>) -> Linked {
        Linked { library, broken, registry: OnceLock::new() }
    }

    fn registry(&self) -> Option<&Registry<'static>> {
        let build = || {
            let all = self.library.documents.iter().enumerate();
            let documents = all.filter(|(index, _)| !self.broken.contains(index)).map(|(index, document)| {
                let draft = document.draft.of_validator();
                let uri = lower::uri(&self.library, &Target { document: index, pointer: String::new() });
                (uri, draft.create_resource(lower::document(&self.library, index)))
            });
            Registry::new().extend(documents).ok()?.prepare().ok()
        };
        self.registry.get_or_init(build).as_ref()
    }

    /// The validator of a whole document.
    pub(super) fn build(&self, index: usize) -> Result<Validator<Exact>, ValidationError<'static>> {
        self.build_at(&Target { document: index, pointer: String::new() })
    }

    /// The validator of a schema inside a document.
    pub(super) fn build_at(&self, target: &Target) -> Result<Validator<Exact>, ValidationError<'static>> {
        let Some((registry, document)) = self.registry().zip(self.library.documents.get(target.document))
        else {
            return Err(ValidationError::schema("the schemas do not fit together"));
        };
        let schema = serde_json::json!({
            "$schema": document.draft.uri(),
            "$ref": lower::uri(&self.library, target),
        });
        facets::options().with_registry(registry).build(&schema)
    }
}

/// The canonical entities: read once for the process.
static CANONICAL: LazyLock<(Arc<Linked>, ByName)> = LazyLock::new(|| {
    let mut library = Library::default();
    for (name, text) in canonical::ALL {
        // The files are our own; a test reads each of them.
        if let Ok((value, places)) = spanned::read(text) {
            library.add(Arc::new(Document::new(Arc::from(*name), None, value, places, Draft::D2020)));
        }
    }
    let linked = Arc::new(Linked::new(library, HashSet::new()));
    let all: Vec<usize> = (0..linked.library.documents.len()).collect();
    let schemas = give_types(&linked, &all, &BTreeMap::new());
    (linked, schemas)
});

/// See [`Schemas::compile`].
pub(super) fn compile(sources: &[SchemaSource]) -> (Schemas, Vec<Diagnostic>) {
    let (canonical, shipped) = &*CANONICAL;
    if sources.is_empty() {
        return (Schemas { schemas: Arc::new(shipped.clone()) }, Vec::new());
    }
    let mut findings = Vec::new();
    let mut library = Library::default();
    canonical.library.documents.iter().for_each(|document| library.add(document.clone()));
    let mut broken: HashSet<usize> = HashSet::new();
    for source in sources {
        add_source(&mut library, source, &mut findings);
    }
    for index in shipped.len()..library.documents.len() {
        let found = check::document(&library, index);
        if found.iter().any(|finding| finding.severity() == crate::diagnostic::Severity::Error) {
            broken.insert(index);
        }
        findings.extend(found);
    }
    spread(&library, shipped.len(), &mut broken);
    let whole: Vec<usize> =
        (shipped.len()..library.documents.len()).filter(|index| !broken.contains(index)).collect();
    let linked = Arc::new(Linked::new(library, broken));
    let mut schemas = shipped.clone();
    for (name, schema) in give_types(&linked, &whole, shipped) {
        let found = check::compiled(&linked, &schema);
        if !found.iter().any(|finding| finding.severity() == crate::diagnostic::Severity::Error) {
            schemas.insert(name, schema);
        }
        findings.extend(found);
    }
    (Schemas { schemas: Arc::new(schemas) }, findings)
}

/// Whoever refers to something broken is broken too.
fn spread(library: &Library, shipped: usize, broken: &mut HashSet<usize>) {
    if broken.is_empty() {
        return;
    }
    let refers: Vec<(usize, HashSet<usize>)> =
        (shipped..library.documents.len()).map(|index| (index, check::referred(library, index))).collect();
    loop {
        let before = broken.len();
        for (index, to) in &refers {
            if !to.is_disjoint(broken) {
                broken.insert(*index);
            }
        }
        if broken.len() == before {
            return;
        }
    }
}

fn give_types(linked: &Arc<Linked>, indexes: &[usize], shipped: &ByName) -> ByName {
    let mut reader = TypeReader::new(&linked.library);
    for (name, schema) in shipped {
        if let Some(index) = linked.library.by_name.get(name) {
            reader.seed(Target { document: *index, pointer: String::new() }, schema.ty.clone());
        }
    }
    let schema = |index: &usize| {
        let document = linked.library.documents.get(*index)?;
        let ty = reader.read(&Target { document: *index, pointer: String::new() });
        let schema = Schema {
            name: document.name.clone(),
            ty,
            linked: linked.clone(),
            index: *index,
            validator: OnceLock::new(),
        };
        Some((document.name.clone(), Arc::new(schema)))
    };
    indexes.iter().filter_map(schema).collect()
}

/// Reads one file into the library, when its name and its text allow it.
fn add_source(library: &mut Library, source: &SchemaSource, findings: &mut Vec<Diagnostic>) {
    let whole = Span::new(source.source, 0, 0);
    if let Some(problem) = name_problem(&source.name) {
        let finding = Diagnostic::new(
            &codes::BAD_SCHEMA_NAME,
            whole,
            format!("a schema cannot be called `{}`: {problem}", source.name),
        );
        findings.push(finding.help("name the file like `specs/erp/sales-order@1.json`"));
        return;
    }
    if library.by_name.contains_key(&source.name) {
        let message = format!("two schemas are called `{}`", source.name);
        findings
            .push(Diagnostic::new(&codes::DUPLICATE_NAME, whole, message).help("rename one of the files"));
        return;
    }
    match read_source(source) {
        Ok(document) => {
            duplicate_id(library, &document, findings);
            library.add(Arc::new(document));
        }
        Err(finding) => findings.push(finding),
    }
}

fn read_source(source: &SchemaSource) -> Result<Document, Diagnostic> {
    let (value, places) = spanned::read(&source.text).map_err(|((start, end), message)| {
        let span = Span::new(source.source, start, end);
        Diagnostic::new(&codes::BAD_SCHEMA, span, format!("this is not JSON: {message}"))
    })?;
    let draft = match value.get("$schema").and_then(Value::as_str) {
        None => Draft::D2020,
        Some(uri) => Draft::declared(uri).ok_or_else(|| {
            let (start, end) = places.value("/$schema");
            let span = Span::new(source.source, start, end);
            Diagnostic::new(&codes::BAD_SCHEMA, span, format!("no draft of JSON Schema is called `{uri}`"))
                .help(format!("write `\"$schema\": \"{}\"`, or leave it out", Draft::D2020.uri()))
        })?,
    };
    Ok(Document::new(source.name.clone(), Some(source.source), value, places, draft))
}

fn duplicate_id(library: &Library, document: &Document, findings: &mut Vec<Diagnostic>) {
    let Some(id) = own_id(&document.value).map(|id| id.trim_end_matches('#')) else { return };
    let Some(first) = library.with_id(id) else { return };
    if let Some(span) = document.value_span("/$id") {
        let message = format!("the schema `{}` has the same `$id`", first.name);
        let finding = Diagnostic::new(&codes::DUPLICATE_NAME, span, message);
        let finding = match first.value_span("/$id") {
            Some(other) => finding.related(other, "the first one"),
            None => finding,
        };
        findings
            .push(finding.help("give each schema an `$id` of its own, or none: the file's name is enough"));
    }
}

/// Why a name is none for a schema.
fn name_problem(name: &str) -> Option<String> {
    let part_ok = |part: &str| {
        !part.is_empty()
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@'))
    };
    if !name.split('/').all(part_ok) {
        return Some("letters, digits, `_`, `-` and `.` make a name".to_owned());
    }
    match name.split_once('@') {
        Some((_, version)) if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some("a version is a number at the end, as in `@1`".to_owned())
        }
        None => Some("the version is missing, as in `@1`".to_owned()),
        Some(_) => None,
    }
}
