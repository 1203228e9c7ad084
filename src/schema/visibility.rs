//! Who may see a field: what `x-visibility` marks, read along references and into lists.

use std::collections::HashSet;
use std::sync::Arc;

use super::Schema;
use super::facets::text_has_pattern;
use super::keywords::{self, Nest};
use super::library::{Library, Target};
use crate::diagnostic::Span;
use crate::value::{Map, Value};

/// The keyword that marks a field.
pub(super) const KEYWORD: &str = "x-visibility";

/// The words that it takes.
pub(super) const WORDS: [&str; 3] = ["customer", "finance", "internal"];

/// Schemas looked at below a place with their whole way, at most; what is beyond is looked at once each.
const LOOKS: usize = 5_000;

/// Who may see a field, from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Visibility {
    /// Everybody, customers too: what is not marked.
    #[default]
    Customer,
    /// Who keeps the books.
    Finance,
    /// Ourselves alone.
    Internal,
}

impl Visibility {
    /// The word of a mark.
    pub fn of(word: &str) -> Option<Visibility> {
        match word {
            "customer" => Some(Visibility::Customer),
            "finance" => Some(Visibility::Finance),
            "internal" => Some(Visibility::Internal),
            _ => None,
        }
    }

    /// `customer`, `finance`, `internal`.
    pub fn word(self) -> &'static str {
        match self {
            Visibility::Customer => "customer",
            Visibility::Finance => "finance",
            Visibility::Internal => "internal",
        }
    }
}

/// A step of the way to a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Way {
    Field(Arc<str>),
    /// Any item of a list.
    Items,
}

/// A field that not everybody may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Marked {
    pub visibility: Visibility,
    /// The way to it, from the schema that was asked.
    pub way: Vec<Way>,
    /// Where the mark stands; `None` in a canonical entity.
    pub span: Option<Span>,
    /// The name of the document in which it stands.
    pub document: Arc<str>,
}

impl Schema {
    /// The narrowest mark on the way to a place, the place itself included: it holds for all inside. Of two
    /// that are as narrow, the outer one. `None`: customers may see it, as far as this schema says.
    pub fn mark_on(&self, way: &[Way]) -> Option<Marked> {
        let marks = Marks { library: &self.linked.library };
        let mut at = marks.whole(self.index);
        let mut found = marks.mark(&at, &[]);
        for (depth, step) in way.iter().enumerate() {
            at = marks.step(&at, step);
            let here = marks.mark(&at, &way[..=depth]);
            let known = found.as_ref().map(|found| found.visibility);
            if here.as_ref().map(|here| here.visibility) > known {
                found = here;
            }
        }
        found
    }

    /// The marked fields inside a place, the outermost of each way.
    pub fn marks_below(&self, way: &[Way]) -> Vec<Marked> {
        let marks = Marks { library: &self.linked.library };
        let at = way.iter().fold(marks.whole(self.index), |at, step| marks.step(&at, step));
        let mut search = Search { marks: &marks, found: Vec::new(), looks: LOOKS, seen: HashSet::new() };
        search.below(&at, &mut way.to_vec(), &mut Vec::new());
        search.found
    }
}

/// The schemas that speak of one place.
type At = Vec<Target>;

struct Marks<'l> {
    library: &'l Library,
}

