//! Texts that are nearly mappings: the conformance cases with slips, and mappings typed by another hand.

use std::path::Path;

use super::programs::chance::Chance;

/// Words and signs to slip in.
const WORDS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    ",",
    ":",
    ".",
    "..",
    "...",
    "??",
    "==",
    "=",
    "|",
    "->",
    "-",
    "#",
    "\n",
    "\r\n",
    "\t",
    " ",
    "match",
    "each",
    "as",
    "at",
    "where",
    "let",
    "def",
    "use",
    "map",
    "from",
    "to",
    "using tables",
    "is present",
    "is not null",
    "omit",
    "null",
    "true",
    "in",
    "not",
    "and",
    "or",
    "else",
    "0",
    "1.50",
    "\u{feff}",
    "é",
    "x",
    "canonical/booking@1",
    "# c\n",
    "\\u0041",
    "reject(\"a\", \"b\")",
    "try(",
];

/// The texts of the conformance cases.
pub fn corpus() -> Vec<String> {
    fn walk(dir: &Path, found: &mut Vec<String>) {
        let mut paths: Vec<_> =
            std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|known| known == "mapping") {
                found.extend(std::fs::read_to_string(&path));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mapping"), &mut found);
    assert!(found.len() > 50, "the conformance cases are not there");
    found
}

/// One of the texts with one to four slips.
pub fn mutated(corpus: &[String], chance: &mut Chance) -> String {
    let mut text = chance.pick(corpus).clone();
    for _ in 0..1 + chance.below(4) {
        let (start, end) = (place(&text, chance), place(&text, chance));
        let (start, end) = (start.min(end), start.max(end).min(start.min(end) + 40));
        let end = (end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        match chance.below(5) {
            0 => text.replace_range(start..end, ""),
            1 => {
                let word: &str = chance.pick::<&str>(WORDS);
                text.insert_str(start, word);
            }
            2 => text = format!("{}{}", &text[..end], &text[start..]),
            3 => {
                let other = chance.pick(corpus);
                let (from, to) = (place(other, chance), place(other, chance));
                text.insert_str(start, &other[from.min(to)..from.max(to)]);
            }
            _ => swap_lines(&mut text, chance),
        }
        text.truncate((0..=text.len().min(20_000)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    }
    text
}

fn place(text: &str, chance: &mut Chance) -> usize {
    let at = chance.below(text.len() + 1);
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn swap_lines(text: &mut String, chance: &mut Chance) {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.len() > 1 {
        let (one, two) = (chance.below(lines.len()), chance.below(lines.len()));
        lines.swap(one, two);
    }
    *text = lines.join("\n");
}

/// A mapping with other white space, comments and line breaks, where these change nothing.
pub fn retyped(text: &str, chance: &mut Chance) -> String {
    let (mut typed, mut quoted, mut escaped, mut open) = (String::new(), 0_usize, false, Vec::new());
    for sign in text.chars() {
        let in_text = open.last() == Some(&'"');
        let code = quoted == 0;
        match sign {
            '"' if in_text && !escaped => {
                open.pop();
                quoted -= 1;
            }
            '"' if !in_text => {
                open.push('"');
                quoted += 1;
            }
            '(' | '[' | '{' if !in_text || sign == '{' && !escaped => open.push(sign),
            ')' | ']' | '}' if !in_text => drop(open.pop()),
            _ => {}
        }
        escaped = in_text && sign == '\\' && !escaped;
        typed.push(sign);
        if !code || quoted > 0 {
            continue;
        }
        // Behind a comma of a list or a call, a line may break.
        match sign {
            ',' if matches!(open.last(), Some('(' | '[')) => {
                typed.push_str(chance.pick::<&str>(&[
                    "",
                    " ",
                    "\n",
                    "  # behind a comma\n",
                    "\n\n\n# alone\n\n",
                ]));
            }
            '(' | '[' if chance.once_in(3) => typed.push_str(chance.pick::<&str>(&[" ", "\n", "\n\n  "])),
            '{' if chance.once_in(3) => typed.push_str(chance.pick::<&str>(&["  ", "\n", " # opened\n"])),
            ' ' if chance.once_in(4) => typed.push(' '),
            '\n' if chance.once_in(4) => typed.push_str(chance.pick::<&str>(&["\n\n", "# a line\n", "  "])),
            _ => {}
        }
    }
    typed
}
