//! The repository's files, as the house rules look at them.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the repository.
pub struct File {
    /// Relative to the repository, with `/`.
    pub path: String,
    pub text: String,
}

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file below `folder` whose name ends so, sorted by path; what builds leave behind and
/// what git keeps for itself is left out.
pub fn files(folder: &str, end: &str) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    let mut files: Vec<File> = found
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(end))
        .filter_map(|path| Some(File { path: relative(&path), text: fs::read_to_string(&path).ok()? }))
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let skipped = name == "target" || name == ".git";
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !skipped => walk(&path, found),
            Ok(kind) if kind.is_file() && !skipped => found.push(path),
            _ => {}
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The lines of a Rust file that run in production, each with its number from 1: without comments,
/// and without what stands under `#[cfg(test)]` or in a room's `tests.rs`.
pub fn production(file: &File) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    if file.path.ends_with("/tests.rs") || file.path.contains("/tests/") {
        return lines;
    }
    let mut until: Option<&str> = None;
    let mut pending = false;
    for (at, line) in file.text.lines().enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        if let Some(closing) = until {
            if line.trim_end() == format!("{closing}}}") {
                until = None;
            }
            continue;
        }
        if line.trim() == "#[cfg(test)]" {
            pending = true;
        } else if pending && !line.trim_start().starts_with("#[") {
            pending = false;
            until = (!line.trim_end().ends_with(';')).then_some(indent);
        } else if !pending && !line.trim_start().starts_with("//") {
            lines.push((at + 1, line));
        }
    }
    lines
}

/// The room a file of `src/` belongs to: `flow` for `src/flow/step/call.rs`, `clock` for `src/clock.rs`.
pub fn room(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// Fails with the whole list when there is one.
pub fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}
