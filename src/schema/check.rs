//! What is wrong with a schema file, beyond its JSON.

use std::collections::HashSet;

use super::compile::Linked;
use super::keywords::{self, Draft, KEYWORDS, Nest};
use super::library::{Document, Library, Target};
use super::node::to_serde;
use super::{Schema, facets, violation};
use crate::diagnostic::{Code, Diagnostic, Span, codes};
use crate::value::{Map, PointerBuf, Value};

/// Findings of one kind in one file, at most.
const MANY: usize = 50;

/// What can be said before the schemas are linked: broken keywords, references that lead nowhere.
pub(super) fn document(library: &Library, index: usize) -> Vec<Diagnostic> {
    let Some(document) = library.documents.get(index) else { return Vec::new() };
    let mut check = Check { library, index, document, found: Vec::new() };
    check.meta_schema();
    keywords::walk(&document.value, &PointerBuf::root(), &mut |at, schema| {
        if let Some(map) = schema.as_object() {
            check.schema(at, map);
        }
    });
    check.found
}

/// What can be said of a linked schema: whether it builds, and whether its examples fit it.
pub(super) fn compiled(linked: &Linked, schema: &Schema) -> Vec<Diagnostic> {
    let Some(document) = linked.library.documents.get(schema.index) else { return Vec::new() };
    match linked.build(schema.index) {
        Ok(validator) => {
            let _ = schema.validator.set(Some(validator));
        }
        Err(error) => {
            let span = document.value_span("").unwrap_or_default();
            let message = format!("the schema cannot be compiled: {error}");
            return vec![Diagnostic::new(&codes::BAD_SCHEMA, span, message)];
        }
    }
    examples(linked, schema.index, document)
}

/// The documents that a document refers to.
pub(super) fn referred(library: &Library, index: usize) -> HashSet<usize> {
    let mut found = HashSet::new();
    if let Some(document) = library.documents.get(index) {
        keywords::walk(&document.value, &PointerBuf::root(), &mut |_, schema| {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                found.extend(library.resolve(index, reference).map(|target| target.document));
            }
        });
    }
    found
}

