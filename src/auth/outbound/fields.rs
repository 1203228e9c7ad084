//! Exactly the fields of its scheme stand beside `scheme:`.

use super::Scheme;
use crate::config::Spanned;
use crate::config::declarations::system::SystemAuth;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::http::HeaderName;

/// Fields that are missing, and fields that belong to another scheme.
pub(super) fn check(scheme: &Scheme, auth: &SystemAuth) -> Vec<Diagnostic> {
    let given = given(auth);
    let has = |name: &str| given.iter().any(|(field, _)| *field == name);
    let missing = scheme.needs.iter().filter(|name| !has(name)).map(|name| {
        let message = format!("`scheme: {}` needs `{name}`", scheme.name);
        Diagnostic::new(&codes::MISSING_KEY, auth.scheme.span, message)
            .help(format!("add `{name}:` beside `scheme`"))
    });
    let known = |name: &str| scheme.needs.contains(&name) || scheme.takes.contains(&name);
    let stray = given.iter().filter(|(name, _)| !known(name)).map(|(name, span)| {
        let message = format!("`scheme: {}` takes no `{name}`", scheme.name);
        Diagnostic::new(&codes::CONFLICTING_KEYS, *span, message).help(format!("leave `{name}` out"))
    });
    let mut findings: Vec<Diagnostic> = missing.chain(stray).collect();
    findings.extend(auth.header.as_ref().and_then(|header| header_name(header).err()));
    findings
}

fn given(auth: &SystemAuth) -> Vec<(&'static str, Span)> {
    let SystemAuth { scheme: _, header, key, user, password, token, login, expired } = auth;
    let fields = [
        ("expired", expired.as_ref().map(|text| text.span)),
        ("header", header.as_ref().map(|text| text.span)),
        ("key", key.as_ref().map(|text| text.span)),
        ("login", login.as_ref().map(|login| login.post.span)),
        ("password", password.as_ref().map(|text| text.span)),
        ("token", token.as_ref().map(|text| text.span)),
        ("user", user.as_ref().map(|text| text.span)),
    ];
    fields.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
}

/// The name of a header field (RFC 9110 §5.1).
pub(super) fn header_name(name: &Spanned<String>) -> Result<HeaderName, Diagnostic> {
    HeaderName::from_bytes(name.value.as_bytes()).map_err(|_| {
        let message = format!("`{}` is not the name of a header", name.value);
        Diagnostic::new(&codes::BAD_HEADER, name.span, message)
            .help("use letters, digits and hyphens, such as `X-Api-Key`")
    })
}
