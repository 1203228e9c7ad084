//! The file of one secret.

use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroize;

use crate::auth::Secret;

/// Largest secret, in bytes.
const LARGEST: u64 = 64 << 10;

/// What tells one state of a file from another without reading it. Links are followed: container platforms swap
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    changed: Option<SystemTime>,
    /// Which file it is, where the platform says so.
    number: u64,
}

impl Stamp {
    /// `None`: there is no such file.
    pub fn of(dir: &Path, name: &str) -> Option<Stamp> {
        let state = std::fs::metadata(dir.join(name)).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&state);
        #[cfg(not(unix))]
        let number = 0;
        Some(Stamp { size: state.len(), changed: state.modified().ok(), number })
    }
}

/// What the file of a secret holds, without one line break at its end. The error goes behind its name.
pub(super) fn value(dir: &Path, name: &str) -> Result<Secret, String> {
    if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
        return Err("has a name that cannot be a file's".to_owned());
    }
    let path = dir.join(name);
    let told = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("is not there: put it into `{}`", path.display()),
        kind => format!("cannot be read from `{}`: {kind}", path.display()),
    };
    if std::fs::metadata(&path).map_err(told)?.len() > LARGEST {
        return Err(format!("is larger than {LARGEST} bytes"));
    }
    let mut text = std::fs::read_to_string(&path).map_err(told)?;
    let kept =
        text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    let value = Secret::new(text.get(..kept).unwrap_or_default().to_owned());
    text.zeroize();
    if value.reveal().is_empty() { Err("is empty".to_owned()) } else { Ok(value) }
}
