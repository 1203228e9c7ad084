//! From a declaration to a signature that can be verified and made, with all that is wrong with it.

use std::time::Duration;

use super::presets::{PRESETS, declaration};
use super::template::{PARTS, Part, Template};
use super::{Algorithm, Encoding, KeyForm, Signature, Stamp, TimeUnit};
use crate::auth::header_name;
use crate::config::Spanned;
use crate::config::declarations::signature as declared;
use crate::diagnostic::{Code, Diagnostic, Span, codes};
use crate::http::HeaderName;

/// How far a time of signing may be from ours, unless said.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Checks a declaration, filled up from its preset. `place` is where it stands.
///
/// # Errors
/// Everything that is wrong with it.
pub fn compile(given: &declared::Signature, place: Span) -> Result<Signature, Vec<Diagnostic>> {
    let whole = filled(given).map_err(|finding| vec![*finding])?;
    let mut findings = Vec::new();
    let mut name = |text: &Option<Spanned<String>>| {
        text.as_ref().and_then(|text| header_name(text).map_err(|finding| findings.push(finding)).ok())
    };
    let (header, id, stamp) = (name(&whole.header), name(&whole.id), name(&whole.timestamp));
    findings.extend(whole.header.is_none().then(|| lacks(place, "header")));
    findings.extend(whole.algorithm.is_none().then(|| lacks(place, "algorithm")));
    let signs = template(&whole, place).map_err(|finding| findings.push(*finding)).ok();
    if let Some(signs) = &signs {
        findings.extend(unsound(&whole, signs, place));
    }
    findings.extend(misplaced(&whole));
    match (findings.is_empty(), header, &whole.algorithm, signs) {
        (true, Some(header), Some(algorithm), Some(signs)) => {
            Ok(made(&whole, header, (id, stamp), algorithm.value, signs))
        }
        _ => Err(findings),
    }
}

fn made(
    whole: &declared::Signature,
    header: HeaderName,
    (id, stamp): (Option<HeaderName>, Option<HeaderName>),
    algorithm: Algorithm,
    signs: Template,
) -> Signature {
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.as_str().into());
    let key = match algorithm {
        Algorithm::RsaSha256 | Algorithm::Ed25519 => KeyForm::Pem,
        _ => KeyForm::Utf8,
    };
    Signature {
        header,
        algorithm,
        key: whole.key.as_ref().map_or(key, |key| key.value),
        signs,
        encoding: whole.encoding.as_ref().map_or(Encoding::Hex, |encoding| encoding.value),
        prefix: text(&whole.prefix).unwrap_or_default(),
        separator: text(&whole.separator),
        id,
        timestamp: stamp.map(Stamp::Header).or(text(&whole.timestamp_prefix).map(Stamp::Among)),
        unit: whole.timestamp_unit.as_ref().map_or(TimeUnit::Seconds, |unit| unit.value),
        tolerance: whole.tolerance.as_ref().map_or(TOLERANCE, |tolerance| tolerance.value.0),
        url: text(&whole.url).unwrap_or_default(),
    }
}

/// A declaration over its preset: what is written goes before what the preset says.
fn filled(given: &declared::Signature) -> Result<declared::Signature, Box<Diagnostic>> {
    let Some(name) = &given.preset else { return Ok(given.clone()) };
    let Some(preset) = declaration(&name.value) else {
        let message = format!("there is no preset `{}`", name.value);
        let names = PRESETS.iter().map(|(known, _)| *known);
        let list = names.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let finding = Diagnostic::new(&codes::UNKNOWN_VALUE, name.span, message);
        return Err(Box::new(finding.nearest(&name.value, names).help(format!("write one of {list}"))));
    };
    let given = given.clone();
    Ok(declared::Signature {
        preset: given.preset,
        header: given.header.or(preset.header),
        algorithm: given.algorithm.or(preset.algorithm),
        key: given.key.or(preset.key),
        signs: given.signs.or(preset.signs),
        encoding: given.encoding.or(preset.encoding),
        prefix: given.prefix.or(preset.prefix),
        separator: given.separator.or(preset.separator),
        id: given.id.or(preset.id),
        timestamp: given.timestamp.or(preset.timestamp),
        timestamp_prefix: given.timestamp_prefix.or(preset.timestamp_prefix),
        timestamp_unit: given.timestamp_unit.or(preset.timestamp_unit),
        tolerance: given.tolerance.or(preset.tolerance),
        url: given.url.or(preset.url),
    })
}

