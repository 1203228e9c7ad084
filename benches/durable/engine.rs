//! The engine in this process, with systems that answer at once: what a flow costs without HTTP.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossdock::clock::{BoxFuture, SystemClock};
use crossdock::codec::json;
use crossdock::config::{self, Environment};
use crossdock::event::{EventType, Lane};
use crossdock::flow::direct::{Caller, Observer, Unobserved};
use crossdock::flow::engine::{Begin, Begun, Bounds, Engine, Live, Sheet, World};
use crossdock::flow::{Definition, Schedule};
use crossdock::mapping::Tables;
use crossdock::plan;
use crossdock::store::{Claim, ClaimKind, Options, Sqlite, Writer};
use crossdock::system::{CallContext, OperationName, Outcome};
use crossdock::value::Value;
use uuid::Uuid;

use crate::raw::Raw;
use crate::{POINTS, closed, store};

/// Prints the table.
pub fn bench() {
    let runtime = crate::runtime();
    println!("| clients | work | bytes | a second | plain rows of as many bytes | ratio |");
    println!("|---|---|---|---|---|---|");
    for (name, flow, points) in [("accepts", "hold", 1), ("flows of three calls", "three", POINTS)] {
        for clients in [1, 64] {
            let bytes = runtime.block_on(size(flow)) / points as f64;
            let rounds: Vec<_> =
                (0..crate::rounds()).map(|_| runtime.block_on(round(clients, bytes, flow))).collect();
            let (plain, done, ratio) = crate::ratio(&rounds);
            let ratio = ratio * points as f64;
            println!("| {clients} | {name} | {points} × {bytes:.0} | {done:.0} | {plain:.0} | {ratio:.2} |");
        }
    }
}

/// Bytes in the rows of one piece of work.
async fn size(flow: &'static str) -> f64 {
    let dir = tempfile::tempdir().expect("a directory");
    let scene = Scene::new(dir.path(), flow);
    store::watch(dir.path());
    for _ in 0..10 {
        scene.work().await;
    }
    store::per_instance(dir.path())
}

/// Plain rows and pieces of work, a second.
async fn round(clients: usize, bytes: f64, flow: &'static str) -> [f64; 2] {
    let dir = tempfile::tempdir().expect("a directory");
    let plain = Raw::start(&dir.path().join("plain.db"), bytes as usize).rate(clients).await;
    let scene = Arc::new(Scene::new(dir.path(), flow));
    let work = move || {
        let scene = scene.clone();
        async move { scene.work().await }
    };
    [plain, closed::rate(clients, work).await]
}

/// An engine on a store of its own.
struct Scene {
    engine: Arc<Engine>,
    definition: Arc<Definition>,
    booking: Value,
}

impl Scene {
    fn new(dir: &Path, flow: &str) -> Scene {
        let writer = Writer::start(Arc::new(Sqlite::open(dir, Options::default()).expect("a store")), 4096);
        let clock = SystemClock::shared();
        let engine = Engine::new(writer.expect("a thread"), clock, Bounds::default()).expect("an engine");
        let definition = definition(flow);
        engine.attach(Arc::new(Here(Arc::new(Around(definition.clone(), Tables::default())))));
        engine.watch_over();
        let booking = json::decode(crate::BOOKING, &json::Limits::default()).expect("a booking");
        Scene { engine, definition, booking }
    }

    /// Accepts one, and waits for its end where it has one.
    async fn work(&self) {
        let key = Claim {
            kind: ClaimKind::Request,
            account: "C-1002".into(),
            scope: "POST /v1/holds".into(),
            key: Uuid::new_v4().to_string().into(),
            fingerprint: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into(),
            expires: Some(i64::MAX),
        };
        let begin = Begin {
            definition: self.definition.clone(),
            inputs: vec![Some(self.booking.clone())],
            account: "C-1002".into(),
            client: "bench".into(),
            correlation_id: Uuid::now_v7().to_string().into(),
            traceparent: None,
            business_key: None,
            route: "POST /v1/holds".into(),
            claims: vec![key],
            trusted: true,
            keep: Duration::from_secs(3600),
        };
        match self.engine.begin(begin).await {
            Ok(Begun::Fresh { mut standing, .. }) if self.definition.may_answer() => {
                let ended = standing.wait_for(|now| now.is_settled()).await.expect("an end");
                assert!(ended.answer.is_some());
            }
            Ok(Begun::Fresh { .. }) => {}
            other => panic!("it did not begin: {other:?}"),
        }
    }
}

fn definition(flow: &str) -> Arc<Definition> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/durable/project");
    let variables = BTreeMap::from([("WORLD".to_owned(), "http://127.0.0.1:9".to_owned())]);
    let (project, _) = config::load(&dir, &Environment { variables });
    plan::build(&project).0.expect("a plan").flows[flow].clone()
}

/// A world whose systems make whatever they are asked for.
struct Around(Arc<Definition>, Tables);

struct Here(Arc<Around>);

impl World for Here {
    fn live(&self) -> Arc<dyn Live> {
        self.0.clone()
    }
    fn compile(&self, _: Vec<(Arc<str>, Vec<u8>)>, _: &str) -> Result<Arc<Definition>, String> {
        Err("there is one flow".to_owned())
    }
}

impl Caller for Around {
    fn call<'a>(
        &'a self,
        _: &'a OperationName,
        _: Arc<[Option<Value>]>,
        _: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        let made = Outcome::Ok { value: Some(Value::String("M-0000001".into())), age: None };
        Box::pin(std::future::ready(made))
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

impl Live for Around {
    fn caller(&self) -> &dyn Caller {
        self
    }
    fn tables(&self) -> &Tables {
        &self.1
    }
    fn observer(&self) -> &dyn Observer {
        &Unobserved
    }
    fn sheet(&self, _: &str, _: &str, _: Option<&str>) -> Sheet {
        Sheet::default()
    }
    fn event(&self, _: &str) -> Option<Arc<EventType>> {
        None
    }
    fn events(&self) -> BTreeMap<Arc<str>, Arc<EventType>> {
        BTreeMap::new()
    }
    fn lanes(&self) -> Vec<Lane> {
        Vec::new()
    }
    fn flow(&self, _: &str) -> Option<(Arc<Definition>, Duration)> {
        None
    }
    fn schedules(&self) -> Vec<(Arc<Definition>, Schedule)> {
        Vec::new()
    }
    fn definition(&self, digest: &str) -> Option<Arc<Definition>> {
        (**self.0.digest() == *digest).then(|| self.0.clone())
    }
    fn files(&self) -> Arc<Vec<(Arc<str>, Arc<[u8]>)>> {
        Arc::default()
    }
}
