//! The engine over a store in memory, under a clock whose wall time may jump: nothing is told twice, and
//! nothing is forgotten.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::*;
use crate::clock::{BoxFuture, Moment, VirtualClock};
use crate::flow::direct::Attempted;
use crate::flow::machine::tests::{Hearing, Spec, definition, event_type};
use crate::flow::step::listen::Rule;
use crate::store::{
    Committed, Event, EventFilter, Instance, InstanceFilter, Memory, Store, Transition, Writer,
};
use crate::system::{CallContext, OperationName, Outcome};
use crate::value::Value;

/// A virtual clock whose wall time is set forward and back.
#[derive(Debug)]
struct Jumping {
    inner: Arc<VirtualClock>,
    /// Milliseconds.
    set: AtomicI64,
}

impl Jumping {
    fn set(&self, by: Duration, back: bool) {
        let by = by.as_millis() as i64;
        self.set.fetch_add(if back { -by } else { by }, Ordering::SeqCst);
        self.inner.advance(Duration::ZERO);
    }
}

impl Clock for Jumping {
    fn now(&self) -> Moment {
        Moment(self.inner.now().0 + i128::from(self.set.load(Ordering::SeqCst)) * 1_000_000)
    }
    fn monotonic(&self) -> Duration {
        self.inner.monotonic()
    }
    fn sleep(&self, while_: Duration) -> BoxFuture<'static, ()> {
        self.inner.sleep(while_)
    }
    fn random(&self) -> u64 {
        self.inner.random()
    }
    fn id(&self) -> Uuid {
        self.inner.id()
    }
}

/// A world with one flow and no systems.
#[derive(Debug)]
struct Around {
    definition: Arc<Definition>,
    tables: Tables,
}

impl Caller for Around {
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

impl Observer for Around {
    fn attempted(&self, _: &Attempted<'_>) {}
}

impl Live for Around {
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
    fn event(&self, _: &str) -> Option<Arc<EventType>> {
        let declared = EventType::clone(&event_type());
        Some(Arc::new(EventType { buffer: 100 * HOUR, retain: 100 * HOUR, ..declared }))
    }
    fn events(&self) -> crate::event::EventTypes {
        Default::default()
    }
    fn lanes(&self) -> Vec<crate::event::Lane> {
        Vec::new()
    }
    fn flow(&self, _: &str) -> Option<(Arc<Definition>, Duration)> {
        None
    }
    fn schedules(&self) -> Vec<(Arc<Definition>, Schedule)> {
        Vec::new()
    }
    fn definition(&self, digest: &str) -> Option<Arc<Definition>> {
        (**self.definition.digest() == *digest).then(|| Arc::clone(&self.definition))
    }
    fn files(&self) -> Arc<Vec<(Arc<str>, Arc<[u8]>)>> {
        Arc::default()
    }
}

struct Here(Arc<Around>);

impl World for Here {
    fn live(&self) -> Arc<dyn Live> {
        self.0.clone()
    }
    fn compile(&self, _: Vec<(Arc<str>, Vec<u8>)>, _: &str) -> Result<Arc<Definition>, String> {
        Err("there is one flow".to_owned())
    }
}

/// A store and the world around it, in which one engine after the other lives.
struct Scene {
    clock: Arc<Jumping>,
    store: Arc<dyn Store>,
    around: Arc<Around>,
}

impl Scene {
    fn new(steps: &[Spec]) -> Scene {
        let start = Moment(1_767_225_600_000_000_000);
        let clock = Arc::new(Jumping { inner: VirtualClock::new(start, 3), set: AtomicI64::new(0) });
        let around = Around { definition: Arc::new(definition(steps)), tables: Tables::default() };
        Scene { clock, store: Arc::new(Memory::new()), around: Arc::new(around) }
    }

    /// Plays under the clock.
    fn play<T>(&self, play: impl AsyncFnOnce(&Scene) -> T) -> T {
        self.clock.inner.run(play(self)).expect("a runtime")
    }

