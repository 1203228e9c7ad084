//! One subscriber: reads from where it stands, tells, and writes down how far it has come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::super::cases::{data_case, stopped_case};
use super::super::{Engine, millis};
use super::PAUSE;
use super::tail::{Page, Wanted};
use crate::event::{Delivered, Delivery, Lane, Notice, Pace};
use crate::store::{Cursor, Millis, StoreError, Transition};

/// First and longest pause between two tries.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);
/// The wall clock may jump: nobody sleeps longer.
const LOOK: Duration = Duration::from_secs(30);
/// So many events that are not for it are passed without writing that down.
const UNWRITTEN: u64 = 1000;

/// What is done with events.
#[derive(Debug, Clone)]
pub(super) enum Work {
    Tell(Lane),
    /// They fold into entity records.
    Fold {
        name: Arc<str>,
        events: Vec<Arc<str>>,
    },
}

impl Work {
    pub fn name(&self) -> &Arc<str> {
        match self {
            Work::Tell(lane) => &lane.name,
            Work::Fold { name, .. } => name,
        }
    }

    pub fn from_start(&self) -> bool {
        match self {
            Work::Tell(lane) => lane.from_start,
            // What is kept is folded in from the beginning.
            Work::Fold { .. } => true,
        }
    }

    pub fn wanted(&self) -> Wanted {
        match self {
            Work::Tell(lane) => {
                Wanted { names: vec![Arc::clone(&lane.event)], account: lane.account.clone() }
            }
            Work::Fold { events, .. } => Wanted { names: events.clone(), account: None },
        }
    }
}

/// A subscriber that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub name: Arc<str>,
    work: Mutex<Work>,
    /// Held while it is changed and written: people may set it elsewhere.
    pub cursor: tokio::sync::Mutex<Cursor>,
    /// As it was last, for who only looks.
    seen: Mutex<Cursor>,
    /// The place that is on disk.
    written: Mutex<u64>,
    /// Events after the cursor that it was told of already.
    done: Mutex<BTreeSet<u64>>,
    /// Something has changed: look again.
    pub wake: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What to do next.
enum Step {
    /// There may be more right now, after a pause.
    More(Duration),
    /// Nothing before that many milliseconds have passed.
    After(Duration),
    /// Nothing before there are new events.
    Idle,
    /// Nothing before somebody resumes it.
    Off,
}

impl Running {
    pub fn new(work: Work, cursor: Cursor) -> Running {
        Running {
            name: Arc::clone(work.name()),
            work: Mutex::new(work),
            seen: Mutex::new(cursor.clone()),
            written: Mutex::new(cursor.next),
            cursor: tokio::sync::Mutex::new(cursor),
            done: Mutex::default(),
            wake: Notify::new(),
        }
    }

    pub fn work(&self) -> Work {
        lock(&self.work).clone()
    }

    pub fn redeclare(&self, work: Work) {
        *lock(&self.work) = work;
        self.wake.notify_one();
    }

    pub fn snapshot(&self) -> Cursor {
        lock(&self.seen).clone()
    }

    /// Somebody has set it to another place.
    pub fn moved(&self, cursor: &Cursor) {
        lock(&self.done).clear();
        *lock(&self.written) = cursor.next;
        *lock(&self.seen) = cursor.clone();
        self.wake.notify_one();
    }

    /// It has come so far.
    pub fn came(&self, cursor: &Cursor, on_disk: bool) {
        *lock(&self.seen) = cursor.clone();
        lock(&self.done).retain(|number| *number >= cursor.next);
        if on_disk {
            *lock(&self.written) = cursor.next;
        }
    }

    /// Whether it is far enough that it must be written.
    pub fn is_far(&self, next: u64) -> bool {
        next.saturating_sub(*lock(&self.written)) >= UNWRITTEN
    }
}

