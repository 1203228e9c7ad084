//! Subscribers over a store in memory: none delays another, each goes on where it stopped, keys keep their order.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::clock::{BoxFuture, Clock, Moment, VirtualClock};
use crate::event::{Delivered, Delivery, EventTypes, Fold, Pace, Record, Sink};
use crate::flow::direct::{Attempted, Caller, Observer};
use crate::flow::engine::{Bounds, Live, Sheet, World};
use crate::flow::machine::tests::event_type;
use crate::flow::{Definition, Schedule};
use crate::mapping::Tables;
use crate::store::{CaseFilter, Event, Memory, Writer};
use crate::system::{CallContext, OperationName, Outcome};
use crate::value::Value;

/// A subscriber that notes what it is told, unless it is away.
#[derive(Debug, Default)]
struct Noting {
    told: Mutex<Vec<(String, String, u64)>>,
    away: AtomicBool,
    gone: AtomicBool,
    /// Fails for this one.
    refuses: Mutex<Option<String>>,
    tries: AtomicUsize,
}

impl Noting {
    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().iter().map(|(_, id, _)| id.clone()).collect()
    }
}

impl Sink for Noting {
    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Delivered> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        let event = &delivery.notice.event;
        let refused = self.refuses.lock().unwrap().as_deref() == Some(&*event.id);
        let came = match (self.gone.load(Ordering::SeqCst), self.away.load(Ordering::SeqCst) || refused) {
            (true, _) => Delivered::Gone("410".to_owned()),
            (_, true) => Delivered::Later { why: "away".to_owned(), after: None },
            _ => {
                let one = (event.key.to_string(), event.id.to_string(), delivery.epoch);
                self.told.lock().unwrap().push(one);
                Delivered::Done
            }
        };
        Box::pin(std::future::ready(came))
    }

    fn pace(&self) -> Pace {
        Pace { at_once: 4, rate: 10, give_up: Some(Duration::from_secs(24 * 3600)) }
    }
}

/// A world of subscribers only.
#[derive(Debug, Default)]
struct Town {
    lanes: Mutex<Vec<Lane>>,
    events: Mutex<EventTypes>,
    tables: Tables,
}

impl Caller for Town {
    fn call<'a>(
        &'a self,
        _: &'a OperationName,
        _: Arc<[Option<Value>]>,
        _: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(std::future::pending())
    }
    fn probe<'a>(
        &'a self,
        create: &'a OperationName,
        inputs: Arc<[Option<Value>]>,
        context: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        self.call(create, inputs, context)
    }
}

impl Observer for Town {
    fn attempted(&self, _: &Attempted<'_>) {}
}

impl Live for Town {
    fn caller(&self) -> &dyn Caller {
        self
    }
    fn tables(&self) -> &Tables {
        &self.tables
    }
    fn observer(&self) -> &dyn Observer {
        self
    }
    fn sheet(&self, _: &str, _: &str, _: Option<&str>) -> Sheet {
        Sheet::default()
    }
    fn event(&self, name: &str) -> Option<Arc<crate::event::EventType>> {
        self.events.lock().unwrap().get(name).cloned()
    }
    fn events(&self) -> EventTypes {
        self.events.lock().unwrap().clone()
    }
    fn lanes(&self) -> Vec<Lane> {
        self.lanes.lock().unwrap().clone()
    }
    fn flow(&self, _: &str) -> Option<(Arc<Definition>, Duration)> {
        None
    }
    fn schedules(&self) -> Vec<(Arc<Definition>, Schedule)> {
        Vec::new()
    }
    fn definition(&self, _: &str) -> Option<Arc<Definition>> {
        None
    }
    fn files(&self) -> Arc<Vec<(Arc<str>, Arc<[u8]>)>> {
        Arc::default()
    }
}

struct Here(Arc<Town>);

impl World for Here {
    fn live(&self) -> Arc<dyn Live> {
        self.0.clone()
    }
    fn compile(&self, _: Vec<(Arc<str>, Vec<u8>)>, _: &str) -> Result<Arc<Definition>, String> {
        Err("there are no flows".to_owned())
    }
}

/// A store and the town around it, in which one engine after the other lives.
struct Scene {
    clock: Arc<VirtualClock>,
    store: Arc<dyn Store>,
    town: Arc<Town>,
}

impl Scene {
    fn play(play: impl AsyncFnOnce(&Scene)) {
        let clock = VirtualClock::new(Moment(1_767_225_600_000_000_000), 3);
        let scene = Scene { clock: clock.clone(), store: Arc::new(Memory::new()), town: Arc::default() };
        clock.run(play(&scene)).expect("a runtime");
    }

