//! What the commands share: exit codes, printing, colour, the environment, findings.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;

use clap::ValueEnum;

use crate::diagnostic::render::{self, Format};
use crate::diagnostic::{Diagnostic, Severity, Sources, plain, steers};

/// All is well.
pub(super) const CLEAN: u8 = 0;
/// There are findings, or tests that failed.
pub(super) const FINDINGS: u8 = 1;
/// The command could not do its work.
pub(super) const COULD_NOT_RUN: u8 = 2;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether to colour what goes to standard output.
    pub fn wanted(self) -> bool {
        match self {
            Colour::Auto => {
                io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
            }
            Colour::Always => true,
            Colour::Never => false,
        }
    }
}

/// Why standard output cannot be written, once it could not.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// Prints to standard output. A reader that went away (`| head`) is no error; a full disk is one, which
/// [`unwritten`] tells.
pub(super) fn say(text: &str) {
    write(&still(text));
}

/// Prints a text for another program as it is, byte for byte.
pub(super) fn say_exactly(text: &str) {
    write(text);
}

/// Prints JSON: what steers a terminal is written as an escape, so the data is the same.
pub(super) fn say_json(text: &str) {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => escaped.push(character),
            other if steers(other) => escaped.push_str(&format!("\\u{:04x}", u32::from(other))),
            other => escaped.push(other),
        }
    }
    write(&escaped);
}

fn write(text: &str) {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = UNWRITTEN.set(error.to_string().to_lowercase());
        }
        _ => {}
    }
}

/// The exit code when something could not be written to standard output, which is said.
pub(super) fn unwritten() -> Option<u8> {
    let why = UNWRITTEN.get()?;
    Some(could_not(format!("standard output cannot be written: {why}")))
}

/// Prints to standard error: what is said beside a result.
pub(super) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(still(text).as_bytes());
}

/// Prints why a command could not run, and gives its exit code.
pub(super) fn could_not(why: impl AsRef<str>) -> u8 {
    let _ = writeln!(io::stderr().lock(), "error: {}", plain(why.as_ref()));
    COULD_NOT_RUN
}

/// A text that steers no terminal, except by the colours that we give it.
fn still(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let steering = |character: &char| steers(*character) && !matches!(character, '\n' | '\t');
    while let Some((at, first)) = rest.char_indices().find(|(_, character)| steering(character)) {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let colour = colour(behind);
        out.push_str(if colour == 0 { "\u{fffd}" } else { &behind[..colour] });
        rest = &behind[if colour == 0 { first.len_utf8() } else { colour }..];
    }
    out.push_str(rest);
    out
}

/// The length of the colour (ECMA-48 §8.3.117) that a text begins with, in bytes; 0 for none.
fn colour(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\x1b[") else { return 0 };
    let end = rest.find(|character: char| !character.is_ascii_digit() && character != ';');
    end.filter(|end| rest[*end..].starts_with('m')).map_or(0, |end| text.len() - rest.len() + end + 1)
}

/// The folder, or why there is none.
pub(super) fn folder(dir: &Path) -> Result<(), String> {
    match std::fs::metadata(dir) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(format!("`{}` is a file; give the folder that holds `gateway.yaml`", dir.display())),
        Err(error) => Err(format!("`{}` cannot be read: {error}", dir.display())),
    }
}

/// Errors and warnings as text; empty when there are none.
pub(super) fn findings(findings: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let shown: Vec<Diagnostic> =
        findings.iter().filter(|finding| finding.severity() > Severity::Hint).cloned().collect();
    match shown.is_empty() {
        true => String::new(),
        false => render::render(Format::Text, &shown, sources, colour.wanted()),
    }
}

/// Prints errors and warnings as text, if there are any.
pub(super) fn say_findings(found: &[Diagnostic], sources: &Sources, colour: Colour) {
    say(&findings(found, sources, colour));
}

/// `2 errors, 1 warning`.
pub(super) fn counted(errors: usize, warnings: usize) -> String {
    let count = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        more => Some(format!("{more} {what}s")),
    };
    let parts: Vec<String> =
        [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_colours_reach_a_terminal() {
        assert_eq!(still("\x1b[1;31merror\x1b[0m: ä\n\tx"), "\x1b[1;31merror\x1b[0m: ä\n\tx");
        assert_eq!(
            still("a\x1b]0;title\x07\x1b[2Jb\u{9b}c\u{202e}\x1b["),
            "a\u{fffd}]0;title\u{fffd}\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}["
        );
        assert_eq!(still("a\r\x1b[3"), "a\u{fffd}\u{fffd}[3");
    }
}
