//! A schema to nodes.
//!
//! A schema is either understood whole or left to the validator whole: keywords of one schema are not
//! split between the two.

use std::collections::HashMap;
use std::sync::Arc;

use super::plain::Table;
use super::read::{self, LIST, OBJECT, TEXT, has, limits};
use super::{ANY, Checks, Format, Id, Leaf, List, Member, NEVER, Node, Object, Quick, Text, sketch};
use crate::schema::compile::Linked;
use crate::schema::facets;
use crate::schema::keywords::Draft;
use crate::schema::library::Target;
use crate::value::{Map, PointerBuf, Value};

/// Schemas left to the validator, at most: each brings along all that it refers to.
const ASKED: usize = 32;
/// How deep schemas are followed into each other.
const DEPTH: usize = 128;
/// From so many members on, they are searched by halves.
const MANY: usize = 32;

impl Quick {
    /// The nodes of a document; `None` when the validator does as well.
    pub(in crate::schema) fn compile(linked: &Linked, index: usize) -> Option<Quick> {
        Quick::compile_at(linked, Target { document: index, pointer: String::new() })
    }

    /// The nodes of a schema inside a document.
    pub(super) fn compile_at(linked: &Linked, target: Target) -> Option<Quick> {
        let mut compiler = Compiler {
            linked,
            nodes: vec![Node::Any, Node::Never],
            known: HashMap::new(),
            leaves: HashMap::new(),
            asked: 0,
            depth: 0,
            lost: false,
        };
        let root = compiler.node(target);
        let asked = matches!(compiler.nodes.get(root), Some(Node::Asked(_)));
        (!compiler.lost && !asked).then_some(Quick { nodes: compiler.nodes, root })
    }
}

struct Compiler<'l> {
    linked: &'l Linked,
    nodes: Vec<Node>,
    known: HashMap<Target, Id>,
    /// One validator for each pattern and each format of the standard.
    leaves: HashMap<(&'static str, &'l str), Arc<Leaf>>,
    asked: usize,
    depth: usize,
    /// A schema could neither be read nor asked: nothing of this can be used.
    lost: bool,
}

impl<'l> Compiler<'l> {
    /// The node of a schema.
    fn node(&mut self, target: Target) -> Id {
        let target = self.follow(target);
        if let Some(id) = self.known.get(&target) {
            return *id;
        }
        match self.schema(&target) {
            Some(Value::Bool(truth)) => return if *truth { ANY } else { NEVER },
            Some(Value::Object(map)) if map.keys().all(|name| read::is_silent(name)) => return ANY,
            _ => {}
        }
        // Its place first: it may lead back to itself.
        let id = self.nodes.len();
        self.nodes.push(Node::Never);
        self.known.insert(target.clone(), id);
        self.depth += 1;
        let node = self.own(&target).map(|checks| Node::Own(Box::new(checks))).or_else(|| self.ask(&target));
        self.depth -= 1;
        match (node, self.nodes.get_mut(id)) {
            (Some(node), Some(place)) => *place = node,
            _ => self.lost = true,
        }
        id
    }