fn template(whole: &declared::Signature, place: Span) -> Result<Template, Box<Diagnostic>> {
    let written = whole.signs.as_ref().map_or("{body}", |signs| signs.value.as_str());
    Template::parse(written).map_err(|word| {
        let span = whole.signs.as_ref().map_or(place, |signs| signs.span);
        let message = format!("`{word}` is no part of a message that can be signed");
        let list = PARTS.iter().map(|(name, _)| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
        Box::new(bad(span, message, &format!("write {list}, and texts between them")))
    })
}

/// What makes a signature prove less than it seems to.
fn unsound(whole: &declared::Signature, signs: &Template, place: Span) -> Vec<Diagnostic> {
    let at = whole.signs.as_ref().map_or(place, |signs| signs.span);
    let timed = whole.timestamp.as_ref().or(whole.timestamp_prefix.as_ref());
    let mut findings = Vec::new();
    if !signs.has(Part::Body) {
        let help = "put `{body}` into `signs`";
        findings.push(bad(at, "the body is not signed, so anybody can change it".to_owned(), help));
    }
    if let (Some(time), false) = (timed, signs.has(Part::Timestamp)) {
        let message = "the time is not signed, so an old message can be given a new one".to_owned();
        findings.push(bad(time.span, message, "put `{timestamp}` into `signs`, or take the timestamp out"));
    }
    let needs = [
        (Part::Timestamp, timed.is_some(), "`timestamp: X-Timestamp`, the header with the time"),
        (Part::Id, whole.id.is_some(), "`id: X-Message-Id`, the header with the message's id"),
    ];
    for (part, is_there, help) in needs {
        if signs.has(part) && !is_there {
            let name = PARTS.iter().find(|(_, known)| *known == part).map_or("", |(name, _)| *name);
            let message = format!("`{{{name}}}` is signed, and nothing says where it stands");
            findings.push(bad(at, message, &format!("add {help}")));
        }
    }
    findings
}

/// Keys that mean nothing beside what else is declared.
fn misplaced(whole: &declared::Signature) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut stray = |span: Span, message: &str, help: &str| {
        findings.push(with(&codes::MISPLACED_KEY, span, message.to_owned(), help));
    };
    let timed = whole.timestamp.is_some() || whole.timestamp_prefix.is_some();
    if let (Some(tolerance), false) = (&whole.tolerance, timed) {
        stray(tolerance.span, "no time is signed here, so there is nothing to tolerate", "take it out");
    }
    if let (Some(prefix), true) = (&whole.timestamp_prefix, whole.timestamp.is_some()) {
        stray(prefix.span, "the time stands in a header of its own already", "keep one of the two");
    }
    if let (Some(prefix), None) = (&whole.timestamp_prefix, &whole.separator) {
        let help = "add what stands between them: `separator: \",\"`";
        findings.push(bad(prefix.span, "time and signature stand in one header, unseparated".into(), help));
    }
    if let Some(separator) = whole.separator.as_ref().filter(|separator| separator.value.is_empty()) {
        findings.push(bad(separator.span, "nothing separates nothing".into(), "write `\",\"` or `\" \"`"));
    }
    findings
}

fn lacks(place: Span, key: &str) -> Diagnostic {
    let message = format!("a signature needs the key `{key}`");
    let help = format!("add `{key}: ...`, or a `preset` that has it");
    with(&codes::MISSING_KEY, place, message, &help)
}

fn bad(span: Span, message: String, help: &str) -> Diagnostic {
    with(&codes::BAD_SIGNATURE, span, message, help)
}

fn with(code: &'static Code, span: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic::new(code, span, message).help(help)
}
