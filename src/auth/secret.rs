//! A secret in memory: shown nowhere, overwritten when it goes.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::config::declarations::{Text, TextPart};
use crate::http::Bytes;

/// A secret text. Cloning shares it; the last to go overwrites it.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes over a text.
    pub fn new(text: String) -> Secret {
        Secret(Arc::new(Zeroizing::new(text)))
    }

    /// The secret itself: never for logs, errors or answers.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Secret {
    fn as_ref(&self) -> &str {
        self.reveal()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.reveal() == other.reveal()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Bytes that are overwritten when the last who share them let go.
pub fn fleeting(bytes: Zeroizing<Vec<u8>>) -> Bytes {
    /// `Zeroizing` shows no bytes by itself.
    struct Owner(Zeroizing<Vec<u8>>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    Bytes::from_owner(Owner(bytes))
}

/// Gives secrets as they are now: a file that changed gives its new value.
pub trait Vault: Send + Sync + fmt::Debug {
    /// A secret by name.
    fn get(&self, name: &str) -> Option<Secret>;

    /// Another number whenever some value has changed.
    fn version(&self) -> u64;

    /// Looks at once whether some value has changed: a system refused the one that it was shown.
    fn look(&self);
}

/// A text with its secrets filled in. The error has a sentence for each thing that is missing.
pub fn resolve<S: AsRef<str>>(
    text: &Text,
    secret: &dyn Fn(&str) -> Option<S>,
) -> Result<Secret, Vec<String>> {
    let (mut whole, mut missing) = (Zeroizing::new(String::new()), Vec::new());
    for part in &text.parts {
        match part {
            TextPart::Literal(literal) => whole.push_str(literal),
            TextPart::Secret(name) => match secret(name) {
                Some(value) => whole.push_str(value.as_ref()),
                None => missing.push(missing_secret(name)),
            },
            TextPart::Missing(name) => missing.push(format!("the variable `{name}` has no value")),
        }
    }
    if missing.is_empty() { Ok(Secret(Arc::new(whole))) } else { Err(missing) }
}

/// The sentence for a secret that nobody gave.
pub(super) fn missing_secret(name: &str) -> String {
    format!("the secret `{name}` is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_missing_is_listed() {
        let part = |parts| Text { parts, span: Default::default() };
        let given = |name: &str| (name == "erp").then(|| Secret::new("s3cret".into()));
        let text = part(vec![TextPart::Literal("user:".into()), TextPart::Secret("erp".into())]);
        let secret = resolve(&text, &given).unwrap();
        assert_eq!(secret.reveal(), "user:s3cret");
        assert!(!format!("{secret:?}").contains("s3cret"));
        let text = part(vec![TextPart::Secret("dispatch".into()), TextPart::Missing("USER".into())]);
        let missing = resolve(&text, &given).unwrap_err();
        assert_eq!(missing, ["the secret `dispatch` is missing", "the variable `USER` has no value"]);
    }
}
