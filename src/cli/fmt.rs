//! `crossdock fmt PATHS`: mappings and YAML files in the one layout.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, Colour};
use crate::config::place::{Place, is_ignored, place};
use crate::config::{self, Kind, Unformatted};
use crate::diagnostic::Sources;
use crate::mapping;

/// Put mappings and YAML files into the one layout
///
/// What files say stays as it is, and so do comments, quotes and the order of keys. Mappings: one entry a
/// line, values of neighbours in one column, long lines broken. YAML: indents of two, one blank line at most,
/// no `=` where only an expression can stand. A file that cannot be read is left alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock fmt my-project
  crossdock fmt my-project --check
  crossdock fmt mappings/order_to_job.mapping
  crossdock fmt - --named flows/a.yaml < a.yaml

Exit codes: 0 all is in the layout now, 1 with --check a file is not, or a file cannot be read, 2 could not run.")]
pub(super) struct Options {
    /// Projects, folders and files; `-` reads a text and prints it
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write nothing; list what would change
    #[arg(long)]
    check: bool,
    /// What the text of `-` is called in a project: its ending says what it is
    #[arg(long, value_name = "FILE", default_value = "text.mapping")]
    named: PathBuf,
}

/// What a file is.
#[derive(Debug, Clone, Copy)]
enum Form {
    Mapping,
    /// Of a kind, where its place says so.
    Yaml(Option<Kind>),
}

/// What became of the files.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    changed: usize,
    failed: usize,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    match attempt(options) {
        Ok(code) => code,
        Err(why) => output::could_not(why),
    }
}

fn attempt(options: &Options) -> Result<u8, String> {
    if options.paths.iter().any(|path| path.as_os_str() == "-") {
        return match options.paths.as_slice() {
            [_] => piped(options),
            _ => Err("`-` stands alone: there is one text to read".to_owned()),
        };
    }
    let mut files = Vec::new();
    for path in &options.paths {
        found(path, &mut files)?;
    }
    let mut tally = Tally::default();
    for (path, form) in &files {
        file(path, *form, options.check, &mut tally)?;
    }
    output::say(&told(&tally, options.check));
    let clean = tally.failed == 0 && (tally.changed == 0 || !options.check);
    Ok(if clean { output::CLEAN } else { output::FINDINGS })
}

fn told(tally: &Tally, check: bool) -> String {
    let count = |number: usize| match number {
        1 => "1 file".to_owned(),
        more => format!("{more} files"),
    };
    let verb = if check { "would change" } else { "changed" };
    let failed = match tally.failed {
        0 => String::new(),
        more => format!(", {} left alone", count(more)),
    };
    format!("{}, {} {verb}{failed}\n", count(tally.files), tally.changed)
}

/// Formats what comes in, and prints it.
fn piped(options: &Options) -> Result<u8, String> {
    let mut text = String::new();
    let limit = (1 << 20) + 1;
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_string(&mut text)
        .map_err(|error| format!("standard input cannot be read: {error}"))?;
    let form = form(&options.named).ok_or("`--named` ends in `.mapping` or `.yaml`")?;
    match formatted(&options.named, form, &text) {
        Some(after) if options.check => Ok(if after == text { output::CLEAN } else { output::FINDINGS }),
        Some(after) => {
            output::say_exactly(&after);
            Ok(output::CLEAN)
        }
        None => Ok(output::FINDINGS),
    }
}

/// One file: left, rewritten, or reported.
fn file(path: &Path, form: Form, check: bool, tally: &mut Tally) -> Result<(), String> {
    tally.files += 1;
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            output::say(&format!("`{}` cannot be read: {error}\n", path.display()));
            tally.failed += 1;
            return Ok(());
        }
    };
    match formatted(path, form, &text) {
        None => tally.failed += 1,
        Some(after) if after == text => {}
        Some(after) => {
            tally.changed += 1;
            output::say(&format!("{}\n", path.display()));
            if !check {
                write(path, &after)?;
            }
        }
    }
    Ok(())
}

