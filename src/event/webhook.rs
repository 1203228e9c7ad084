//! Webhooks: each event as a CloudEvent, signed (Standard Webhooks), sent until the receiver has it.

use std::sync::Arc;
use std::time::Duration;

use super::sink::{Delivered, Delivery, Pace, Sink};
use super::{CloudEvent, EventType, Letter, Post, Subscriber, Visibility};
use crate::auth::{Secret, standard_webhooks};
use crate::clock::BoxFuture;
use crate::config::declarations::Text;
pub use crate::config::declarations::event::WebhookFormat as Format;
use crate::http::{HeaderMap, HeaderName, HeaderValue};

/// A webhook as it is declared, checked.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub name: Arc<str>,
    /// Who reads what is sent.
    pub audience: Visibility,
    pub format: Format,
    pub timeout: Duration,
    pub give_up: Duration,
    /// Events per second while it catches up.
    pub rate: u32,
    pub endpoints: Vec<Endpoint>,
}

/// Where it is sent to.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Only this account's events.
    pub account: Option<Arc<str>>,
    pub url: Text,
    /// Each signs.
    pub secrets: Vec<Text>,
}

/// Events at once to one endpoint, of different keys.
const AT_ONCE: usize = 8;

/// Sends events of one type to one endpoint.
#[derive(Debug)]
pub struct WebhookSink {
    pub webhook: Arc<Webhook>,
    pub account: Option<Arc<str>>,
    pub event: Arc<EventType>,
    pub subscriber: Subscriber,
    pub url: Secret,
    pub secrets: Vec<Secret>,
    /// What the gateway is called, for the `source` of CloudEvents.
    pub gateway: Arc<str>,
    pub post: Arc<dyn Post>,
}

impl Sink for WebhookSink {
    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Delivered> {
        Box::pin(async move {
            match self.letter(delivery) {
                Ok(Some(letter)) => judged(self.post.post(letter).await),
                Ok(None) => Delivered::Done,
                Err(why) => Delivered::Unfit(why),
            }
        })
    }

    fn pace(&self) -> Pace {
        Pace { at_once: AT_ONCE, rate: self.webhook.rate, give_up: Some(self.webhook.give_up) }
    }
}

impl WebhookSink {
    /// What is sent; `None`: the event is not for it.
    fn letter(&self, delivery: Delivery<'_>) -> Result<Option<Letter>, String> {
        let told = |error: crate::mapping::Error| format!("{error:?}");
        let Some(payload) = delivery.notice.payload() else { return Err("it cannot be read".to_owned()) };
        let context = delivery.context();
        if !self.subscriber.wants(payload, &context).map_err(told)? {
            return Ok(None);
        }
        let data = self.subscriber.projected(payload, &context).map_err(told)?;
        let event = CloudEvent::of(&delivery.notice.event, &self.gateway, data);
        let (mut headers, body) = match self.webhook.format {
            Format::Structured => event.structured(),
            Format::Binary => event.binary(),
        };
        self.sign(&mut headers, &event.id, delivery.now.0 / 1_000_000_000, &body);
        Ok(Some(Letter {
            webhook: Arc::clone(&self.webhook.name),
            account: self.account.clone(),
            event: Arc::clone(&self.event.name),
            url: self.url.clone(),
            headers,
            body: body.into(),
            timeout: self.webhook.timeout,
        }))
    }

    fn sign(&self, headers: &mut HeaderMap, id: &str, seconds: i128, body: &[u8]) {
        let at = seconds.to_string();
        let signed = self.secrets.iter().map(|secret| standard_webhooks::sign(secret, id, &at, body));
        let signatures = signed.collect::<Vec<_>>().join(" ");
        for (name, value) in
            [("webhook-id", id), ("webhook-timestamp", at.as_str()), ("webhook-signature", &signatures)]
        {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// What an answer means (Standard Webhooks): 2xx is had, 410 is gone, all else is not now.
fn judged(answered: Result<super::Answered, String>) -> Delivered {
    match answered {
        Ok(answered) => match answered.status {
            200..=299 => Delivered::Done,
            410 => Delivered::Gone("it answered 410: gone".to_owned()),
            status @ 300..=399 => {
                let why = format!("it answered {status}, and redirects are not followed");
                Delivered::Later { why, after: answered.retry_after }
            }
            status => Delivered::Later { why: format!("it answered {status}"), after: answered.retry_after },
        },
        Err(why) => Delivered::Later { why, after: None },
    }
}
