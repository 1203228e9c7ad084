//! Secrets that change while calls are made.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::support::*;
use crossdock::auth::{Secret, Vault};
use crossdock::clock::SystemClock;
use crossdock::system::{Connection, HttpTransport, Live, Outcome, Surroundings};

const ERP: &str = "system: erp\nowner: test\nrunbook: https://wiki.example/erp\nurl: ${ERP_URL}\n\
    auth: { scheme: bearer, token: '${secret:erp}' }\nheaders: { x-tenant: '${secret:tenant}' }\n\
    operations:\n  get_order: { get: /orders, gives: object, effect: read }\n";

/// What is kept, and what is on the disk but was not looked at yet.
#[derive(Default)]
struct Shelf {
    now: Mutex<&'static str>,
    next: Mutex<Option<&'static str>>,
    version: AtomicU64,
}

impl Shelf {
    fn put(&self, value: &'static str) {
        *self.now.lock().unwrap() = value;
        self.version.fetch_add(1, Ordering::SeqCst);
    }
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shelf")
    }
}

impl Vault for Shelf {
    fn get(&self, name: &str) -> Option<Secret> {
        let value = if name == "erp" { *self.now.lock().unwrap() } else { "acme" };
        Some(Secret::new(value.to_owned()))
    }

    fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    fn look(&self) {
        if let Some(value) = self.next.lock().unwrap().take() {
            self.put(value);
        }
    }
}

struct World {
    erp: Server,
    good: Arc<Mutex<&'static str>>,
    shelf: Arc<Shelf>,
    live: Arc<Live>,
    connection: Connection,
}

impl World {
    fn new() -> World {
        let good = Arc::new(Mutex::new("first"));
        let known = Arc::clone(&good);
        let erp = Server::start(move |asked, _| {
            let expected = format!("Bearer {}", known.lock().unwrap());
            match asked.headers["authorization"] == expected {
                true => ok("{}"),
                false => http(
                    "401 Unauthorized",
                    &["content-type: application/json"],
                    &format!(r#"{{"not":"{}"}}"#, asked.headers["authorization"]),
                ),
            }
        });
        let shelf = Arc::new(Shelf { now: Mutex::new("first"), ..Shelf::default() });
        let plan = project(&[("systems/erp.yaml", ERP)], &[("ERP_URL", &erp.url)]);
        let live = live(SystemClock::shared());
        let transport = HttpTransport::new(&plan.systems["erp"], &Surroundings::default()).unwrap();
        let vault = Arc::clone(&shelf) as Arc<dyn Vault>;
        let connection = live.connect_to(&plan.systems["erp"], Arc::new(transport), &vault).unwrap();
        World { erp, good, shelf, live, connection }
    }

    async fn get(&self) -> Outcome {
        let clock = SystemClock::shared();
        call(&self.live, &self.connection, "get_order", &[], &context(&*clock)).await
    }

    /// The tokens that were shown since `from`.
    fn shown(&self, from: usize) -> Vec<String> {
        let asked = self.erp.asked();
        asked[from..].iter().map(|asked| asked.headers["authorization"].replace("Bearer ", "")).collect()
    }
}

#[tokio::test]
async fn the_next_call_uses_the_new_value() {
    let world = World::new();
    assert_eq!(world.get().await.name(), "ok");
    world.shelf.put("second");
    *world.good.lock().unwrap() = "second";
    assert_eq!(world.get().await.name(), "ok");
    assert_eq!(world.shown(0), ["first", "second"]);
}

#[tokio::test]
async fn a_system_that_does_not_know_the_new_value_yet_gets_the_old_one() {
    let world = World::new();
    assert_eq!(world.get().await.name(), "ok");
    world.shelf.put("second");
    assert_eq!(world.get().await.name(), "ok");
    assert_eq!(world.shown(1), ["second", "first"]);
    *world.good.lock().unwrap() = "second";
    assert_eq!(world.get().await.name(), "ok");
    assert_eq!(world.shown(3), ["second"]);
    *world.good.lock().unwrap() = "first";
    assert!(world.get().await.failure().is_some());
    assert_eq!(world.shown(4), ["second"], "once the new one was taken, the old one is never shown again");
}

#[tokio::test]
async fn a_refusal_makes_us_look_at_once() {
    let world = World::new();
    assert_eq!(world.get().await.name(), "ok");
    *world.shelf.next.lock().unwrap() = Some("second");
    *world.good.lock().unwrap() = "second";
    assert_eq!(world.get().await.name(), "ok");
    assert_eq!(world.shown(1), ["first", "second"]);
}

#[tokio::test]
async fn a_value_that_no_header_can_hold_changes_nothing() {
    let world = World::new();
    world.shelf.put("sec\r\nond");
    assert_eq!(world.get().await.name(), "ok");
    assert_eq!(world.shown(0), ["first"]);
}

#[tokio::test]
async fn neither_value_is_told() {
    let world = World::new();
    world.shelf.put("second-value");
    *world.good.lock().unwrap() = "third";
    let outcome = world.get().await;
    let message = &outcome.failure().unwrap().message;
    assert!(
        message.contains("[redacted]") && !message.contains("first") && !message.contains("second"),
        "{message}"
    );
    let shown = format!("{:?}", world.connection);
    assert!(!shown.contains("Bearer first") && !shown.contains("second-value"), "{shown}");
}
