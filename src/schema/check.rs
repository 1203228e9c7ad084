//! What is wrong with a schema file, beyond its JSON.

use std::collections::HashSet;

use super::compile::Linked;
use super::keywords::{self, Draft, KEYWORDS, Nest};
use super::library::{Document, Library};
use super::node::to_serde;
use super::{Schema, examples, facets, violation, visibility};
use crate::diagnostic::{Code, Diagnostic, Span, codes};
use crate::value::{Map, PointerBuf, Value};

/// Findings of one kind in one file, at most.
pub(super) const MANY: usize = 50;

/// What `type` may say.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
/// What other languages call them.
const ELSEWHERE: [(&str, &str); 7] = [
    ("bool", "boolean"),
    ("date", "string"),
    ("decimal", "number"),
    ("float", "number"),
    ("int", "integer"),
    ("list", "array"),
    ("text", "string"),
];

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
    examples::check(linked, schema.index, document)
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
            if let Some((place, word)) = self.no_type(&pointer) {
                self.unknown_type(&place, &word);
                continue;
            }
            let message = format!("{}: {message}", site(&pointer));
            self.push(&codes::BAD_SCHEMA, self.document.value_span(&pointer), message);
        }
    }

    /// The first word at a `type` that is none, and its place.
    fn no_type(&self, pointer: &str) -> Option<(String, String)> {
        let at = pointer.find("/type").map(|at| &pointer[..at + "/type".len()])?;
        let value = self.document.value.pointer(at).filter(|_| pointer[at.len()..].len() <= 3)?;
        let items = value.as_array().into_iter().flatten().enumerate();
        let listed = items.map(|(number, item)| (format!("{at}/{number}"), item));
        let mut words =
            listed.chain([(at.to_owned(), value)]).filter_map(|(place, word)| Some((place, word.as_str()?)));
        words.find(|(_, word)| !TYPES.contains(word)).map(|(place, word)| (place, word.to_owned()))
    }

    /// Says which types there are, with the one that another language's word for it means.
    fn unknown_type(&mut self, pointer: &str, word: &str) {
        let span = self.document.value_span(pointer);
        let message = format!("JSON Schema has no type `{word}`");
        if let Some(finding) = self.push(&codes::BAD_SCHEMA, span, message) {
            let known = ELSEWHERE.iter().find(|(other, _)| *other == word).map(|(_, here)| *here);
            let near = known.or_else(|| crate::diagnostic::nearest(word, TYPES.iter().copied()));
            finding.label = near.map(|near| format!("did you mean `{near}`?"));
            finding.help.push(format!("write one of `{}`", TYPES.join("`, `")));
        }
    }

    /// What is required and may not be there: nothing could ever fit.
    fn impossible(&mut self, at: &PointerBuf, map: &Map) {
        let closed = map.get("additionalProperties").is_some_and(|others| *others == Value::Bool(false))
            && !map.contains_key("patternProperties");
        let known = map.get("properties").and_then(Value::as_object);
        let required = map.get("required").and_then(Value::as_array);
        let (true, Some(known), Some(required)) = (closed, known, required) else { return };
        for (number, name) in required.iter().enumerate() {
            let Some(name) = name.as_str().filter(|name| known.get(name).is_none()) else { continue };
            let pointer = at.child("required").child(&number.to_string());
            let span = self.document.value_span(pointer.as_str());
            let message = format!("`{name}` is required here, and `additionalProperties: false` forbids it");
            if let Some(finding) = self.push(&codes::BAD_SCHEMA, span, message) {
                let near = crate::diagnostic::nearest(name, known.keys().map(|known| &**known));
                finding.label = near.map(|near| format!("did you mean `{near}`?"));
                finding.help.push("say what it is under `properties`, or do not require it".to_owned());
            }
        }
    }

    fn schema(&mut self, at: &PointerBuf, map: &Map) {
        self.impossible(at, map);
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
            self.own(pointer, name);
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

    /// A keyword of ours says what it may, and one that only just misses it is not passed over: whoever
    /// wrote it believes that the field is marked.
    fn own(&mut self, pointer: &PointerBuf, name: &str) {
        let words = visibility::WORDS;
        if name != visibility::KEYWORD {
            if crate::diagnostic::nearest(name, [visibility::KEYWORD]).is_some() {
                let message = format!("no keyword is called `{name}`: it marks nothing");
                let span = self.document.key_span(pointer.as_str());
                if let Some(finding) = self.push(&codes::UNKNOWN_KEYWORD, span, message) {
                    finding.label = Some(format!("did you mean `{}`?", visibility::KEYWORD));
                }
            }
            return;
        }
        let value = self.document.value.pointer(pointer.as_str());
        let said = value.and_then(Value::as_str);
        if said.is_some_and(|said| words.contains(&said)) {
            return;
        }
        let message = match said {
            Some(said) => format!("`{name}` has no word `{said}`"),
            None => format!("`{name}` is a word"),
        };
        let span = self.document.value_span(pointer.as_str());
        if let Some(finding) = self.push(&codes::BAD_SCHEMA, span, message) {
            let near = said.and_then(|said| crate::diagnostic::nearest(said, words));
            finding.label = near.map(|near| format!("did you mean `{near}`?"));
            finding.help.push(format!("write one of `{}`", words.join("`, `")));
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
