//! Keyword by keyword, and what is left to the validator.

mod agrees;

use std::sync::Arc;

use super::{Node, Quick};
use crate::codec::json::{Limits, decode};
use crate::diagnostic::SourceId;
use crate::schema::{Schema, SchemaSource, Schemas};
use crate::value::{Value, View};

fn value(text: &str) -> Value {
    decode(text.as_bytes(), &Limits::default()).expect("a test's JSON")
}

fn schema(text: &str) -> Arc<Schema> {
    let source = SchemaSource { name: "t/x@1".into(), source: SourceId(0), text: text.into() };
    Schemas::compile(&[source]).0.get("t/x@1").expect("compiled")
}

/// Whether the value fits, looked at as it is and as it is read from bytes.
fn said(quick: &Quick, value: &Value) -> Option<bool> {
    let arena = bumpalo::Bump::new();
    let said = quick.is_valid(View::of(value));
    assert_eq!(quick.is_valid(View::copied(value, &arena)), said, "{value:?}");
    said
}

fn asked(quick: &Quick) -> usize {
    quick.nodes.iter().filter(|node| matches!(node, Node::Asked(_))).count()
}

/// A schema, documents that fit and documents that do not.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

#[track_caller]
fn holds((text, good, bad): &Case) {
    let schema = schema(text);
    let validator = schema.validator().expect("builds");
    let all =
        good.iter().map(|document| (document, true)).chain(bad.iter().map(|document| (document, false)));
    for (document, fits) in all {
        let value = value(document);
        assert_eq!(validator.is_valid(&value), fits, "the validator: {text} {document}");
        let quick = schema.quick().map(|quick| said(quick, &value));
        assert!(quick.is_none_or(|quick| quick == Some(fits)), "{text} {document}");
        assert_eq!(schema.is_valid(&value), fits);
    }
}

