//! `gateway.yaml` as settings: every default filled in, addresses, bounds and the edition checked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::findings::Findings;
use super::{abuse, egress, store};
use crate::config::Spanned;
use crate::config::declarations::gateway::{GatewayFile, Limits};
use crate::config::declarations::{Lapse, Rate, Size, Text, TextPart};
use crate::diagnostic::{Diagnostic, codes};
use crate::mapping::Query;
use crate::plan::{AdminToken, Bounds, KeyDigest, Quota, Settings, TlsFiles};

/// The language editions that this binary runs.
const EDITIONS: [u32; 1] = [2026];
/// The deepest nesting that bodies may be allowed: decoding recurses.
const DEEPEST: u32 = 128;

/// The settings of a gateway.
pub(super) fn link(file: &GatewayFile, findings: &mut Findings) -> Settings {
    edition(&file.edition, findings);
    let public = address(file.listen.public.as_ref(), "127.0.0.1:8080", findings);
    let admin = address(file.listen.admin.as_ref(), "127.0.0.1:9090", findings);
    if let (Some(span), true) =
        (file.listen.admin.as_ref().map(|text| text.span), public == admin && !public.ends_with(":0"))
    {
        findings.add(
            Diagnostic::new(
                &codes::BAD_ADDRESS,
                span,
                format!("`admin` has the address of `public`, `{admin}`"),
            )
            .help("give the operators' listener a port of its own, such as `127.0.0.1:9090`"),
        );
    }
    Settings {
        name: file.gateway.value.as_str().into(),
        public,
        admin,
        tls: file.listen.tls.as_ref().map(|tls| TlsFiles {
            certificate: shown(&tls.certificate),
            key: shown(&tls.key),
            client_ca: tls.client_ca.as_ref().map(shown),
        }),
        bounds: bounds(&file.limits, findings),
        rate: file.limits.rate.as_ref().map(|rate| quota(rate, file.limits.burst.as_ref(), findings)),
        per_ip: abuse::per_ip(file.limits.per_ip.as_ref(), findings),
        proxies: abuse::proxies(&file.listen, findings),
        failures: Quota::FAILURES,
        tokens: tokens(file, findings),
        store: store::link(file, findings),
        egress: egress::link(&file.egress, findings),
    }
}

/// The queries whose finds are never logged.
pub(super) fn redact(file: &GatewayFile, findings: &mut Findings) -> Arc<[Query]> {
    let compile = |text: &Spanned<String>| {
        Query::compile(&text.value).map_err(|why| {
            Diagnostic::new(&codes::BAD_QUERY, text.span, format!("`{}` cannot be read: {why}", text.value))
                .help("write a query of RFC 9535, such as `$..phone` or `$.driver.name`")
        })
    };
    file.redact.iter().filter_map(|text| findings.keep(compile(text))).collect()
}

fn edition(edition: &Spanned<u32>, findings: &mut Findings) {
    if !EDITIONS.contains(&edition.value) {
        findings.add(
            Diagnostic::new(
                &codes::UNKNOWN_EDITION,
                edition.span,
                format!("there is no edition `{}`", edition.value),
            )
            .help("write `edition: 2026`"),
        );
    }
}

/// An address, or the default; a variable without a value is no finding, `serve` asks for it.
fn address(text: Option<&Text>, default: &str, findings: &mut Findings) -> Arc<str> {
    let Some(text) = text else { return default.into() };
    let Some(plain) = plain(text) else { return shown(text) };
    if plain.parse::<SocketAddr>().is_err() {
        let help = match plain.strip_prefix("localhost") {
            Some(port) => format!("write `127.0.0.1{}`", if port.is_empty() { ":8080" } else { port }),
            None => format!(
                "write an IP address and a port, such as `{default}`, or `0.0.0.0:8080` for every interface"
            ),
        };
        findings.add(
            Diagnostic::new(
                &codes::BAD_ADDRESS,
                text.span,
                format!("`{plain}` is not an address to listen on"),
            )
            .help(help),
        );
    }
    plain.into()
}

fn bounds(limits: &Limits, findings: &mut Findings) -> Bounds {
    let default = Bounds::default();
    let bounds = Bounds {
        header_size: size(limits.header_size.as_ref(), default.header_size, findings),
        body_size: size(limits.body_size.as_ref(), default.body_size, findings),
        header_time: lapse(limits.header_time.as_ref(), default.header_time, findings),
        body_time: lapse(limits.body_time.as_ref(), default.body_time, findings),
        body_rate: size(limits.body_rate.as_ref(), default.body_rate, findings),
        write_time: lapse(limits.write_time.as_ref(), default.write_time, findings),
        connections: count(limits.connections.as_ref(), default.connections, "connections", findings),
        requests: count(limits.requests.as_ref(), default.requests, "requests", findings),
        depth: count(limits.depth.as_ref(), default.depth, "depth", findings),
        request_time: lapse(limits.request_time.as_ref(), default.request_time, findings),
        drain: limits.drain.as_ref().map_or(default.drain, |drain| drain.value.0),
    };
    if let Some(depth) = limits.depth.as_ref().filter(|depth| depth.value > DEEPEST) {
        findings.add(
            Diagnostic::new(
                &codes::BAD_LIMIT,
                depth.span,
                format!("a depth of {} is more than this gateway can read", depth.value),
            )
            .help(format!("write at most {DEEPEST}; 64 is the default")),
        );
    }
    if let Some(burst) = limits.burst.as_ref().filter(|_| limits.rate.is_none()) {
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, burst.span, "`burst` without `rate`")
                .help("write the rate too: `rate: 2000/s`"),
        );
    }
    bounds
}

