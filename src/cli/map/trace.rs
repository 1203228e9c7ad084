//! `--trace`: each field of the target with its value, what it was made of, and what decided.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Ready, told};
use crate::cli::output;
use crate::clock::SystemClock;
use crate::codec;
use crate::mapping::{Context, Made, Observer, Place, Written};
use crate::schema::Schemas;
use crate::telemetry::{REDACTED, redact};
use crate::value::{PointerBuf, Value};

/// A value is cut after so many characters.
const SHOWN: usize = 80;
/// Fields that are kept, at most.
const MOST: usize = 20_000;

/// Gathers what is told of each field.
#[derive(Debug, Default)]
struct Gathered {
    fields: Mutex<Vec<Field>>,
}

#[derive(Debug)]
struct Field {
    target: PointerBuf,
    value: Option<Value>,
    made: Made,
    holds_fields: bool,
}

impl Observer for Gathered {
    fn field(&self, field: &Written<'_>) {
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if fields.len() < MOST {
            fields.push(Field {
                target: field.target.clone(),
                value: field.value.cloned(),
                made: field.made.clone(),
                holds_fields: field.holds_fields,
            });
        }
    }
}

impl Ready {
    /// Runs on one input and prints how the result came about, as far as it came.
    pub(super) fn traced(&self, slots: &[Option<Value>]) -> u8 {
        if self.unfit_inputs(slots) {
            return output::FINDINGS;
        }
        let gathered = Gathered::default();
        let context = Context { observer: Some(&gathered), ..self.context() };
        let result = self.mapping.program.eval(slots, &context);
        let made = result.as_ref().ok().and_then(Option::as_ref);
        let made = made.map(|value| self.clean(value, &self.mapping.target));
        let shown = Shown { ready: self, inputs: self.cleaned(slots), result: made };
        let fields = gathered.fields.into_inner().unwrap_or_else(PoisonError::into_inner);
        output::say(&shown.text(fields));
        match result {
            Ok(Some(value)) => self.end(&value),
            Ok(None) => output::CLEAN,
            Err(error) => {
                output::complain(&told(&error, &self.project));
                output::FINDINGS
            }
        }
    }

    fn context(&self) -> Context<'_> {
        Context::new(SystemClock::shared().now(), &self.tables)
    }

    /// The inputs without what nobody is to read.
    fn cleaned(&self, slots: &[Option<Value>]) -> Vec<Option<Value>> {
        let clean = |(value, schema): (&Option<Value>, &Arc<str>)| Some(self.clean(value.as_ref()?, schema));
        let schemas = self.mapping.inputs.iter().map(|input| &input.schema);
        slots.iter().zip(schemas).map(clean).collect()
    }

    /// A value without what the project redacts and what its schema conceals.
    fn clean(&self, value: &Value, schema: &str) -> Value {
        let found = self.redact.iter().flat_map(|query| query.locate(value));
        let found = found.chain(concealed(value, schema, &self.schemas));
        redact(value, &found.map(|pointer| pointer.to_string()).collect::<Vec<_>>())
    }
}

/// What a schema, or `[]` of it, conceals in a value.
fn concealed(value: &Value, name: &str, schemas: &Schemas) -> Vec<PointerBuf> {
    match (name.strip_suffix("[]"), value) {
        (Some(name), Value::Array(items)) => {
            let of_item = |(at, item): (usize, &Value)| {
                let found = concealed(item, name, schemas).into_iter();
                found.filter_map(move |below| PointerBuf::parse(&format!("/{at}{below}")))
            };
            items.iter().enumerate().flat_map(of_item).collect()
        }
        _ => schemas.get(name).map(|schema| schema.concealed(value)).unwrap_or_default(),
    }
}

/// What may be shown.
struct Shown<'r> {
    ready: &'r Ready,
    inputs: Vec<Option<Value>>,
    /// When it came to one.
    result: Option<Value>,
}

