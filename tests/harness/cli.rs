//! `tests/cases/cli/<command>/<case>/`: `cmd`, command lines of `crossdock` without its name, run one
//! after the other in a copy of the folder, and `expected.txt`, all that was printed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};

/// One trial a case folder.
pub fn trials() -> Vec<Trial> {
    super::trials("cli", run)
}

fn run(case: &Path) -> Result<(), Failed> {
    let copy = tempfile::tempdir()?;
    copy_folder(case, copy.path())?;
    let commands = fs::read_to_string(case.join("cmd"))?;
    let mut transcript = String::new();
    for line in commands.lines().filter(|line| !line.trim().is_empty()) {
        transcript += &run_line(line, copy.path())?;
    }
    super::expect(&case.join("expected.txt"), &transcript)
}

/// Runs one line and gives what a reader over the shoulder would see. Words are separated by spaces; after ` < ` stands the
/// file that is standard input.
fn run_line(line: &str, dir: &Path) -> Result<String, Failed> {
    let (words, input) = line.split_once(" < ").map_or((line, None), |(words, file)| (words, Some(file)));
    let input = match input {
        Some(file) => Stdio::from(fs::File::open(dir.join(file.trim()))?),
        None => Stdio::null(),
    };
    let output = Command::new(env!("CARGO_BIN_EXE_crossdock"))
        .args(words.split_whitespace())
        .stdin(input)
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .output()?;
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*dir.to_string_lossy(), "DIR");
    let errors = shown(&output.stderr);
    let errors = if errors.is_empty() { errors } else { format!("[stderr]\n{errors}") };
    let code = output.status.code().unwrap_or(-1);
    Ok(format!("$ crossdock {line}\n{}{errors}[exit {code}]\n", shown(&output.stdout)))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