/// The text in the one layout; what is wrong with it is said.
fn formatted(path: &Path, form: Form, text: &str) -> Option<String> {
    let mut sources = Sources::default();
    let source = sources.add(path.display().to_string(), text);
    let made = match form {
        Form::Mapping => mapping::format_mapping(source, text),
        Form::Yaml(kind) => config::format_yaml(kind, source, text),
    };
    match made {
        Ok(after) => return Some(after),
        Err(Unformatted::Findings(findings)) => output::say_findings(&findings, &sources, Colour::Auto),
        Err(Unformatted::Changed) => output::say(&format!(
            "`{}` would say something else after formatting, so it is left alone; this is a mistake of crossdock\n",
            path.display()
        )),
    }
    None
}

/// Writes beside the file and renames: a reader sees the old text or the new one.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let said = |error: std::io::Error| format!("`{}` cannot be written: {error}", path.display());
    // A link stays a link.
    let real = path.canonicalize().map_err(said)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(real.file_name().unwrap_or_default());
    name.push(format!(".{}~", std::process::id()));
    let beside = real.with_file_name(name);
    let permissions = std::fs::metadata(&real).map_err(said)?.permissions();
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, permissions))
        .and_then(|()| std::fs::rename(&beside, &real));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        said(error)
    })
}

/// The files of a path: of a project those that are its own, of another folder all by their ending.
fn found(path: &Path, files: &mut Vec<(PathBuf, Form)>) -> Result<(), String> {
    let said = |error| format!("`{}` cannot be read: {error}", path.display());
    if std::fs::metadata(path).map_err(said)?.is_dir() {
        let project = path.join("gateway.yaml").is_file() || path.join("gateway.yml").is_file();
        return walk(path, path, project, 0, files);
    }
    let form = form(path).ok_or_else(|| {
        format!(
            "`{}` is neither a mapping nor YAML: it ends in neither `.mapping` nor `.yaml`",
            path.display()
        )
    })?;
    files.push((path.to_owned(), form));
    Ok(())
}

/// Folders inside folders, at most.
const DEPTH: usize = 12;

fn walk(
    root: &Path,
    dir: &Path,
    project: bool,
    depth: usize,
    files: &mut Vec<(PathBuf, Form)>,
) -> Result<(), String> {
    let said = |error| format!("`{}` cannot be read: {error}", dir.display());
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).map_err(said)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let ignored = path.file_name().and_then(|name| name.to_str()).is_none_or(is_ignored);
        let linked = path.is_symlink();
        match (ignored, path.is_dir()) {
            (true, _) => {}
            (false, true) if !linked && depth < DEPTH => walk(root, &path, project, depth + 1, files)?,
            (false, true) => {}
            (false, false) => {
                let form = if project { form_in(root, &path) } else { form(&path) };
                files.extend(form.map(|form| (path, form)));
            }
        }
    }
    Ok(())
}

/// What a file of a project is; `None` for one that is none of its own.
fn form_in(root: &Path, path: &Path) -> Option<Form> {
    let relative = path.strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
    match place(&relative)? {
        Place::Yaml(kind) => Some(Form::Yaml(Some(kind))),
        Place::Mapping(_) => Some(Form::Mapping),
        Place::Schema(_) | Place::Table(_) | Place::Stray | Place::Unknown { .. } => None,
    }
}

/// What a file is by its ending, and by the folder it stands in.
fn form(path: &Path) -> Option<Form> {
    match path.extension()?.to_str()? {
        "mapping" => Some(Form::Mapping),
        "yaml" | "yml" => {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let names: Vec<&str> = absolute.iter().filter_map(|name| name.to_str()).collect();
            // The longest end of the path that a project would have.
            let kind = (0..names.len()).find_map(|from| match place(&names[from..].join("/")) {
                Some(Place::Yaml(kind)) => Some(kind),
                _ => None,
            });
            Some(Form::Yaml(kind))
        }
        _ => None,
    }
}