    /// The next process.
    fn engine(&self) -> Arc<Engine> {
        self.engine_within(Bounds::default())
    }

    fn engine_within(&self, bounds: Bounds) -> Arc<Engine> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let writer = Writer::inline(self.store.clone());
        let engine = Engine::new(writer, clock, bounds).expect("a store that can be read");
        engine.attach(Arc::new(Here(self.around.clone())));
        engine.watch_over();
        engine
    }

    async fn begin(&self, engine: &Arc<Engine>) -> Uuid {
        self.begin_awaited(engine).await.0
    }

    /// Begins, and gives what somebody who waits for its end looks at.
    async fn begin_awaited(&self, engine: &Arc<Engine>) -> (Uuid, watch::Receiver<Standing>) {
        let begin = Begin {
            definition: self.around.definition.clone(),
            inputs: Vec::new(),
            account: "".into(),
            client: "".into(),
            correlation_id: "test".into(),
            route: "".into(),
            traceparent: None,
            business_key: None,
            claims: Vec::new(),
            trusted: false,
            keep: 100 * HOUR,
        };
        match engine.begin(begin).await {
            Ok(Begun::Fresh { id, standing, .. }) => (id, standing),
            other => panic!("it did not begin: {other:?}"),
        }
    }

    async fn passes(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    fn instance(&self, id: Uuid) -> Instance {
        self.store.instance(id).expect("a store").expect("an instance")
    }

    /// How many events were emitted.
    fn emitted(&self) -> usize {
        self.store.events(&EventFilter::default(), 100).expect("events").len()
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_clock_that_jumps_forward_loses_no_timer_and_fires_none_twice() {
    Scene::new(&[Spec::Wait(HOUR), Spec::Emit(1), Spec::Wait(MINUTE), Spec::Emit(2)]).play(async |scene| {
        let engine = scene.engine();
        let id = scene.begin(&engine).await;
        scene.passes(MINUTE).await;
        assert_eq!((engine.active(), scene.emitted()), (0, 0), "it waits outside of memory");
        scene.clock.set(2 * HOUR, false);
        scene.passes(MINUTE).await;
        assert_eq!(scene.emitted(), 1, "its time has come, by the wall");
        scene.passes(2 * MINUTE).await;
        assert_eq!((scene.emitted(), scene.instance(id).status), (2, Status::Completed));
    });
}

#[test]
fn a_clock_that_jumps_back_makes_timers_wait_and_fires_none_twice() {
    Scene::new(&[Spec::Wait(HOUR), Spec::Emit(1)]).play(async |scene| {
        let engine = scene.engine();
        let id = scene.begin(&engine).await;
        scene.passes(59 * MINUTE).await;
        scene.clock.set(30 * MINUTE, true);
        scene.passes(25 * MINUTE).await;
        assert_eq!(scene.emitted(), 0, "the wall says that it is not time");
        scene.passes(7 * MINUTE).await;
        assert_eq!((scene.emitted(), scene.instance(id).status), (1, Status::Completed));
        // What has been done stays done, however the clock goes.
        scene.clock.set(HOUR, true);
        scene.passes(3 * HOUR).await;
        assert_eq!(scene.emitted(), 1);
    });
}

#[test]
fn a_jump_while_an_instance_lingers_in_memory_is_seen() {
    let short = Duration::from_secs(3);
    for back in [false, true] {
        Scene::new(&[Spec::Wait(short), Spec::Emit(1)]).play(async |scene| {
            let engine = scene.engine();
            let id = scene.begin(&engine).await;
            scene.passes(Duration::from_secs(1)).await;
            assert_eq!(engine.active(), 1);
            scene.clock.set(HOUR, back);
            scene.passes(MINUTE).await;
            assert_eq!(scene.emitted(), usize::from(!back));
            scene.passes(HOUR).await;
            assert_eq!((scene.emitted(), scene.instance(id).status), (1, Status::Completed));
        });
    }
}

#[test]
fn a_clock_that_jumps_between_two_processes_loses_no_timer() {
    for (back, waits) in [(false, MINUTE), (true, 2 * HOUR)] {
        Scene::new(&[Spec::Wait(HOUR), Spec::Emit(1)]).play(async |scene| {
            let first = scene.engine();
            let id = scene.begin(&first).await;
            scene.passes(MINUTE).await;
            drop(first);
            scene.clock.set(HOUR, back);
            let second = scene.engine();
            scene.passes(waits + MINUTE).await;
            assert_eq!((scene.emitted(), scene.instance(id).status), (1, Status::Completed));
            drop(second);
        });
    }
}

fn listens() -> Scene {
    Scene::new(&[Spec::Listen(Hearing::of(Rule::One, &[7])), Spec::Emit(1)])
}

fn happened() -> Event {
    let text = |text: &str| Arc::<str>::from(text);
    Event {
        number: 0,
        account: text(""),
        source: text("test"),
        id: text("1"),
        name: text("test.happened"),
        key: text("7"),
        occurred_at: 0,
        recorded_at: 0,
        buffered_until: i64::MAX,
        keep_until: i64::MAX,
        correlation_id: text("test"),
        instance: None,
        correlates: vec![(text("about"), text("7"))],
        body: Arc::from(&br#"{"about":7,"last":true}"#[..]),
    }
}

fn commit(scene: &Scene, transition: Transition) -> Committed {
    scene.store.commit(&[transition]).expect("a store").remove(0)
}

#[test]
fn an_event_that_nobody_was_told_of_before_the_process_ended_is_told_after_the_start() {
    listens().play(async |scene| {
        let first = scene.engine();
        let id = scene.begin(&first).await;
        scene.passes(MINUTE).await;
        drop(first);
        // It is on disk; whoever was to tell the instance is gone.
        let at = millis(Duration::from_nanos(scene.clock.now().0 as u64));
        let done = commit(scene, Transition { at, events: vec![happened()], ..Transition::default() });
        assert!(matches!(done, Committed::Done { reached, .. } if reached.len() == 1));
        let second = scene.engine();
        scene.passes(Duration::from_secs(1)).await;
        assert_eq!((scene.emitted(), scene.instance(id).status), (2, Status::Completed));
        drop(second);
    });
}

#[test]
fn a_backlog_that_does_not_end_keeps_no_event_from_those_who_wait_for_it() {
    let steps = [Spec::Listen(Hearing::of(Rule::One, &[7])), Spec::create(9_001, 3, true)];
    Scene::new(&steps).play(async |scene| {
        let first = scene.engine();
        let (_, _) = (scene.begin(&first).await, scene.begin(&first).await);
        let done = commit(
            scene,
            Transition { events: vec![Event { buffered_until: 0, ..happened() }], ..now(scene) },
        );
        let Committed::Done { reached, .. } = done else { panic!("{done:?}") };
        // Both ask a system that never answers.
        first.reach(reached);
        scene.passes(Duration::from_secs(1)).await;
        let waits = scene.begin(&first).await;
        scene.passes(MINUTE).await;
        drop(first);
        commit(scene, Transition { events: vec![Event { id: "2".into(), ..happened() }], ..now(scene) });
        let second = scene.engine_within(Bounds { backlog: 2, ..Bounds::default() });
        scene.passes(MINUTE).await;
        assert!(scene.store.untold(9).expect("a store").is_empty(), "it was told");
        assert!(scene.instance(waits).seq > 1);
        drop(second);
    });
}

/// Nothing yet, now.
fn now(scene: &Scene) -> Transition {
    let at = millis(Duration::from_nanos(scene.clock.now().0 as u64));
    Transition { at, ..Transition::default() }
}

#[test]
fn an_event_brings_a_waiting_instance_into_memory_and_is_heard_once() {
    let heard = Spec::Listen(Hearing { until: Some("false"), timeout: Some(MINUTE), ..with_steps() });
    Scene::new(&[heard]).play(async |scene| {
        let engine = scene.engine();
        let id = scene.begin(&engine).await;
        scene.passes(Duration::from_secs(20)).await;
        assert_eq!(engine.active(), 0);
        let done = commit(scene, Transition { events: vec![happened()], ..Transition::default() });
        let Committed::Done { reached, .. } = done else { panic!("{done:?}") };
        // The store gives it to the instance when that is loaded, and the one who emitted it tells it too.
        engine.reach(reached.clone());
        scene.passes(Duration::from_secs(2)).await;
        engine.reach(reached);
        scene.passes(Duration::from_secs(2)).await;
        assert_eq!(scene.emitted(), 2, "what happened, and what its steps emit once");
        scene.passes(2 * MINUTE).await;
        assert!(!scene.instance(id).status.is_open() || scene.instance(id).status == Status::Paused);
    });
}

/// Listens for 7 and emits 1 for each.
fn with_steps() -> Hearing {
    let mut hearing = Hearing::of(Rule::One, &[7]);
    hearing.entries[0].steps = Some(vec![Spec::Emit(1)]);
    hearing
}

/// A store that takes nothing while its disk is away.
#[derive(Debug)]
struct Failing {
    inner: Memory,
    away: AtomicBool,
}

impl Store for Failing {
    fn cursors(&self) -> Result<Vec<crate::store::Cursor>, StoreError> {
        self.inner.cursors()
    }
    fn last_event(&self) -> Result<u64, StoreError> {
        self.inner.last_event()
    }
    fn first_event_since(&self, at: crate::store::Millis) -> Result<Option<u64>, StoreError> {
        self.inner.first_event_since(at)
    }
    fn backlog(
        &self,
        name: &str,
        account: Option<&str>,
        next: u64,
    ) -> Result<crate::store::Backlog, StoreError> {
        self.inner.backlog(name, account, next)
    }
    fn entity(
        &self,
        account: &str,
        entity: &str,
        key: &str,
    ) -> Result<Option<crate::store::Entity>, StoreError> {
        self.inner.entity(account, entity, key)
    }
    fn mark(&self, name: &str) -> Result<u64, StoreError> {
        self.inner.mark(name)
    }
    fn commit(&self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(StoreError::Failed("input/output error".to_owned())),
            false => self.inner.commit(transitions),
        }
    }
    fn instance(&self, id: Uuid) -> Result<Option<Instance>, StoreError> {
        self.inner.instance(id)
    }
    fn instances(
        &self,
        filter: &InstanceFilter,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Instance>, StoreError> {
        self.inner.instances(filter, after, limit)
    }
    fn due(&self, until: Millis, limit: usize) -> Result<Vec<(Millis, Uuid)>, StoreError> {
        self.inner.due(until, limit)
    }
    fn next_due(&self, after: Millis) -> Result<Option<Millis>, StoreError> {
        self.inner.next_due(after)
    }
    fn journal(&self, id: Uuid, after: u64, limit: usize) -> Result<Vec<crate::store::Entry>, StoreError> {
        self.inner.journal(id, after, limit)
    }
    fn find(
        &self,
        reference: &str,
        account: Option<&str>,
        limit: usize,
    ) -> Result<Vec<crate::store::Found>, StoreError> {
        self.inner.find(reference, account, limit)
    }
    fn claim(
        &self,
        account: &str,
        kind: crate::store::ClaimKind,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<crate::store::Held>, StoreError> {
        self.inner.claim(account, kind, scope, key, now)
    }
    fn events(&self, filter: &EventFilter, limit: usize) -> Result<Vec<Event>, StoreError> {
        self.inner.events(filter, limit)
    }
    fn given(&self, instance: Uuid) -> Result<Vec<crate::store::Matched>, StoreError> {
        self.inner.given(instance)
    }
    fn untold(&self, limit: usize) -> Result<Vec<Uuid>, StoreError> {
        self.inner.untold(limit)
    }
    fn cases(
        &self,
        filter: &crate::store::CaseFilter,
        limit: usize,
    ) -> Result<Vec<crate::store::Case>, StoreError> {
        self.inner.cases(filter, limit)
    }
    fn case(&self, number: u64) -> Result<Option<crate::store::Case>, StoreError> {
        self.inner.case(number)
    }
    fn next_case(&self) -> Result<u64, StoreError> {
        self.inner.next_case()
    }
    fn definition(&self, digest: &str) -> Result<Option<crate::store::Definition>, StoreError> {
        self.inner.definition(digest)
    }
    fn needed(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        self.inner.needed()
    }
    fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.blob(digest)
    }
    fn audit(&self, after: u64, limit: usize) -> Result<Vec<crate::store::Link>, StoreError> {
        self.inner.audit(after, limit)
    }
    fn forget(&self, now: Millis, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget(now, limit)
    }
    fn forget_cases(&self, closed: Millis, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget_cases(closed, limit)
    }
    fn room(&self) -> Result<crate::store::Room, StoreError> {
        self.inner.room()
    }
}

#[test]
fn a_disk_that_is_away_stops_new_work_and_what_was_accepted_goes_on_when_it_is_back() {
    let failing = Arc::new(Failing { inner: Memory::new(), away: AtomicBool::new(false) });
    let mut scene = Scene::new(&[Spec::Wait(MINUTE), Spec::Emit(1)]);
    scene.store = failing.clone();
    scene.play(async |scene| {
        let engine = scene.engine();
        let id = scene.begin(&engine).await;
        scene.passes(Duration::from_secs(20)).await;
        failing.away.store(true, Ordering::SeqCst);
        scene.passes(2 * MINUTE).await;
        let begin = Begin {
            definition: scene.around.definition.clone(),
            inputs: Vec::new(),
            account: "".into(),
            client: "".into(),
            correlation_id: "test".into(),
            route: "".into(),
            traceparent: None,
            business_key: None,
            claims: Vec::new(),
            trusted: false,
            keep: 100 * HOUR,
        };
        assert!(engine.begin(begin).await.is_err(), "nothing is accepted");
        assert_eq!((scene.emitted(), scene.instance(id).status), (0, Status::Running));
        failing.away.store(false, Ordering::SeqCst);
        scene.passes(MINUTE).await;
        assert_eq!((scene.emitted(), scene.instance(id).status), (1, Status::Completed));
    });
}

#[test]
fn a_long_pause_leaves_no_entry_at_every_look_and_work_goes_on_when_it_ends() {
    Scene::new(&[Spec::create(9_001, 3, true)]).play(async |scene| {
        let engine = scene.engine();
        engine.pause("test", &"ann".into(), "it is moved").await.expect("it is paused");
        let ids = [scene.begin(&engine).await, scene.begin(&engine).await];
        scene.passes(MINUTE).await;
        let entries = |id| scene.store.journal(id, 0, 1_000).expect("a journal").len();
        let before = ids.map(entries);
        scene.passes(10 * HOUR).await;
        assert_eq!(ids.map(entries), before, "it was told once that it is held");
        assert_eq!(engine.attempts.load(Ordering::Relaxed), 0, "nothing was sent");
        engine.resume("test", &"ann".into(), "it stands").await.expect("it goes on");
        // Looking by itself it would take up to half a minute.
        scene.passes(Duration::from_millis(200)).await;
        assert_eq!(engine.attempts.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn what_somebody_waits_for_is_told_first_that_a_system_is_back() {
    Scene::new(&[Spec::create(9_001, 3, true)]).play(async |scene| {
        let engine = scene.engine();
        engine.pause("test", &"ann".into(), "it is moved").await.expect("it is paused");
        let first = scene.begin(&engine).await;
        let (second, _watched) = scene.begin_awaited(&engine).await;
        scene.passes(Duration::from_millis(100)).await;
        assert_eq!(engine.held.waiting("test"), [second, first]);
        scene.passes(MINUTE).await;
        assert_eq!(engine.held.waiting("test").len(), 2, "each is known once");
    });
}
