//! `webhooks:` of event files: where events are sent to, who reads them, and what signs them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::findings::{Findings, lacking};
use crate::config::Spanned;
use crate::config::declarations::event::{EventFile, Webhook as Declared};
use crate::config::declarations::{Lapse, Name, Text, TextPart};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::event::{Endpoint, Visibility, Webhook, split};
use crate::http::Target;

const TIMEOUT: Duration = Duration::from_secs(15);
const GIVE_UP: Duration = Duration::from_secs(24 * 3600);
/// Events per second while one catches up.
const RATE: u32 = 50;

fn bad(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::BAD_WEBHOOK, span, message)
}

/// Every webhook by its name.
pub(super) fn link(file: &EventFile, findings: &mut Findings) -> BTreeMap<Arc<str>, Arc<Webhook>> {
    let linked = file.webhooks.iter().map(|(name, declared)| one(name, declared, findings));
    linked.map(|webhook| (Arc::clone(&webhook.name), Arc::new(webhook))).collect()
}

fn one(name: &Name, declared: &Declared, findings: &mut Findings) -> Webhook {
    let time =
        |said: &Option<Spanned<Lapse>>, otherwise| said.as_ref().map_or(otherwise, |said| said.value.0);
    Webhook {
        name: name.value.as_str().into(),
        audience: audience(name, declared, findings),
        format: declared.format.as_ref().map(|format| format.value).unwrap_or_default(),
        timeout: time(&declared.timeout, TIMEOUT),
        give_up: time(&declared.give_up, GIVE_UP),
        rate: declared.rate.as_ref().map_or(RATE, |rate| per_second(rate.value.count, rate.value.per)),
        endpoints: endpoints(name, declared, findings),
    }
}

fn per_second(count: u32, per: Duration) -> u32 {
    let seconds = u32::try_from(per.as_secs().max(1)).unwrap_or(u32::MAX);
    (count / seconds).max(1)
}

/// Who reads: what goes to customers' own addresses is theirs.
fn audience(name: &Name, declared: &Declared, findings: &mut Findings) -> Visibility {
    match (&declared.url, &declared.audience) {
        (Some(_), Some(audience)) => return audience.value,
        (Some(url), None) => {
            let message = format!("the webhook `{}` does not say who reads what is sent", name.value);
            let help = "write `audience: internal`, `finance` or `customer`; events that they may not see are refused";
            findings.add(bad(url.span, message).help(help));
        }
        (None, Some(audience)) => {
            let message = "`audience` is said of a `url`; `accounts` are told of what customers may see";
            findings.add(bad(audience.span, message).help("take it out"));
        }
        (None, None) => {}
    }
    Visibility::Customer
}

fn endpoints(name: &Name, declared: &Declared, findings: &mut Findings) -> Vec<Endpoint> {
    if declared.url.is_some() != declared.accounts.is_empty() {
        let message = match declared.url {
            Some(_) => format!("the webhook `{}` has both `url` and `accounts`", name.value),
            None => format!("the webhook `{}` sends nowhere", name.value),
        };
        let help = "write `url:` for one of ours, or `accounts:` with an address for each customer";
        findings.add(bad(name.span, message).help(help));
    }
    let own = declared.url.as_ref().map(|url| (None, url, &declared.secret, &declared.secrets));
    let theirs = declared
        .accounts
        .iter()
        .map(|(account, endpoint)| (Some(account), &endpoint.url, &endpoint.secret, &endpoint.secrets));
    let mut endpoints = Vec::new();
    for (account, url, secret, secrets) in own.into_iter().chain(theirs) {
        let secrets: Vec<Text> = secret.iter().chain(secrets).cloned().collect();
        if secrets.is_empty() {
            let what = account.map_or_else(
                || format!("the webhook `{}`", name.value),
                |account| format!("the webhook `{}` of `{}`", name.value, account.value),
            );
            let help = "receivers know by it that it was us: `secret: ${secret:name_of_it}`";
            findings.add(lacking(&codes::BAD_WEBHOOK, url.span, &what, "secret", help));
        }
        findings.extend(secrets.iter().filter(|secret| is_written_out(secret)).map(|secret| {
            bad(secret.span, "a secret stands here for all to read")
                .help("put it into the secrets' folder and write `${secret:name_of_it}`")
        }));
        address(url, findings);
        let account = account.map(|account| account.value.as_str().into());
        endpoints.push(Endpoint { account, url: url.clone(), secrets });
    }
    endpoints
}

/// Whether a text has neither secrets nor variables in it.
fn is_written_out(text: &Text) -> bool {
    text.parts.iter().all(|part| matches!(part, TextPart::Literal(_)))
}

/// Whether a URL that is known can be called.
fn address(url: &Text, findings: &mut Findings) {
    let [TextPart::Literal(text)] = url.parts.as_slice() else { return };
    match Target::parse(split(text).0) {
        Err(why) => findings.add(bad(url.span, format!("`{text}` {why}"))),
        Ok(target) if !target.secure && !is_here(&target.host) => {
            let message = format!("`{text}` is sent in the clear");
            findings
                .add(bad(url.span, message).help("write `https://`; `http://` only goes to this machine"));
        }
        Ok(_) => {}
    }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
