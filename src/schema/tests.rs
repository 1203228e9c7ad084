//! Tests of the schema room as a whole: compiling, validating, typing.

use std::sync::Arc;

use super::*;
use crate::codec::json::{Limits, decode};

fn compile(files: &[(&str, &str)]) -> (Schemas, Vec<Diagnostic>) {
    let sources: Vec<SchemaSource> = files
        .iter()
        .enumerate()
        .map(|(at, (name, text))| SchemaSource {
            name: Arc::from(*name),
            source: SourceId(at as u32),
            text: Arc::from(*text),
        })
        .collect();
    Schemas::compile(&sources)
}

fn value(text: &str) -> Value {
    decode(text.as_bytes(), &Limits::default()).expect("a test's JSON")
}

fn schema(text: &str) -> Arc<Schema> {
    let (schemas, findings) = compile(&[("t/x@1", text)]);
    assert_eq!(findings, Vec::new(), "{text}");
    schemas.get("t/x@1").expect("compiled")
}

fn sentences(schema: &Schema, text: &str) -> Vec<String> {
    schema.violations(&value(text), 100).iter().map(Violation::sentence).collect()
}

#[track_caller]
fn codes_of(text: &str) -> Vec<(&'static str, String)> {
    let (_, findings) = compile(&[("t/x@1", text)]);
    findings
        .iter()
        .map(|finding| {
            let span = finding.span.expect("a place");
            (finding.code.name, text[span.start as usize..span.end as usize].to_owned())
        })
        .collect()
}

#[test]
fn canonical_entities_compile_and_their_examples_fit() {
    let (schemas, findings) = Schemas::compile(&[]);
    assert!(findings.is_empty());
    assert_eq!(schemas.names().len(), canonical::ALL.len());
    for (name, text) in canonical::ALL {
        let schema = schemas.get(name).expect(name);
        let (index, linked) = (schema.index, &schema.linked);
        assert_eq!(check::document(&linked.library, index), Vec::new(), "{name}");
        assert_eq!(check::compiled(linked, &schema), Vec::new(), "{name}");
        assert!(text.contains(name));
    }
}

