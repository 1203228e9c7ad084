//! Tests of types: what is proven holds under the validator, and what is said about the rest.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Type, Verdict};
use crate::codec::json::{Limits, decode, encode};
use crate::diagnostic::{Severity, SourceId};
use crate::schema::{Schema, SchemaSource, Schemas};
use crate::value::{Map, Number, Value};

fn compile(texts: &[String]) -> Vec<Arc<Schema>> {
    let sources: Vec<SchemaSource> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| SchemaSource {
            name: format!("t/s{at}@1").into(),
            source: SourceId(at as u32),
            text: text.as_str().into(),
        })
        .collect();
    let (schemas, findings) = Schemas::compile(&sources);
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity() == Severity::Error).collect();
    let errors: Vec<_> = errors.iter().map(|finding| &finding.message).collect();
    assert!(errors.is_empty(), "{errors:?} in {texts:?}");
    (0..texts.len()).map(|at| schemas.get(&format!("t/s{at}@1")).expect("compiled")).collect()
}

fn ty(text: &str) -> Type {
    compile(&[text.to_owned()])[0].ty.clone()
}

/// The verdict as a word, and the first reason.
fn verdict(source: &str, target: &str) -> (char, String) {
    match ty(source).fits(&ty(target)) {
        Verdict::Proven => ('p', String::new()),
        Verdict::AtRuntime(why) => ('r', format!("{}: {}", why[0].pointer, why[0].message)),
        Verdict::Refuted(why) => ('x', format!("{}: {}", why[0].pointer, why[0].message)),
    }
}