impl Marks<'_> {
    fn whole(&self, document: usize) -> At {
        self.with_all(vec![Target { document, pointer: String::new() }])
    }

    /// These, and all that they refer to or are put together from.
    fn with_all(&self, mut open: Vec<Target>) -> At {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        while let Some(target) = open.pop() {
            if !seen.insert(target.clone()) {
                continue;
            }
            if let Some(map) = self.map(&target) {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    open.extend(self.library.resolve(target.document, reference));
                }
                let beside =
                    ["allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "dependencies"];
                beside.iter().for_each(|keyword| open.extend(self.under(&target, keyword)));
            }
            all.push(target);
        }
        all
    }

    fn map(&self, target: &Target) -> Option<&Map> {
        self.library.schema(target).and_then(Value::as_object)
    }

    /// Every schema that stands in the value of a keyword.
    fn under(&self, target: &Target, keyword: &str) -> Vec<Target> {
        let Some((value, (.., nest))) =
            self.map(target).and_then(|map| map.get(keyword)).zip(keywords::find(keyword))
        else {
            return Vec::new();
        };
        let below = |name: Option<&str>| Target {
            document: target.document,
            pointer: match name {
                Some(name) => format!("{}/{keyword}/{}", target.pointer, escaped(name)),
                None => format!("{}/{keyword}", target.pointer),
            },
        };
        match (nest, value) {
            (Nest::Many | Nest::OneOrMany, Value::Array(items)) => {
                (0..items.len()).map(|index| below(Some(&index.to_string()))).collect()
            }
            (Nest::Named | Nest::NamedOrNames, Value::Object(members)) => {
                members.iter().map(|(name, _)| below(Some(name))).collect()
            }
            (Nest::One | Nest::OneOrMany, _) => vec![below(None)],
            _ => Vec::new(),
        }
    }

    fn step(&self, at: &[Target], step: &Way) -> At {
        let next = match step {
            Way::Items => at.iter().flat_map(|target| self.items(target)).collect(),
            Way::Field(name) => {
                let here = at.iter().flat_map(|target| self.field(target, name));
                // Of a list, a field is that of every item.
                let items: Vec<Target> = at.iter().flat_map(|target| self.items(target)).collect();
                let items = self.with_all(items);
                here.chain(items.iter().flat_map(|target| self.field(target, name))).collect()
            }
        };
        self.with_all(next)
    }

    fn items(&self, target: &Target) -> Vec<Target> {
        let keywords = ["items", "prefixItems", "additionalItems", "contains", "unevaluatedItems"];
        keywords.iter().flat_map(|keyword| self.under(target, keyword)).collect()
    }

    fn field(&self, target: &Target, name: &str) -> Vec<Target> {
        let known = self.map(target).and_then(|map| map.get("properties")).and_then(|known| known.get(name));
        let own = known.map(|_| Target {
            document: target.document,
            pointer: format!("{}/properties/{}", target.pointer, escaped(name)),
        });
        let mut found = self.patterns(target, name);
        if own.is_none() {
            found.extend(self.others(target));
        }
        found.extend(own);
        found
    }

    /// The schemas of the patterns that a name has.
    fn patterns(&self, target: &Target, name: &str) -> Vec<Target> {
        let patterns =
            self.map(target).and_then(|map| map.get("patternProperties")).and_then(Value::as_object);
        let fits = patterns.into_iter().flat_map(Map::keys).filter(|pattern| text_has_pattern(name, pattern));
        let below = fits.map(|pattern| Target {
            document: target.document,
            pointer: format!("{}/patternProperties/{}", target.pointer, escaped(pattern)),
        });
        below.collect()
    }

    fn others(&self, target: &Target) -> Vec<Target> {
        let keywords = ["additionalProperties", "unevaluatedProperties"];
        keywords.iter().flat_map(|keyword| self.under(target, keyword)).collect()
    }

    /// The narrowest mark of these schemas, when it is narrower than for customers.
    fn mark(&self, at: &[Target], way: &[Way]) -> Option<Marked> {
        let said = |target: &&Target| {
            let word = self.map(target)?.get(KEYWORD)?.as_str()?;
            Visibility::of(word)
        };
        let narrow = at.iter().filter_map(|target| Some((said(&target)?, target)));
        let (visibility, target) = narrow
            .filter(|(visibility, _)| *visibility > Visibility::Customer)
            .max_by_key(|(visibility, _)| *visibility)?;
        let document = self.library.documents.get(target.document)?;
        let span = document.value_span(&format!("{}/{KEYWORD}", target.pointer));
        Some(Marked { visibility, way: way.to_vec(), span, document: document.name.clone() })
    }

    /// The steps that lead further in.
    fn steps(&self, at: &[Target]) -> Vec<(Way, At)> {
        let mut steps: Vec<(Way, At)> = Vec::new();
        for target in at {
            let names = self.map(target).and_then(|map| map.get("properties")).and_then(Value::as_object);
            for name in names.into_iter().flat_map(Map::keys) {
                let way = Way::Field(name.clone());
                if !steps.iter().any(|(known, _)| *known == way) {
                    let next = at.iter().flat_map(|target| self.field(target, name)).collect();
                    steps.push((way, self.with_all(next)));
                }
            }
        }
        let others = at.iter().flat_map(|target| {
            self.under(target, "patternProperties").into_iter().chain(self.others(target))
        });
        let items = at.iter().flat_map(|target| self.items(target));
        let loose = [(Way::Field("*".into()), others.collect()), (Way::Items, items.collect::<Vec<_>>())];
        steps.extend(loose.into_iter().map(|(way, next)| (way, self.with_all(next))));
        steps.retain(|(_, next)| !next.is_empty());
        steps
    }
}

