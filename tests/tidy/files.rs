//! How files begin, how long they are, and what must not stand in them.

use super::source::{files, none, production, root};

/// Longest file in production lines; files that are one flat table may be longer.
const LONGEST: usize = 500;

#[test]
fn every_file_begins_with_a_sentence() {
    let sources = ["src", "tests", "benches"].into_iter().flat_map(|folder| files(folder, ".rs"));
    let found = sources.filter(|file| !file.text.starts_with("//! ")).map(|file| file.path).collect();
    none("files that do not begin with `//! ` and a sentence", found);
}

#[test]
fn files_are_short() {
    let long = files("src", ".rs").into_iter().map(|file| (production(&file).len(), file.path));
    let found = long
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none("files to split", found);
}

#[test]
fn nothing_panics_on_purpose() {
    let banned = [
        ".unwrap()",
        ".unwrap_err()",
        "panic!(",
        "unreachable!(",
        "todo!(",
        "unimplemented!(",
        ".expect(\"\")",
        "dbg!(",
    ];
    let mut found = Vec::new();
    for file in files("src", ".rs") {
        for (at, line) in production(&file) {
            let calls = banned.iter().filter(|call| line.contains(**call));
            found.extend(calls.map(|call| format!("{}:{at}: `{call}`", file.path)));
        }
    }
    none("calls that may panic without a reason", found);
}

#[test]
fn only_the_command_line_prints_and_exits() {
    let banned = ["println!(", "eprintln!(", "print!(", "process::exit("];
    let mut found = Vec::new();
    for file in files("src", ".rs").into_iter().filter(|file| !file.path.starts_with("src/cli/")) {
        for (at, line) in production(&file) {
            let calls = banned.iter().filter(|call| line.contains(**call));
            found.extend(calls.map(|call| format!("{}:{at}: `{call}`", file.path)));
        }
    }
    none("printing outside src/cli", found);
}

#[test]
fn no_file_names_a_place_on_somebody_s_machine() {
    // Not the folder around it: that may be a place like any other, such as the one for temporary files.
    let checkout = [format!("{}/", root().display())];
    let homes = ["home/", "Users/", "root/"].map(|folder| format!("/{folder}"));
    let places: Vec<String> = homes.into_iter().chain(checkout).collect();
    let mut found = Vec::new();
    for file in files("", "") {
        let lines = file.text.lines().enumerate();
        let bad = lines.filter(|(_, line)| places.iter().any(|place| names_place(line, place)));
        found.extend(bad.map(|(at, _)| format!("{}:{}", file.path, at + 1)));
    }
    none("paths of one machine", found);
}

/// Whether `place` begins a path in `line`, and is not in the middle of one or of an address.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|sign| sign.is_alphanumeric() || "./_-}:*".contains(sign))
    })
}