#[test]
fn verdicts_and_their_words() {
    let cases = [
        (r#"{"type":"string","maxLength":5}"#, r#"{"type":"string","maxLength":9}"#, 'p', ""),
        (
            r#"{"type":"string","maxLength":80}"#,
            r#"{"type":"string","maxLength":35}"#,
            'r',
            ": may have 80 characters, but at most 35 are allowed",
        ),
        (
            r#"{"type":"string"}"#,
            r#"{"type":"string","maxLength":35}"#,
            'r',
            ": may be longer than 35 characters",
        ),
        (
            r#"{"type":"string","minLength":9}"#,
            r#"{"type":"string","maxLength":5}"#,
            'x',
            ": has at least 9 characters, but at most 5 are allowed",
        ),
        (r#"{"type":"string"}"#, r#"{"type":"number"}"#, 'x', ": is text, but number is expected"),
        (r#"{"type":["string","null"]}"#, r#"{"type":"string"}"#, 'x', ": may be null, but text is expected"),
        (r#"{"type":"string"}"#, r#"{"type":["string","null"]}"#, 'p', ""),
        ("{}", r#"{"type":"string"}"#, 'r', ": can be anything, but text is expected"),
        (r#"{"enum":["a","b"]}"#, r#"{"type":"string","enum":["b","a","c"]}"#, 'p', ""),
        (
            r#"{"enum":["a","b"]}"#,
            r#"{"enum":["a","c"]}"#,
            'x',
            ": may be `b`, but one of `a`, `c` is expected",
        ),
        (r#"{"enum":["a","b"]}"#, r#"{"maxLength":1}"#, 'p', ""),
        (
            r#"{"enum":["2026-05-07"]}"#,
            r#"{"type":"string","format":"date","pattern":"^2026-[0-9-]+$"}"#,
            'p',
            "",
        ),
        (r#"{"type":"integer"}"#, r#"{"type":"number","multipleOf":0.01}"#, 'p', ""),
        (
            r#"{"type":"number"}"#,
            r#"{"type":"number","multipleOf":0.01}"#,
            'r',
            ": may have more than 2 digits after the point: round it",
        ),
        (
            r#"{"type":"integer","minimum":1,"maximum":5}"#,
            r#"{"exclusiveMinimum":0,"exclusiveMaximum":6}"#,
            'p',
            "",
        ),
        (
            r#"{"type":"integer","minimum":7}"#,
            r#"{"type":"integer","maximum":5}"#,
            'x',
            ": must be at most 5",
        ),
        (
            r#"{"type":"number"}"#,
            r#"{"type":"integer"}"#,
            'r',
            ": may have a fraction, but integer is expected",
        ),
        (
            r#"{"type":"string","format":"date"}"#,
            r#"{"type":"string","format":"date-time"}"#,
            'x',
            ": is date, but date-time is expected",
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{}}}"#,
            'p',
            "",
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#,
            'x',
            ": may lack `a`, which is required",
        ),
        (
            r#"{"type":"object","properties":{"custmer":{}},"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"customer":{}},"additionalProperties":false}"#,
            'x',
            ": has `custmer`, which is no field of t/s0@1: did you mean `customer`?",
        ),
        (
            r#"{"type":"array","items":{"type":"string"}}"#,
            r#"{"type":"array","items":{"type":"integer"}}"#,
            'x',
            "/*: is text, but integer is expected",
        ),
        (
            r#"{"type":"array","prefixItems":[{"type":"string"}],"items":false,"minItems":1}"#,
            r#"{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"minItems":1}"#,
            'p',
            "",
        ),
        (
            r#"{"type":"array","maxItems":3}"#,
            r#"{"type":"array","uniqueItems":true}"#,
            'r',
            ": has a schema that says more than can be checked beforehand",
        ),
        (r#"{"allOf":[{"type":"string"},{"maxLength":5}]}"#, r#"{"type":"string","maxLength":5}"#, 'p', ""),
        (r#"{"oneOf":[{"const":"a"},{"const":"b"}]}"#, r#"{"enum":["a","b"]}"#, 'p', ""),
        (r#"{"const":"a"}"#, r#"{"oneOf":[{"const":"a"},{"const":"b"}]}"#, 'p', ""),
        (
            r#"{"const":"a"}"#,
            r#"{"oneOf":[{"type":"string"},{"maxLength":3}]}"#,
            'r',
            ": has a schema that says more than can be checked beforehand",
        ),
        (
            r##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##,
            r##"{"type":"object","properties":{"next":{"$ref":"#"},"more":{}}}"##,
            'p',
            "",
        ),
        (
            r##"{"type":"object","properties":{"next":{"$ref":"#"},"a":{"type":"string"}},"additionalProperties":false}"##,
            r##"{"type":"object","properties":{"next":{"$ref":"#"},"a":{"type":"integer"}}}"##,
            'x',
            "/next/a: is text, but integer is expected",
        ),
    ];
    for (source, target, word, why) in cases {
        assert_eq!(verdict(source, target), (word, why.to_owned()), "{source}\n{target}");
    }
}

#[test]
fn types_are_written_in_words() {
    for (text, words) in [
        (r#"{"type":["string","null"]}"#, "text or null"),
        (r#"{"type":"array","items":{"format":"date","type":"string"}}"#, "list of date"),
        (r#"{"type":"string","format":"decimal"}"#, "decimal text"),
        (r#"{"enum":["a","b"]}"#, "one of `a`, `b`"),
        ("{}", "anything"),
        (r#"{"properties":{"a":{}}}"#, "anything"),
        (r#"{"not":{"type":"null"}}"#, "anything"),
        ("false", "nothing"),
    ] {
        assert_eq!(ty(text).to_string(), words);
    }
    let (schemas, _) = Schemas::compile(&[]);
    let parse =
        |name: &str| Type::parse(name, &schemas).map(|ty| ty.to_string()).map_err(|unknown| unknown.nearest);
    assert_eq!(parse("canonical/order@1[]"), Ok("list of canonical/order@1".to_owned()));
    assert_eq!(parse("decimal"), Ok("number".to_owned()));
    assert_eq!(parse("canonical/oder@1"), Err(Some("canonical/order@1".to_owned())));
}

#[test]
fn null_and_alternatives_come_and_go() {
    let optional = ty(r#"{"type":["string","null"]}"#);
    assert!(optional.is_nullable() && !optional.without_null().is_nullable());
    assert_eq!(optional.without_null().to_string(), "text");
    assert_eq!(Type::literal("a").join(&Type::literal("b")).to_string(), "one of `a`, `b`");
    assert_eq!(Type::integer().join(&Type::number()).to_string(), "number");
    assert_eq!(Type::number().narrow(&Type::integer()).to_string(), "integer");
    assert!(Type::text().narrow(&Type::integer()).is_never());
    assert!(Type::text().join(&Type::Any).is_any());
}

/// Small schemas over few names and values, so that they meet.
fn schemas() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("{}".to_owned()),
        Just(r#"{"$ref":"crossdock:canonical/common@1#/$defs/decimal","maxLength":3}"#.to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        prop_oneof!["null", "boolean", "string", "number", "integer", "array", "object"]
            .prop_map(|kind| format!(r#"{{"type":"{kind}"}}"#)),
        (0usize..4, 0usize..4).prop_map(|(least, most)| format!(
            r#"{{"type":"string","minLength":{least},"maxLength":{most}}}"#
        )),
        (0usize..4).prop_map(|most| format!(r#"{{"maxLength":{most}}}"#)),
        (-1i32..3, 0i32..4).prop_map(|(low, high)| format!(
            r#"{{"type":"number","minimum":{low},"exclusiveMaximum":{high}}}"#
        )),
        prop_oneof![Just("1"), Just("0.5"), Just("0.1"), Just("0.01"), Just("2")]
            .prop_map(|unit| format!(r#"{{"type":"number","multipleOf":{unit}}}"#)),
        proptest::sample::subsequence(
            vec![r#""a""#, r#""ab""#, "1", "1.0", "0.5", "null", "true", "[]", "{}"],
            1..5
        )
        .prop_map(|values| format!(r#"{{"enum":[{}]}}"#, values.join(","))),
        prop_oneof![Just("date"), Just("decimal"), Just("uuid")]
            .prop_map(|format| format!(r#"{{"type":"string","format":"{format}"}}"#)),
        prop_oneof![Just("^a"), Just("b$"), Just("^[0-9]+$")]
            .prop_map(|pattern| format!(r#"{{"type":"string","pattern":"{pattern}"}}"#)),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let fields = proptest::collection::vec((prop_oneof!["a", "b", "c"], inner.clone()), 0..3);
        let required = proptest::sample::subsequence(vec![r#""a""#, r#""b""#], 0..3);
        prop_oneof![
            (fields, required, proptest::option::of(inner.clone()), any::<bool>()).prop_map(
                |(mut fields, required, rest, typed)| {
                    fields.sort_by(|left, right| left.0.cmp(&right.0));
                    fields.dedup_by(|left, right| left.0 == right.0);
                    let fields: Vec<String> =
                        fields.iter().map(|(name, schema)| format!(r#""{name}":{schema}"#)).collect();
                    let rest =
                        rest.map_or(String::new(), |rest| format!(r#","additionalProperties":{rest}"#));
                    let kind = if typed { r#""type":"object","# } else { "" };
                    format!(
                        r#"{{{kind}"properties":{{{}}},"required":[{}]{rest}}}"#,
                        fields.join(","),
                        required.join(",")
                    )
                }
            ),
            (inner.clone(), 0usize..3, proptest::option::of(inner.clone())).prop_map(
                |(items, most, first)| {
                    let first = first.map_or(String::new(), |first| format!(r#","prefixItems":[{first}]"#));
                    format!(r#"{{"type":"array","items":{items},"maxItems":{most}{first}}}"#)
                }
            ),
            (prop_oneof!["allOf", "anyOf", "oneOf"], proptest::collection::vec(inner.clone(), 1..4))
                .prop_map(|(word, several)| format!(r#"{{"{word}":[{}]}}"#, several.join(","))),
            inner.prop_map(|inner| format!(r#"{{"not":{inner}}}"#)),
        ]
    })
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![
            Just("a"),
            Just("ab"),
            Just("abc"),
            Just(""),
            Just("1"),
            Just("2026-05-07"),
            Just("b"),
            Just("12.50")
        ]
        .prop_map(Value::from),
        prop_oneof![
            Just("0"),
            Just("1"),
            Just("1.0"),
            Just("0.5"),
            Just("2"),
            Just("3"),
            Just("0.25"),
            Just("-1"),
            Just("1e1"),
            Just("0.1")
        ]
        .prop_map(|text| Number::parse(text).expect("a number").into()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::array),
            proptest::collection::vec((prop_oneof!["a", "b", "c"], inner), 0..3).prop_map(|members| {
                let mut map = Map::new();
                for (name, value) in members {
                    map.insert(name, value);
                }
                Value::object(map)
            }),
        ]
    })
}

/// That a type of the same value alone says yes: the narrowest source there is.
fn of_value(value: &Value) -> Type {
    let text = String::from_utf8_lossy(&encode(value)).into_owned();
    match value {
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            ty(&format!(r#"{{"const":{text}}}"#))
        }
        _ => Type::Any,
    }
}

#[test]
fn a_literal_that_fits_is_proven() {
    let target = ty(r#"{"type":"string","minLength":2,"pattern":"^a"}"#);
    assert_eq!(of_value(&Value::from("ab")).fits(&target), Verdict::Proven);
    assert!(matches!(of_value(&Value::from("b")).fits(&target), Verdict::Refuted(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 60 } else { 2000 }))]

    /// Every value that the source's schema allows is allowed by the target's wherever the type says so,
    /// and no value is where the types have nothing in common.
    #[test]
    fn what_is_proven_holds(
        texts in proptest::collection::vec(schemas(), 6), documents in proptest::collection::vec(documents(), 60),
    ) {
        let schemas = compile(&texts);
        for (source, source_text) in schemas.iter().zip(&texts) {
            let valid: Vec<&Value> = documents.iter().filter(|value| source.is_valid(value)).collect();
            for (target, target_text) in schemas.iter().zip(&texts) {
                let proven = source.ty.fits(&target.ty) == Verdict::Proven;
                let apart = source.ty.narrow(&target.ty).is_never();
                let either = source.ty.join(&target.ty);
                prop_assert!(!proven || either.is_any() || !apart || valid.is_empty());
                for value in &valid {
                    let fits = target.is_valid(value);
                    let shown = String::from_utf8_lossy(&encode(value)).into_owned();
                    prop_assert!(fits || !proven, "{shown} is of {source_text} and not of {target_text}");
                    prop_assert!(!fits || !apart, "{shown} is of {source_text} and of {target_text}");
                }
            }
        }
    }

    /// Violations and validity agree.
    #[test]
    fn what_is_invalid_has_a_violation(text in schemas(), documents in proptest::collection::vec(documents(), 30)) {
        let schema = &compile(std::slice::from_ref(&text))[0];
        for value in &documents {
            let found = schema.violations(value, 20);
            prop_assert_eq!(found.is_empty(), schema.is_valid(value), "{}", &text);
            let again = decode(&encode(value), &Limits::default()).expect("what we write");
            prop_assert_eq!(schema.violations(&again, 20), found);
        }
    }
}