struct Check<'l> {
    library: &'l Library,
    index: usize,
    document: &'l Document,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn push(&mut self, code: &'static Code, span: Option<Span>, message: String) -> Option<&mut Diagnostic> {
        let same = self.found.iter().filter(|finding| finding.code == code).count();
        if same >= MANY {
            return None;
        }
        self.found.push(Diagnostic::new(code, span.unwrap_or_default(), message));
        self.found.last_mut()
    }

    /// The schema against the schema of its draft.
    fn meta_schema(&mut self) {
        let schema = to_serde(&self.document.value);
        let draft = self.document.draft;
        for (pointer, message) in violation::of_schema(draft, &schema).into_iter().take(MANY) {
            if self.unknown_type(&pointer) {
                continue;
            }
            let message = format!("{}: {message}", site(&pointer));
            self.push(&codes::BAD_SCHEMA, self.document.value_span(&pointer), message);
        }
    }

    /// Says which types there are, where a word under `type` is none. Whether it was that.
    fn unknown_type(&mut self, pointer: &str) -> bool {
        const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
        const ELSEWHERE: [(&str, &str); 7] = [
            ("bool", "boolean"),
            ("date", "string"),
            ("decimal", "number"),
            ("float", "number"),
            ("int", "integer"),
            ("list", "array"),
            ("text", "string"),
        ];
        let word = self.document.value.pointer(pointer).and_then(Value::as_str);
        let Some(word) = word.filter(|word| pointer.ends_with("/type") && !TYPES.contains(word)) else {
            return false;
        };
        let known = ELSEWHERE.iter().find(|(other, _)| other == &word).map(|(_, here)| *here);
        let near = known.or_else(|| crate::diagnostic::nearest(word, TYPES));
        let message = format!("JSON Schema has no type `{word}`");
        let span = self.document.value_span(pointer);
        if let Some(finding) = self.push(&codes::BAD_SCHEMA, span, message) {
            finding.label = near.map(|near| format!("did you mean `{near}`?"));
            finding.help.push(format!("write one of `{}`", TYPES.join("`, `")));
        }
        true
    }

    fn schema(&mut self, at: &PointerBuf, map: &Map) {
        for (name, value) in map.iter() {
            let pointer = at.child(name);
            match keywords::find(name) {
                None => self.unknown(&pointer, name),
                Some((_, since, until, _))
                    if self.document.draft < *since || self.document.draft > *until =>
                {
                    self.other_draft(&pointer, name, *since, *until);
                }
                Some((.., nest)) => self.keyword(&pointer, name, value, *nest),
            }
        }
        if map.contains_key("$ref") && !self.document.draft.reads_beside_ref() {
            self.beside_ref(at, map);
        }
    }

    fn unknown(&mut self, pointer: &PointerBuf, name: &str) {
        if name.starts_with("x-") {
            return;
        }
        let span = self.document.key_span(pointer.as_str());
        let near = crate::diagnostic::nearest(name, KEYWORDS.iter().map(|(known, ..)| *known));
        let help = match name {
            "nullable" => "write `\"type\": [\"string\", \"null\"]`".to_owned(),
            "example" => "write `\"examples\": [ … ]`".to_owned(),
            _ => format!("what is only for people or other tools is called `x-{name}`"),
        };
        let message = format!("JSON Schema has no keyword `{name}`");
        if let Some(finding) = self.push(&codes::UNKNOWN_KEYWORD, span, message) {
            finding.label = near.map(|near| format!("did you mean `{near}`?"));
            finding.help.push(help);
        }
    }

    fn other_draft(&mut self, pointer: &PointerBuf, name: &str, since: Draft, until: Draft) {
        let draft = self.document.draft;
        let span = self.document.key_span(pointer.as_str());
        let message = format!("{} has no keyword `{name}`", draft.name());
        let help = if draft < since {
            format!("it came with {}: `\"$schema\": \"{}\"`", since.name(), Draft::D2020.uri())
        } else if name == "id" {
            "since draft 6 it is `$id`".to_owned()
        } else if name == "dependencies" {
            "since draft 2019-09 it is `dependentRequired` or `dependentSchemas`".to_owned()
        } else if name == "additionalItems" {
            "since draft 2020-12 the first items are `prefixItems` and the others `items`".to_owned()
        } else {
            format!("it went after {}", until.name())
        };
        if let Some(finding) = self.push(&codes::UNKNOWN_KEYWORD, span, message) {
            finding.help.push(help);
        }
    }

    fn keyword(&mut self, pointer: &PointerBuf, name: &str, value: &Value, nest: Nest) {
        let text = value.as_str();
        match (name, text) {
            ("$ref", Some(reference)) => self.reference(pointer, reference),
            ("$dynamicRef" | "$recursiveRef" | "$vocabulary", _) => self.unsupported(pointer, name),
            ("pattern", Some(pattern)) => self.pattern(self.document.value_span(pointer.as_str()), pattern),
            ("format", Some(format)) => self.format(pointer, format),
            ("patternProperties", _) if nest == Nest::Named => {
                for pattern in value.as_object().into_iter().flat_map(Map::keys) {
                    self.pattern(self.document.key_span(pointer.child(pattern).as_str()), pattern);
                }
            }
            _ => {}
        }
    }

    fn unsupported(&mut self, pointer: &PointerBuf, name: &str) {
        let span = self.document.key_span(pointer.as_str());
        if let Some(finding) =
            self.push(&codes::BAD_SCHEMA, span, format!("`{name}` is not supported: types have to be known"))
        {
            finding.help.push("write a `$ref` to the schema that is meant".to_owned());
        }
    }

    fn reference(&mut self, pointer: &PointerBuf, reference: &str) {
        let Err((why, near)) = self.library.resolve(self.index, reference) else { return };
        let span = self.document.value_span(pointer.as_str());
        if let Some(finding) = self.push(&codes::UNRESOLVED_REF, span, why) {
            finding.label = near.map(|near| format!("did you mean `{near}`?"));
            finding.help.push(
                "refer to a file of `specs/` by its path from this one (`customer@1.json#/$defs/name`), \
                 or by name (`crossdock:erp/customer@1`); nothing is fetched"
                    .to_owned(),
            );
        }
    }

    fn pattern(&mut self, span: Option<Span>, pattern: &str) {
        let Some(why) = facets::pattern_problem(pattern) else { return };
        if let Some(finding) =
            self.push(&codes::BAD_SCHEMA, span, format!("the pattern `{pattern}` cannot be used: {why}"))
        {
            finding.help.push("patterns are those of RE2: no look-around, no backreferences".to_owned());
        }
    }

    fn format(&mut self, pointer: &PointerBuf, format: &str) {
        if facets::is_known_format(self.document.draft, format) {
            return;
        }
        let near = crate::diagnostic::nearest(format, facets::format_names());
        let span = self.document.value_span(pointer.as_str());
        let message = format!("no format is called `{format}`: it is not checked");
        if let Some(finding) = self.push(&codes::UNKNOWN_FORMAT, span, message) {
            finding.label = near.map(|near| format!("did you mean `{near}`?"));
            finding.help.push("say it with a `pattern`, or leave it out".to_owned());
        }
    }

    /// Before draft 2019-09, what stands beside `$ref` is not read.
    fn beside_ref(&mut self, at: &PointerBuf, map: &Map) {
        const WORDS: &[&str] = &[
            "$ref",
            "$schema",
            "$comment",
            "title",
            "description",
            "default",
            "examples",
            "definitions",
            "$id",
            "id",
        ];
        let ignored = map.keys().find(|name| !WORDS.contains(&&***name) && !name.starts_with("x-"));
        let Some(name) = ignored else { return };
        let span = self.document.key_span(at.child(name).as_str());
        let message = format!("{} does not read `{name}` beside `$ref`", self.document.draft.name());
        if let Some(finding) = self.push(&codes::IGNORED_KEYWORD, span, message) {
            finding.help.push("put both into an `allOf`, or declare draft 2020-12".to_owned());
        }
    }
}

