//! The command line where files, names and disks are not as they should be.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

const GATEWAY: &str = "edition: 2026\ngateway: edges\n";
const MAPPING: &str = "map same\nfrom object as text\nto object\n\nx: text\n";

fn crossdock(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossdock")).current_dir(dir).args(arguments).output().unwrap()
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Whether nothing in it would steer a terminal.
#[track_caller]
fn is_plain(output: &Output) -> String {
    let text = String::from_utf8([output.stdout.clone(), output.stderr.clone()].concat()).unwrap();
    let steers = |character: char| character.is_control() && character != '\n' || character == '\u{202e}';
    assert!(!text.contains(steers), "{text:?}");
    text
}

#[test]
fn names_and_texts_never_steer_a_terminal() {
    let dir = project(&[
        ("gateway.yaml", GATEWAY),
        ("flows/\u{1b}[31mx\n rm -rf.yaml", "flow: \u{9b}31m\n"),
        ("flows/b.yaml", "flow: b # \u{9b}31m\nnonsense: \u{9b}\n"),
        ("mappings/same.mapping", MAPPING),
        ("\u{1b}[31mx", "{"),
    ]);
    let text = is_plain(&crossdock(dir.path(), &["check", "."]));
    assert!(!text.contains("\n rm -rf"), "{text}");
    for format in ["json", "sarif"] {
        is_plain(&crossdock(dir.path(), &["check", ".", "--format", format]));
    }
    is_plain(&crossdock(dir.path(), &["map", "mappings/same.mapping", "--input", "\u{1b}[31mx"]));
    is_plain(&crossdock(dir.path(), &["map", "mappings/same.mapping", "--input", "/tmp/\u{1b}[31mx\nrm"]));
}

#[test]
fn the_name_of_a_test_is_one_plain_line() {
    let gateway = format!("{GATEWAY}auth: {{ anybody: {{ scheme: none }} }}\n");
    let story = "tests:\n  - test: \"x\\e[31m\\n rm -rf / #\"\n    request: { get: /nope }\n    expect: { status: 404 }\n";
    let dir = project(&[("gateway.yaml", &gateway), ("tests/a.yaml", story)]);
    let text = is_plain(&crossdock(dir.path(), &["test", "."]));
    assert!(text.contains("1 passed") && !text.contains("\n rm"), "{text}");
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let dir = project(&[("gateway.yaml", GATEWAY), ("mappings/same.mapping", MAPPING), ("in.json", "{}")]);
    for arguments in [
        &["check", ".", "--format", "sarif"][..],
        &["check", "."],
        &["map", "mappings/same.mapping", "--input", "in.json"],
        &["schema", "flow"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .current_dir(dir.path())
            .args(arguments)
            .stdout(Stdio::from(full))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains("standard output cannot be written"), "{said}");
    }
}

#[test]
fn an_input_is_given_once() {
    let dir = project(&[("mappings/same.mapping", MAPPING), ("in.json", "{}")]);
    let one = crossdock(dir.path(), &["map", "mappings/same.mapping", "--input", "in.json"]);
    assert_eq!((one.status.code(), String::from_utf8_lossy(&one.stderr).trim()), (Some(0), ""));
    for second in ["in.json", "text=in.json"] {
        let both = ["map", "mappings/same.mapping", "--input", "in.json", "--input", second];
        let ended = crossdock(dir.path(), &both);
        assert_eq!(ended.status.code(), Some(2));
        assert!(is_plain(&ended).contains("`text` is given twice"));
    }
}

#[test]
fn a_gateway_file_that_cannot_be_read_is_not_missing() {
    let dir = project(&[]);
    std::os::unix::fs::symlink("gateway.yaml", dir.path().join("gateway.yaml")).unwrap();
    let text = is_plain(&crossdock(dir.path(), &["check", "."]));
    assert!(text.contains("unreadable-file") && !text.contains("missing-gateway"), "{text}");
    let nowhere = Path::new("/nowhere/at/all");
    let (project, findings) = crossdock::config::load(nowhere, &Default::default());
    let told: Vec<_> = findings.iter().map(|finding| finding.code.name).collect();
    assert_eq!(told, ["unreadable-file"]);
    assert!(project.sources.locate(findings[0].span.unwrap()).starts_with("/nowhere/at/all"));
}
