//! What the suites of `tests/cases.rs` share: finding folders, comparing and blessing texts.

pub mod check;
pub mod cli;
pub mod examples;
pub mod fmt;

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folders directly below `dir`, sorted by name; none when `dir` does not exist.
pub fn folders(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// One trial for each folder two levels below `tests/cases/<suite>`, named `<suite>/<group>/<case>`.
pub fn trials(suite: &'static str, run: fn(&Path) -> Result<(), Failed>) -> Vec<Trial> {
    let groups = folders(&root().join("tests/cases").join(suite));
    let cases = groups.iter().flat_map(|group| folders(group));
    cases
        .map(|case| {
            let group = name(case.parent().expect("a case lies in a group"));
            Trial::test(format!("{suite}/{group}/{}", name(&case)), move || run(&case))
        })
        .collect()
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Fails with both texts when `actual` is not what `file` holds; with `BLESS=1` writes it there.
pub fn expect(file: &Path, actual: &str) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, actual)?;
        return Ok(());
    }
    let expected = fs::read_to_string(file).map_err(|error| {
        format!("{}: {error}; write it with BLESS=1. Came out:\n{actual}", file.display())
    })?;
    if expected == actual {
        return Ok(());
    }
    Err(format!("{} is not what came out\n{}", file.display(), difference(&expected, actual)).into())
}

/// Both texts from their first different line on, with a little of what is before.
fn difference(expected: &str, actual: &str) -> String {
    let same = expected.lines().zip(actual.lines()).take_while(|(a, b)| a == b).count();
    let part = |text: &str, sign: char| -> String {
        text.lines().skip(same).take(40).map(|line| format!("{sign} {line}\n")).collect()
    };
    let before: String =
        expected.lines().take(same).skip(same.saturating_sub(3)).map(|line| format!("  {line}\n")).collect();
    format!("{before}{}{}", part(expected, '-'), part(actual, '+'))
}
