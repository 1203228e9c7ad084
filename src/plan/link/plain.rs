//! Credentials that stand in a file of the project for everybody to read.

use super::findings::Findings;
use crate::config::Project;
use crate::config::declarations::system::SystemFile;
use crate::config::declarations::{Data, Name, Text, TextPart};
use crate::diagnostic::{Diagnostic, Span, codes};

/// What the fields of a login that hold a secret are called.
const WORDS: [&str; 6] = ["apikey", "key", "passwd", "password", "secret", "token"];

/// Warns of every credential that is written out.
pub(super) fn check(project: &Project, findings: &mut Findings) {
    for file in &project.systems {
        credentials(project, file, findings);
    }
    for (name, policy) in project.gateway.iter().flat_map(|gateway| &gateway.auth) {
        let fields = [("secret", &policy.secret), ("client_secret", &policy.client_secret)];
        for (key, text) in fields.into_iter().filter_map(|(key, text)| Some((key, text.as_ref()?))) {
            if is_literal(text) && is_written(project, text.span) {
                findings.add(plain(key, &name.value, text.span));
            }
        }
    }
    let policies = project.gateway.iter().flat_map(|gateway| &gateway.auth);
    let shared = policies.flat_map(|(name, policy)| Some((name, policy.secrets.as_ref()?)));
    for (name, text) in shared.flat_map(|(name, list)| list.value.iter().map(move |text| (name, text))) {
        if is_literal(text) && !is_public(text) && is_written(project, text.span) {
            findings.add(plain("secrets", &name.value, text.span));
        }
    }
}

/// Whether a text is a public key: that may stand anywhere.
fn is_public(text: &Text) -> bool {
    text.plain().is_some_and(|words| words.contains("BEGIN PUBLIC KEY") || words.starts_with("whpk_"))
}

fn credentials(project: &Project, file: &SystemFile, findings: &mut Findings) {
    let Some(auth) = &file.auth else { return };
    let fields = [
        ("client_secret", &auth.client_secret),
        ("key", &auth.key),
        ("password", &auth.password),
        ("token", &auth.token),
    ];
    for (name, text) in fields.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
        if is_literal(text) && is_written(project, text.span) {
            findings.add(plain(name, &file.system.value, text.span));
        }
    }
    for text in auth.secrets.iter().flat_map(|list| &list.value) {
        if is_literal(text) && is_written(project, text.span) {
            findings.add(plain("secrets", &file.system.value, text.span));
        }
    }
    let Some(login) = &auth.login else { return };
    login.headers.iter().for_each(|(name, data)| inside(project, name, data, file, findings));
    if let Some(body) = &login.body {
        members(project, body, file, findings);
    }
}

fn members(project: &Project, data: &Data, file: &SystemFile, findings: &mut Findings) {
    match data {
        Data::Object(entries, _) => {
            entries.iter().for_each(|(name, data)| inside(project, name, data, file, findings));
        }
        Data::Array(items, _) => items.iter().for_each(|item| members(project, item, file, findings)),
        _ => {}
    }
}

fn inside(project: &Project, name: &Name, data: &Data, file: &SystemFile, findings: &mut Findings) {
    let Data::Literal(value, _) = data else { return members(project, data, file, findings) };
    let word: String = name.value.chars().filter(char::is_ascii_alphanumeric).collect();
    let named = WORDS.contains(&&*word.to_ascii_lowercase());
    if named && value.as_str().is_some_and(|text| !text.is_empty()) && is_written(project, value.span) {
        findings.add(plain(&name.value, &file.system.value, value.span));
    }
}

fn is_literal(text: &Text) -> bool {
    text.parts.iter().all(|part| matches!(part, TextPart::Literal(words) if !words.is_empty()))
        && !text.parts.is_empty()
}

/// Whether the words stand in the file themselves, not as a variable.
fn is_written(project: &Project, span: Span) -> bool {
    let words = project
        .sources
        .get(span.source)
        .and_then(|source| source.text.get(span.start as usize..span.end as usize));
    words.is_some_and(|words| !words.contains("${"))
}

/// `owner`: the system or policy that it proves us to.
fn plain(name: &str, owner: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` stands here for everybody to read");
    let help = format!(
        "write `${{secret:{owner}_{name}}}`, and put the value into the file `secrets/{owner}_{name}`, which is not committed"
    );
    Diagnostic::new(&codes::PLAIN_SECRET, span, message).conceal().help(help)
}
