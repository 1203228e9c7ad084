//! What the commands share: exit codes, printing, colour, the environment, findings.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::ValueEnum;

use crate::diagnostic::render::{self, Format};
use crate::diagnostic::{Diagnostic, Severity, Sources};

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

/// Prints to standard output. A reader that went away (`| head`) is no error.
pub(super) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints why a command could not run, and gives its exit code.
pub(super) fn could_not(why: impl AsRef<str>) -> u8 {
    let _ = writeln!(io::stderr().lock(), "error: {}", why.as_ref());
    COULD_NOT_RUN
}

/// The folder, or why there is none.
pub(super) fn folder(dir: &Path) -> Result<(), String> {
    match std::fs::metadata(dir) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(format!("`{}` is a file; give the folder that holds `gateway.yaml`", dir.display())),
        Err(error) => Err(format!("`{}` cannot be read: {error}", dir.display())),
    }
}

/// Prints errors and warnings as text, if there are any.
pub(super) fn say_findings(findings: &[Diagnostic], sources: &Sources, colour: Colour) {
    let shown: Vec<Diagnostic> =
        findings.iter().filter(|finding| finding.severity() > Severity::Hint).cloned().collect();
    if !shown.is_empty() {
        say(&render::render(Format::Text, &shown, sources, colour.wanted()));
    }
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
