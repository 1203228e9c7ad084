//! Findings for scripts: one JSON array.

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Sources, Span};

/// An array of `{code, severity, message, file, line, column, endLine, endColumn, label, help,
/// related}`. Lines and columns count from 1, columns in characters; what is not known is null.
pub fn render(findings: &[Diagnostic], sources: &Sources) -> String {
    let all: Vec<Value> = findings.iter().map(|finding| object(finding, sources)).collect();
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}

fn object(finding: &Diagnostic, sources: &Sources) -> Value {
    let related = finding.related.iter().map(|(span, words)| {
        let mut at = place(Some(*span), sources);
        at["message"] = json!(words);
        at
    });
    let related: Vec<Value> = related.collect();
    let mut object = json!({
        "code": finding.code.name,
        "severity": finding.severity().name(),
        "message": finding.message,
        "label": finding.label,
        "help": finding.help,
        "related": related,
    });
    if let (Value::Object(object), Value::Object(place)) = (&mut object, place(finding.span, sources)) {
        object.extend(place);
    }
    object
}

/// Where a span is: `file`, `line`, `column`, `endLine`, `endColumn`.
pub(super) fn place(span: Option<Span>, sources: &Sources) -> Value {
    let found = span.and_then(|span| Some((span, sources.get(span.source)?)));
    let Some((span, source)) = found else {
        return json!({"file": null, "line": null, "column": null, "endLine": null, "endColumn": null});
    };
    let (line, column) = source.position(span.start);
    let (end_line, end_column) = source.position(span.end);
    json!({
        "file": &*source.path,
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;

    #[test]
    fn says_where_and_what() {
        let mut sources = Sources::default();
        let source = sources.add("gateway.yaml", "edition: 2026\nüber: 1\n");
        let finding = Diagnostic::new(&codes::UNKNOWN_KEY, Span::new(source, 14, 19), "unknown key `über`");
        let nowhere = Diagnostic::nowhere(&codes::UNKNOWN_KEY, "somewhere");
        let text = render(&[finding, nowhere], &sources);
        let json: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(json[0]["file"], "gateway.yaml");
        assert_eq!((&json[0]["line"], &json[0]["column"]), (&json!(2), &json!(1)));
        assert_eq!((&json[0]["endLine"], &json[0]["endColumn"]), (&json!(2), &json!(5)));
        assert_eq!(json[1]["file"], Value::Null);
    }
}
