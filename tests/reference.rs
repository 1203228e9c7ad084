//! What is made from `grammar/mapping.pest` and the functions' entries is fresh: the page `docs/grammar.md` and the
//! lists in `editors/textmate`. `BLESS=1 cargo test --test reference` writes them anew.

#[path = "reference/editors.rs"]
mod editors;
#[path = "reference/page.rs"]
mod page;
#[path = "reference/pest.rs"]
mod pest;

use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Fails when a file is not what it should be; with `BLESS=1` writes it.
fn fresh(file: &str, wanted: &str) {
    let path = root().join(file);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, wanted).expect("it can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == wanted, "{file} is old: run `BLESS=1 cargo test --test reference`");
}

#[test]
fn the_page_of_the_grammar_is_fresh() {
    fresh("docs/grammar.md", &page::page(&pest::rules()));
}

#[test]
fn every_rule_of_the_grammar_is_read() {
    let text = pest::text();
    let count = text.lines().filter(|line| line.contains(" = ") && !line.starts_with([' ', '/'])).count();
    assert_eq!(
        pest::rules().len(),
        count,
        "a rule is written in a way that tests/reference/pest.rs does not read"
    );
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    let page = page::page(&pest::rules());
    for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(page.contains(&format!("\n### {link}\n")), "`{link}` has no place on the page");
    }
}
