//! What was found, as text for people and JSON for scripts.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::codec;
use crate::diagnostic::{Sources, Span};
use crate::flow::FlowLineage;
use crate::mapping::{FieldDescent, Mapping, Place, overlaps, path_text};
use crate::value::Value;

/// A column of the table is as wide as its widest cell, but no wider.
const WIDEST: usize = 44;

/// What places are called: the name of each source, and the operation that answers it.
pub(super) struct Names {
    sources: Vec<(Arc<str>, Option<Arc<str>>)>,
    inputs: String,
}

impl Names {
    pub fn of_mapping(mapping: &Mapping) -> Names {
        let sources = mapping.inputs.iter().map(|input| (input.name.clone(), None)).collect();
        let inputs = mapping.inputs.iter().map(|input| format!("{} as {}", input.schema, input.name));
        Names { sources, inputs: inputs.collect::<Vec<_>>().join(", ") }
    }

    pub fn of_flow(lineage: &FlowLineage) -> Names {
        let sources = lineage.sources.iter();
        let sources = sources.map(|source| (source.name.clone(), source.operation.clone())).collect();
        Names { sources, inputs: String::new() }
    }

    /// `canonical/booking@1 as booking, ...`.
    pub fn inputs(&self) -> &str {
        &self.inputs
    }

    fn place(&self, place: &Place) -> Named {
        let (name, answer_of) = self.sources.get(place.slot).cloned().unwrap_or_default();
        Named { path: place.text(&name), answer_of }
    }
}

/// A place in words.
pub(super) struct Named {
    path: String,
    answer_of: Option<Arc<str>>,
}

impl Named {
    fn text(&self) -> String {
        match &self.answer_of {
            Some(operation) => format!("{} (answer of {operation})", self.path),
            None => self.path.clone(),
        }
    }

    fn json(&self) -> Value {
        let path = (Arc::from("path"), Value::from(self.path.as_str()));
        let answer = self.answer_of.as_ref().map(|operation| ("answer_of".into(), Value::from(&**operation)));
        [path].into_iter().chain(answer).collect()
    }
}

/// A field and where it comes from, in words.
pub(super) struct Row {
    field: String,
    at: Option<String>,
    from: Vec<Named>,
    decided_by: Vec<Named>,
    through: Vec<Arc<str>>,
    constants: Vec<Arc<str>>,
}

/// Fields that belong together.
pub(super) struct Group {
    title: String,
    rows: Vec<Row>,
}

impl Group {
    /// Of `reached` only those places are told that overlap it.
    pub fn of(
        title: String,
        fields: &[FieldDescent],
        names: &Names,
        sources: &Sources,
        reached: Option<&(usize, Vec<Arc<str>>)>,
    ) -> Group {
        let told = |places: &[Place]| {
            let asked = |place: &&Place| reached.is_none_or(|(slot, names)| overlaps(place, *slot, names));
            places.iter().filter(asked).map(|place| names.place(place)).collect()
        };
        let row = |field: &FieldDescent| Row {
            field: path(field),
            at: (field.span != Span::default()).then(|| line(sources, field.span)).flatten(),
            from: told(&field.origin.from),
            decided_by: told(&field.origin.decided_by),
            through: field.origin.through.clone(),
            constants: if reached.is_some() { Vec::new() } else { field.origin.constants.clone() },
        };
        Group { title, rows: fields.iter().map(row).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn path(field: &FieldDescent) -> String {
    let text = path_text(&field.keys);
    let text = text.strip_prefix('.').unwrap_or(&text);
    if text.is_empty() { "the whole".to_owned() } else { text.to_owned() }
}

/// `mappings/order.mapping:12`.
fn line(sources: &Sources, span: Span) -> Option<String> {
    let source = sources.get(span.source)?;
    Some(format!("{}:{}", source.path, source.position(span.start).0))
}

/// All that was found.
pub(super) struct Told {
    pub groups: Vec<Group>,
    /// As a table; else field by field.
    pub table: bool,
    /// What to say when there is nothing.
    pub nothing: String,
}

impl Told {
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(Group::is_empty)
    }

    pub fn text(&self) -> String {
        if self.is_empty() {
            return format!("{}\n", self.nothing);
        }
        let text = |group: &Group| match self.table {
            true => format!("{}\n{}", group.title, table(&group.rows)),
            false if self.groups.len() > 1 => {
                format!("{}\n{}", group.title, group.rows.iter().map(details).collect::<String>())
            }
            false => group.rows.iter().map(details).collect(),
        };
        self.groups.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    pub fn json(&self) -> String {
        let group = |group: &Group| -> Value {
            let fields = group.rows.iter().map(json).collect();
            [("of".into(), Value::from(group.title.as_str())), ("fields".into(), Value::array(fields))]
                .into_iter()
                .collect()
        };
        let all = Value::array(self.groups.iter().map(group).collect());
        let all: Value = [("explained".into(), all)].into_iter().collect();
        String::from_utf8_lossy(&codec::json::encode_pretty(&all)).into_owned() + "\n"
    }
}

/// A field, and below it a line for each thing.
fn details(row: &Row) -> String {
    let at = row.at.as_ref().map_or_else(String::new, |at| format!("  ({at})"));
    let mut out = format!("{}{at}\n", row.field);
    for (word, places) in [("from", &row.from), ("decided by", &row.decided_by)] {
        for place in places {
            let _ = writeln!(out, "    {word:<11} {}", place.text());
        }
    }
    for (word, words) in [("through", &row.through), ("constant", &row.constants)] {
        if !words.is_empty() {
            let _ = writeln!(out, "    {word:<11} {}", words.join(", "));
        }
    }
    out
}

fn table(rows: &[Row]) -> String {
    let texts = |places: &[Named]| places.iter().map(Named::text).collect::<Vec<_>>().join(", ");
    let cells = |row: &Row| {
        let constants = row.constants.iter().map(|constant| constant.to_string());
        let from: Vec<String> = row.from.iter().map(Named::text).chain(constants).collect();
        [row.field.clone(), from.join(", "), row.through.join(", "), texts(&row.decided_by)]
    };
    let head = ["field", "from", "through", "decided by"].map(str::to_owned);
    let lines: Vec<[String; 4]> = [head].into_iter().chain(rows.iter().map(cells)).collect();
    let width = |at: usize| {
        let widths = lines.iter().map(|cells| cells[at].chars().count());
        widths.max().unwrap_or_default().min(WIDEST)
    };
    let widths = [width(0), width(1), width(2), 0];
    let line = |cells: &[String; 4]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

fn json(row: &Row) -> Value {
    let places = |places: &[Named]| Value::array(places.iter().map(Named::json).collect());
    let words = |words: &[Arc<str>]| Value::array(words.iter().map(|word| Value::from(&**word)).collect());
    let members: Vec<(Arc<str>, Value)> = vec![
        ("field".into(), Value::from(row.field.as_str())),
        ("at".into(), row.at.as_deref().map_or(Value::Null, Value::from)),
        ("from".into(), places(&row.from)),
        ("through".into(), words(&row.through)),
        ("decided_by".into(), places(&row.decided_by)),
        ("constants".into(), words(&row.constants)),
    ];
    members.into_iter().collect()
}
