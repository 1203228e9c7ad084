//! The TextMate grammars: their lists are those of the language, and their expressions compile.

use std::collections::BTreeSet;

use crossdock::config::{KINDS, schema_of};
use crossdock::mapping::stdlib;
use serde_json::Value;

use super::pest::keywords;
use super::{fresh, root};

const MAPPING: &str = "editors/textmate/mapping.tmLanguage.json";
const INJECTION: &str = "editors/textmate/expression.tmLanguage.json";

/// Words that are coloured otherwise than as words that steer.
const CONSTANTS: [&str; 4] = ["false", "null", "omit", "true"];
const OPERATORS: [&str; 6] = ["and", "in", "is", "not", "or", "present"];

fn read(file: &str) -> Value {
    let text = std::fs::read_to_string(root().join(file)).expect("a grammar for editors");
    serde_json::from_str(&text).expect("it is JSON")
}

fn written(grammar: &Value) -> String {
    serde_json::to_string_pretty(grammar).expect("it can be written") + "\n"
}

fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    format!("\\b({})\\b", words.into_iter().collect::<Vec<_>>().join("|"))
}

#[test]
fn the_lists_of_words_and_functions_are_fresh() {
    let mut grammar = read(MAPPING);
    let all = keywords();
    let others = all.iter().map(String::as_str).filter(|w| !CONSTANTS.contains(w) && !OPERATORS.contains(w));
    let mut functions: Vec<&str> = stdlib::names().collect();
    functions.sort_unstable();
    let repository = &mut grammar["repository"];
    repository["constants"]["match"] = words(CONSTANTS).into();
    repository["operatorWords"]["match"] = words(OPERATORS).into();
    repository["keywords"]["match"] = words(others).into();
    repository["functions"]["match"] = format!("{}(?=\\s*\\()", words(functions)).into();
    fresh(MAPPING, &written(&grammar));
}

#[test]
fn every_keyword_and_function_is_named() {
    let text = std::fs::read_to_string(root().join(MAPPING)).expect("the grammar");
    let named: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    for word in keywords().into_iter().chain(stdlib::names().map(str::to_owned)) {
        assert!(named.contains(word.as_str()), "`{word}` is not in {MAPPING}");
    }
}

/// The keys of YAML files under which only an expression can stand.
fn expression_keys() -> BTreeSet<String> {
    fn walk(schema: &Value, found: &mut BTreeSet<String>) {
        let is_expression = |value: &Value| value["$ref"] == "#/$defs/expression";
        for (key, value) in schema["properties"].as_object().into_iter().flatten() {
            if is_expression(value) {
                found.insert(key.clone());
            }
        }
        let inner = schema.as_object().into_iter().flatten().map(|(_, value)| value);
        inner.chain(schema.as_array().into_iter().flatten()).for_each(|value| walk(value, found));
    }
    let mut found = BTreeSet::new();
    KINDS.iter().filter_map(|kind| schema_of(kind.name())).for_each(|schema| walk(&schema, &mut found));
    found
}

#[test]
fn the_keys_of_expressions_are_fresh() {
    let keys = expression_keys();
    assert!(keys.contains("when") && keys.contains("require"), "{keys:?}");
    let keys = keys.into_iter().collect::<Vec<_>>().join("|");
    let mut grammar = read(INJECTION);
    grammar["repository"]["key"]["begin"] =
        format!("^(\\s*(?:-\\s+)*)({keys})(:)\\s+(?=[^\\s#|>'\"\\[{{])").into();
    fresh(INJECTION, &written(&grammar));
}

/// Every member of a grammar under some keys, with the key.
fn strings<'v>(value: &'v Value, keys: &[&str], found: &mut Vec<&'v str>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().filter(|_| keys.contains(&key.as_str())) {
                    Some(text) => found.push(text),
                    None => strings(value, keys, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, keys, found)),
        _ => {}
    }
}

#[test]
fn regular_expressions_compile_and_references_lead_somewhere() {
    for file in [MAPPING, INJECTION] {
        let grammar = read(file);
        let mut patterns = Vec::new();
        strings(&grammar, &["match", "begin", "end", "while"], &mut patterns);
        assert!(patterns.len() > 2, "{file}");
        for pattern in patterns {
            fancy_regex::Regex::new(pattern).unwrap_or_else(|error| panic!("{file}: {pattern}: {error}"));
        }
        let mut includes = Vec::new();
        strings(&grammar, &["include"], &mut includes);
        for include in includes {
            let (scope, name) = include.split_once('#').unwrap_or((include, ""));
            let target = if scope.is_empty() { grammar.clone() } else { read(MAPPING) };
            assert!(scope.is_empty() || target["scopeName"] == scope, "{file}: {include}");
            assert!(name.is_empty() || target["repository"].get(name).is_some(), "{file}: {include}");
        }
    }
}

#[test]
fn the_extension_names_files_that_are_there() {
    let package = read("editors/textmate/package.json");
    let mut paths = Vec::new();
    strings(&package, &["path", "configuration"], &mut paths);
    assert_eq!(paths.len(), 3, "{paths:?}");
    for path in paths {
        let name = path.trim_start_matches("./");
        assert!(root().join("editors/textmate").join(name).is_file(), "{path}");
    }
    for grammar in package["contributes"]["grammars"].as_array().expect("grammars") {
        let path = grammar["path"].as_str().expect("a path").trim_start_matches("./");
        assert_eq!(read(&format!("editors/textmate/{path}"))["scopeName"], grammar["scopeName"]);
    }
}

/// The first rule of the mapping grammar that matches a text at its beginning, by its scope's first words.
fn coloured(text: &str) -> String {
    let grammar = read(MAPPING);
    let repository = &grammar["repository"];
    for include in repository["expression"]["patterns"].as_array().expect("patterns") {
        let rule = &repository[include["include"].as_str().expect("a reference").trim_start_matches('#')];
        let pattern = rule["match"].as_str().or(rule["begin"].as_str()).expect("a pattern");
        let found = fancy_regex::Regex::new(pattern).expect("it compiles").find(text).expect("it runs");
        if found.is_some_and(|found| found.start() == 0) {
            return rule["name"]
                .as_str()
                .unwrap_or_default()
                .split('.')
                .take(2)
                .collect::<Vec<_>>()
                .join(".");
        }
    }
    String::new()
}

#[test]
fn words_get_their_colours() {
    for (text, scope) in [
        ("match x {", "keyword.control"),
        ("upper(x)", "support.function"),
        ("\"text\"", "string.quoted"),
        ("12.50", "constant.numeric"),
        ("null", "constant.language"),
        ("?? 1", "keyword.operator"),
        ("not x", "keyword.operator"),
        ("# words", "comment.line"),
        ("from: 1", "variable.other"),
        (".match", "variable.other"),
        ("canonical/order@1[]", "entity.name"),
    ] {
        assert_eq!(coloured(text), scope, "{text}");
    }
}
