//! The simulator: stands in for every system that has a stub.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::answer::Reply;
use super::run::Run;
use super::script::Scripted;
use super::stub::Stub;
use super::world::World;
use crate::clock::{BoxFuture, Clock};
use crate::codec::json;
use crate::config::declarations::stub::Fault;
use crate::http::{HeaderMap, Method};
use crate::mapping::Tables;
use crate::system::{
    FailureKind, LOGIN, LogsIn, Operation, OperationName, Transport, WireError, WireRequest, WireResponse,
};
use crate::value::{Map, Value};

/// So many calls are remembered; the oldest make room.
const REMEMBERED: usize = 10_000;

/// Answers for every system that has a stub; others are answered with 501. One for a run: its state
/// is what the stubs begin with, until something changes it.
#[derive(Debug)]
pub struct Simulator {
    stubs: BTreeMap<Arc<str>, Arc<Stub>>,
    tables: Arc<Tables>,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    worlds: BTreeMap<Arc<str>, World>,
    scripts: BTreeMap<OperationName, VecDeque<Scripted>>,
    calls: VecDeque<Recorded>,
    /// How many calls there were, also those that are not remembered any more.
    made: u64,
}

/// A call as the simulator saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// `login` of a system that logs in is an operation too.
    pub operation: OperationName,
    pub method: Method,
    /// Without the query.
    pub path: String,
    /// An object of texts; lists where a parameter stands several times.
    pub query: Value,
    pub headers: HeaderMap,
    /// As JSON; of a JSON-RPC call, its `params`. `None` when there is none or it is no JSON.
    pub body: Option<Value>,
    /// When it came, on the monotonic clock.
    pub at: Duration,
    /// `None`: a fault happened instead of an answer.
    pub status: Option<u16>,
    /// Where the answer is written: `stubs/erp.yaml:14`.
    pub place: Option<Arc<str>>,
    /// Why nothing answered, in words.
    pub unanswered: Option<Arc<str>>,
}