/// Where in a schema something is, in words.
fn site(pointer: &str) -> String {
    match pointer.rsplit('/').next() {
        Some(name) if !name.is_empty() => format!("`{name}`"),
        _ => "the schema".to_owned(),
    }
}

/// `examples` and `default` that do not fit the schema they stand in.
fn examples(linked: &Linked, index: usize, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    keywords::walk(&document.value, &PointerBuf::root(), &mut |at, schema| {
        let target = Target { document: index, pointer: at.as_str().to_owned() };
        let given = schema.get("examples").and_then(Value::as_array).unwrap_or_default();
        let default = schema.get("default");
        if (given.is_empty() && default.is_none()) || found.len() >= MANY {
            return;
        }
        let Ok(validator) = linked.build_at(&target) else { return };
        let places = (0..given.len()).map(|n| format!("{}/examples/{n}", at.as_str()));
        let all = places.zip(given).chain(default.map(|value| (format!("{}/default", at.as_str()), value)));
        for (pointer, value) in all {
            for broken in violation::violations(&linked.library, &validator, value, 3).shown {
                let place = format!("{pointer}{}", broken.pointer);
                let what = if pointer.ends_with("/default") { "the default" } else { "the example" };
                let message = format!("{what} does not fit its schema: {}", broken.sentence());
                let span = document.value_span(&place).unwrap_or_default();
                found.push(Diagnostic::new(&codes::BAD_EXAMPLE, span, message));
            }
        }
    });
    found
}
