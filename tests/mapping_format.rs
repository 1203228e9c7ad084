//! Formatting changes no file's meaning: over every mapping and every YAML file of the repository.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crossdock::config::{KINDS, Unformatted, format_yaml};
use crossdock::diagnostic::SourceId;
use crossdock::mapping::{Shared, format_mapping, meaning, parse_mapping, parse_shared};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text below some folders whose file has an ending.
fn texts(ending: &str) -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                walk(&path, ending, found);
            } else if path.extension().is_some_and(|known| known == ending)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    for folder in ["examples", "src/cli/init/template", "tests/cases"] {
        walk(&root().join(folder), ending, &mut found);
    }
    found
}

#[test]
fn every_mapping_of_the_repository_keeps_its_meaning() {
    let mut formatted = 0;
    for (path, text) in texts("mapping") {
        let made = match format_mapping(SourceId(0), &text) {
            Ok(made) => made,
            Err(Unformatted::Findings(_)) => continue,
            Err(Unformatted::Changed) => panic!("{}: another meaning", path.display()),
        };
        let tree = |text: &str| match Shared::is_shared(text) {
            true => format!("{:?}", parse_shared(SourceId(0), text).0.expect("it reads").defs.len()),
            false => meaning(&parse_mapping(SourceId(0), text).0.expect("it reads")),
        };
        assert_eq!(tree(&text), tree(&made), "{}", path.display());
        assert_eq!(format_mapping(SourceId(0), &made).expect("it reads"), made, "{}", path.display());
        formatted += 1;
    }
    assert!(formatted > 200, "only {formatted} mappings were formatted");
}

#[test]
fn every_yaml_file_of_the_repository_keeps_its_meaning() {
    let mut formatted = 0;
    for (path, text) in texts("yaml") {
        let place = path.display().to_string();
        let kind = KINDS.iter().find(|kind| place.contains(kind.name()));
        for kind in [kind.copied(), None] {
            let made = match format_yaml(kind, SourceId(0), &text) {
                Ok(made) => made,
                Err(Unformatted::Findings(_)) => continue,
                Err(Unformatted::Changed) => panic!("{} as {kind:?}: another meaning", path.display()),
            };
            let again = format_yaml(kind, SourceId(0), &made).expect("it reads");
            assert_eq!(again, made, "{} as {kind:?}", path.display());
            formatted += 1;
        }
    }
    assert!(formatted > 500, "only {formatted} files were formatted");
}

#[test]
fn what_we_ship_stands_in_the_layout() {
    let shipped = |(path, _): &(PathBuf, String)| !path.starts_with(root().join("tests"));
    for (path, text) in texts("mapping").into_iter().filter(shipped) {
        assert_eq!(format_mapping(SourceId(0), &text).expect("it reads"), text, "{}", path.display());
    }
    for (path, text) in texts("yaml").into_iter().filter(shipped) {
        assert_eq!(format_yaml(None, SourceId(0), &text).expect("it reads"), text, "{}", path.display());
    }
}

#[test]
fn layouts_of_other_hands_become_the_same() {
    for (path, text) in texts("yaml") {
        // Deeper indents, spaces at the ends, blank lines in heaps: but not where a text would have them.
        if text.contains(['|', '>', '\t']) || format_yaml(None, SourceId(0), &text).is_err() {
            continue;
        }
        let line = |line: &str| {
            let words = line.trim_start_matches(' ');
            format!("{}{words}  \n", " ".repeat((line.len() - words.len()) * 2))
        };
        let other: String = text.lines().map(line).collect::<String>().replace("\n  \n", "\n\n  \n\n");
        let (Ok(first), Ok(second)) =
            (format_yaml(None, SourceId(0), &text), format_yaml(None, SourceId(0), &other))
        else {
            continue;
        };
        let flat = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(flat(&first), flat(&second), "{}", path.display());
    }
}

#[test]
fn mappings_in_the_docs_stand_in_the_layout() {
    let pages = std::fs::read_dir(root().join("docs")).expect("docs/").flatten();
    let mut seen = 0;
    for page in pages.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "md"))
    {
        let text = std::fs::read_to_string(&page).expect("a page");
        for block in text.split("\n```mapping file=").skip(1) {
            let block = block.split_once('\n').map_or("", |(_, rest)| rest);
            let block = block.split("\n```").next().unwrap_or_default().to_owned() + "\n";
            let made = format_mapping(SourceId(0), &block).expect("it reads");
            assert_eq!(made, block, "{}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "no page shows a mapping");
}

/// `crossdock fmt` with a text on standard input: its exit code and what it printed.
fn piped(arguments: &[&str], text: &str) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
        .arg("fmt")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("crossdock runs");
    child.stdin.take().expect("standard input").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_text_on_standard_input_is_printed_in_the_layout() {
    let (mapping, made) = ("map a from any as x to any a:x", "map a\nfrom any as x\nto   any\n\na: x\n");
    let mapping = mapping.replace(" a:x", "\na:x");
    assert_eq!(piped(&["-"], &mapping), (Some(0), made.to_owned()));
    assert_eq!(piped(&["-", "--check"], &mapping), (Some(1), String::new()));
    assert_eq!(piped(&["-", "--check"], made), (Some(0), String::new()));
    let flow = "flow: a\ndo:\n- b:\n    require: =true\n";
    let laid_out = "flow: a\ndo:\n  - b:\n      require: true\n";
    assert_eq!(piped(&["-", "--named", "p/flows/a.yaml"], flow), (Some(0), laid_out.to_owned()));
    let (code, said) = piped(&["-"], "map a\nfrom any as x\nto any\na: (\n");
    assert!(code == Some(1) && said.contains("text.mapping:4:4"), "{code:?} {said}");
}

#[cfg(unix)]
#[test]
fn files_keep_their_permissions_and_links_stay_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().expect("a folder");
    let (file, link) = (dir.path().join("a.mapping"), dir.path().join("b.mapping"));
    std::fs::write(&file, "map a\nfrom any as x\nto any\na:x\n").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("set");
    symlink("a.mapping", &link).expect("linked");
    let ran = Command::new(env!("CARGO_BIN_EXE_crossdock")).arg("fmt").arg(&link).status().expect("it runs");
    assert!(ran.success() && link.is_symlink());
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "map a\nfrom any as x\nto   any\n\na: x\n");
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 2, "nothing is left behind");
}