struct Search<'m, 'l> {
    marks: &'m Marks<'l>,
    found: Vec<Marked>,
    looks: usize,
    seen: HashSet<Target>,
}

impl Search<'_, '_> {
    /// Goes in by every way; not into what it is inside of already, and beyond the bound into each schema once.
    fn below(&mut self, at: &[Target], way: &mut Vec<Way>, around: &mut Vec<At>) {
        if around.iter().any(|outer| outer.as_slice() == at) {
            return;
        }
        let mut news = false;
        at.iter().for_each(|target| news |= self.seen.insert(target.clone()));
        self.looks = self.looks.saturating_sub(1);
        if self.looks == 0 && !news {
            return;
        }
        around.push(at.to_vec());
        for (step, next) in self.marks.steps(at) {
            way.push(step);
            match self.marks.mark(&next, way) {
                Some(marked) => self.found.push(marked),
                None => self.below(&next, way, around),
            }
            way.pop();
        }
        around.pop();
    }
}

/// A name inside a JSON Pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{SourceId, Sources};
    use crate::schema::{SchemaSource, Schemas};

    fn compiled(text: &str) -> (Schemas, Vec<crate::diagnostic::Diagnostic>) {
        let source: SourceId = Sources::default().add("specs/own/thing@1.json", text);
        Schemas::compile(&[SchemaSource { name: "own/thing@1".into(), source, text: text.into() }])
    }

    fn way(text: &str) -> Vec<Way> {
        let names = text.split('.').filter(|name| !name.is_empty());
        names.map(|name| if name == "[]" { Way::Items } else { Way::Field(name.into()) }).collect()
    }

    fn shown(way: &[Way]) -> String {
        let words = way.iter().map(|step| match step {
            Way::Field(name) => name.to_string(),
            Way::Items => "[]".to_owned(),
        });
        words.collect::<Vec<_>>().join(".")
    }

    const THING: &str = r##"{
      "properties": {
        "name": { "type": "string" },
        "score": { "type": "integer", "x-visibility": "internal" },
        "party": { "$ref": "#/$defs/party" },
        "lines": { "type": "array", "items": { "properties": {
          "cost": { "x-visibility": "finance", "properties": { "part": { "x-visibility": "internal" } } },
          "text": {} } } },
        "margin": { "x-visibility": "customer", "allOf": [ { "x-visibility": "finance" } ] },
        "again": { "$ref": "#" }
      },
      "patternProperties": { "^n_": { "x-visibility": "internal" } },
      "$defs": { "party": { "properties": { "note": { "$ref": "#/$defs/note" }, "city": {} } },
                 "note": { "type": "string", "x-visibility": "internal" } }
    }"##;

    #[test]
    fn a_mark_holds_behind_references_in_items_and_for_all_inside() {
        let (schemas, findings) = compiled(THING);
        assert!(findings.is_empty(), "{findings:?}");
        let schema = schemas.get("own/thing@1").expect("it compiles");
        let on = |path: &str| schema.mark_on(&way(path)).map(|marked| marked.visibility.word());
        assert_eq!(on("name"), None);
        assert_eq!(on("party.note"), Some("internal"));
        assert_eq!(on("party.city"), None);
        assert_eq!(on("lines.[].cost"), Some("finance"));
        assert_eq!(on("lines.[].cost.part"), Some("internal"), "the narrowest wins");
        assert_eq!(on("lines.[].cost.other"), Some("finance"), "it holds for all inside");
        assert_eq!(on("lines.[].text"), None);
        assert_eq!(on("margin"), Some("finance"), "a wider word beside it does not widen");
        assert_eq!(on("again.again.score"), Some("internal"));
        assert_eq!(on("n_internal"), Some("internal"));
    }

    #[test]
    fn a_whole_value_has_every_mark_inside_it() {
        let (schemas, _) = compiled(THING);
        let schema = schemas.get("own/thing@1").expect("it compiles");
        let below = |path: &str| -> Vec<String> {
            schema.marks_below(&way(path)).iter().map(|marked| shown(&marked.way)).collect()
        };
        let whole = below("");
        for path in ["score", "party.note", "lines.[].cost", "margin", "*"] {
            assert!(whole.iter().any(|found| found == path), "{path} is not in {whole:?}");
        }
        assert_eq!(below("party"), ["party.note"]);
        assert_eq!(below("name"), Vec::<String>::new());
    }
}
