//! Sends letters to webhooks: over HTTP, or only notes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::auth::Secret;
use crate::clock::{BoxFuture, Moment};
use crate::http::{
    Bytes, Call, Client, ClientOptions, EgressGuard, HeaderMap, Method, Reach, Target, header,
};

/// An answer's body is read no further: it says nothing to us.
const ANSWER: u64 = 64 << 10;
/// Longest that a receiver may put us off.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Clients that are kept.
const CLIENTS: usize = 1000;

/// One request to a webhook.
#[derive(Debug, Clone)]
pub struct Letter {
    pub webhook: Arc<str>,
    pub account: Option<Arc<str>>,
    /// The event's name.
    pub event: Arc<str>,
    /// It may hold a token of the receiver's.
    pub url: Secret,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// From the start to the end of the answer.
    pub timeout: Duration,
}

/// What the receiver said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub retry_after: Option<Duration>,
}

/// What carries letters.
pub trait Post: Send + Sync + std::fmt::Debug {
    /// Sends one; in words why there is no answer.
    fn post(&self, letter: Letter) -> BoxFuture<'_, Result<Answered, String>>;
}

/// Carries letters over HTTP. Redirects are answers like others.
#[derive(Debug)]
pub struct HttpPost {
    /// Whose rules the addresses are under: a receiver's URL is somebody else's choice.
    guard: Arc<EgressGuard>,
    /// By origin and path.
    clients: Mutex<BTreeMap<String, Client>>,
}

impl Post for HttpPost {
    fn post(&self, letter: Letter) -> BoxFuture<'_, Result<Answered, String>> {
        Box::pin(async move {
            let (base, query) = split(letter.url.reveal());
            let client = self.client(base)?;
            let call = Call {
                method: Method::POST,
                path: query.map(|query| format!("?{query}")).unwrap_or_default(),
                headers: letter.headers,
                body: letter.body,
                first_byte: letter.timeout,
                whole: letter.timeout,
                repeatable: true,
                as_is: true,
            };
            let answer = client.send(call).await.map_err(|error| error.to_string())?;
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            let retry_after = retry_after(&answer.headers, Moment(now.as_nanos() as i128));
            Ok(Answered { status: answer.status.as_u16(), retry_after })
        })
    }
}

impl HttpPost {
    /// Under the rules of a guard: only public addresses are dialled, unless the rules name others.
    pub fn new(guard: Arc<EgressGuard>) -> HttpPost {
        HttpPost { guard, clients: Mutex::default() }
    }

    /// The client of a URL. The one place where an address is chosen to be dialled.
    fn client(&self, base: &str) -> Result<Client, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(base) {
            return Ok(client.clone());
        }
        let target = Target::parse(base).map_err(|why| format!("its URL {why}"))?;
        self.guard.admit(&target, Reach::Public).map_err(|denied| denied.to_string())?;
        let egress = Some((Arc::clone(&self.guard), Reach::Public));
        let options = ClientOptions { response_size: ANSWER, egress, ..ClientOptions::default() };
        let client = Client::new(target, options).map_err(|error| error.to_string())?;
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        clients.insert(base.to_owned(), client.clone());
        Ok(client)
    }
}

/// A URL before its query, and the query.
pub fn split(url: &str) -> (&str, Option<&str>) {
    url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)))
}

/// `Retry-After` as seconds or as an HTTP date (RFC 9110 §10.2.3), at most a day.
fn retry_after(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Moment(since.as_nanos() as i128).since(now).min(LONGEST))
}

/// Answers that a receiver is to give, in order; each for so many letters.
#[derive(Debug, Default)]
struct Script {
    answers: std::collections::VecDeque<(Answered, u32)>,
}

/// Keeps letters instead of sending them: for tests, and for `dev`. Receivers say 200 unless scripted.
#[derive(Debug, Default)]
pub struct Outbox {
    letters: Mutex<Vec<Letter>>,
    scripts: Mutex<BTreeMap<Arc<str>, Script>>,
    /// Whether letters are kept, to be looked at.
    keeps: bool,
}

impl Outbox {
    /// One whose letters are looked at.
    pub fn kept() -> Arc<Outbox> {
        Arc::new(Outbox { keeps: true, ..Outbox::default() })
    }

    /// What a webhook answers next, `times` times.
    pub fn script(&self, webhook: &Arc<str>, answer: Answered, times: u32) {
        let mut scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        scripts.entry(Arc::clone(webhook)).or_default().answers.push_back((answer, times));
    }

    /// Letters that were answered with 2xx since the last look.
    pub fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut self.letters.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, webhook: &Arc<str>) -> Answered {
        let mut scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        let good = Answered { status: 200, retry_after: None };
        let Some(script) = scripts.get_mut(webhook) else { return good };
        let Some((answer, times)) = script.answers.front_mut() else { return good };
        let answer = *answer;
        *times = times.saturating_sub(1);
        if *times == 0 {
            script.answers.pop_front();
        }
        answer
    }
}

impl Post for Outbox {
    fn post(&self, letter: Letter) -> BoxFuture<'_, Result<Answered, String>> {
        let answered = self.answer(&letter.webhook);
        tracing::info!(target: "crossdock::webhook", webhook = &*letter.webhook, event = &*letter.event,
            account = letter.account.as_deref(), status = answered.status, "not sent: nothing leaves here");
        if self.keeps && (200..300).contains(&answered.status) {
            self.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
        }
        Box::pin(std::future::ready(Ok(answered)))
    }
}
