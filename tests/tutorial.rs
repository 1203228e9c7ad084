//! The tutorials (`docs/mapping.md`, `docs/flows.md`) are played from the first line to the last, as a reader does: files are saved, entries
//! are changed, commands are typed, and what the page shows must be what comes out. `BLESS=1 cargo test --test tutorial`
//! writes what came out into the page, for you to read.

use std::path::{Path, PathBuf};
use std::process::Command;

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// The name of an entry or a `let` that a line begins; lines of a header, of a body and remarks have none.
fn name(line: &str) -> Option<&str> {
    let words = line.strip_prefix("let ").or(line.strip_prefix("def ")).unwrap_or(line);
    let end = words.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    let entry = line.len() > words.len() || words[end..].starts_with(':');
    (end > 0 && entry).then_some(&words[..end])
}

/// The statements of a text: each begins in the first column with something that is no closing bracket.
fn statements(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        match found.last_mut() {
            Some(last) if line.starts_with([' ', '}', ')', ']']) => *last += &format!("\n{line}"),
            _ => found.push(line.to_owned()),
        }
    }
    found
}

/// Statements take the place of those with their name; others come to the end.
fn changed(text: &str, change: &str) -> String {
    let mut all = statements(text);
    for new in statements(change) {
        let same = |old: &String| name(&new).is_some() && name(old) == name(&new);
        let header =
            |old: &String| ["using", "use"].iter().any(|word| first(old) == *word && first(&new) == *word);
        match all.iter().position(|old| same(old) || header(old)) {
            Some(at) => all[at] = new,
            // What the header names stands before the first blank line, a `let` or `def` behind it.
            None if ["using", "use", "let", "def"].contains(&first(&new)) => {
                let blank = all.iter().position(String::is_empty).expect("a header ends with a blank line");
                let header = ["using", "use"].contains(&first(&new));
                let lines = if header { vec![new] } else { vec![String::new(), new] };
                all.splice(blank..blank, lines);
            }
            None => all.push(new),
        }
    }
    all.join("\n") + "\n"
}

fn first(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

/// What `crossdock` prints in a folder, results first.
fn run(dir: &Path, command: &str) -> String {
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("crossdock"), "the tutorial types `{command}`");
    let ran = Command::new(env!("CARGO_BIN_EXE_crossdock")).args(words).current_dir(dir).output();
    let ran = ran.expect("crossdock runs");
    let said = [ran.stdout, ran.stderr].concat();
    String::from_utf8(said).expect("text").lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Whether a page shows what came: `...` alone on a line stands for any lines.
fn shows(page: &str, came: &str) -> bool {
    let mut rest = came;
    for (at, piece) in page.split("...\n").enumerate() {
        let found = if at == 0 { rest.starts_with(piece).then_some(0) } else { rest.find(piece) };
        let Some(found) = found else { return false };
        rest = &rest[found + piece.len()..];
    }
    rest.is_empty() || page.ends_with("...\n")
}

/// A block of commands with what each prints now, where it is not what the page shows.
fn played(dir: &Path, block: &str) -> String {
    let mut out = String::new();
    for part in block.split_inclusive('\n').fold(Vec::<(&str, String)>::new(), |mut parts, line| {
        match (line.strip_prefix("$ "), parts.last_mut()) {
            (Some(command), _) => parts.push((command.trim(), String::new())),
            (None, Some((_, said))) => said.push_str(line),
            (None, None) => panic!("a console block begins with a command: {line}"),
        }
        parts
    }) {
        let came = run(dir, part.0);
        let said = if shows(&part.1, &came) && !part.1.is_empty() { part.1 } else { came };
        out += &format!("$ {}\n{said}", part.0);
    }
    out
}

/// Does what a block says; gives it as it should stand in the page.
fn play(dir: &Path, info: &str, block: &str) -> String {
    let write = |file: &str, text: String| {
        let path = dir.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    match info.split_once(' ') {
        None if info == "console" => return played(dir, block),
        Some((_, what)) if what.starts_with("save=") => write(&what[5..], block.to_owned()),
        Some((_, what)) if what.starts_with("change=") => {
            let text = std::fs::read_to_string(dir.join(&what[7..])).expect("a file that was saved");
            write(&what[7..], changed(&text, block));
        }
        Some((_, what)) if what.starts_with("shows=") => {
            return std::fs::read_to_string(dir.join(&what[6..])).expect("a file that was saved");
        }
        _ => panic!("the tutorial has a block that does nothing: `{info}`"),
    }
    block.to_owned()
}

/// Plays a page that types at least so many commands.
fn shows_what_happens(name: &str, least: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(page(name)).expect("the page");
    let (mut now, mut lines, mut commands) = (String::new(), text.lines(), 0);
    while let Some(line) = lines.next() {
        now += &format!("{line}\n");
        let Some(info) = line.strip_prefix("```") else { continue };
        let block: String =
            lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        now += &format!("{}```\n", play(dir.path(), info, &block));
        commands += block.matches("$ crossdock").count();
    }
    assert!(commands >= least, "the tutorial types {commands} commands only");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(page(name), &now).expect("it can be written");
    }
    let written = std::fs::read_to_string(page(name)).expect("the page");
    assert!(written == now, "the tutorial shows what does not happen; it should read:\n{now}");
}

#[test]
fn the_tutorial_of_mappings_shows_what_happens() {
    shows_what_happens("mapping.md", 16);
}

#[test]
fn the_tutorial_of_flows_shows_what_happens() {
    shows_what_happens("flows.md", 8);
}