/// A size above zero.
pub(super) fn size(given: Option<&Spanned<Size>>, default: u64, findings: &mut Findings) -> u64 {
    let Some(size) = given else { return default };
    if size.value.0 == 0 {
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, size.span, "a size of zero lets nothing in")
                .help("write a size such as `64KB` or `1MB`"),
        );
    }
    size.value.0
}

/// A time above zero.
pub(super) fn lapse(given: Option<&Spanned<Lapse>>, default: Duration, findings: &mut Findings) -> Duration {
    let Some(lapse) = given else { return default };
    if lapse.value.0.is_zero() {
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, lapse.span, "a time of zero leaves no time at all")
                .help("write a time such as `500ms` or `10s`"),
        );
    }
    lapse.value.0
}

fn count(given: Option<&Spanned<u32>>, default: u32, what: &str, findings: &mut Findings) -> u32 {
    let Some(count) = given else { return default };
    if count.value == 0 {
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, count.span, format!("`{what}: 0` lets nothing in"))
                .help(format!("write a number above zero; {default} is the default")),
        );
    }
    count.value
}

/// A rate and its burst, none of them zero.
pub(super) fn quota(rate: &Spanned<Rate>, burst: Option<&Spanned<u32>>, findings: &mut Findings) -> Quota {
    let zero = (rate.value.count == 0 || rate.value.per.is_zero()).then_some(rate.span);
    let zero = zero.or(burst.filter(|burst| burst.value == 0).map(|burst| burst.span));
    if let Some(span) = zero {
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, span, "a limit of zero lets nothing in")
                .help("write a rate such as `20/s` and a burst above zero"),
        );
    }
    Quota {
        count: rate.value.count.max(1),
        per: rate.value.per.max(Duration::from_nanos(1)),
        burst: burst.map_or(rate.value.count, |burst| burst.value).max(1),
    }
}

fn tokens(file: &GatewayFile, findings: &mut Findings) -> Vec<AdminToken> {
    let tokens = file.admin.tokens.iter().filter_map(|(name, token)| {
        let key = findings.keep(digest(&token.key))?;
        Some(AdminToken { name: name.value.as_str().into(), role: token.role.value, key })
    });
    tokens.collect()
}

/// A key's digest: written here, from a variable, or kept as a secret.
pub(super) fn digest(text: &Text) -> Result<KeyDigest, Diagnostic> {
    let bad = |why: &str| {
        Diagnostic::new(&codes::BAD_KEY, text.span, why)
            .help("run `crossdock key` for a new key and its digest, `sha256:` and 64 hexadecimal digits")
    };
    match text.parts.as_slice() {
        [TextPart::Secret(name)] => Ok(KeyDigest::Secret(name.as_str().into())),
        // Without a value yet: `serve` asks for the variable before it reads keys.
        parts if parts.iter().any(|part| matches!(part, TextPart::Missing(_))) => {
            Ok(KeyDigest::Known([0; 32]))
        }
        parts if parts.iter().any(|part| matches!(part, TextPart::Secret(_))) => {
            Err(bad("a digest is either written out or one secret, not a mixture"))
        }
        // The words themselves are not repeated: they may be a key.
        _ if shown(text).starts_with("cdk_") => {
            let finding =
                Diagnostic::new(&codes::BAD_KEY, text.span, "this is a key itself, not its digest").conceal();
            Err(finding
                .help("run `crossdock key --of`, give it the key, and write here what it prints: `sha256:…`")
                .help(
                    "the key belongs to the client alone: make a new one if others may have read this file",
                ))
        }
        _ => KeyDigest::parse(&shown(text)).ok_or_else(|| bad("this is not the digest of a key").conceal()),
    }
}

/// The text when it holds literals only.
pub(super) fn plain(text: &Text) -> Option<String> {
    let literal = |part: &TextPart| match part {
        TextPart::Literal(words) => Some(words.clone()),
        TextPart::Secret(_) | TextPart::Missing(_) => None,
    };
    text.parts.iter().map(literal).collect()
}

/// The text with its references as they were written.
pub fn shown(text: &Text) -> Arc<str> {
    let show = |part: &TextPart| match part {
        TextPart::Literal(words) => words.clone(),
        TextPart::Secret(name) => format!("${{secret:{name}}}"),
        TextPart::Missing(name) => format!("${{{name}}}"),
    };
    text.parts.iter().map(show).collect::<String>().into()
}
