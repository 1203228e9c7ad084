//! The herald: reads the event log in its order and starts the flows that subscribe. How far it has come is
//! kept, and each flow holds a name for its event, so that none is left out and none is started twice.

use std::sync::Arc;
use std::time::Duration;

use super::cases::data_case;
use super::{Begin, Begun, Engine, millis};
use crate::codec::json;
use crate::event::Subscriber;
use crate::mapping::Context;
use crate::store::{Claim, ClaimKind, Event, EventFilter, StoreError, Transition};
use crate::value::Value;

/// The name under which it is kept how far it has come.
const MARK: &str = "herald";
/// Events read at once.
const AT_ONCE: usize = 200;
/// After a failure, and where there is no room for more instances.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a flow holds the name of its event: longer than the herald can be behind.
const REMEMBERS: Duration = Duration::from_secs(30 * 86_400);

impl Engine {
    /// Begins to tell subscribers. Once.
    pub(super) fn herald(self: &Arc<Engine>) {
        let engine = Arc::downgrade(self);
        self.spawn(async move {
            loop {
                let Some(engine) = engine.upgrade() else { return };
                match engine.tell_subscribers().await {
                    Ok(true) => {}
                    Ok(false) => engine.recorded.notified().await,
                    Err(error) => {
                        tracing::warn!(target: "crossdock::flow", %error, "subscribers are told later");
                        engine.clock.sleep(PAUSE).await;
                    }
                }
            }
        });
    }

    /// Somebody recorded events.
    pub(super) fn was_recorded(&self) {
        self.recorded.notify_one();
    }

    /// Tells subscribers of the next events; `false`: there are none.
    async fn tell_subscribers(self: &Arc<Engine>) -> Result<bool, StoreError> {
        let read = |store: &dyn crate::store::Store| {
            let after = store.mark(MARK)?;
            store.events(&EventFilter { after, ..EventFilter::default() }, AT_ONCE)
        };
        let events = self.writer.read(read).await?;
        let Some(last) = events.last().map(|event| event.number) else { return Ok(false) };
        for event in &events {
            self.tell_of(event).await?;
        }
        let marks = vec![(MARK.into(), last)];
        self.writer.commit(Transition { at: self.now(), marks, ..Transition::default() }).await?;
        Ok(true)
    }

    async fn tell_of(self: &Arc<Engine>, event: &Event) -> Result<(), StoreError> {
        let Some(declared) = self.live().event(&event.name) else { return Ok(()) };
        let payload = json::decode(&event.body, &json::Limits::default());
        let Ok(payload) = payload else { return Ok(()) };
        for subscriber in &declared.subscribers {
            match self.inputs_for(subscriber, &payload) {
                Ok(None) => {}
                Ok(Some(inputs)) => self.start_for(event, &subscriber.flow, inputs).await?,
                Err(why) => self.cannot_be_told(event, &subscriber.flow, &why).await?,
            }
        }
        Ok(())
    }

    /// What a subscriber's flow is started with; `None`: the event is not for it.
    fn inputs_for(
        &self,
        subscriber: &Subscriber,
        payload: &Value,
    ) -> Result<Option<Vec<Option<Value>>>, String> {
        let live = self.live();
        let context = Context::new(self.clock.now(), live.tables());
        let told = |error: crate::mapping::Error| format!("{error:?}");
        match subscriber.wants(payload, &context).map_err(told)? {
            true => subscriber.inputs(payload, &context).map(Some).map_err(told),
            false => Ok(None),
        }
    }

    async fn start_for(
        self: &Arc<Engine>,
        event: &Event,
        flow: &Arc<str>,
        inputs: Vec<Option<Value>>,
    ) -> Result<(), StoreError> {
        let Some((definition, keep)) = self.live().flow(flow) else { return Ok(()) };
        let claim = Claim {
            kind: ClaimKind::Request,
            account: Arc::clone(&event.account),
            scope: format!("event {} {flow}", event.name).into(),
            key: event.number.to_string().into(),
            fingerprint: "".into(),
            expires: Some(self.now().saturating_add(millis(REMEMBERS))),
        };
        let live = self.live();
        let context = Context::new(self.clock.now(), live.tables());
        // One that waits for its turn keeps the order of events; any other is told of each by itself.
        let key = match definition.line() {
            Some(_) => definition.business_key_of(None, &inputs, &context),
            None => Ok(None),
        };
        let key = match key {
            Ok(key) => key,
            Err(end) => {
                return self.cannot_be_told(event, flow, &format!("it has no business key: {end:?}")).await;
            }
        };
        let business = key.clone().map(|key| Claim {
            kind: ClaimKind::Business,
            account: Arc::clone(&event.account),
            scope: Arc::clone(definition.name()),
            key,
            fingerprint: "".into(),
            expires: None,
        });
        let begin = Begin {
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
        };
        match self.begin(begin).await? {
            Begun::Fresh { .. } | Begun::Queued { .. } | Begun::Taken(_) => Ok(()),
            // Told later: those before it must come to their end first.
            Begun::Full(_) => Err(StoreError::Full(format!("as many of `{flow}` wait as may"))),
        }
    }

    /// What a subscriber says of an event cannot be evaluated: somebody must look, and the others go on.
    async fn cannot_be_told(
        self: &Arc<Engine>,
        event: &Event,
        flow: &Arc<str>,
        why: &str,
    ) -> Result<(), StoreError> {
        let case = data_case(self, flow, event, why);
        let transition = Transition { at: self.now(), cases: vec![case], ..Transition::default() };
        self.writer.commit(transition).await.map(|_| ())
    }
}
