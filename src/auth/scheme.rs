//! What both tables of schemes say of a scheme, and how a declaration is held against them.

use std::fmt;

use crate::config::Spanned;
use crate::diagnostic::{Diagnostic, Span, codes, short};
use crate::http::HeaderName;

/// One way to prove who somebody is. `C` compiles its declaration.
pub struct Scheme<C> {
    /// As it stands behind `scheme:`.
    pub name: &'static str,
    /// For help, completion and the docs.
    pub about: &'static str,
    /// Keys that must stand beside `scheme`.
    pub needs: &'static [&'static str],
    /// Keys that may.
    pub takes: &'static [&'static str],
    pub(super) compile: C,
}

impl<C> fmt::Debug for Scheme<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scheme({})", self.name)
    }
}

impl<C> Scheme<C> {
    /// Whether a key may stand beside this scheme.
    pub fn knows(&self, key: &str) -> bool {
        self.needs.contains(&key) || self.takes.contains(&key) || COMMON.contains(&key)
    }
}

/// Keys of callers' policies that may stand beside any scheme.
pub(super) static COMMON: &[&str] = &["addresses"];

/// Schemes that are known by name and not built yet, in either direction. Sorted.
pub static NOT_BUILT: &[&str] = &["aws_sigv4", "message_signature", "oauth2"];

/// The scheme that a declaration names, when exactly its keys are `given`; else all that is wrong.
pub(super) fn choose<C>(
    schemes: &[&'static Scheme<C>],
    named: &Spanned<String>,
    given: &[(&'static str, Span)],
) -> Result<&'static Scheme<C>, Vec<Diagnostic>> {
    let Some(scheme) = schemes.iter().find(|scheme| scheme.name == named.value) else {
        return Err(vec![unknown(schemes, named)]);
    };
    let missing = scheme.needs.iter().filter(|key| !given.iter().any(|(name, _)| name == *key));
    let missing = missing.map(|key| {
        let message = format!("`{}` lacks the key `{key}`", scheme.name);
        Diagnostic::new(&codes::MISSING_KEY, named.span, message).help(format!("add `{key}: ...`"))
    });
    let stray = given.iter().filter(|(key, _)| !scheme.knows(key));
    let findings: Vec<_> = missing.chain(stray.map(|key| stray_key(schemes, scheme, key))).collect();
    if findings.is_empty() { Ok(scheme) } else { Err(findings) }
}

fn stray_key<C>(schemes: &[&Scheme<C>], scheme: &Scheme<C>, (key, span): &(&str, Span)) -> Diagnostic {
    let message = format!("`{key}` does not belong to the scheme `{}`", scheme.name);
    let finding = Diagnostic::new(&codes::MISPLACED_KEY, *span, message);
    match schemes.iter().find(|other| other.knows(key)) {
        Some(other) => finding.help(format!("it belongs to `{}`; take it out", other.name)),
        None => finding.help("take it out"),
    }
}

/// A scheme that does not stand in its table: one that is not built, or a slip.
fn unknown<C>(schemes: &[&Scheme<C>], named: &Spanned<String>) -> Diagnostic {
    let (word, names) = (named.value.as_str(), schemes.iter().map(|scheme| scheme.name));
    let list = names.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if NOT_BUILT.contains(&word) || is_built_somewhere(word) {
        let message = format!("the auth scheme `{word}` is not built yet here");
        return Diagnostic::new(&codes::NOT_BUILT_YET, named.span, message)
            .help(format!("until then, use one of {list}"));
    }
    let message = format!("there is no auth scheme `{}`", short(word));
    let finding = Diagnostic::new(&codes::UNKNOWN_VALUE, named.span, message);
    finding.nearest(word, names).help(format!("write one of {list}"))
}

fn is_built_somewhere(word: &str) -> bool {
    super::inbound::SCHEMES.iter().any(|scheme| scheme.name == word)
        || super::outbound::SCHEMES.iter().any(|scheme| scheme.name == word)
}

/// The name of a header field (RFC 9110 §5.1), as it is declared.
pub fn header_name(name: &Spanned<String>) -> Result<HeaderName, Diagnostic> {
    HeaderName::from_bytes(name.value.as_bytes()).map_err(|_| {
        let message = format!("`{}` is not the name of a header", name.value);
        Diagnostic::new(&codes::BAD_HEADER, name.span, message)
            .help("use letters, digits and hyphens, such as `X-Api-Key`")
    })
}

#[cfg(test)]
mod tests {
    use super::super::{inbound, outbound};
    use super::*;

    fn named(word: &str) -> Spanned<String> {
        Spanned { value: word.to_owned(), span: Span::default() }
    }

    fn told(word: &str, given: &[(&'static str, Span)]) -> Vec<String> {
        let findings = choose(inbound::SCHEMES, &named(word), given).unwrap_err();
        findings.iter().map(|finding| format!("{}: {}", finding.code.name, finding.message)).collect()
    }

    #[test]
    fn tables_are_sorted() {
        assert!(inbound::SCHEMES.is_sorted_by(|one, other| one.name < other.name));
        assert!(outbound::SCHEMES.is_sorted_by(|one, other| one.name < other.name));
        assert!(NOT_BUILT.is_sorted());
    }

    #[test]
    fn what_is_built_is_not_called_not_built() {
        let both = |name: &&&str| {
            inbound::SCHEMES.iter().any(|scheme| scheme.name == **name)
                && outbound::SCHEMES.iter().any(|scheme| scheme.name == **name)
        };
        assert_eq!(NOT_BUILT.iter().find(both), None);
    }

    #[test]
    fn a_scheme_is_built_not_built_or_a_slip() {
        assert_eq!(choose(inbound::SCHEMES, &named("api_key"), &[]).unwrap().name, "api_key");
        assert_eq!(
            told("aws_sigv4", &[]),
            ["not-built-yet: the auth scheme `aws_sigv4` is not built yet here"]
        );
        // Systems are called with it; callers cannot prove themselves by it.
        assert_eq!(told("session", &[]), ["not-built-yet: the auth scheme `session` is not built yet here"]);
        assert_eq!(told("apikey", &[]), ["unknown-value: there is no auth scheme `apikey`"]);
        let finding = choose(inbound::SCHEMES, &named("api_kye"), &[]).unwrap_err().remove(0);
        assert!(finding.label.is_some_and(|label| label.contains("`api_key`")));
    }

    #[test]
    fn exactly_the_keys_of_a_scheme_stand_beside_it() {
        let header = [("header", Span::default())];
        assert_eq!(told("none", &header), ["misplaced-key: `header` does not belong to the scheme `none`"]);
        let findings = choose(outbound::SCHEMES, &named("basic"), &[("user", Span::default())]).unwrap_err();
        assert_eq!(findings[0].message, "`basic` lacks the key `password`");
    }
}