    /// Another subscriber; the town knows it from now on.
    fn subscribe(&self, name: &str, account: Option<&str>, from_start: bool) -> Arc<Noting> {
        let sink = Arc::new(Noting::default());
        self.town.lanes.lock().unwrap().push(Lane {
            name: name.into(),
            event: "test.happened".into(),
            account: account.map(Arc::from),
            from_start,
            owner: "owners".into(),
            sink: sink.clone(),
        });
        sink
    }

    fn engine(&self) -> Arc<Engine> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let engine =
            Engine::new(Writer::inline(self.store.clone()), clock, Bounds::default()).expect("a store");
        engine.attach(Arc::new(Here(self.town.clone())));
        engine.watch_over();
        engine
    }

    async fn passes(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    /// Something happens.
    fn happens(&self, engine: &Engine, id: &str, key: &str, body: &str) {
        let now = engine.now();
        let event = Event {
            number: 0,
            account: if id.starts_with("other") { "OTHER".into() } else { "ACME".into() },
            source: "test".into(),
            id: id.into(),
            name: "test.happened".into(),
            key: key.into(),
            occurred_at: now,
            recorded_at: now,
            buffered_until: now,
            keep_until: now + 1_000_000_000,
            correlation_id: "".into(),
            instance: None,
            correlates: Vec::new(),
            body: body.as_bytes().into(),
        };
        self.store
            .commit(&[Transition { at: now, events: vec![event], ..Transition::default() }])
            .expect("a store");
        engine.was_recorded();
    }

    fn cases(&self) -> Vec<(String, String)> {
        let open = CaseFilter { open: true, ..CaseFilter::default() };
        let cases = self.store.cases(&open, 9).expect("cases");
        cases.iter().map(|case| (case.code.to_string(), case.owner.to_string())).collect()
    }
}

#[test]
fn one_that_is_away_delays_nobody_and_catches_up() {
    Scene::play(async |scene| {
        let (dead, well) = (scene.subscribe("dead", None, false), scene.subscribe("well", None, false));
        dead.away.store(true, Ordering::SeqCst);
        let engine = scene.engine();
        for number in 0..40 {
            scene.happens(&engine, &format!("e{number}"), "k", "{}");
        }
        scene.passes(1).await;
        assert_eq!((well.told().len(), dead.told().len()), (40, 0));
        let standing = engine.subscribed().await.expect("subscribers");
        let behind: Vec<_> = standing.iter().map(|one| (&*one.cursor.name, one.backlog.events)).collect();
        assert_eq!(behind, [("dead", 40), ("well", 0)]);
        assert!(standing[0].oldest.is_some_and(|age| age >= Duration::from_secs(1)));
        assert!(dead.tries.load(Ordering::SeqCst) < 5, "it is tried seldom");
        dead.away.store(false, Ordering::SeqCst);
        scene.passes(60).await;
        assert_eq!(dead.told(), (0..40).map(|number| format!("e{number}")).collect::<Vec<_>>());
        assert_eq!(engine.subscribed().await.expect("subscribers")[0].backlog.events, 0);
    });
}

#[test]
fn the_next_process_goes_on_where_the_last_one_stopped() {
    Scene::play(async |scene| {
        let told = scene.subscribe("one", None, false);
        let first = scene.engine();
        scene.happens(&first, "a", "k", "{}");
        scene.passes(1).await;
        told.away.store(true, Ordering::SeqCst);
        scene.happens(&first, "b", "k", "{}");
        scene.passes(1).await;
        first.drain(Duration::ZERO).await;
        told.away.store(false, Ordering::SeqCst);
        let second = scene.engine();
        scene.happens(&second, "c", "k", "{}");
        scene.passes(60).await;
        assert_eq!(told.told(), ["a", "b", "c"]);
    });
}

#[test]
fn new_subscribers_begin_now_unless_they_say_otherwise() {
    Scene::play(async |scene| {
        let engine = scene.engine();
        scene.happens(&engine, "old", "k", "{}");
        scene.passes(1).await;
        let (now, start) = (scene.subscribe("now", None, false), scene.subscribe("start", None, true));
        engine.project_changed();
        scene.passes(1).await;
        scene.happens(&engine, "new", "k", "{}");
        scene.passes(1).await;
        assert_eq!((now.told(), start.told()), (vec!["new".to_owned()], vec!["old".into(), "new".into()]));
        // One that the project has no more is not told; back again, it misses nothing.
        scene.town.lanes.lock().unwrap().retain(|lane| *lane.name != *"now");
        engine.project_changed();
        scene.happens(&engine, "later", "k", "{}");
        scene.passes(1).await;
        assert_eq!((now.told().len(), start.told().len()), (1, 3));
    });
}

#[test]
fn a_customer_is_told_of_its_own_only() {
    Scene::play(async |scene| {
        let own = scene.subscribe("own", Some("ACME"), false);
        let engine = scene.engine();
        for id in ["a", "other-1", "b", "other-2"] {
            scene.happens(&engine, id, "k", "{}");
        }
        scene.passes(1).await;
        assert_eq!(own.told(), ["a", "b"]);
    });
}

#[test]
fn what_fails_holds_its_own_key_and_is_told_in_order() {
    Scene::play(async |scene| {
        let told = scene.subscribe("one", None, false);
        *told.refuses.lock().unwrap() = Some("a2".to_owned());
        let engine = scene.engine();
        for (id, key) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a"), ("b2", "b")] {
            scene.happens(&engine, id, key, "{}");
        }
        scene.passes(1).await;
        let first = told.told();
        assert!(!first.contains(&"a3".to_owned()), "a later event of the key waits: {first:?}");
        *told.refuses.lock().unwrap() = None;
        scene.passes(60).await;
        let all = told.told.lock().unwrap().clone();
        for key in ["a", "b"] {
            let ids: Vec<&str> = all.iter().filter(|one| one.0 == key).map(|one| &*one.1).collect();
            let wanted: Vec<String> = (1..=ids.len()).map(|number| format!("{key}{number}")).collect();
            assert_eq!(ids, wanted, "once each, in order");
        }
    });
}

