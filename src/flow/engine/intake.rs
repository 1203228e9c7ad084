//! What comes in from outside: it is on disk before its sender is told so, and is split into events after that.
//! What cannot be read of it is a case of its own, and holds nothing else up.

use std::sync::Arc;
use std::time::Duration;

use super::cases::{blank, sheeted};
use super::{Engine, millis};
use crate::codec::json;
use crate::event::{INTAKE, Intake, Part};
use crate::failpoint;
use crate::mapping::Context;
use crate::store::{Case, Committed, Event, EventFilter, Millis, Store, StoreError, Transition};
use crate::value::{Map, Value};

/// A body that came in.
#[derive(Debug)]
pub struct Arrived {
    pub intake: Arc<Intake>,
    /// Which message it is: one of the same name is taken in once, for as long as it is remembered.
    pub message: Arc<str>,
    /// Whose it is; empty: what it says decides.
    pub account: Arc<str>,
    pub correlation_id: Arc<str>,
    pub body: Value,
}

/// The name under which it is kept how far it has come.
const MARK: &str = "intake";
/// Bodies split at once.
const AT_ONCE: usize = 50;
/// After a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a message is remembered, split or not: longer than any sender tries again.
const REMEMBERS: Millis = 7 * 86_400_000;

impl Engine {
    /// Takes a body in. When it returns, it is on disk, and will be split whatever happens.
    ///
    /// # Errors
    /// [`StoreError::Full`] where there is no room: nothing was taken in.
    pub async fn take_in(&self, arrived: Arrived) -> Result<(), StoreError> {
        let at = self.now();
        let raw = Event {
            number: 0,
            account: arrived.account,
            source: format!("intake {}", arrived.intake.route).into(),
            id: arrived.message,
            name: INTAKE.into(),
            key: Arc::clone(&arrived.intake.route),
            occurred_at: at,
            recorded_at: at,
            buffered_until: at,
            keep_until: at.saturating_add(REMEMBERS),
            correlation_id: arrived.correlation_id,
            instance: None,
            correlates: Vec::new(),
            body: json::encode(&arrived.body).into(),
        };
        self.writer
            .commit(Transition { at, is_new: true, events: vec![raw], ..Transition::default() })
            .await?;
        self.arrived.notify_one();
        failpoint::pass("intake.written");
        Ok(())
    }

    /// Begins to split what came in, also before this process began. Once.
    pub(super) fn intake(self: &Arc<Engine>) {
        let engine = Arc::downgrade(self);
        self.spawn(async move {
            loop {
                let Some(engine) = engine.upgrade() else { return };
                match engine.split_next().await {
                    Ok(true) => {}
                    Ok(false) => engine.arrived.notified().await,
                    Err(error) => {
                        tracing::warn!(target: "crossdock::event", %error, "what came in is split later");
                        engine.clock.sleep(PAUSE).await;
                    }
                }
            }
        });
    }

    /// Splits the next bodies into their events; `false`: there are none. Events, cases and how far this has
    /// come are written in one go, so that it happens once.
    async fn split_next(self: &Arc<Engine>) -> Result<bool, StoreError> {
        let read = |store: &dyn Store| {
            let after = store.mark(MARK)?;
            let filter = EventFilter { after, name: Some(INTAKE.into()), ..EventFilter::default() };
            store.events(&filter, AT_ONCE)
        };
        let bodies = self.writer.read(read).await?;
        let Some(last) = bodies.last().map(|raw| raw.number) else { return Ok(false) };
        let marks = vec![(MARK.into(), last)];
        let mut transition = Transition { at: self.now(), marks, ..Transition::default() };
        bodies.iter().for_each(|raw| self.split(raw, &mut transition));
        failpoint::pass("intake.split");
        if let Committed::Done { reached, .. } = self.writer.commit(transition).await? {
            self.reach(reached);
        }
        self.was_recorded();
        Ok(true)
    }

    fn split(&self, raw: &Event, transition: &mut Transition) {
        let (intake, parts) = match self.parts(raw) {
            Ok(found) => found,
            Err(why) => return transition.cases.push(self.bad_item(raw, None, &why, None)),
        };
        for (at, part) in parts.into_iter().enumerate() {
            match part {
                Part::Other => {}
                Part::Event { id, at: when, key, payload } => {
                    let id = id.unwrap_or_else(|| format!("{}/{at}", raw.id).into());
                    transition.events.push(self.told_by(raw, &intake, (id, when), key, &payload));
                }
                Part::Bad { why, item } => {
                    transition.cases.push(self.bad_item(raw, Some(&intake), &why, Some((at, item))));
                }
            }
        }
    }

    fn parts(&self, raw: &Event) -> Result<(Arc<Intake>, Vec<Part>), String> {
        let live = self.live();
        let intake = live.intake(&raw.key);
        let intake = intake.ok_or_else(|| format!("the route `{}` publishes nothing any more", raw.key))?;
        let body = json::decode(&raw.body, &json::Limits::default());
        let body = body.map_err(|error| format!("what was kept cannot be read: {error}"))?;
        let parts = intake.split(&body, &Context::new(self.clock.now(), live.tables()))?;
        Ok((intake, parts))
    }

    /// An event as it is recorded.
    fn told_by(
        &self,
        raw: &Event,
        intake: &Intake,
        (id, when): (Arc<str>, Option<Millis>),
        key: Arc<str>,
        payload: &Value,
    ) -> Event {
        let (event, at) = (&intake.event, self.now());
        // Nobody speaks for another account; a sender that has none says whose it is.
        let account = match raw.account.is_empty() {
            true => event.account_of(payload).unwrap_or_else(|| "".into()),
            false => Arc::clone(&raw.account),
        };
        Event {
            number: 0,
            account,
            source: format!("route:{}", intake.route).into(),
            id,
            name: Arc::clone(&event.name),
            key,
            occurred_at: when.unwrap_or(raw.recorded_at),
            recorded_at: at,
            buffered_until: at.saturating_add(millis(event.buffer)),
            keep_until: at.saturating_add(millis(event.retain)),
            correlation_id: Arc::clone(&raw.correlation_id),
            instance: None,
            correlates: event.correlates_of(payload),
            body: json::encode(payload).into(),
        }
    }

    /// The case of an item, or of a whole body, of which no event can be made.
    fn bad_item(
        &self,
        raw: &Event,
        intake: Option<&Intake>,
        why: &str,
        item: Option<(usize, Value)>,
    ) -> Case {
        let mut sheet = self.live().sheet("bad_data", "", None);
        if let Some(owner) =
            intake.and_then(|intake| intake.owner.as_ref()).filter(|_| sheet.owner.is_empty())
        {
            sheet.owner = Arc::clone(owner);
        }
        let mut body = Map::new();
        body.insert("detail", Value::from(why));
        body.insert("route", Value::String(Arc::clone(&raw.key)));
        body.insert("message", Value::String(Arc::clone(&raw.id)));
        if let Some((at, item)) = item {
            body.insert("at", Value::from(i64::try_from(at).unwrap_or(i64::MAX)));
            body.insert("item", item);
        }
        let name = intake.map(|intake| format!(" as {}", intake.event.name)).unwrap_or_default();
        let cause = format!("{} cannot be taken in{name}", raw.key);
        let case = Case {
            account: Arc::clone(&raw.account),
            correlation_id: Arc::clone(&raw.correlation_id),
            ..blank(self.case_number(), "bad_data".into(), cause, self.now())
        };
        sheeted(case, &sheet, body)
    }
}
