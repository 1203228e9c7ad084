//! JSON of the gateway as lines for a terminal.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// A member as a word; `-` when it is not there.
pub(super) fn word(json: &Json, name: &str) -> String {
    match &json[name] {
        Json::Null => "-".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn plain(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// Rows under their headings, every column as wide as its widest word; the last is not filled up.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let wide = |column: usize| {
        let words = rows.iter().map(|row| row[column].chars().count());
        words.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(wide).collect();
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let mut out = String::new();
    for row in std::iter::once(&headings).chain(rows) {
        let mut line = String::new();
        for (word, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{word:<width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// Names and values, a line each; those that are not there are left out.
pub(super) fn facts(json: &Json, names: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, label) in names.iter().filter(|(name, _)| !json[*name].is_null()) {
        let _ = writeln!(out, "  {label:<14} {}", word(json, name));
    }
    out
}

/// `2026-05-07 08:00:00` of a moment in UTC.
pub(super) fn when(json: &Json, name: &str) -> String {
    let text = word(json, name);
    match text.get(..19) {
        Some(short) => short.replacen('T', " ", 1),
        None => text,
    }
}

/// How long ago or ahead, in milliseconds: `4m 02s`.
pub(super) fn span(millis: i64) -> String {
    crate::flow::story::lapse(millis.abs())
}