#[test]
fn a_booking_is_typed_and_validated() {
    let (schemas, _) = Schemas::compile(&[]);
    let booking = schemas.get("canonical/booking@1").expect("shipped");
    assert_eq!(booking.ty.to_string(), "canonical/booking@1");
    let unlocode = booking.ty.at_path(["pickup", "location", "unlocode"]).expect("a field");
    assert!(unlocode.absent && unlocode.ty.as_text().is_some_and(|text| text.max_length == Some(5)));
    assert_eq!(booking.ty.at_path(["pickup", "nothing"]).map(|_| ()).map_err(|(at, _)| at), Err(1));
    let example = booking.document().pointer("/examples/0").cloned().expect("an example");
    assert!(booking.is_valid(&example));
    assert_eq!(booking.ty.fits(&booking.ty), Verdict::Proven);
    assert_eq!(
        sentences(&booking, r#"{"reference": "A", "acountRef": "C"}"#)[0..2],
        ["`accountRef` is required", "`shipper` is required"]
    );
    let found = sentences(&booking, r#"{"reference": "A", "acountRef": "C"}"#);
    assert!(
        found.contains(
            &"`/acountRef` `acountRef` is not a known field; did you mean `accountRef`?".to_owned()
        ),
        "{found:?}"
    );
}

#[test]
fn numbers_are_validated_exactly() {
    let cents = schema(r#"{"type": "number", "multipleOf": 0.01}"#);
    assert!(cents.is_valid(&value("228930314431312345.10")));
    assert!(!cents.is_valid(&value("228930314431312345.101")));
    assert!(cents.is_valid(&value("1e400")));
    assert_eq!(sentences(&cents, "0.001"), ["must have at most 2 digits after the point"]);
    let large = schema(r#"{"type": "integer", "maximum": 123456789012345678901234567890}"#);
    assert!(large.is_valid(&value("123456789012345678901234567890")));
    assert!(!large.is_valid(&value("123456789012345678901234567891")));
    assert!(!large.is_valid(&value("1e999999999")));
    assert!(large.is_valid(&value("-1e999999999")));
    assert!(large.is_valid(&value("3.00")) && !large.is_valid(&value("3.01")));
    let fine =
        schema(r#"{"exclusiveMinimum": 0.1, "enum": [0.10000000000000000001, 0.1, 9007199254740993]}"#);
    assert!(fine.is_valid(&value("0.10000000000000000001")));
    assert!(!fine.is_valid(&value("0.1")));
    assert!(fine.is_valid(&value("9007199254740993")) && !fine.is_valid(&value("9007199254740992")));
    let unique = schema(r#"{"uniqueItems": true}"#);
    assert!(!unique.is_valid(&value("[1, 2, 3, 4, 5, 6, 7, 8, 9, 1.0]")));
    assert!(unique.is_valid(&value("[9007199254740993, 9007199254740992]")));
}

#[test]
fn draft_4_keeps_its_own_meaning() {
    let old = schema(
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer", "minimum": 5, "exclusiveMinimum": true}"#,
    );
    assert!(!old.is_valid(&value("5")) && old.is_valid(&value("6")) && !old.is_valid(&value("6.0")));
    assert_eq!(sentences(&old, "5"), ["must be more than 5"]);
}

#[test]
fn every_violation_is_a_sentence() {
    let cases = [
        (r#"{"type": "string", "maxLength": 2}"#, r#""abc""#, "must be at most 2 characters"),
        (r#"{"type": "string", "minLength": 1}"#, r#""""#, "must not be empty"),
        (r#"{"type": ["string", "null"]}"#, "1", "must be null or a string"),
        (r#"{"enum": ["a", "b"]}"#, "1", "must be one of `a`, `b`"),
        (r#"{"const": "a"}"#, "1", "must be `a`"),
        (r#"{"type": "array", "minItems": 1}"#, "[]", "must have at least 1 item"),
        (r#"{"pattern": "^[A-Z]{3}$"}"#, r#""ab""#, "must match the pattern `^[A-Z]{3}$`"),
        (r#"{"format": "date"}"#, r#""2026-02-30""#, "must be a date, such as `2026-05-07`"),
        (r#"{"format": "decimal"}"#, r#""1e5""#, "must be a decimal number in digits, such as `12.50`"),
        (r#"{"not": {"type": "string"}}"#, r#""a""#, "has a form that is not allowed"),
        (r#"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#, "1", "must be a string or null"),
        (
            r#"{"oneOf": [{"type": "null"}, {"type": "string", "maxLength": 1}]}"#,
            r#""ab""#,
            "must be at most 1 character",
        ),
        (
            r#"{"propertyNames": {"maxLength": 2}}"#,
            r#"{"abc": 1}"#,
            "the field name `abc` is not allowed: it must be at most 2 characters",
        ),
        (
            r#"{"properties": {"a": {"items": {"minimum": 1}}}}"#,
            r#"{"a": [1, 0]}"#,
            "`/a/1` must be at least 1",
        ),
        (r#"{"uniqueItems": true}"#, "[1, 1]", "must not have two equal items"),
        (r#"{"dependentRequired": {"a": ["b"]}}"#, r#"{"a": 1}"#, "`b` is required"),
        ("false", "1", "may not be here"),
    ];
    for (text, document, expected) in cases {
        assert_eq!(sentences(&schema(text), document), [expected], "{text}");
    }
}

#[test]
fn references_resolve_by_name_path_and_id() {
    let (schemas, findings) = compile(&[
        (
            "erp/order@1",
            r##"{"type": "object", "properties": {
            "a": {"$ref": "crossdock:erp/part@1#/$defs/code"}, "b": {"$ref": "part@1.json#/$defs/code"},
            "c": {"$ref": "./part@1#anchored"}, "d": {"$ref": "../wms/unit@1.json"}, "e": {"$ref": "wms/unit@1"},
            "f": {"$ref": "https://vendor.example/unit"}, "g": {"$ref": "#/$defs/a~1 b"},
            "h": {"$ref": "crossdock:canonical/common@1#/$defs/currency"}},
            "$defs": {"a/ b": {"maxLength": 1}}}"##,
        ),
        ("erp/part@1", r#"{"$defs": {"code": {"$anchor": "anchored", "type": "string", "maxLength": 1}}}"#),
        (
            "wms/unit@1",
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://vendor.example/unit",
            "type": "string", "maxLength": 1}"#,
        ),
    ]);
    assert_eq!(findings, Vec::new());
    let order = schemas.get("erp/order@1").expect("compiled");
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        let found = sentences(&order, &format!(r#"{{"{name}": "xx"}}"#));
        assert_eq!(found, [format!("`/{name}` must be at most 1 character")]);
        let ty = order.ty.at_path([name]).expect("a field").ty;
        assert!(
            ty.members().iter().any(|ty| ty.as_text().is_some_and(|text| text.max_length == Some(1))),
            "{name}"
        );
    }
    assert_eq!(sentences(&order, r#"{"h": "eur"}"#), ["`/h` must match the pattern `^[A-Z]{3}$`"]);
}

#[test]
fn findings_point_at_the_word() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        (r#"{"maxLenght": 3}"#, &[("unknown-keyword", "\"maxLenght\"")]),
        (r#"{"x-note": 3, "title": "t"}"#, &[]),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "prefixItems": []}"#,
            &[("unknown-keyword", "\"prefixItems\"")],
        ),
        (r#"{"type": "strnig"}"#, &[("bad-schema", "\"strnig\"")]),
        (r#"{"pattern": "(?!x)"}"#, &[("bad-schema", "\"(?!x)\"")]),
        (r#"{"$ref": "nowhere@1"}"#, &[("unresolved-ref", "\"nowhere@1\"")]),
        (r#"{"format": "datetime"}"#, &[("unknown-format", "\"datetime\"")]),
        (r#"{"maxLength": 1, "examples": ["a", "bc"]}"#, &[("bad-example", "\"bc\"")]),
        (r#"{"$schema": "http://example.com/schema"}"#, &[("bad-schema", "\"http://example.com/schema\"")]),
        (r#"{"type": "string", "type": "null"}"#, &[("bad-schema", "\"type\"")]),
        (r##"{"$dynamicRef": "#x"}"##, &[("bad-schema", "\"$dynamicRef\"")]),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {}}, "$ref": "#/definitions/a", "maxLength": 1}"##,
            &[("ignored-keyword", "\"maxLength\"")],
        ),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(code, words)| (*code, (*words).to_owned())).collect();
        assert_eq!(codes_of(text), expected, "{text}");
    }
    let (schemas, findings) = compile(&[
        ("sales order", "{}"),
        ("canonical/booking@1", "{}"),
        ("a@1", "{\"$ref\": \"b@1\"}"),
        ("b@1", "["),
    ]);
    let names: Vec<_> = findings.iter().map(|finding| finding.code.name).collect();
    assert_eq!(names, ["bad-schema-name", "duplicate-name", "bad-schema"]);
    assert!(schemas.get("a@1").is_none() && schemas.get("canonical/booking@1").is_some());
}

#[test]
fn hostile_schemas_end() {
    let deep = format!("{}{}{}", "{\"not\":".repeat(100), "{}", "}".repeat(100));
    let _ = compile(&[("t/x@1", &deep)]);
    let (schemas, _) = compile(&[("t/x@1", r##"{"$ref": "#"}"##)]);
    if let Some(own) = schemas.get("t/x@1") {
        let _ = own.ty.fits(&own.ty.clone().partial());
    }
    let chain: String =
        (0..2000).map(|n| format!("\"d{n}\": {{\"$ref\": \"#/$defs/d{}\"}},", n + 1)).collect();
    let _ = compile(&[(
        "t/x@1",
        &format!("{{\"$defs\": {{{chain} \"d2000\": {{}}}}, \"$ref\": \"#/$defs/d0\"}}"),
    )]);
}

#[test]
fn violations_beyond_those_shown_are_only_counted() {
    let closed = schema(r#"{ "properties": { "count": {} }, "additionalProperties": false }"#);
    let members: Vec<String> = (0..15_000).map(|at| format!(r#""cuont{at}":1"#)).collect();
    let found = closed.all_violations(&value(&format!("{{{}}}", members.join(","))), 200);
    assert_eq!((found.shown.len(), found.omitted), (200, 14_800));
    assert_eq!(found.shown[0].pointer, "/cuont0", "in the order of the document");
    assert_eq!(found.shown[199].pointer, "/cuont199");
    let list = schema(r#"{ "items": { "type": "object" } }"#);
    let found = list.all_violations(&value(&format!("[{}1]", "1,".repeat(999))), 3);
    assert_eq!((found.shown.len(), found.omitted), (3, 997));
    // What is larger than any document that a person mends is read to its first violation.
    let found = list.all_violations(&value(&format!("[{}1]", "1,".repeat(30_000))), 3);
    assert_eq!((found.shown.len(), found.omitted), (1, 0));
}
