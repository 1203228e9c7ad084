//! What webhooks took and what a stream showed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compare::differences;
use super::compile::Compiling;
use crate::codec::json;
use crate::config::Spanned;
use crate::config::declarations::Name;
use crate::config::declarations::test::{Expect, ExpectedLetter, TestReceipt};
use crate::diagnostic::codes;
use crate::event::{Answered, Letter, Outbox};
use crate::http::Response;
use crate::value::Value;

/// What a webhook answers instead of 200, so many times.
#[derive(Debug)]
pub struct Receipt {
    webhook: Arc<str>,
    answer: Answered,
    times: u32,
}

/// What must have been told; `None` is not looked at.
#[derive(Debug, Default)]
pub struct ToldExpectation {
    letters: Option<Vec<One>>,
    stream: Option<Vec<One>>,
}

/// One thing that must have been told.
#[derive(Debug)]
struct One {
    /// Webhook and account; of a stream, nothing.
    to: String,
    event: Arc<str>,
    body: Option<Value>,
}

/// What was told in a step.
#[derive(Debug, Default)]
pub struct Told {
    letters: Vec<One>,
    /// `None`: no stream was asked for.
    stream: Option<Vec<One>>,
}

impl Receipt {
    /// Has the webhook answer so.
    pub(super) fn script(&self, outbox: &Outbox) {
        outbox.script(&self.webhook, self.answer, self.times);
    }
}

impl Told {
    /// Takes what was told since the last look; a stream is read as far as it has come, and closed.
    pub(super) fn look(outbox: &Outbox, response: Option<&mut Response>) -> Told {
        let letters = outbox.take().iter().map(letter).collect();
        let stream = match response.and_then(|response| response.feed.as_mut()) {
            None => None,
            Some(feed) => {
                let mut text = Vec::new();
                // What is there is there: nobody waits for more.
                while let Some(piece) = feed.ready() {
                    text.extend_from_slice(&piece);
                }
                Some(shown(&String::from_utf8_lossy(&text)))
            }
        };
        Told { letters, stream }
    }
}

fn letter(letter: &Letter) -> One {
    let said = json::decode(&letter.body, &json::Limits::default()).ok();
    // In a structured CloudEvent, the headers say nothing of it.
    let binary = letter.headers.contains_key("ce-id");
    let body = if binary { said } else { said.and_then(|said| said.get("data").cloned()) };
    One { to: to(&letter.webhook, letter.account.as_deref()), event: Arc::clone(&letter.event), body }
}

fn to(webhook: &str, account: Option<&str>) -> String {
    account.map_or_else(|| webhook.to_owned(), |account| format!("{webhook} of {account}"))
}

/// The entries of a stream.
fn shown(text: &str) -> Vec<One> {
    let entry = |entry: &str| {
        let field = |name: &str| entry.lines().find_map(|line| line.strip_prefix(name));
        let body =
            field("data: ").and_then(|data| json::decode(data.as_bytes(), &json::Limits::default()).ok());
        Some(One { to: String::new(), event: field("event: ")?.into(), body })
    };
    text.split("\n\n").filter_map(entry).collect()
}

impl ToldExpectation {
    /// Every way in which it was not so.
    pub(super) fn unmet(&self, told: &Told) -> Vec<String> {
        let mut unmet = Vec::new();
        if let Some(expected) = &self.letters {
            let (wanted, got) = (by_receiver(expected), by_receiver(&told.letters));
            let receivers: std::collections::BTreeSet<&str> =
                wanted.keys().chain(got.keys()).copied().collect();
            for to in receivers {
                let empty = Vec::new();
                let (wanted, got) = (wanted.get(to).unwrap_or(&empty), got.get(to).unwrap_or(&empty));
                compare(&format!("webhook {to}"), wanted, got, &mut unmet);
            }
        }
        if let Some(expected) = &self.stream {
            match &told.stream {
                None => unmet.push("expected a stream, and there is none".to_owned()),
                Some(stream) => {
                    let (wanted, got): (Vec<&One>, Vec<&One>) =
                        (expected.iter().collect(), stream.iter().collect());
                    compare("stream", &wanted, &got, &mut unmet);
                }
            }
        }
        unmet
    }
}

