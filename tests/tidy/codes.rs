//! Codes, functions, steps and schemes: sorted, documented, and each with a case.

use crossdock::diagnostic::codes;

use super::source::{none, root};

#[test]
fn codes_are_sorted_and_unique() {
    let names: Vec<&str> = codes::ALL.iter().map(|code| code.name).collect();
    sorted("codes", &names);
}

#[test]
fn every_code_has_a_page_worth_reading() {
    let poor = |code: &&&codes::Code| {
        let starts = code.page.starts_with(&format!("# {}\n", code.name));
        !starts || code.page.split_whitespace().count() < 25 || !code.page.contains("```")
    };
    let found = codes::ALL.iter().filter(poor).map(|code| code.name.to_owned()).collect();
    none("pages in src/diagnostic/codes/ without a title, an example or enough words", found);
}

#[test]
fn every_page_has_a_code() {
    let pages = super::source::files("src/diagnostic/codes", ".md");
    let names = pages
        .iter()
        .map(|page| page.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".md").to_owned());
    none("pages without a code", names.filter(|name| codes::find(name).is_none()).collect());
}

#[test]
fn every_code_has_a_case() {
    let has_case = |name: &str| {
        let cases = std::fs::read_dir(root().join("tests/cases/check").join(name));
        cases.is_ok_and(|mut cases| {
            cases.any(|case| case.is_ok_and(|case| case.path().join("expected.txt").exists()))
        })
    };
    let found = codes::ALL.iter().map(|code| code.name.to_owned()).filter(|name| !has_case(name)).collect();
    none("codes without a case in tests/cases/check/<code>/<case>/", found);
}

/// Fails when names are not in strict alphabetical order.
pub fn sorted(what: &str, names: &[&str]) {
    let found = names
        .windows(2)
        .filter(|pair| pair[0] >= pair[1])
        .map(|pair| format!("{} before {}", pair[0], pair[1]));
    none(&format!("{what} out of order"), found.collect());
}