/// Serves a subscriber until it is let go.
pub(super) async fn serve(engine: Weak<Engine>, running: Weak<Running>) {
    loop {
        let (Some(engine), Some(running)) = (engine.upgrade(), running.upgrade()) else { return };
        if !engine.deliveries.lanes().get(&running.name).is_some_and(|own| Arc::ptr_eq(own, &running)) {
            return;
        }
        // Nothing new is sent; the next process goes on here.
        if engine.is_ending() {
            return;
        }
        let mut tail = engine.tail().follow();
        tail.borrow_and_update();
        let step = engine.step(&running).await.unwrap_or_else(|error| {
            tracing::warn!(target: "crossdock::flow", subscriber = &*running.name, %error, "is told later");
            Step::After(PAUSE)
        });
        match step {
            Step::More(Duration::ZERO) => {}
            Step::More(pause) => engine.clock.sleep(pause).await,
            Step::After(pause) => tokio::select! {
                () = engine.clock.sleep(pause.min(LOOK)) => {}
                () = running.wake.notified() => {}
            },
            Step::Idle => tokio::select! {
                changed = tail.changed() => if changed.is_err() { return },
                () = running.wake.notified() => {}
            },
            Step::Off => running.wake.notified().await,
        }
    }
}

/// What came of a page.
#[derive(Debug, Default)]
struct Told {
    done: BTreeSet<u64>,
    /// The first that it could not be told of, and why.
    failed: BTreeMap<u64, Delivered>,
    /// Events that it could not be told of at all.
    unfit: Vec<(Arc<Notice>, String)>,
}

impl Engine {
    async fn step(self: &Arc<Engine>, running: &Arc<Running>) -> Result<Step, StoreError> {
        let cursor = running.cursor.lock().await.clone();
        if cursor.disabled {
            return Ok(Step::Off);
        }
        if let Some(wait) = cursor.retry_at.map(|at| at - self.now()).filter(|wait| *wait > 0) {
            return Ok(Step::After(Duration::from_millis(wait.unsigned_abs())));
        }
        let work = running.work();
        let page = self.events_from(cursor.next, &work.wanted()).await?;
        if page.upto < cursor.next {
            return Ok(Step::Idle);
        }
        match work {
            Work::Fold { .. } => {
                self.fold(running, cursor, &page).await?;
                Ok(Step::More(Duration::ZERO))
            }
            Work::Tell(lane) => {
                let told = self.tell_all(running, &lane, cursor.epoch, &page).await;
                self.note(running, &lane, cursor, &page, told).await
            }
        }
    }

    /// Tells of a page: keys at once, those of one key one after the other.
    async fn tell_all(self: &Arc<Engine>, running: &Running, lane: &Lane, epoch: u64, page: &Page) -> Told {
        let mut keys: Vec<Vec<Arc<Notice>>> = Vec::new();
        let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for notice in &page.notices {
            let place = places.entry((&notice.event.account, &notice.event.key)).or_insert(keys.len());
            if *place == keys.len() {
                keys.push(Vec::new());
            }
            keys[*place].push(Arc::clone(notice));
        }
        let (mut told, mut under_way) = (Told::default(), JoinSet::new());
        for notices in keys {
            if under_way.len() >= lane.sink.pace().at_once {
                gather(&mut told, under_way.join_next().await);
            }
            // The rest waits for what fails: it would fail too, and be told twice.
            if !told.failed.is_empty() {
                break;
            }
            let known = lock(&running.done).clone();
            under_way.spawn(one_key(Arc::clone(self), lane.clone(), epoch, notices, known));
        }
        while let Some(done) = under_way.join_next().await {
            gather(&mut told, Some(done));
        }
        told
    }

    /// Writes down how far it has come.
    async fn note(
        self: &Arc<Engine>,
        running: &Running,
        lane: &Lane,
        before: Cursor,
        page: &Page,
        told: Told,
    ) -> Result<Step, StoreError> {
        let mut held = running.cursor.lock().await;
        if held.epoch != before.epoch || held.next != before.next {
            return Ok(Step::More(Duration::ZERO));
        }
        let missing = page.notices.iter().map(|notice| notice.event.number);
        let known = lock(&running.done).clone();
        let stop = missing.into_iter().find(|number| !told.done.contains(number) && !known.contains(number));
        let mut cursor = Cursor { next: stop.unwrap_or(page.upto + 1), ..held.clone() };
        let mut cases: Vec<_> =
            told.unfit.iter().map(|(notice, why)| data_case(self, &lane.name, &notice.event, why)).collect();
        let pace = lane.sink.pace();
        let failure = told.failed.into_values().next();
        let step = match (failure, pace.give_up) {
            (None, _) => self.went_well(&mut cursor, told.done.len(), page.more, pace),
            (Some(failure), Some(give_up)) => {
                let progress = cursor.next > before.next;
                self.went_wrong(&mut cursor, &failure, give_up, progress);
                if cursor.disabled {
                    cases.push(stopped_case(self, lane, &cursor));
                }
                Step::After(Duration::ZERO)
            }
            (Some(failure), None) => Step::After(patience(&mut cursor, failure)),
        };
        lock(&running.done).extend(told.done.iter().copied());
        let write = !cases.is_empty()
            || !told.done.is_empty()
            || running.is_far(cursor.next)
            || (cursor.failures, cursor.disabled) != (before.failures, before.disabled);
        if write {
            let cursors = vec![cursor.clone()];
            let transition = Transition { at: self.now(), cursors, cases, ..Transition::default() };
            self.writer.commit(transition).await?;
        }
        running.came(&cursor, write);
        *held = cursor;
        Ok(step)
    }

