//! What the documents cite exists: `docs/requirements.md` has a row for each requirement, and every
//! file and test that a row names is there.

use std::collections::BTreeSet;
use std::fs;

use super::source::{none, root};

/// How many requirements there are: M1 to M97.
const REQUIREMENTS: usize = 97;

#[test]
fn every_requirement_has_one_row() {
    let Some(rows) = rows() else { return };
    let wanted: BTreeSet<String> = (1..=REQUIREMENTS).map(|number| format!("M{number}")).collect();
    let mut seen = BTreeSet::new();
    let mut found: Vec<String> = rows
        .iter()
        .filter(|row| !seen.insert(row.name.clone()))
        .map(|row| format!("{} twice", row.name))
        .collect();
    found.extend(wanted.difference(&seen).map(|name| format!("{name} has no row")));
    found.extend(
        rows.iter()
            .filter(|row| row.status.is_empty())
            .map(|row| format!("{}: the state does not begin with works, partly or not yet", row.name)),
    );
    found.extend(
        rows.iter()
            .filter(|row| row.status != "not yet" && row.cited.is_empty())
            .map(|row| format!("{} cites nothing", row.name)),
    );
    none("docs/requirements.md", found);
}

#[test]
fn what_requirements_cite_exists() {
    let Some(rows) = rows() else { return };
    let found = rows.iter().flat_map(|row| {
        row.cited.iter().filter(|cited| !exists(cited)).map(|cited| format!("{}: `{cited}`", row.name))
    });
    none("docs/requirements.md cites what is not there", found.collect());
}

#[test]
fn what_works_is_shown_by_a_test() {
    let Some(rows) = rows() else { return };
    let untested = |row: &&Row| row.status != "not yet" && !row.cited.iter().any(|cited| is_test(cited));
    let found = rows.iter().filter(untested).map(|row| row.name.clone()).collect();
    none("docs/requirements.md: rows that cite no test and no folder of cases", found);
}

#[test]
fn what_the_page_on_security_cites_exists() {
    let text = fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md");
    let cited = text.split('`').skip(1).step_by(2).filter(|word| is_path(word));
    let found = cited.filter(|word| !exists(word)).map(str::to_owned).collect();
    none("docs/security.md cites what is not there", found);
}

struct Row {
    name: String,
    status: String,
    /// Backticked words that are paths, with `::words` behind them or not.
    cited: Vec<String>,
}

/// The rows of the table, `| M1 | what | works | where |`; `None` when there is no such file.
fn rows() -> Option<Vec<Row>> {
    let text = fs::read_to_string(root().join("docs/requirements.md")).ok()?;
    Some(text.lines().filter_map(row).collect())
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
    let name = cells.first().filter(|name| name.starts_with('M') && name[1..].parse::<usize>().is_ok())?;
    let states = ["works", "partly", "not yet"];
    let status =
        cells.iter().skip(2).find_map(|cell| states.into_iter().find(|state| cell.starts_with(state)));
    let cited = line.split('`').skip(1).step_by(2).filter(|word| is_path(word)).map(str::to_owned).collect();
    Some(Row { name: (*name).to_owned(), status: status.unwrap_or_default().to_owned(), cited })
}

fn is_path(word: &str) -> bool {
    ["tests/", "docs/", "src/", "examples/", "benches/", "specs/", "grammar/"]
        .iter()
        .any(|folder| word.starts_with(folder))
}

/// Whether what is cited runs: a file or folder of tests, a benchmark, or the function of one in a source file.
fn is_test(cited: &str) -> bool {
    let (path, words) = cited.split_once("::").unwrap_or((cited, ""));
    if ["tests/", "benches/"].iter().any(|folder| path.starts_with(folder))
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
    {
        return true;
    }
    let text = fs::read_to_string(root().join(path)).unwrap_or_default();
    let test = text.find("#[cfg(test)]").and_then(|at| text.get(at..)).unwrap_or_default();
    !words.is_empty() && test.contains(&format!("fn {words}("))
}

/// Whether a path is there, and holds the words behind `::`.
fn exists(cited: &str) -> bool {
    let (path, words) = cited.split_once("::").unwrap_or((cited, ""));
    let path = root().join(path.split('#').next().unwrap_or(path));
    path.exists() && (words.is_empty() || fs::read_to_string(path).is_ok_and(|text| text.contains(words)))
}