#[test]
fn gone_is_stopped_with_a_case_and_goes_on_once_it_is_resumed() {
    Scene::play(async |scene| {
        let told = scene.subscribe("one", None, false);
        told.gone.store(true, Ordering::SeqCst);
        let engine = scene.engine();
        scene.happens(&engine, "a", "k", "{}");
        scene.passes(100_000).await;
        assert_eq!(told.tries.load(Ordering::SeqCst), 1, "it said that it is gone");
        assert_eq!(scene.cases(), [("subscriber_stopped".to_owned(), "owners".to_owned())]);
        told.gone.store(false, Ordering::SeqCst);
        let who = Arc::from("mina");
        assert!(engine.resume_subscriber("nobody", &who, "why").await.is_err());
        engine.resume_subscriber("one", &who, "they are back").await.expect("it is stopped");
        scene.passes(1).await;
        assert_eq!((told.told(), scene.cases()), (vec!["a".to_owned()], vec![]));
        assert!(engine.resume_subscriber("one", &who, "again").await.is_err(), "nothing is stopped");
        let audited = scene.store.audit(0, 99).expect("audit");
        assert!(
            audited.iter().any(|link| &*link.record.about == "subscriber one" && &*link.record.who == "mina")
        );
    });
}

#[test]
fn a_day_without_success_stops_it() {
    Scene::play(async |scene| {
        let told = scene.subscribe("one", None, false);
        told.away.store(true, Ordering::SeqCst);
        let engine = scene.engine();
        scene.happens(&engine, "a", "k", "{}");
        scene.passes(20 * 3600).await;
        assert!(scene.cases().is_empty());
        scene.passes(6 * 3600).await;
        assert_eq!(scene.cases().len(), 1);
        let tries = told.tries.load(Ordering::SeqCst);
        assert!((10..60).contains(&tries), "{tries} tries in a day");
        scene.passes(50 * 3600).await;
        assert_eq!(told.tries.load(Ordering::SeqCst), tries);
    });
}

