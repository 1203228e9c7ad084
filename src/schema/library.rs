//! The schema documents of a project and how they refer to each other. Nothing is ever fetched.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::keywords::{self, Draft};
use super::spanned::Places;
use crate::diagnostic::{SourceId, Span, nearest};
use crate::value::{PointerBuf, Value};

/// What stands before a schema's name in its URI.
pub(super) const SCHEME: &str = "crossdock:";

/// One schema document.
#[derive(Debug)]
pub(super) struct Document {
    pub name: Arc<str>,
    /// `None` for what ships inside the binary.
    pub source: Option<SourceId>,
    pub value: Value,
    pub places: Places,
    pub draft: Draft,
    /// The pointers at which a schema stands.
    pub schemas: HashSet<String>,
    anchors: HashMap<String, String>,
}

/// A schema inside a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub document: usize,
    pub pointer: String,
}

/// Every document, by name and by whatever `$id` it gives itself.
#[derive(Debug, Default)]
pub(super) struct Library {
    pub documents: Vec<Arc<Document>>,
    pub by_name: BTreeMap<Arc<str>, usize>,
    by_id: HashMap<String, Target>,
}

impl Document {
    pub(super) fn new(
        name: Arc<str>,
        source: Option<SourceId>,
        value: Value,
        places: Places,
        draft: Draft,
    ) -> Document {
        let mut schemas = HashSet::new();
        let mut anchors = HashMap::new();
        keywords::walk(&value, &PointerBuf::root(), &mut |at, schema| {
            schemas.insert(at.as_str().to_owned());
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(anchor) = schema.get(keyword).and_then(Value::as_str) {
                    anchors.insert(anchor.to_owned(), at.as_str().to_owned());
                }
            }
            // Before draft 2019-09 an `$id` of only a fragment was the anchor.
            if let Some(anchor) = own_id(schema).and_then(|id| id.strip_prefix('#')) {
                anchors.insert(anchor.to_owned(), at.as_str().to_owned());
            }
        });
        Document { name, source, value, places, draft, schemas, anchors }
    }

    /// The place of a value, by pointer; of nothing for what ships inside the binary.
    pub(super) fn value_span(&self, pointer: &str) -> Option<Span> {
        let (start, end) = self.places.value(pointer);
        self.source.map(|source| Span::new(source, start, end))
    }

    /// The place of a member's name.
    pub(super) fn key_span(&self, pointer: &str) -> Option<Span> {
        let (start, end) = self.places.key(pointer);
        self.source.map(|source| Span::new(source, start, end))
    }

    fn folder(&self) -> &str {
        self.name.rfind('/').map_or("", |slash| &self.name[..slash])
    }
}

/// The `$id` of a schema (`id` in draft 4).
pub(super) fn own_id(schema: &Value) -> Option<&str> {
    schema.get("$id").or_else(|| schema.get("id")).and_then(Value::as_str)
}

impl Library {
    /// Adds a document whose name is new.
    pub(super) fn add(&mut self, document: Arc<Document>) {
        let index = self.documents.len();
        self.by_name.insert(document.name.clone(), index);
        keywords::walk(&document.value, &PointerBuf::root(), &mut |at, schema| {
            if let Some(id) = own_id(schema).filter(|id| !id.starts_with('#')) {
                let id = id.trim_end_matches('#').to_owned();
                let target = Target { document: index, pointer: at.as_str().to_owned() };
                self.by_id.entry(id).or_insert(target);
            }
        });
        self.documents.push(document);
    }

    /// The document that gives itself this `$id`.
    pub(super) fn with_id(&self, id: &str) -> Option<&Document> {
        self.documents.get(self.by_id.get(id)?.document).map(|document| &**document)
    }

    /// The schema at a target.
    pub(super) fn schema(&self, target: &Target) -> Option<&Value> {
        self.documents.get(target.document)?.value.pointer(&target.pointer)
    }

    /// What a `$ref` in document `from` means, or why it means nothing and which name is near.
    pub(super) fn resolve(&self, from: usize, reference: &str) -> Result<Target, (String, Option<String>)> {
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let start = if base.is_empty() {
            Target { document: from, pointer: String::new() }
        } else {
            self.find(from, base).ok_or_else(|| {
                let names = self.by_name.keys().map(|name| &**name);
                let bare = base.strip_prefix(SCHEME).unwrap_or(base).trim_end_matches(".json");
                (format!("no schema is called `{base}`"), nearest(bare, names).map(str::to_owned))
            })?
        };
        self.descend(start, fragment)
    }

    fn descend(&self, start: Target, fragment: &str) -> Result<Target, (String, Option<String>)> {
        let fragment = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        let Some(document) = self.documents.get(start.document) else {
            return Err(("no such schema".to_owned(), None));
        };
        let pointer = if fragment.is_empty() {
            start.pointer
        } else if fragment.starts_with('/') {
            format!("{}{fragment}", start.pointer)
        } else {
            let known = document.anchors.get(&*fragment).cloned();
            known.ok_or_else(|| {
                let near = nearest(&fragment, document.anchors.keys().map(String::as_str));
                (format!("`{}` has no anchor `{fragment}`", document.name), near.map(str::to_owned))
            })?
        };
        if document.schemas.contains(&pointer) {
            return Ok(Target { document: start.document, pointer });
        }
        let near = nearest(&pointer, document.schemas.iter().map(String::as_str));
        Err((
            format!("`{}` has no schema at `{pointer}`", document.name),
            near.map(|near| format!("#{near}")),
        ))
    }

    fn find(&self, from: usize, base: &str) -> Option<Target> {
        let named = |name: &str| {
            let document = *self.by_name.get(name.trim_end_matches(".json"))?;
            Some(Target { document, pointer: String::new() })
        };
        if let Some(name) = base.strip_prefix(SCHEME) {
            return named(name);
        }
        if let Some(target) = self.by_id.get(base) {
            return Some(target.clone());
        }
        let document = self.documents.get(from)?;
        // Relative to the file, then to its own `$id`, then as a name of the project.
        join(document.folder(), base)
            .and_then(|name| named(&name))
            .or_else(|| {
                let id = own_id(&document.value)?;
                self.by_id.get(&format!("{}/{base}", &id[..id.rfind('/')?])).cloned()
            })
            .or_else(|| named(base))
    }
}

/// A relative path from a folder; `None` when it climbs out of the project.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
