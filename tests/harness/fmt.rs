//! `tests/cases/fmt/<topic>/<case>/`: `input.mapping` or `input.yaml` (`input.flow.yaml` for a kind of file), and
//! `expected` with the same ending, what `crossdock fmt` makes of it; `expected.txt` when it refuses.

use std::fs;
use std::path::Path;

use crossdock::config::{KINDS, Kind, Unformatted, format_yaml};
use crossdock::diagnostic::{Sources, render};
use crossdock::mapping::format_mapping;
use libtest_mimic::{Failed, Trial};

/// One trial a case folder.
pub fn trials() -> Vec<Trial> {
    super::trials("fmt", run)
}

fn run(case: &Path) -> Result<(), Failed> {
    let mut names: Vec<String> =
        fs::read_dir(case)?.flatten().map(|entry| super::name(&entry.path())).collect();
    names.retain(|name| name.starts_with("input."));
    let [input] = names.as_slice() else { return Err("a case has one file `input.…`".into()) };
    let text = fs::read_to_string(case.join(input))?;
    let mut sources = Sources::default();
    let source = sources.add(input.as_str(), text.as_str());
    let format = |text: &str| match input.ends_with(".mapping") {
        true => format_mapping(source, text),
        false => format_yaml(kind(input), source, text),
    };
    match format(&text) {
        Ok(made) => {
            let again = format(&made).map_err(|why| format!("cannot be formatted again: {why:?}"))?;
            if again != made {
                return Err(format!("formatting twice gives something else:\n{again}").into());
            }
            super::expect(&case.join(input.replacen("input", "expected", 1)), &made)
        }
        Err(Unformatted::Findings(findings)) => {
            super::expect(&case.join("expected.txt"), &render::text::render(&findings, &sources, false))
        }
        Err(Unformatted::Changed) => Err("formatting would change what the text says".into()),
    }
}

/// `flow` of `input.flow.yaml`.
fn kind(input: &str) -> Option<Kind> {
    let word = input.split('.').nth(1)?;
    KINDS.iter().copied().find(|kind| kind.name() == word)
}