fn by_receiver(all: &[One]) -> BTreeMap<&str, Vec<&One>> {
    let mut by: BTreeMap<&str, Vec<&One>> = BTreeMap::new();
    all.iter().for_each(|one| by.entry(&one.to).or_default().push(one));
    by
}

fn compare(what: &str, wanted: &[&One], got: &[&One], unmet: &mut Vec<String>) {
    let names = |all: &[&One]| match all.is_empty() {
        true => "none".to_owned(),
        false => all.iter().map(|one| one.event.to_string()).collect::<Vec<_>>().join(", "),
    };
    if !wanted.iter().map(|one| &one.event).eq(got.iter().map(|one| &one.event)) {
        unmet.push(format!("{what}: expected {}\n     got {}", names(wanted), names(got)));
        return;
    }
    for (wanted, got) in wanted.iter().zip(got) {
        let Some(body) = &wanted.body else { continue };
        let differ = differences(body, got.body.as_ref()).into_iter();
        unmet.extend(differ.map(|difference| format!("{what}: {}: {difference}", wanted.event)));
    }
}

impl Compiling<'_> {
    /// What webhooks and streams must have been told.
    pub(super) fn told(&mut self, expect: &Expect) -> ToldExpectation {
        let letters = expect.webhooks.as_ref();
        let letters = letters.map(|all| all.iter().filter_map(|letter| self.letter(letter)).collect());
        let stream = expect.stream.as_ref().map(|all| {
            let one = |shown: &Spanned<crate::config::declarations::test::ExpectedShown>| {
                let event = self.event_name(&shown.event)?;
                let body = shown.body.as_ref().and_then(|body| self.constant(body));
                Some(One { to: String::new(), event, body })
            };
            all.iter().filter_map(one).collect()
        });
        ToldExpectation { letters, stream }
    }

    fn letter(&mut self, letter: &Spanned<ExpectedLetter>) -> Option<One> {
        let webhook = self.webhook(&letter.webhook)?;
        let event = self.event_name(&letter.event)?;
        let account = letter.account.as_ref().map(|account| account.as_str());
        if let (Some(name), Some(account)) = (&letter.account, account) {
            let known = self.plan.webhooks.get(&webhook).is_some_and(|webhook| {
                webhook.endpoints.iter().any(|endpoint| endpoint.account.as_deref() == Some(account))
            });
            if !known {
                self.bad(name.span, format!("the webhook `{webhook}` has no account `{account}`"));
            }
        }
        let body = letter.body.as_ref().and_then(|body| self.constant(body));
        Some(One { to: to(&webhook, account), event, body })
    }

    fn webhook(&mut self, name: &Name) -> Option<Arc<str>> {
        let known = self.plan.webhooks.get(name.value.as_str()).map(|known| Arc::clone(&known.name));
        if known.is_none() {
            let names: Vec<Arc<str>> = self.plan.webhooks.keys().cloned().collect();
            self.unknown(&codes::UNKNOWN_WEBHOOK, "webhook", name, &names);
        }
        known
    }

    /// What webhooks answer first.
    pub(super) fn receipts(&mut self, declared: &BTreeMap<Name, Vec<Spanned<TestReceipt>>>) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for (name, all) in declared {
            let Some(webhook) = self.webhook(name) else { continue };
            receipts.extend(all.iter().map(|receipt| Receipt {
                webhook: Arc::clone(&webhook),
                answer: Answered {
                    status: receipt.status.value,
                    retry_after: receipt.retry_after.as_ref().map(|lapse| lapse.value.0),
                },
                times: receipt.times.as_ref().map_or(1, |times| times.value),
            }));
        }
        receipts
    }
}
