//! Secret values, read once for a generation from a directory with one file each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Plan;

/// Largest secret, in bytes.
const LARGEST: u64 = 64 << 10;

/// The values of every secret that a plan refers to. Never shown: not in logs, not in errors.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeMap<Arc<str>, Arc<Zeroizing<String>>>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} names)", self.values.len())
    }
}

impl Secrets {
    /// Reads every secret in `names` from `dir`. One line break at the end of a file is not part of
    /// the secret. The error has a sentence for each one that cannot be had.
    pub fn read(dir: &Path, names: &BTreeSet<Arc<str>>) -> Result<Secrets, Vec<String>> {
        let (mut values, mut missing) = (BTreeMap::new(), Vec::new());
        for name in names {
            match value(dir, name) {
                Ok(value) => drop(values.insert(Arc::clone(name), Arc::new(Zeroizing::new(value)))),
                Err(why) => missing.push(format!("the secret `{name}` {why}")),
            }
        }
        if missing.is_empty() { Ok(Secrets { values }) } else { Err(missing) }
    }

    /// What can be read from `dir` of the secrets of a plan; the others get their own name for a value: for
    /// `dev` and `test`, where stubs ask for no secrets. What signs gets 64 hexadecimal digits, which are a key
    /// however keys are written.
    pub fn stand_ins(dir: &Path, plan: &Plan) -> Secrets {
        let signs = plan.signing_secrets();
        let stand_in = |name: &Arc<str>| match signs.contains(&**name) {
            true => digits(name),
            false => name.to_string(),
        };
        let read = |name: &Arc<str>| value(dir, name).unwrap_or_else(|_| stand_in(name));
        Secrets {
            values: plan
                .secrets
                .iter()
                .map(|name| (Arc::clone(name), Arc::new(Zeroizing::new(read(name)))))
                .collect(),
        }
    }

    /// Given values, for tests and for `dev`.
    pub fn given<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Secrets {
        let keep = |(name, value): (&str, &str)| (name.into(), Arc::new(Zeroizing::new(value.to_owned())));
        Secrets { values: pairs.into_iter().map(keep).collect() }
    }

    /// The value of a secret.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.as_str())
    }
}

/// The SHA-256 of a name in hexadecimal digits.
fn digits(name: &str) -> String {
    Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn value(dir: &Path, name: &str) -> Result<String, String> {
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
    text.truncate(kept);
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_missing_is_named_at_once() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("erp"), "s3cret\n").unwrap();
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect();
        let secrets = Secrets::read(dir.path(), &names(&["erp"])).unwrap();
        assert_eq!(secrets.get("erp"), Some("s3cret"));
        assert!(!format!("{secrets:?}").contains("s3cret"));
        let missing = Secrets::read(dir.path(), &names(&["erp", "empty", "none", "../etc"])).unwrap_err();
        assert_eq!(missing.len(), 3, "{missing:?}");
    }
}
