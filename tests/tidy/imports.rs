//! A room imports what its row names, and nothing else. `ARCHITECTURE.md` shows the same table.

use std::collections::BTreeSet;
use std::fs;

use super::source::{File, files, none, production, room, root};

/// Free to all.
const FREE: [&str; 5] = ["clock", "diagnostic", "failpoint", "telemetry", "value"];

/// What each room may import besides, sorted.
const ROOMS: &[(&str, &[&str])] = &[
    ("auth", &["codec", "config", "http", "mapping", "schema"]),
    (
        "cli",
        &[
            "auth",
            "codec",
            "config",
            "event",
            "flow",
            "gateway",
            "http",
            "mapping",
            "plan",
            "schema",
            "simulator",
            "store",
            "system",
            "testing",
        ],
    ),
    ("clock", &[]),
    ("codec", &["config"]),
    ("config", &[]),
    ("diagnostic", &[]),
    ("event", &["auth", "codec", "config", "http", "mapping", "schema", "store"]),
    ("failpoint", &[]),
    ("flow", &["codec", "config", "event", "http", "mapping", "schema", "store", "system"]),
    ("gateway", &["auth", "codec", "event", "flow", "http", "mapping", "plan", "schema", "store", "system"]),
    ("http", &[]),
    ("mapping", &["codec", "config", "schema"]),
    ("plan", &["auth", "codec", "config", "event", "flow", "http", "mapping", "schema", "system"]),
    ("schema", &[]),
    ("simulator", &["codec", "config", "http", "mapping", "schema", "system"]),
    ("store", &[]),
    ("system", &["auth", "codec", "config", "http", "mapping", "schema"]),
    ("telemetry", &[]),
    (
        "testing",
        &[
            "auth",
            "codec",
            "config",
            "event",
            "flow",
            "gateway",
            "http",
            "mapping",
            "plan",
            "schema",
            "simulator",
            "store",
            "system",
        ],
    ),
    ("value", &[]),
];

#[test]
fn rooms_import_what_their_row_names() {
    let found = files("src", ".rs").iter().flat_map(strangers).collect();
    none("imports that the table in tests/tidy/imports.rs does not allow", found);
}

#[test]
fn every_room_has_a_row() {
    let rooms: BTreeSet<String> =
        files("src", ".rs").iter().map(|file| room(&file.path).to_owned()).collect();
    let found =
        rooms.into_iter().filter(|room| !["lib", "main"].contains(&&**room) && row(room).is_none()).collect();
    none("rooms without a row in tests/tidy/imports.rs", found);
}

#[test]
fn architecture_shows_the_same_table() {
    let Ok(text) = fs::read_to_string(root().join("ARCHITECTURE.md")) else { return };
    let shown: BTreeSet<(String, BTreeSet<String>)> = text.lines().filter_map(table_row).collect();
    let found = ROOMS
        .iter()
        .filter(|(room, _)| !FREE.contains(room))
        .map(|(room, imports)| (room.to_string(), imports.iter().map(|name| name.to_string()).collect()))
        .filter(|row| !shown.contains(row))
        .map(|(room, imports): (String, BTreeSet<String>)| {
            format!("| {room} | {} |", imports.into_iter().collect::<Vec<_>>().join(", "))
        })
        .collect();
    none("rows that ARCHITECTURE.md lacks or has otherwise", found);
}

#[test]
fn foreign_crates_stay_in_their_room() {
    let homes = [
        ("hyper::", "http"),
        ("hyper_util::", "http"),
        ("pest::", "mapping"),
        ("pest_derive", "mapping"),
        ("rusqlite", "store"),
    ];
    let mut found = Vec::new();
    for file in files("src", ".rs") {
        for (at, line) in production(&file) {
            let strays = homes.iter().filter(|(name, home)| line.contains(name) && room(&file.path) != *home);
            found.extend(
                strays.map(|(name, home)| format!("{}:{at}: `{name}` belongs in src/{home}", file.path)),
            );
        }
    }
    none("crates outside their room", found);
}

fn row(room: &str) -> Option<&'static [&'static str]> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, imports)| *imports)
}

/// `| flow | config, mapping |` as a room and its imports.
fn table_row(line: &str) -> Option<(String, BTreeSet<String>)> {
    let mut cells = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .map(|cell| cell.replace('`', "").trim().to_owned());
    let (room, imports) = (cells.next()?, cells.next()?);
    let imports =
        imports.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty() && name != "—");
    Some((room, imports.collect()))
}

/// The imports of a file that its room's row does not allow.
fn strangers(file: &File) -> Vec<String> {
    let own = room(&file.path);
    let allowed = row(own).unwrap_or(&["cli", "crossdock"]);
    let is_stranger =
        |name: &&str| *name != own && !FREE.contains(name) && !allowed.contains(name) && row(name).is_some();
    let lines = production(file);
    let joined: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    let names: BTreeSet<&str> = imported(&joined).into_iter().filter(|name| is_stranger(name)).collect();
    names.into_iter().map(|name| format!("{}: `{own}` may not import `{name}`", file.path)).collect()
}

/// The rooms named after `crate::` in a text, in `use crate::{a, b::c}` too.
fn imported(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(members(group)),
            None => names.push(word(rest)),
        }
    }
    names
}

/// The first words of the members of `{a, b::{c, d}}`, after the opening brace.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (1, 0, Vec::new());
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && sign == ',') {
            found.push(word(group[start..at].trim_start()));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn word(text: &str) -> &str {
    let end = text.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(text.len());
    &text[..end]
}

#[test]
fn imports_are_read_in_groups_too() {
    let text = "use crate::{flow::{A, config}, http};\nlet x = crate::value::Value::Null;";
    assert_eq!(imported(text), ["flow", "http", "value"]);
}
