//! One exchange, from the head of a request to its answer.

mod answer;
mod authenticate;
mod authorize;
mod cancel;
mod cors;
mod decode;
mod durable;
mod encode;
mod followed;
mod handshake;
mod idempotency;
mod limit;
mod parameters;
mod publish;
mod route;
mod run;
mod second;
mod status;
mod told;
mod validate;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub(super) use answer::Answer;

use super::limits::Verdict;
use super::problem::Problem;
use super::{Gateway, Generation, Trace};
use crate::auth::inbound::Proven;
use crate::http::{Body, HeaderMap, Method, PeerCertificate, Uri, household};
use crate::plan::{Client, Route};

/// The head of a request, and who sent it.
#[derive(Debug)]
pub(super) struct Head {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    /// The caller's address: the peer's, or whom trusted proxies name.
    pub peer: Option<IpAddr>,
    /// What the peer proved by TLS.
    pub certificate: Option<Arc<PeerCertificate>>,
}

/// One request on its way, with what is known so far: for the answer's headers and the log.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    pub gateway: &'a Gateway,
    /// The generation that it began with, and ends with.
    pub generation: &'a Arc<Generation>,
    pub head: &'a Head,
    pub trace: &'a Trace,
    /// When the head was read, on the gateway's clock.
    pub began: Duration,
    /// The place of its route in the plan, once found; the first of several until the body decides.
    pub route: Option<usize>,
    pub client: Option<Arc<Client>>,
    /// What the bytes of its body proved.
    pub proven_by: Proven,
    /// What the limits said, for the headers.
    pub verdicts: Vec<Verdict>,
    /// Whether it was answered, and told the log so.
    pub is_told: bool,
}

impl Head {
    /// What counts as the caller's address, as a text: of IPv6 its network of 64 bits. Empty in offline tests.
    pub fn peer(&self) -> String {
        self.peer.map(|peer| household(peer).to_string()).unwrap_or_default()
    }
}

impl<'a> Exchange<'a> {
    /// The route, once found.
    pub fn route(&self) -> Option<&'a Arc<Route>> {
        self.generation.plan.routes.get(self.route?)
    }

    /// Whose work this is; empty: a caller whom nobody knows.
    pub fn account(&self) -> Arc<str> {
        self.client.as_ref().map_or_else(|| "".into(), |client| Arc::clone(&client.account))
    }

    /// Whether the answer certainly keeps its contract.
    pub fn proven(&self) -> bool {
        self.route().is_some_and(|route| route.proven)
    }

    /// When the caller stops waiting, on the gateway's clock.
    pub fn deadline(&self) -> Duration {
        let within =
            self.route().map_or(self.generation.plan.settings.bounds.request_time, |route| route.within);
        self.began + within
    }

    /// What is left of the budget.
    pub fn left(&self) -> Duration {
        self.deadline().saturating_sub(self.gateway.clock.monotonic())
    }

    /// The sentence: authenticate, limit, read, prove, decode, validate, run, encode.
    pub async fn answer(&mut self, body: Body) -> Result<Answer, Problem> {
        if self.head.method == Method::OPTIONS {
            return route::options(self);
        }
        if let Some(answered) = handshake::query(self) {
            return answered;
        }
        let found = route::find(self)?;
        authenticate::authenticate(self).await?;
        limit::limit(self)?;
        let raw = decode::read(self, &found, body).await?;
        self.proven_by = authenticate::prove(self, &raw.bytes)?;
        let document = decode::decode(self, &found, raw)?;
        let likely = self.route;
        let input = validate::validate(self, &found, document)?;
        authorize::request(self, likely, &input).await?;
        let kept = authorize::later(self, &input);
        let end = run::run(self, input).await?;
        authorize::answer(self, kept, &end)?;
        encode::encode(self, end)
    }
}
