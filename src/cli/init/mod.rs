//! `crossdock init DIR`: a small project that checks, tests and serves.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{key, output};

/// Write a small working project to start from
#[derive(Debug, Args)]
#[command(after_help = "Example:
  crossdock init my-gateway
  crossdock dev my-gateway

The folder must be new or empty: nothing is ever overwritten.")]
pub(super) struct Options {
    /// The folder to make
    dir: PathBuf,
}

macro_rules! template {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("template/", $path)))),*]
    };
}

/// Every file of the project, sorted by path.
const FILES: &[(&str, &str)] = template![
    ".gitignore",
    "README.md",
    "exceptions.yaml",
    "flows/read_account.yaml",
    "gateway.yaml",
    "mappings/account_to_portal.mapping",
    "mappings/erp_account_to_account.mapping",
    "routes/accounts.yaml",
    "specs/erp/account@1.json",
    "specs/portal/account@1.json",
    "stubs/erp.yaml",
    "systems/erp.yaml",
    "tests/accounts.yaml",
];

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    match attempt(&options.dir) {
        Ok(key) => {
            output::say(&told(&options.dir, &key));
            output::CLEAN
        }
        Err(why) => output::could_not(why),
    }
}

/// Writes the project and gives the client's key, which is stored nowhere.
fn attempt(dir: &Path) -> Result<String, String> {
    let taken = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if taken || dir.is_file() {
        return Err(format!("`{}` is there already and not empty; name a new folder", dir.display()));
    }
    let key = key::fresh().map_err(|error| format!("the machine gives no randomness: {error}"))?;
    let digest = key::digest(&key);
    for (path, text) in FILES {
        write(&dir.join(path), &text.replace("@DIGEST@", &digest))?;
    }
    Ok(key.to_string())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("`{}` cannot be written: {error}", path.display()))
}

fn told(dir: &Path, key: &str) -> String {
    let dir = dir.display();
    format!(
        "wrote {} files to {dir}\n\
         the key of the client `acme_portal`, shown only now: {key}\n\n\
         next:\n  crossdock check {dir}\n  crossdock test {dir}\n  crossdock dev {dir}\n",
        FILES.len()
    )
}
