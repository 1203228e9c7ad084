//! Reads a project's folder from disk, within bounds.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::place;
use crate::diagnostic::{Diagnostic, codes};

/// All files of a project together: 64 MiB.
const MAX_TOTAL: u64 = 64 << 20;
/// One file that is not YAML (YAML has its own, smaller bound): 8 MiB.
const MAX_FILE: u64 = 8 << 20;
/// Files in a project.
const MAX_FILES: usize = 20_000;
/// Folders in a project, each time one is met through a link counted again.
const MAX_FOLDERS: usize = 2_000;
/// Folders inside folders.
const MAX_DEPTH: usize = 12;

/// What was found on disk: paths relative to the project with `/` between names.
#[derive(Debug, Default)]
pub struct Found {
    pub files: Vec<(String, Vec<u8>)>,
    /// What could not be read, by path.
    pub problems: Vec<(String, Diagnostic)>,
    total: u64,
    folders: usize,
}

/// Reads every file that could be the project's. Links are followed as long as they stay inside the
/// project's folder (container platforms mount files as links into a hidden folder beside them).
pub fn read(dir: &Path) -> Found {
    let mut found = Found::default();
    match dir.canonicalize() {
        Ok(root) if root.is_dir() => found.folder(&root, &root, "", 0),
        Ok(_) => found.problem("", "this is not a folder".to_owned()),
        Err(error) => found.problem("", format!("the folder cannot be read: {}", plain(&error))),
    }
    found
}

impl Found {
    fn problem(&mut self, path: &str, message: String) {
        self.problems.push((path.to_owned(), Diagnostic::nowhere(&codes::UNREADABLE_FILE, message)));
    }

    fn folder(&mut self, root: &Path, folder: &Path, prefix: &str, depth: usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            // A folder that nothing is read from (`secrets`) may well be closed to us.
            Err(_) if !prefix.is_empty() && !is_ours(prefix) => return,
            Err(error) => {
                return self.problem(prefix, format!("the folder cannot be read: {}", plain(&error)));
            }
        };
        let mut names: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        names.sort();
        for path in names {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if !place::is_ignored(name) {
                let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
                self.entry(root, &path, &relative, depth);
            }
        }
    }

    fn entry(&mut self, root: &Path, path: &Path, relative: &str, depth: usize) {
        let real = match path.canonicalize() {
            Ok(real) => real,
            // A dangling link to something that is none of ours is none of our business.
            Err(_) if is_foreign(relative) => return,
            Err(error) => return self.problem(relative, format!("this cannot be read: {}", plain(&error))),
        };
        if real.is_dir() {
            return self.inner(root, path, &real, relative, depth);
        }
        if place::place(relative).is_none() || !real.is_file() {
            return;
        }
        match real.starts_with(root) {
            true => self.file(&real, relative),
            false if is_foreign(relative) => {}
            false => self.problem(relative, "this link leads out of the project's folder".to_owned()),
        }
    }

    /// A folder in the folder: inside the project, not one that holds itself, not too deep.
    fn inner(&mut self, root: &Path, path: &Path, real: &Path, relative: &str, depth: usize) {
        self.folders += 1;
        let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
        let holds_itself = parent.is_none_or(|parent| parent.starts_with(real));
        let bounded = depth < MAX_DEPTH && self.folders <= MAX_FOLDERS;
        if bounded && real.starts_with(root) && !holds_itself {
            self.folder(root, path, relative, depth + 1);
        } else if place::place(&format!("{relative}/x.yaml")).is_some() {
            self.problem(
                relative,
                "this folder leads out of the project, into itself or too deep".to_owned(),
            );
        }
    }

    fn file(&mut self, real: &Path, relative: &str) {
        let mut bytes = Vec::new();
        let read = fs::File::open(real).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return self.problem(relative, format!("this file cannot be read: {}", plain(&error)));
        }
        self.total += bytes.len() as u64;
        if bytes.len() as u64 > MAX_FILE || self.total > MAX_TOTAL || self.files.len() >= MAX_FILES {
            let finding = Diagnostic::nowhere(&codes::TOO_LARGE, "this is more than a project may hold");
            let help = format!(
                "a file holds at most {} MB, a project {} MB and {MAX_FILES} files",
                MAX_FILE >> 20,
                MAX_TOTAL >> 20
            );
            return self.problems.push((relative.to_owned(), finding.help(help)));
        }
        self.files.push((relative.to_owned(), bytes));
    }
}

/// Whether files of a project can stand in this folder.
fn is_ours(folder: &str) -> bool {
    ["yaml", "json", "mapping", "csv"].iter().any(|ending| !is_foreign(&format!("{folder}/x.{ending}")))
}

/// Whether a file is none of ours, or only its words would say so.
fn is_foreign(relative: &str) -> bool {
    matches!(place::place(relative), None | Some(place::Place::Stray))
}

/// An I/O error in a few words, without the operating system's number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string().to_lowercase();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn follows_links_inside_and_refuses_links_out() {
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("secret.yaml"), "x").expect("written");
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path().join("..2026_11");
        fs::create_dir_all(data.join("flows")).expect("made");
        fs::write(data.join("gateway.yaml"), "edition: 2026\n").expect("written");
        fs::write(data.join("flows/a.yaml"), "flow: a\n").expect("written");
        symlink("..2026_11", dir.path().join("..data")).expect("linked");
        symlink("..data/gateway.yaml", dir.path().join("gateway.yaml")).expect("linked");
        symlink("..data/flows", dir.path().join("flows")).expect("linked");
        fs::create_dir(dir.path().join("systems")).expect("made");
        fs::write(dir.path().join("systems/t.yaml"), "system: t\n").expect("written");
        symlink(outside.path().join("secret.yaml"), dir.path().join("systems/s.yaml")).expect("linked");
        symlink(".", dir.path().join("routes")).expect("linked");
        let found = read(dir.path());
        let paths: Vec<&str> = found.files.iter().map(|(path, _)| path.as_str()).collect();
        assert!(paths.contains(&"gateway.yaml") && paths.contains(&"flows/a.yaml"), "{paths:?}");
        assert!(paths.contains(&"systems/t.yaml") && !paths.contains(&"systems/s.yaml"), "{paths:?}");
        let problems: Vec<&str> = found.problems.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(problems, ["routes", "systems/s.yaml"]);
    }

    #[test]
    fn only_folders_of_a_project_have_to_be_readable() {
        for ours in
            ["flows", "mappings", "routes", "specs", "specs/erp", "stubs", "systems", "tables", "tests"]
        {
            assert!(is_ours(ours), "{ours}");
        }
        for other in ["secrets", "notes", "node_modules"] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn says_that_a_folder_is_not_there() {
        let found = read(Path::new("/nowhere/at/all"));
        assert_eq!(found.problems.len(), 1);
    }
}
