//! The transport to flows: each event starts one, once.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::clock::BoxFuture;
use crate::event::{Delivered, Delivery, EventType, Lane, Pace, Sink, Subscriber, To};
use crate::flow::engine::{Begin, Begun, Engine, millis};
use crate::store::{Claim, ClaimKind};

/// How long a flow holds the name of its event: longer than a subscriber is told of it a second time.
const REMEMBERS: Duration = Duration::from_secs(30 * 86_400);
/// Flows that are started at once, of different keys.
const AT_ONCE: usize = 64;
/// Flows per second while one catches up: work that comes in now goes first.
const RATE: u32 = 500;

/// Starts a flow for each event.
#[derive(Debug)]
struct FlowSink {
    engine: Weak<Engine>,
    subscriber: Subscriber,
    flow: Arc<str>,
}

impl Engine {
    /// How a subscribing flow is told.
    pub(super) fn lane_of_flow(
        self: &Arc<Engine>,
        event: &EventType,
        subscriber: &Subscriber,
    ) -> Option<Lane> {
        let To::Flow { flow, .. } = &subscriber.to else { return None };
        let (flow, subscriber) = (Arc::clone(flow), subscriber.clone());
        Some(Lane {
            name: Arc::clone(&subscriber.name),
            event: Arc::clone(&event.name),
            account: None,
            from_start: subscriber.from_start,
            owner: event.owner.clone().unwrap_or_else(|| "".into()),
            sink: Arc::new(FlowSink { engine: Arc::downgrade(self), subscriber, flow }),
        })
    }
}

impl Sink for FlowSink {
    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Delivered> {
        Box::pin(async move {
            let Some(engine) = self.engine.upgrade() else { return later("the process ends") };
            match self.begin(&engine, delivery) {
                Err(why) => Delivered::Unfit(why),
                Ok(None) => Delivered::Done,
                Ok(Some(begin)) => match engine.begin(begin).await {
                    Ok(Begun::Fresh { .. } | Begun::Queued { .. } | Begun::Taken(_)) => Delivered::Done,
                    // Those before it must come to their end first.
                    Ok(Begun::Full(_)) => later(&format!("as many of `{}` wait as may", self.flow)),
                    Err(error) => later(&error.to_string()),
                },
            }
        })
    }

    fn pace(&self) -> Pace {
        Pace { at_once: AT_ONCE, rate: RATE, give_up: None }
    }
}

fn later(why: &str) -> Delivered {
    Delivered::Later { why: why.to_owned(), after: None }
}

impl FlowSink {
    /// What is begun; `None`: the event is not for it.
    fn begin(&self, engine: &Engine, delivery: Delivery<'_>) -> Result<Option<Begin>, String> {
        let told = |error: crate::mapping::Error| format!("{error:?}");
        let (event, context) = (&delivery.notice.event, delivery.context());
        let payload = delivery.notice.payload().ok_or("what is kept of it cannot be read")?;
        let Some((definition, keep)) = engine.live().flow(&self.flow) else { return Ok(None) };
        if !self.subscriber.wants(payload, &context).map_err(told)? {
            return Ok(None);
        }
        let claim = Claim {
            kind: ClaimKind::Request,
            account: Arc::clone(&event.account),
            scope: self.scope(&event.name, delivery.epoch).into(),
            key: event.number.to_string().into(),
            fingerprint: "".into(),
            expires: Some(engine.now().saturating_add(millis(REMEMBERS))),
        };
        let inputs = self.subscriber.inputs(payload, &context).map_err(told)?;
        // One that waits for its turn keeps the order of events; any other is told of each by itself.
        let key = match definition.line() {
            Some(_) => definition.business_key_of(None, &inputs, &context),
            None => Ok(None),
        };
        let key = key.map_err(|end| format!("it has no business key: {end:?}"))?;
        let business = key.clone().map(|key| Claim {
            kind: ClaimKind::Business,
            account: Arc::clone(&event.account),
            scope: Arc::clone(definition.name()),
            key,
            fingerprint: "".into(),
            expires: None,
        });
        Ok(Some(Begin {
            definition,
            inputs,
            account: Arc::clone(&event.account),
            client: "".into(),
            route: "".into(),
            correlation_id: Arc::clone(&event.correlation_id),
            traceparent: None,
            business_key: key,
            claims: [claim].into_iter().chain(business).collect(),
            trusted: false,
            keep,
        }))
    }

    /// Told again on purpose, an event starts its flow again.
    fn scope(&self, event: &str, epoch: u64) -> String {
        match epoch {
            0 => format!("event {event} {}", self.flow),
            again => format!("event {event} {} {again}", self.flow),
        }
    }
}
