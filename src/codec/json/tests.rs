//! Tests of the JSON codec: its corpus, and `serde_json` as the other opinion.

use std::path::Path;

use proptest::prelude::*;

use super::{Limits, decode, encode, encode_pretty};
use crate::value::{Map, Number, Value};

fn read(bytes: &[u8]) -> Result<Value, crate::codec::DecodeError> {
    decode(bytes, &Limits::default())
}

fn corpus(kind: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/codec/json").join(kind);
    let entries = std::fs::read_dir(folder).expect("the corpus is in the repository");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("a file").path();
            let bytes = std::fs::read(&path).expect("readable");
            (path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(), bytes)
        })
        .collect();
    files.sort();
    assert!(files.len() > 20, "{kind}");
    files
}

#[test]
fn the_corpus_is_accepted_and_comes_back() {
    for (name, bytes) in corpus("accept") {
        let value = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = read(&encode(&value)).expect("what we write");
        assert_eq!(again, value, "{name}");
        assert_eq!(encode(&again), encode(&value), "{name}");
        assert_eq!(read(&encode_pretty(&value)).expect("what we write"), value, "{name}");
    }
}

#[test]
fn the_corpus_is_refused() {
    for (name, bytes) in corpus("reject") {
        let error = read(&bytes).expect_err(&name);
        assert!(error.offset <= bytes.len(), "{name}: {error}");
    }
}

#[test]
fn refusals_say_what_and_where() {
    let cases: &[(&[u8], usize, &str)] = &[
        (br#"{"a":1,"a":2}"#, 7, "the object has two members `a`"),
        (b"[01]", 1, "a number has no leading zeros"),
        (b"[NaN]", 1, "`NaN` is no JSON number"),
        (b"[1] x", 4, "something follows the end of the value"),
        (b"\"\xff\"", 1, "the text is not valid UTF-8"),
        (br#""\ud800""#, 1, "half of a surrogate pair stands alone in a string"),
        (b"[1,]", 3, "a value is missing here (or a comma is one too many)"),
        (b"{'a':1}", 1, "a member starts with its name in double quotes"),
        (b"", 0, "the text ends where a value should stand"),
        (b"[1", 2, "the text ends inside an array"),
    ];
    for (bytes, offset, message) in cases {
        let error = read(bytes).expect_err(message);
        assert_eq!((error.offset, error.message.as_str()), (*offset, *message));
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { depth: 3, bytes: 20 };
    assert!(decode(b"[[[1]]]", &limits).is_ok());
    assert!(decode(b"[[[[1]]]]", &limits).is_err());
    assert!(decode(b"[[1],[[2]],[]]", &limits).is_ok(), "depth is counted, not the number of arrays");
    assert_eq!(decode(&[b' '; 21], &limits).expect_err("too long").offset, 20);
    let deep = Limits { depth: usize::MAX, bytes: usize::MAX };
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        assert!(decode(open.repeat(1_000_000).as_bytes(), &deep).is_err());
    }
    let wide: String = (0..100_000).map(|n| format!("\"k{n}\":{n},")).collect();
    let many = read(format!("{{{wide}\"z\":0}}").as_bytes()).expect("an index keeps it linear");
    assert_eq!(many.get("k99999"), Some(&Value::from(99_999)));
}

#[test]
fn numbers_come_back_as_they_came() {
    for text in
        ["12.50", "228930314431312345.10", "1e400", "-0", "-0.0", "1E+2", "0.10", "9223372036854775808"]
    {
        assert_eq!(encode(&read(text.as_bytes()).expect(text)), text.as_bytes());
    }
}

fn values() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,12})?",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(|text| Number::parse(&text).expect("the grammar").into()),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 100, 12, |inner| {
        let members = proptest::collection::vec((".{0,6}", inner.clone()), 0..12);
        prop_oneof![
            proptest::collection::vec(inner, 0..12).prop_map(Value::array),
            members.prop_map(|members| {
                let mut map = Map::new();
                for (name, value) in members {
                    map.insert(name, value);
                }
                Value::object(map)
            }),
        ]
    })
}

/// Texts that are nearly JSON.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just(":".to_owned()),
        Just("\"a\"".to_owned()),
        Just("\"b\"".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just(" ".to_owned()),
        Just("1".to_owned()),
        "-?[0-9]{0,3}\\.?[0-9]{0,2}[eE]?[+-]?[0-9]{0,2}",
        "\"(\\\\[u\"nx/]|[a-f0-9 ]){0,8}\"",
        "\"[^\"]{0,6}\"",
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat().into_bytes())
}

/// What differs on purpose: `serde_json` keeps the last of two equal names, gives numbers beyond a
/// float's range up, and reads no byte order mark.
fn same_opinion(bytes: &[u8]) {
    let theirs = serde_json::from_slice::<serde_json::Value>(bytes);
    match (read(bytes), theirs) {
        (Ok(ours), Ok(theirs)) => {
            let again: serde_json::Value = serde_json::from_slice(&encode(&ours)).expect("what we write");
            assert_eq!(again, theirs);
        }
        (Ok(_), Err(error)) => assert!(error.to_string().contains("number out of range"), "{error}"),
        (Err(error), Ok(_)) => assert!(error.message.contains("two members"), "{error}"),
        (Err(_), Err(_)) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 4000 }))]

    #[test]
    fn values_come_back(value in values()) {
        let bytes = encode(&value);
        let again = read(&bytes).expect("what we write");
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(encode(&again), bytes.clone());
        prop_assert_eq!(read(&encode_pretty(&value)).expect("what we write"), value);
        same_opinion(&bytes);
    }

    #[test]
    fn near_json_is_judged_alike(bytes in texts()) {
        same_opinion(&bytes);
    }

    #[test]
    fn torn_json_is_judged_alike(value in values(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = encode(&value);
        let at = at.index(bytes.len());
        same_opinion(&bytes[..at]);
        bytes[at] = byte;
        same_opinion(&bytes);
    }
}
