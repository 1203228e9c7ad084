//! Shapes of data: made at random, as JSON Schemas, and as documents that fit them.

use serde_json::{Map, Value, json};

use super::chance::Chance;

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Text,
    /// One of these.
    Enum(Vec<&'static str>),
    Integer,
    Number,
    /// A decimal that is written as text.
    Decimal,
    Boolean,
    /// `date-time` with an offset.
    Instant,
    List(Box<Shape>),
    Object(Vec<Field>),
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub shape: Shape,
    pub required: bool,
    pub nullable: bool,
}

const MEMBERS: [&str; 5] = ["open", "done", "Ärger", "CT", "PX"];
/// Words of the language among them: after `.` and before `:` they are names.
const NAMES: [&str; 12] =
    ["code", "total", "match", "from", "state", "note", "rows", "at", "weight", "sent", "is", "lines"];

/// An object of random fields, `depth` levels of others in it.
pub fn object(chance: &mut Chance, depth: usize) -> Vec<Field> {
    let count = 4 + chance.below(5);
    let mut fields = Vec::new();
    for at in 0..count {
        let name =
            format!("{}{}", chance.pick(&NAMES), if at % 3 == 0 { String::new() } else { at.to_string() });
        if fields.iter().any(|field: &Field| field.name == name) {
            continue;
        }
        let shape = shape(chance, depth);
        let (required, nullable) = (!chance.once_in(3), chance.once_in(6));
        fields.push(Field { name, shape, required, nullable });
    }
    fields
}

fn shape(chance: &mut Chance, depth: usize) -> Shape {
    match chance.below(if depth == 0 { 7 } else { 11 }) {
        0 => Shape::Text,
        1 => Shape::Enum(MEMBERS[..2 + chance.below(MEMBERS.len() - 1)].to_vec()),
        2 => Shape::Integer,
        3 => Shape::Number,
        4 => Shape::Decimal,
        5 => Shape::Boolean,
        6 => Shape::Instant,
        7 | 8 => Shape::List(Box::new(Shape::Object(object(chance, depth - 1)))),
        9 => Shape::List(Box::new(shape(chance, 0))),
        _ => Shape::Object(object(chance, depth - 1)),
    }
}

/// The JSON Schema of a shape.
pub fn schema(shape: &Shape) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Enum(members) => json!({ "enum": members }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Decimal => json!({ "type": "string", "format": "decimal" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Instant => json!({ "type": "string", "format": "date-time" }),
        Shape::List(items) => json!({ "type": "array", "items": schema(items) }),
        Shape::Object(fields) => {
            let required: Vec<&str> =
                fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
            let properties: Map<String, Value> =
                fields.iter().map(|field| (field.name.clone(), field_schema(field))).collect();
            json!({
                "type": "object", "required": required, "properties": properties, "additionalProperties": false
            })
        }
    }
}

fn field_schema(field: &Field) -> Value {
    let mut schema = schema(&field.shape);
    if !field.nullable {
        return schema;
    }
    if let Some(members) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        members.push(Value::Null);
    } else {
        let kind = schema["type"].clone();
        schema["type"] = json!([kind, "null"]);
    }
    schema
}

/// A JSON text that fits the schema of an object: edges, long numbers and foreign letters among its values.
pub fn document(fields: &[Field], chance: &mut Chance) -> String {
    let mut members = Vec::new();
    for field in fields {
        if !field.required && chance.once_in(3) {
            continue;
        }
        let value =
            if field.nullable && chance.once_in(3) { "null".to_owned() } else { value(&field.shape, chance) };
        members.push(format!("{}:{value}", Value::from(field.name.as_str())));
    }
    format!("{{{}}}", members.join(","))
}

fn value(shape: &Shape, chance: &mut Chance) -> String {
    let numbers =
        ["0", "1", "-1", "7", "12.50", "0.005", "-3.25", "228930314431312345.10", "99999999", "2.0"];
    let texts =
        ["", "a", "CT", "PX", "so-1001", "  two words ", "Ærø {x} \"q\"", "12", "12.5", "\u{1F69A} lorry\n"];
    match shape {
        Shape::Text => Value::from(*chance.pick(&texts)).to_string(),
        Shape::Enum(members) => Value::from(*chance.pick(members)).to_string(),
        Shape::Integer => (*chance.pick(&["0", "1", "-1", "7", "12", "99999999", "4000000000"])).to_owned(),
        Shape::Number => (*chance.pick(&numbers)).to_owned(),
        Shape::Decimal => {
            format!("\"{}\"", chance.pick(&["0", "1.5", "-2.25", "1250.00", "0.001", "1234567890123.45"]))
        }
        Shape::Boolean => (if chance.once_in(2) { "true" } else { "false" }).to_owned(),
        Shape::Instant => {
            format!(
                "\"{}\"",
                chance.pick(&[
                    "2026-03-29T01:30:00Z",
                    "2026-10-25T02:30:00+02:00",
                    "1999-12-31T23:59:59.5-05:00"
                ])
            )
        }
        Shape::List(items) => {
            let count = *chance.pick(&[0, 1, 1, 2, 3, 7]);
            let items: Vec<String> = (0..count).map(|_| value(items, chance)).collect();
            format!("[{}]", items.join(","))
        }
        Shape::Object(fields) => document(fields, chance),
    }
}