    /// The schema at a target, when it is of the draft that is read here.
    fn schema(&self, target: &Target) -> Option<&'l Value> {
        let library = &self.linked.library;
        let document = library.documents.get(target.document)?;
        (document.draft == Draft::D2020).then(|| library.schema(target))?
    }

    /// Past schemas that are nothing but a `$ref`.
    fn follow(&self, mut target: Target) -> Target {
        for _ in 0..DEPTH {
            let map = self.schema(&target).and_then(Value::as_object);
            let bare = map.filter(|map| map.keys().all(|name| &**name == "$ref" || read::is_silent(name)));
            match bare.and_then(|map| self.refers(&target, map.get("$ref")?)) {
                Some(next) => target = next,
                None => break,
            }
        }
        target
    }

    fn refers(&self, target: &Target, reference: &Value) -> Option<Target> {
        self.linked.library.resolve(target.document, reference.as_str()?).ok()
    }

    fn ask(&mut self, target: &Target) -> Option<Node> {
        self.asked += 1;
        let validator = (self.asked <= ASKED).then(|| self.linked.build_at(target).ok())?;
        Some(Node::Asked(Box::new(validator?)))
    }

    /// What the schema asks; `None` when a part of it is not known here.
    fn own(&mut self, target: &Target) -> Option<Checks> {
        let map = self.schema(target)?.as_object()?;
        if self.depth > DEPTH || !map.keys().all(|name| read::is_known(name)) {
            return None;
        }
        Some(Checks {
            kinds: read::kinds_of(map.get("type"))?,
            text: if has(map, TEXT) { Some(self.text(map)?) } else { None },
            numbers: read::numbers(map)?,
            list: if has(map, LIST) { Some(self.list(target, map)?) } else { None },
            object: if has(map, OBJECT) { Some(self.object(target, map)?) } else { None },
            choice: read::choice(map)?,
            all: self.all(target, map)?,
        })
    }

    fn text(&mut self, map: &'l Map) -> Option<Text> {
        let pattern = match map.get("pattern") {
            Some(pattern) => Some(self.leaf("pattern", pattern.as_str()?)?),
            None => None,
        };
        let format = match map.get("format") {
            Some(format) => self.format(format.as_str()?)?,
            None => None,
        };
        let (min, max) = limits(map, "minLength", "maxLength")?;
        Some(Text { min, max, format, pattern })
    }

    /// `None` inside for one that nobody knows: every text has it.
    fn format(&mut self, format: &'l str) -> Option<Option<Format>> {
        if let Some(check) = facets::own_format(format) {
            return Some(Some(Format::Own(check)));
        }
        if !facets::is_known_format(Draft::D2020, format) {
            return Some(None);
        }
        Some(Some(Format::Asked(self.leaf("format", format)?)))
    }

    /// The validator of one keyword alone: its own reading of patterns and formats.
    fn leaf(&mut self, keyword: &'static str, text: &'l str) -> Option<Arc<Leaf>> {
        if let Some(known) = self.leaves.get(&(keyword, text)) {
            return Some(known.clone());
        }
        let schema = serde_json::json!({ "$schema": Draft::D2020.uri(), keyword: text });
        let validator = facets::options().build(&schema).ok()?;
        let table = if keyword == "pattern" { Table::compile(text) } else { None };
        let leaf = Arc::new(Leaf { validator, table });
        self.leaves.insert((keyword, text), leaf.clone());
        Some(leaf)
    }

    fn list(&mut self, target: &Target, map: &Map) -> Option<List> {
        let (min, max) = limits(map, "minItems", "maxItems")?;
        let unique = match map.get("uniqueItems") {
            Some(unique) => unique.as_bool()?,
            None => false,
        };
        let first = self.several(target, map, "prefixItems")?;
        Some(List { min, max, unique, first, rest: self.one(target, map, "items")? })
    }

    fn object(&mut self, target: &Target, map: &Map) -> Option<Object> {
        let (min, max) = limits(map, "minProperties", "maxProperties")?;
        let rest = self.one(target, map, "additionalProperties")?;
        let names = self.one(target, map, "propertyNames")?;
        let mut members = Vec::new();
        if let Some(properties) = map.get("properties") {
            for name in properties.as_object()?.keys() {
                let node = self.node(below(target, &["properties", name]));
                members.push(Member { name: (&**name).into(), required: false, node });
            }
        }
        let required = read::require(map, &mut members, rest)?;
        let mut sorted: Vec<usize> = if members.len() > MANY { (0..members.len()).collect() } else { vec![] };
        sorted.sort_by_key(|at| members.get(*at).map(|member| &member.name));
        let sketches = members.iter().map(|member| sketch(&member.name)).collect();
        Some(Object { members, sketches, sorted, required, min, max, rest, names })
    }

    fn all(&mut self, target: &Target, map: &Map) -> Option<Vec<Id>> {
        let mut all = self.several(target, map, "allOf")?;
        if let Some(reference) = map.get("$ref") {
            let refers = self.refers(target, reference)?;
            all.push(self.node(refers));
        }
        all.retain(|id| *id != ANY);
        Some(all)
    }

    fn one(&mut self, target: &Target, map: &Map, keyword: &str) -> Option<Id> {
        match map.get(keyword) {
            None => Some(ANY),
            Some(Value::Object(_) | Value::Bool(_)) => Some(self.node(below(target, &[keyword]))),
            Some(_) => None,
        }
    }

    fn several(&mut self, target: &Target, map: &Map, keyword: &str) -> Option<Vec<Id>> {
        let Some(schemas) = map.get(keyword) else { return Some(Vec::new()) };
        let places = 0..schemas.as_array()?.len();
        Some(places.map(|at| self.node(below(target, &[keyword, &at.to_string()]))).collect())
    }
}

fn below(target: &Target, names: &[&str]) -> Target {
    let mut pointer = PointerBuf::root();
    names.iter().for_each(|name| pointer.push(name));
    Target { document: target.document, pointer: format!("{}{pointer}", target.pointer) }
}
