//! Findings for code hosts: SARIF 2.1.0 (OASIS Standard).

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::json::place;
use crate::diagnostic::{Code, Diagnostic, Severity, Sources, Span};

/// One run with every rule that has a result, and a result for each finding. Columns count
/// characters (`unicodeCodePoints`); artifact addresses are relative to the project.
pub fn render(findings: &[Diagnostic], sources: &Sources) -> String {
    let mut rules: Vec<&'static Code> = findings.iter().map(|finding| finding.code).collect();
    rules.sort_by_key(|code| code.name);
    rules.dedup_by_key(|code| code.name);
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &rules, sources)).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "crossdock",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(code: &Code) -> Value {
    let prose = code.page.lines().skip(1).map(str::trim).skip_while(|line| line.is_empty());
    let short: Vec<&str> = prose.take_while(|line| !line.is_empty()).collect();
    json!({
        "id": code.name,
        "shortDescription": { "text": short.join(" ") },
        "help": { "text": code.page, "markdown": code.page },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn result(finding: &Diagnostic, rules: &[&'static Code], sources: &Sources) -> Value {
    let index = rules.iter().position(|code| code.name == finding.code.name);
    let mut result = json!({
        "ruleId": finding.code.name,
        "ruleIndex": index,
        "level": level(finding.severity()),
        "message": { "text": message(finding) },
        "partialFingerprints": { "crossdock/v1": fingerprint(finding, sources) },
    });
    if let Some(location) = finding.span.and_then(|span| location(span, None, sources)) {
        result["locations"] = json!([location]);
    }
    let related = finding.related.iter();
    let related: Vec<Value> =
        related.filter_map(|(span, words)| location(*span, Some(words), sources)).collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    result
}

/// The message with what stands under the caret and what to write instead.
fn message(finding: &Diagnostic) -> String {
    let parts = [finding.message.as_str()].into_iter().chain(finding.label.as_deref());
    let parts = parts.chain(finding.help.iter().map(String::as_str));
    parts.collect::<Vec<_>>().join("; ")
}

fn location(span: Span, words: Option<&str>, sources: &Sources) -> Option<Value> {
    sources.get(span.source)?;
    let place = place(Some(span), sources);
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": address(place["file"].as_str().unwrap_or_default()) },
        "region": {
            "startLine": place["line"],
            "startColumn": place["column"],
            "endLine": place["endLine"],
            "endColumn": place["endColumn"],
        },
    }});
    if let Some(words) = words {
        location["message"] = json!({ "text": words });
    }
    Some(location)
}

/// A path as a relative URI reference (RFC 3986).
fn address(path: &str) -> String {
    const KEEP: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(path, &KEEP).to_string()
}

/// The same for the same finding when lines above it come and go: code, file, message and the
/// line's own words.
fn fingerprint(finding: &Diagnostic, sources: &Sources) -> String {
    let mut digest = Sha256::new();
    digest.update(finding.code.name);
    digest.update([0]);
    digest.update(&finding.message);
    if let Some((span, source)) = finding.span.and_then(|span| Some((span, sources.get(span.source)?))) {
        let (line, _) = source.position(span.start);
        digest.update([0]);
        digest.update(&*source.path);
        digest.update([0]);
        digest.update(source.text.lines().nth(line - 1).unwrap_or_default().trim());
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;

    fn log(text: &str) -> Value {
        let mut sources = Sources::default();
        let source = sources.add("flows/a b.yaml", text);
        let at = text.find("x").expect("it is there");
        let finding = Diagnostic::new(&codes::UNKNOWN_KEY, Span::new(source, at, at + 1), "unknown key `x`")
            .related(Span::new(source, 0, 1), "here");
        let nowhere = Diagnostic::nowhere(&codes::UNUSED_FLOW, "unused");
        serde_json::from_str(&render(&[finding, nowhere], &sources)).expect("it is JSON")
    }

    #[test]
    fn fingerprints_survive_lines_above() {
        let (a, b) = (log("a: 1\nx: 2\n"), log("a: 1\n\n\nx: 2\n"));
        let print = |log: &Value| log["runs"][0]["results"][0]["partialFingerprints"].clone();
        assert_eq!(print(&a), print(&b));
        assert_ne!(print(&a), print(&log("a: 1\nx: 3\n")));
    }

    #[test]
    fn the_official_schema_accepts_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/sarif/sarif-schema-2.1.0.json");
        let schema = std::fs::read_to_string(path).expect("the schema is there");
        let mut schema: Value = serde_json::from_str(&schema).expect("it is JSON");
        // Its pattern for a language has a stray `]`, which strict readers of patterns refuse; we
        // write no language.
        for definition in ["run", "toolComponent"] {
            schema["definitions"][definition]["properties"]["language"] = json!(false);
        }
        let validator = jsonschema::validator_for(&schema).expect("it compiles");
        let every = codes::ALL.iter().map(|code| Diagnostic::nowhere(code, "x").help("y").label("z"));
        let every: Vec<Diagnostic> = every.collect();
        let every = serde_json::from_str(&render(&every, &Sources::default())).expect("it is JSON");
        let none = serde_json::from_str(&render(&[], &Sources::default())).expect("it is JSON");
        for log in [log("a: 1\nx: 2\n"), every, none] {
            let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
        let wrong = json!({ "version": "2.1.0", "runs": [{ "results": [] }] });
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn rules_and_results_belong_together() {
        let log = log("a: 1\nx: 2\n");
        let run = &log["runs"][0];
        assert_eq!(run["results"][0]["ruleIndex"], 0);
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "unknown-key");
        let physical = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "flows/a%20b.yaml");
        assert_eq!(physical["region"]["startLine"], 2);
        assert!(run["results"][1].get("locations").is_none());
    }
}
