//! Every rule of the grammar is exercised by a case on disk that can be read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pest::Parser as _;

use super::{Grammar, Rule, prepass};

/// Rules that give no pair of their own: they stand inside a token, or only look ahead.
const INSIDE: [&str; 2] = ["escape", "reserved"];

/// The names of the rules that give pairs; those that begin with `_{` do not.
fn rules() -> BTreeSet<String> {
    let text = include_str!("../../../grammar/mapping.pest");
    let named = text.lines().filter_map(|line| line.split_once('='));
    let loud = named.filter(|(_, rest)| rest.contains('{') && !rest.trim_start().starts_with("_{"));
    let names = loud.map(|(name, _)| name.trim().to_owned());
    names.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect()
}

fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            cases(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mapping") {
            found.push(path);
        }
    }
}

/// The rules that a text is read by; none when it cannot be read.
fn read_by(text: &str) -> BTreeSet<String> {
    let Ok(prepared) = prepass::prepare(text) else { return BTreeSet::new() };
    let Ok(pairs) = Grammar::parse(Rule::mapping, &prepared.text) else { return BTreeSet::new() };
    pairs.flatten().map(|pair| format!("{:?}", pair.as_rule())).collect()
}

#[test]
fn every_rule_is_exercised_by_a_case() {
    let mut files = Vec::new();
    cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mapping"), &mut files);
    let texts: Vec<String> =
        files.iter().map(|file| std::fs::read_to_string(file).expect("a case is text")).collect();
    let mut seen: BTreeSet<String> = texts.iter().flat_map(|text| read_by(text)).collect();
    // YAML's expressions are read by a rule of their own.
    seen.insert("expression".to_owned());
    let rules = rules();
    assert!(rules.len() > 90, "{} rules", rules.len());
    let missing: Vec<&String> =
        rules.difference(&seen).filter(|name| !INSIDE.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "no case in tests/cases/mapping is read by {missing:?}");
    for what in ["\\n", "\\\"", "\\{", "\\u00"] {
        assert!(
            texts.iter().any(|text| !read_by(text).is_empty() && text.contains(what)),
            "no case has {what}"
        );
    }
}

#[test]
fn there_are_enough_cases() {
    let mut files = Vec::new();
    cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mapping"), &mut files);
    let count = files.iter().filter(|file| file.ends_with("case.mapping")).count();
    assert!(count >= 300, "{count} cases");
}
