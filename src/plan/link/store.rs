//! Where durable flows are kept.

use std::path::{Component, Path, PathBuf};

use super::findings::Findings;
use super::settings;
use crate::config::Spanned;
use crate::config::declarations::gateway::Store;
use crate::config::declarations::{Size, Text};
use crate::diagnostic::{Diagnostic, codes};
use crate::plan::StoreSettings;

/// Folders of a project that hold its files, sorted.
const OURS: [&str; 10] =
    ["events", "flows", "mappings", "routes", "secrets", "specs", "stubs", "systems", "tables", "tests"];

/// The store's settings, every default filled in.
pub(super) fn link(file: &Store, findings: &mut Findings) -> StoreSettings {
    let default = StoreSettings::default();
    StoreSettings {
        dir: file.dir.as_ref().map_or(default.dir, |text| dir(text, findings)),
        reserve: file.reserve.as_ref().map_or(default.reserve, |size| reserve(size, findings)),
        keep: settings::lapse(file.keep.as_ref(), default.keep, findings),
        keys: settings::lapse(file.keys.as_ref(), default.keys, findings),
    }
}

fn reserve(size: &Spanned<Size>, findings: &mut Findings) -> u64 {
    if size.value.0 == 0 {
        let message = "without a reserve, a full disk stops what runs before it can be recorded";
        let help = "write a size such as `256MB`";
        findings.add(Diagnostic::new(&codes::BAD_LIMIT, size.span, message).help(help));
    }
    size.value.0
}

fn dir(text: &Text, findings: &mut Findings) -> PathBuf {
    let dir = PathBuf::from(&*settings::shown(text));
    if among_ours(&dir) {
        let message = format!("the store cannot lie in `{}`: the project's own files do", dir.display());
        let help = "give it a folder of its own, such as `.crossdock` or `/var/lib/crossdock`";
        findings.add(Diagnostic::new(&codes::BAD_STORE, text.span, message).help(help));
    }
    dir
}

/// Whether a folder, relative to the project, is the project or one that its files lie in.
fn among_ours(dir: &Path) -> bool {
    let mut names = dir.components().filter(|part| *part != Component::CurDir);
    match names.next() {
        None => true,
        Some(Component::Normal(name)) => name.to_str().is_some_and(|name| OURS.contains(&name)),
        Some(_) => false,
    }
}