const OWN: &[Case] = &[
    (r#"{"type": "string"}"#, &[r#""""#], &["1", "null", "[]", "{}", "true"]),
    (r#"{"type": "integer"}"#, &["1", "1.0", "1e2", "-0", "1e400"], &["1.5", "1e-1", r#""1""#]),
    (r#"{"type": "number"}"#, &["1", "1.5", "1e400"], &[r#""1""#, "null"]),
    (r#"{"type": ["integer", "null"]}"#, &["1", "null"], &["1.5", "false"]),
    (r#"{"type": ["integer", "number"]}"#, &["1", "1.5"], &["false"]),
    (r#"{"type": ["boolean", "array", "object"]}"#, &["true", "[]", "{}"], &["0", "null", r#""a""#]),
    (
        r#"{"minLength": 2, "maxLength": 3}"#,
        &[r#""ab""#, r#""éèê""#, "1"],
        &[r#""é""#, r#""abcd""#, r#""😀""#],
    ),
    (r#"{"minLength": 4, "maxLength": 3}"#, &["1"], &[r#""abc""#, r#""abcd""#]),
    (r#"{"enum": ["a", null, true]}"#, &[r#""a""#, "null", "true"], &[r#""b""#, "false", "1", "[]", "{}"]),
    (r#"{"const": "a"}"#, &[r#""a""#], &[r#""A""#, r#""""#, "null"]),
    (r#"{"const": null}"#, &["null"], &[r#""""#, "false", "0"]),
    (r#"{"pattern": "^[A-Z]{3}$"}"#, &[r#""NOK""#, "1"], &[r#""NOKK""#, r#""NOK\n""#, r#""nok""#]),
    (r#"{"pattern": "^\\d+\\s$"}"#, &[r#""1 ""#, r#""1\u00a0""#], &[r#""٣ ""#, r#""1""#]),
    (r#"{"pattern": "b"}"#, &[r#""abc""#], &[r#""ac""#]),
    (r#"{"format": "date"}"#, &[r#""2026-05-07""#, "1"], &[r#""2026-02-30""#, r#""""#]),
    (r#"{"format": "decimal"}"#, &[r#""12.50""#], &[r#""1e5""#, r#""""#]),
    (r#"{"format": "date-time"}"#, &[r#""2026-05-07T08:00:00Z""#], &[r#""2026-05-07T08:00""#]),
    (r#"{"format": "date-time-local"}"#, &[r#""2026-05-07T08:00""#], &[r#""2026-05-07T08:00Z""#]),
    (r#"{"format": "nothing"}"#, &[r#""x""#], &[]),
    (r#"{"minimum": 12.5}"#, &["12.50", "12.5", "1e400", r#""a""#], &["12.49999999999999999999", "-1e400"]),
    (r#"{"maximum": 9007199254740992}"#, &["9007199254740992.0"], &["9007199254740993", "1e400"]),
    (r#"{"exclusiveMinimum": 0, "exclusiveMaximum": 1}"#, &["0.5", "1e-400"], &["0", "-0", "1", "1.0"]),
    (r#"{"multipleOf": 0.01}"#, &["12.50", "228930314431312345.10", "1e400"], &["0.001"]),
    (r#"{"items": {"type": "string"}}"#, &["[]", r#"["a"]"#, "{}"], &["[1]", r#"["a", null]"#]),
    (
        r#"{"prefixItems": [{"type": "string"}, true], "items": {"type": "null"}}"#,
        &["[]", r#"["a"]"#, r#"["a", 1, null]"#],
        &["[1]", r#"["a", 1, 1]"#],
    ),
    (r#"{"prefixItems": [true], "items": false}"#, &["[]", "[1]"], &["[1, 2]"]),
    (r#"{"minItems": 1, "maxItems": 2}"#, &["[1]", "[1, 2]", "{}"], &["[]", "[1, 2, 3]"]),
    (
        r#"{"uniqueItems": true}"#,
        &["[1, 2]", r#"[1, "1", [1], {"a": 1}, true, false, null, 0, 2, 3, 4]"#],
        &[
            "[1, 1.0]",
            "[0, -0]",
            r#"[{"a": 1, "b": 2}, {"b": 2.0, "a": 1}]"#,
            "[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]",
        ],
    ),
    (
        r#"{"properties": {"a": {"type": "string"}, "b": {"type": "null"}}, "required": ["b", "c"]}"#,
        &[r#"{"a": "x", "b": null, "c": 1}"#, r#"{"c": 1, "z": 2, "b": null}"#, "[]"],
        &[
            "{}",
            r#"{"b": null}"#,
            r#"{"c": 1}"#,
            r#"{"a": 1, "b": null, "c": 1}"#,
            r#"{"a": "x", "z": 1, "c": 1}"#,
        ],
    ),
    (
        r#"{"properties": {"a": true}, "additionalProperties": false}"#,
        &["{}", r#"{"a": 1}"#],
        &[r#"{"b": 1}"#, r#"{"a": 1, "A": 1}"#],
    ),
    (
        r#"{"required": ["a"], "additionalProperties": {"type": "string"}}"#,
        &[r#"{"a": "x", "b": "y"}"#],
        &[r#"{"a": 1}"#, r#"{"a": "x", "b": 1}"#, "{}"],
    ),
    (r#"{"required": ["a"], "additionalProperties": false}"#, &[], &[r#"{"a": 1}"#, "{}"]),
    (r#"{"properties": {"a": false}}"#, &["{}", r#"{"b": 1}"#], &[r#"{"a": 1}"#]),
    (r#"{"minProperties": 1, "maxProperties": 2}"#, &[r#"{"a": 1}"#], &["{}", r#"{"a": 1, "b": 1, "c": 1}"#]),
    (
        r#"{"propertyNames": {"maxLength": 1, "pattern": "[a-z]"}}"#,
        &[r#"{"a": 1}"#],
        &[r#"{"ab": 1}"#, r#"{"A": 1}"#],
    ),
    (r#"{"propertyNames": false}"#, &["{}", "1"], &[r#"{"a": 1}"#]),
    (
        r#"{"allOf": [{"minLength": 1}, {"maxLength": 2}], "type": "string"}"#,
        &[r#""a""#],
        &[r#""""#, r#""abc""#, "1"],
    ),
    (
        r##"{"properties": {"a/b": {"$ref": "#/$defs/x~1y", "maxLength": 2}}, "$defs": {"x/y": {"minLength": 1}}}"##,
        &[r#"{"a/b": "x"}"#],
        &[r#"{"a/b": ""}"#, r#"{"a/b": "xyz"}"#],
    ),
    (
        r##"{"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": false}"##,
        &[r#"{"next": {"next": {}}}"#],
        &[r#"{"next": {"next": {"x": 1}}}"#, r#"{"next": 1}"#],
    ),
    (
        r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$anchor": "c", "type": "null"}}}"##,
        &["null"],
        &["1"],
    ),
    (r#"{"$ref": "crossdock:canonical/common@1#/$defs/currency"}"#, &[r#""NOK""#], &[r#""nok""#, "1"]),
];

#[test]
fn keywords_of_our_own() {
    for case in OWN {
        holds(case);
        let schema = schema(case.0);
        assert_eq!(schema.quick().map(asked), Some(0), "{}", case.0);
    }
}

#[test]
fn the_rest_is_asked() {
    const INSIDE: &[Case] = &[
        (r#"{"anyOf": [{"type": "string"}, {"const": 1}]}"#, &[r#""a""#, "1"], &["2", "null"]),
        (r#"{"oneOf": [{"minimum": 1}, {"maximum": 1}]}"#, &["0", "2"], &["1"]),
        (r#"{"not": {"type": "string"}}"#, &["1"], &[r#""a""#]),
        (r#"{"if": {"type": "string"}, "then": {"minLength": 1}}"#, &["1", r#""a""#], &[r#""""#]),
        (r#"{"contains": {"const": 1}}"#, &["[1]"], &["[]"]),
        (r#"{"patternProperties": {"^a": {"type": "null"}}}"#, &[r#"{"b": 1}"#], &[r#"{"ab": 1}"#]),
        (r#"{"dependentRequired": {"a": ["b"]}}"#, &[r#"{"b": 1}"#], &[r#"{"a": 1}"#]),
        (
            r#"{"unevaluatedProperties": false, "properties": {"a": true}}"#,
            &[r#"{"a": 1}"#],
            &[r#"{"b": 1}"#],
        ),
        (r#"{"enum": [1, 2.5, [1], {"a": 1}]}"#, &["1", "2.50", "[1.0]"], &["2", "[2]", "{}"]),
        (r#"{"enum": ["a"], "const": "b"}"#, &[], &[r#""a""#, r#""b""#]),
        (r#"{"maxLength": 2.0}"#, &[r#""ab""#], &[r#""abc""#]),
    ];
    for case in INSIDE {
        holds(case);
        assert!(schema(case.0).quick().is_none(), "{}", case.0);
        let around = format!(r#"{{"type": "array", "items": {}}}"#, case.0);
        let around = schema(&around);
        let quick = around.quick().expect("around what is asked");
        assert_eq!(asked(quick), 1, "{}", case.0);
        for (documents, fits) in [(case.1, true), (case.2, false)] {
            for document in documents {
                assert_eq!(
                    said(quick, &value(&format!("[{document}]"))),
                    Some(fits),
                    "{} {document}",
                    case.0
                );
            }
        }
    }
}

#[test]
fn other_drafts_are_asked() {
    let old = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}}"#;
    assert!(schema(old).quick().is_none() && schema(old).is_valid(&value("{}")));
}

#[test]
fn names_beyond_the_few_are_found() {
    let properties: Vec<String> = (0..100).rev().map(|n| format!(r#""k{n}": {{"const": "{n}"}}"#)).collect();
    let text = format!(
        r#"{{"properties": {{{}}}, "required": ["k7"], "additionalProperties": false}}"#,
        properties.join(",")
    );
    let schema = schema(&text);
    let quick = schema.quick().expect("plain");
    for (document, fits) in [
        (r#"{"k99": "99", "k7": "7"}"#, true),
        (r#"{"k99": "98", "k7": "7"}"#, false),
        (r#"{"k99": "99"}"#, false),
        (r#"{"k7": "7", "k100": "100"}"#, false),
    ] {
        assert_eq!(said(quick, &value(document)), Some(fits), "{document}");
    }
}

/// Schemas that lead to themselves on the same value, or meet one value in ever more ways.
#[test]
fn what_takes_too_long_is_given_back() {
    let around = schema(
        r##"{"type": "object", "allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "object", "allOf": [{"$ref": "#"}]}}}"##,
    );
    let quick = around.quick().expect("plain");
    assert_eq!(said(quick, &value("{}")), None);
    assert!(around.is_valid(&value("{}")) && !around.is_valid(&value("1")));
    let twice = schema(
        r##"{"allOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]}"##,
    );
    let deep = (0..60).fold("1".to_owned(), |inner, _| format!(r#"{{"a": {inner}}}"#));
    assert_eq!(said(twice.quick().expect("plain"), &value(&deep)), None);
    assert!(twice.is_valid(&value(&deep)));
}

#[test]
fn documents_as_deep_as_any_are_judged() {
    let list = schema(r##"{"type": "array", "items": {"$ref": "#", "maxItems": 1}}"##);
    let deep = (0..511).fold(Value::array(vec![]), |inner, _| Value::array(vec![inner]));
    assert_eq!(said(list.quick().expect("plain"), &deep), Some(true));
    let wide = (0..510).fold(value("[1, 2]"), |inner, _| Value::array(vec![inner]));
    assert_eq!(said(list.quick().expect("plain"), &wide), Some(false));
}

/// No canonical entity has anything that is left to the validator.
#[test]
fn canonical_entities_are_plain() {
    let (schemas, _) = Schemas::compile(&[]);
    for name in schemas.names() {
        let schema = schemas.get(&name).expect("listed");
        assert_eq!(schema.quick().map(asked), Some(0), "{name}");
    }
}