#[test]
fn one_is_told_again_from_a_time_on_and_others_are_not() {
    Scene::play(async |scene| {
        let (one, other) = (scene.subscribe("one", None, false), scene.subscribe("other", None, false));
        let engine = scene.engine();
        scene.happens(&engine, "a", "k", "{}");
        scene.passes(10).await;
        let since = engine.now();
        scene.happens(&engine, "b", "k", "{}");
        scene.happens(&engine, "c", "k", "{}");
        scene.passes(10).await;
        engine.replay_subscriber("one", since, &"mina".into(), "lost").await.expect("there is one");
        scene.passes(10).await;
        assert_eq!(
            (one.told(), other.told().len()),
            (["a", "b", "c", "b", "c"].map(str::to_owned).to_vec(), 3)
        );
        let epochs: Vec<u64> = one.told.lock().unwrap().iter().map(|one| one.2).collect();
        assert_eq!(epochs, [0, 0, 0, 1, 1]);
    });
}

#[test]
fn records_fold_once_whatever_is_told_again() {
    Scene::play(async |scene| {
        let rank = [("picked_up", 1), ("delivered", 2)].map(|(state, rank)| (Arc::from(state), rank)).into();
        let field = |name: &str| crate::event::FieldPath(name.into());
        let fold =
            Fold { entity: "shipment".into(), state: field("state"), by: field("at"), when: None, rank };
        let declared =
            crate::event::EventType { fold: Some(Arc::new(fold.clone())), ..(*event_type()).clone() };
        scene.town.events.lock().unwrap().insert("test.happened".into(), Arc::new(declared));
        let said =
            |state: &str, hour: u32| format!(r#"{{"state":"{state}","at":"2026-05-06T{hour:02}:00:00Z"}}"#);
        let first = scene.engine();
        scene.happens(&first, "d", "S-1", &said("delivered", 12));
        scene.happens(&first, "x", "S-1", "{}");
        scene.passes(1).await;
        first.drain(Duration::ZERO).await;
        let engine = scene.engine();
        scene.happens(&engine, "p", "S-1", &said("picked_up", 8));
        scene.happens(&engine, "p again", "S-1", &said("picked_up", 8));
        scene.happens(&engine, "other", "S-1", &said("picked_up", 9));
        scene.passes(1).await;
        engine.replay_subscriber(ENTITIES, 0, &"mina".into(), "to see").await.expect("there is one");
        scene.passes(1).await;
        let record = |account: &str| {
            let kept = scene.store.entity(account, "shipment", "S-1").expect("a store").expect("a record");
            Record::decode(&kept.body, &fold.rank).expect("a record")
        };
        let states =
            |record: &Record| record.history.iter().map(|one| one.state.to_string()).collect::<Vec<_>>();
        let own = record("ACME");
        assert_eq!(own.current.as_ref().map(|current| &*current.state), Some("delivered"));
        assert_eq!(states(&own), ["picked_up", "delivered"]);
        assert_eq!(states(&record("OTHER")), ["picked_up"]);
        assert!(scene.cases().iter().all(|(code, _)| code == "bad_data"), "one said nothing of it");
    });
}
