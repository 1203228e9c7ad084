//! A value to bytes.

use crate::value::{Map, Number, Value, View, json_text::write_string};

/// The value as compact JSON; numbers and the order of members as they came.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    encode_into(value, &mut out);
    out
}

/// Appends the value as compact JSON.
pub fn encode_into(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) => list(items, out),
        Value::Object(map) => object(map, out),
        scalar => write_scalar(scalar, out),
    }
}

fn list(items: &[Value], out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        encode_into(item, out);
    }
    out.push(b']');
}

fn object(map: &Map, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (name, member)) in map.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        encode_into(member, out);
    }
    out.push(b'}');
}

/// Appends what is looked at as compact JSON; `false` when it would make `out` longer than `most`. Parts that are
/// shared are written wherever they stand, so a small value may be a long text.
#[must_use]
pub fn encode_view(view: View<'_>, most: usize, out: &mut Vec<u8>) -> bool {
    match view {
        View::Null => out.extend_from_slice(b"null"),
        View::Bool(true) => out.extend_from_slice(b"true"),
        View::Bool(false) => out.extend_from_slice(b"false"),
        View::Integer(number) => Number::Integer(number).write_json(out),
        View::Decimal(number) => Number::Decimal(number).write_json(out),
        View::Long(text) => out.extend_from_slice(text.as_bytes()),
        View::Text(text) => write_string(text, out),
        View::List(items) => return view_list(items.iter().copied(), most, out),
        View::Items(items) => return view_list(items.iter().map(View::of), most, out),
        View::Object(members) => return view_object(members.iter().copied(), most, out),
        View::Members(map) => {
            return view_object(map.iter().map(|(name, member)| (&**name, View::of(member))), most, out);
        }
    }
    out.len() <= most
}

fn view_list<'v>(items: impl Iterator<Item = View<'v>>, most: usize, out: &mut Vec<u8>) -> bool {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if !encode_view(item, most, out) {
            return false;
        }
    }
    out.push(b']');
    out.len() <= most
}

fn view_object<'v>(
    members: impl Iterator<Item = (&'v str, View<'v>)>,
    most: usize,
    out: &mut Vec<u8>,
) -> bool {
    out.push(b'{');
    for (at, (name, member)) in members.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        if !encode_view(member, most, out) {
            return false;
        }
    }
    out.push(b'}');
    out.len() <= most
}

fn write_scalar(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => number.write_json(out),
        Value::String(text) => write_string(text, out),
        Value::Array(_) | Value::Object(_) => {}
    }
}

/// The value as JSON for people: two spaces a level, no newline at the end.
pub fn encode_pretty(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_pretty(value, 0, &mut out);
    out
}

fn write_pretty(value: &Value, level: usize, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                new_line(at > 0, level + 1, out);
                write_pretty(item, level + 1, out);
            }
            new_line(false, level, out);
            out.push(b']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push(b'{');
            for (at, (name, member)) in map.iter().enumerate() {
                new_line(at > 0, level + 1, out);
                write_string(name, out);
                out.extend_from_slice(b": ");
                write_pretty(member, level + 1, out);
            }
            new_line(false, level, out);
            out.push(b'}');
        }
        plain => encode_into(plain, out),
    }
}

fn new_line(comma: bool, level: usize, out: &mut Vec<u8>) {
    if comma {
        out.push(b',');
    }
    out.push(b'\n');
    out.resize(out.len() + level * 2, b' ');
}