impl Shown<'_> {
    fn text(&self, fields: Vec<Field>) -> String {
        let cut = if fields.len() < MOST { "" } else { "… and so on: there are more fields\n" };
        holders_first(fields).iter().map(|field| self.field(field)).collect::<String>() + cut
    }

    fn field(&self, field: &Field) -> String {
        let made = &field.made;
        let says = made.from.len() + made.decided_by.len() + made.through.len();
        if field.holds_fields && says == 0 {
            return String::new();
        }
        let mut out = format!("{} = {}\n", path(&field.target), self.value(field));
        for (word, places) in [("from", &made.from), ("decided by", &made.decided_by)] {
            for place in places {
                let _ = writeln!(out, "    {word:<11} {}", self.place(place));
            }
        }
        if !made.through.is_empty() {
            let _ = writeln!(out, "    {:<11} {}", "through", made.through.join(", "));
        }
        if says == 0 && field.value.is_some() {
            let _ = writeln!(out, "    always the same");
        }
        out
    }

    /// The field's value, unless it may come from what nobody is to read.
    fn value(&self, field: &Field) -> String {
        let (Some(value), target) = (&field.value, &self.ready.mapping.target) else {
            return "absent".to_owned();
        };
        if field.holds_fields {
            return match value {
                Value::Array(items) if items.len() == 1 => "1 item".to_owned(),
                Value::Array(items) => format!("{} items", items.len()),
                _ => "an object".to_owned(),
            };
        }
        let conceals = |place: &Place| self.found(place).is_some_and(|found| hides(&found));
        if field.made.from.iter().any(conceals) {
            return REDACTED.to_owned();
        }
        if let Some(result) = &self.result {
            return result.pointer(field.target.as_str()).map_or(REDACTED.to_owned(), brief);
        }
        // The target's schema speaks of the whole: the value is put where it belongs.
        let whole = around(&field.target, value.clone());
        let clean = self.ready.clean(&whole, target);
        clean.pointer(field.target.as_str()).map_or(REDACTED.to_owned(), brief)
    }

    fn place(&self, place: &Place) -> String {
        let name = self.ready.mapping.inputs.get(place.slot).map_or("", |input| &input.name);
        let found = self.found(place).map_or("absent".to_owned(), |value| brief(&value));
        format!("{} = {found}", place.text(name))
    }

    fn found(&self, place: &Place) -> Option<Value> {
        place.find(self.inputs.get(place.slot)?.as_ref()?)
    }
}

/// Whether something was taken out of a value.
fn hides(value: &Value) -> bool {
    match value {
        Value::String(text) => &**text == REDACTED,
        Value::Array(items) => items.iter().any(hides),
        Value::Object(map) => map.iter().any(|(_, member)| hides(member)),
        _ => false,
    }
}

/// The smallest document in which `value` stands at `pointer`.
fn around(pointer: &PointerBuf, value: Value) -> Value {
    let names = pointer.as_str().split('/').skip(1).map(unescaped).collect::<Vec<_>>();
    names.into_iter().rev().fold(value, |inner, name| match name.parse::<usize>() {
        // Items before it are null, which conceals nothing.
        Ok(at) if at < MOST => {
            let mut items = vec![Value::Null; at];
            items.push(inner);
            Value::array(items)
        }
        _ => [(Arc::from(name), inner)].into_iter().collect(),
    })
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

/// `/lines/0/unit` as `lines[0].unit`; the whole as `the result`.
fn path(pointer: &PointerBuf) -> String {
    let mut path = String::new();
    for name in pointer.as_str().split('/').skip(1).map(unescaped) {
        let _ = match name.parse::<usize>() {
            Ok(index) => write!(path, "[{index}]"),
            Err(_) if path.is_empty() => write!(path, "{name}"),
            Err(_) => write!(path, ".{name}"),
        };
    }
    if path.is_empty() { "the result".to_owned() } else { path }
}

/// What holds fields ends after them, but is read before them.
fn holders_first(fields: Vec<Field>) -> Vec<Field> {
    let mut ordered: Vec<Field> = Vec::with_capacity(fields.len());
    for field in fields {
        let below = format!("{}/", field.target);
        let held = ordered.iter().rev().take_while(|other| other.target.as_str().starts_with(&below)).count();
        ordered.insert(ordered.len() - held, field);
    }
    ordered
}

fn brief(value: &Value) -> String {
    let text = String::from_utf8_lossy(&codec::json::encode(value)).into_owned();
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
