//! Where durable flows are kept.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::findings::Findings;
use super::{needs, settings};
use crate::config::Spanned;
use crate::config::declarations::gateway::{Encrypt, GatewayFile};
use crate::config::declarations::{Size, Text, TextPart};
use crate::diagnostic::{Diagnostic, codes};
use crate::plan::StoreSettings;

/// Folders of a project that hold its files, sorted.
const OURS: [&str; 10] =
    ["events", "flows", "mappings", "routes", "secrets", "specs", "stubs", "systems", "tables", "tests"];

/// The store's settings, every default filled in.
pub(super) fn link(gateway: &GatewayFile, findings: &mut Findings) -> StoreSettings {
    let file = &gateway.store;
    let default = StoreSettings::default();
    StoreSettings {
        dir: file.dir.as_ref().map_or(default.dir, |text| dir(text, findings)),
        reserve: file.reserve.as_ref().map_or(default.reserve, |size| reserve(size, findings)),
        keep: settings::lapse(file.keep.as_ref(), default.keep, findings),
        keys: settings::lapse(file.keys.as_ref(), default.keys, findings),
        sealed_with: file.encrypt.as_ref().map_or_else(Vec::new, |encrypt| sealed_with(encrypt, findings)),
        secrets_dir: needs::secrets_dir(gateway),
    }
}

/// The secrets that payloads are enciphered with. A key that stands in the file is none.
fn sealed_with(encrypt: &Encrypt, findings: &mut Findings) -> Vec<Arc<str>> {
    let name = |text: &Text| match text.parts.as_slice() {
        [TextPart::Secret(name)] => Some(name.as_str().into()),
        _ => {
            let message = "the key of the store is not a secret";
            let help = "write `key: ${secret:store_key}`, and put what `openssl rand -base64 32` prints into the file `secrets/store_key`";
            findings.add(Diagnostic::new(&codes::BAD_STORE, text.span, message).help(help).conceal());
            None
        }
    };
    std::iter::once(&encrypt.key).chain(&encrypt.retired).filter_map(name).collect()
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