    fn went_well(&self, cursor: &mut Cursor, told: usize, more: bool, pace: Pace) -> Step {
        (cursor.failures, cursor.failing_since, cursor.retry_at) = (0, None, None);
        cursor.problem = "".into();
        let behind = more && told > 0;
        let pause = Duration::from_secs(1).mul_f64(told as f64 / f64::from(pace.rate.max(1)));
        Step::More(if behind { pause } else { Duration::ZERO })
    }

    fn went_wrong(&self, cursor: &mut Cursor, failure: &Delivered, give_up: Duration, progress: bool) {
        let now = self.now();
        let since = cursor.failing_since.filter(|_| !progress).unwrap_or(now);
        cursor.failures = if progress { 1 } else { cursor.failures + 1 };
        cursor.failing_since = Some(since);
        let (why, after) = match failure {
            Delivered::Later { why, after } => (why.as_str(), after.unwrap_or_default()),
            Delivered::Gone(why) => {
                cursor.disabled = true;
                (why.as_str(), Duration::ZERO)
            }
            Delivered::Done | Delivered::Unfit(_) => ("", Duration::ZERO),
        };
        cursor.problem = crate::diagnostic::short(why).to_string().into();
        let pause = backoff(cursor.failures, self.clock.random()).max(after);
        cursor.retry_at = Some(now.saturating_add(millis(pause)));
        if now.saturating_sub(since) >= millis(give_up) {
            cursor.disabled = true;
        }
    }
}

/// One that is never given up is tried each second.
fn patience(cursor: &mut Cursor, failure: Delivered) -> Duration {
    let Delivered::Later { why, after } = failure else { return PAUSE };
    cursor.problem = why.into();
    after.unwrap_or(PAUSE)
}

/// 5 s, 10 s, 20 s and so on up to an hour, of which up to a half is left to chance.
fn backoff(failures: u64, chance: u64) -> Duration {
    let doubled = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
    let pause = FIRST.saturating_mul(1 << doubled).min(LONGEST);
    let half = pause / 2;
    half + half.mul_f64((chance >> 11) as f64 / (1u64 << 53) as f64)
}

fn gather(told: &mut Told, done: Option<Result<Told, tokio::task::JoinError>>) {
    // What broke off was not told, and is told again.
    let Some(Ok(one)) = done else { return };
    told.done.extend(one.done);
    told.failed.extend(one.failed);
    told.unfit.extend(one.unfit);
}

/// Tells of the events of one key, up to the first failure.
async fn one_key(
    engine: Arc<Engine>,
    lane: Lane,
    epoch: u64,
    notices: Vec<Arc<Notice>>,
    known: BTreeSet<u64>,
) -> Told {
    let mut told = Told::default();
    for notice in notices.into_iter().filter(|notice| !known.contains(&notice.event.number)) {
        let number = notice.event.number;
        if notice.event.body.is_empty() {
            // It was erased: there is nothing to tell.
            told.done.insert(number);
            continue;
        }
        let live = engine.live();
        let now = engine.clock.now();
        let delivery = Delivery { notice: &notice, now, tables: live.tables(), epoch };
        match lane.sink.deliver(delivery).await {
            Delivered::Done => _ = told.done.insert(number),
            Delivered::Unfit(why) => {
                told.done.insert(number);
                told.unfit.push((notice, why));
            }
            failed => {
                told.failed.insert(number, failed);
                break;
            }
        }
    }
    told
}

/// How old an event is.
pub(super) fn age(event_at: Millis, now: Millis) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(event_at)).unwrap_or(0))
}