impl Simulator {
    /// A simulator of these stubs, each in its first state.
    pub fn new(
        stubs: impl IntoIterator<Item = Arc<Stub>>,
        tables: Arc<Tables>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Simulator> {
        let stubs: BTreeMap<_, _> = stubs.into_iter().map(|stub| (stub.system.name.clone(), stub)).collect();
        let worlds = stubs.iter().map(|(name, stub)| (name.clone(), World::begin(stub))).collect();
        let inner = Mutex::new(Inner { worlds, ..Inner::default() });
        Arc::new(Simulator { stubs, tables, clock, inner })
    }

    /// The stubs of a new generation, with the state of `old` where a list or counter is still declared:
    /// an edited file does not forget the orders of a morning.
    pub fn renew(
        old: &Simulator,
        stubs: impl IntoIterator<Item = Arc<Stub>>,
        tables: Arc<Tables>,
    ) -> Arc<Simulator> {
        let new = Simulator::new(stubs, tables, Arc::clone(&old.clock));
        {
            let (mut inner, before) = (new.lock(), old.lock());
            for (name, world) in &mut inner.worlds {
                let Some(before) = before.worlds.get(name) else { continue };
                world.take_over(before);
            }
            (inner.calls, inner.made) = (before.calls.clone(), before.made);
        }
        new
    }

    /// What is answered to the next calls of an operation, in order; then the stub answers again.
    pub fn script(&self, operation: OperationName, answers: impl IntoIterator<Item = Scripted>) {
        self.lock().scripts.entry(operation).or_default().extend(answers);
    }

    /// Scripted answers that were not asked for, by operation.
    pub fn left_over(&self) -> Vec<OperationName> {
        let inner = self.lock();
        let left = inner.scripts.iter().filter(|(_, answers)| !answers.is_empty());
        left.map(|(operation, _)| operation.clone()).collect()
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Recorded> {
        self.lock().calls.iter().cloned().collect()
    }

    /// The calls after the first `number`, and how many there were in all.
    pub fn calls_after(&self, number: u64) -> (Vec<Recorded>, u64) {
        let inner = self.lock();
        let fresh = usize::try_from(inner.made.saturating_sub(number)).unwrap_or(usize::MAX);
        let old = inner.calls.len().saturating_sub(fresh);
        (inner.calls.range(old..).cloned().collect(), inner.made)
    }

    /// What a stub remembers, by list and counter; `None` when there is no such stub.
    pub fn state(&self, system: &str) -> Option<Value> {
        self.lock().worlds.get(system).map(World::value)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is answered; the call is recorded and the state changed.
    fn reply(&self, request: &WireRequest) -> (Reply, Option<Value>) {
        let name = OperationName { system: request.system.clone(), operation: name_of(request) };
        let asked = json::decode(&request.body, &json::Limits::default()).ok();
        let stub = self.stubs.get(&request.system);
        let operation = stub.and_then(|stub| stub.system.operation(&request.operation)).cloned();
        let seen = Seen::of(request, operation.as_deref(), asked.as_ref());
        let mut inner = self.lock();
        let scripted = inner.scripted(&name);
        let own = match (&scripted, stub) {
            (Some(scripted), _) if !scripted.commits => None,
            (_, Some(stub)) => Some(self.own(&mut inner, stub, &name, &seen)),
            (_, None) => {
                Some(Reply::unanswered(format!("there is no stub of the system `{}`", request.system)))
            }
        };
        let reply = match scripted {
            Some(scripted) => scripted.reply(),
            None => own.unwrap_or_else(|| Reply::unanswered("nothing is declared".to_owned())),
        };
        inner.record(seen.recorded(name, request, self.clock.monotonic(), &reply));
        (reply, asked)
    }

    fn own(&self, inner: &mut Inner, stub: &Stub, name: &OperationName, seen: &Seen) -> Reply {
        let known = stub.operations.contains_key(&name.operation);
        if seen.is_login && !known && stub.system.logs_in() == LogsIn::Standard {
            return Reply::let_in();
        }
        let (Some(cases), Some(world)) =
            (stub.operations.get(&name.operation), inner.worlds.get_mut(&name.system))
        else {
            return Reply::unanswered(format!(
                "the stub of `{}` does not know `{}`: add it under `operations`",
                name.system, name.operation
            ));
        };
        let count = world.calls.entry(name.operation.clone()).or_default();
        *count = count.saturating_add(1);
        let count = Value::from(*count);
        let state = cases.reads_state.then(|| world.value());
        let slots = vec![
            Some(seen.path.clone()),
            Some(seen.query.clone()),
            Some(seen.headers.clone()),
            seen.body.clone(),
            state,
            Some(count),
        ];
        let (tables, now) = (&*self.tables, self.clock.now());
        Run { stub, operation: &name.operation, cases, world, tables, now, slots }.answer()
    }
}

impl Inner {
    fn scripted(&mut self, name: &OperationName) -> Option<Scripted> {
        let answers = self.scripts.get_mut(name)?;
        let first = answers.front_mut()?;
        let scripted = first.clone();
        first.times = first.times.saturating_sub(1);
        if first.times == 0 {
            answers.pop_front();
        }
        Some(scripted)
    }

    fn record(&mut self, call: Recorded) {
        self.made += 1;
        self.calls.push_back(call);
        if self.calls.len() > REMEMBERED {
            self.calls.pop_front();
        }
    }
}

impl Scripted {
    fn reply(self) -> Reply {
        let Scripted { place, status, headers, body, error, text, delay, fault, .. } = self;
        Reply { place, status, headers, body, error, text, delay, fault, silence: None }
    }
}

impl Transport for Simulator {
    fn send(&self, request: WireRequest) -> BoxFuture<'_, Result<WireResponse, WireError>> {
        Box::pin(async move {
            let (reply, asked) = self.reply(&request);
            let failed = |kind, sent, words: &str| {
                let message = format!("the stub of `{}`: {words}", request.system);
                Err(WireError { kind, sent, message })
            };
            if reply.fault == Some(Fault::Refused) {
                return failed(FailureKind::Connect, false, "connection refused");
            }
            let late = request.whole.min(request.first_byte);
            if reply.fault == Some(Fault::Timeout) || reply.delay >= late {
                self.clock.sleep(late).await;
                return failed(FailureKind::Timeout, true, "no answer in time");
            }
            if !reply.delay.is_zero() {
                self.clock.sleep(reply.delay).await;
            }
            if reply.fault == Some(Fault::Reset) {
                return failed(FailureKind::Broken, true, "the connection was reset");
            }
            let stub = self.stubs.get(&request.system);
            let operation = stub.and_then(|stub| stub.system.operation(&request.operation));
            Ok(reply.response(operation.map(|operation| &**operation), asked.as_ref()))
        })
    }
}

/// A login is called `login` in stubs and tests.
fn name_of(request: &WireRequest) -> Arc<str> {
    if &*request.operation == LOGIN { "login".into() } else { request.operation.clone() }
}

/// A request as stubs see it.
struct Seen {
    path: Value,
    query: Value,
    headers: Value,
    body: Option<Value>,
    plain_path: String,
    is_login: bool,
}

impl Seen {
    fn of(request: &WireRequest, operation: Option<&Operation>, asked: Option<&Value>) -> Seen {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let values = operation.and_then(|operation| operation.read_path(path)).unwrap_or_default();
        let enveloped = operation.is_some_and(|operation| operation.envelope.is_some());
        Seen {
            path: values.into_iter().map(|(name, value)| (name, Value::from(value))).collect(),
            query: read_query(query),
            headers: read_headers(&request.headers),
            body: if enveloped { asked.and_then(|asked| asked.get("params")) } else { asked }.cloned(),
            plain_path: path.to_owned(),
            is_login: &*request.operation == LOGIN,
        }
    }

    fn recorded(
        self,
        operation: OperationName,
        request: &WireRequest,
        at: Duration,
        reply: &Reply,
    ) -> Recorded {
        Recorded {
            operation,
            method: request.method.clone(),
            path: self.plain_path,
            query: self.query,
            headers: request.headers.clone(),
            body: self.body,
            at,
            status: reply.fault.is_none().then_some(reply.status),
            place: reply.place.clone(),
            unanswered: reply.silence.clone(),
        }
    }
}

fn read_query(query: &str) -> Value {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut map = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), Value::from(decode(value)));
        let value = match map.remove(&name) {
            None => value,
            Some(Value::Array(items)) => items.iter().cloned().chain([value]).collect::<Vec<_>>().into(),
            Some(first) => Value::array(vec![first, value]),
        };
        map.insert(name, value);
    }
    Value::object(map)
}

fn read_headers(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for (name, value) in headers {
        map.insert(name.as_str(), Value::from(value.to_str().unwrap_or_default()));
    }
    Value::object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_with_repeats() {
        let query = read_query("a=1&b=x%20y&a=2&a=3&c");
        assert_eq!(query.pointer("/a/2"), Some(&Value::from("3")));
        assert_eq!(query.get("b"), Some(&Value::from("x y")));
        assert_eq!(query.get("c"), Some(&Value::from("")));
    }
}
