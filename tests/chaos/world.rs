//! ERP, dispatch and billing as they are on a bad day: they answer errors, break connections, answer too late,
//! and create what they were given up for.

use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::chance::Chance;
use super::http::{Message, answer};
use super::ledger::{KINDS, Ledger};

/// As the project's systems declare them.
const TIMEOUT: Duration = Duration::from_millis(300);
const SETTLE: Duration = Duration::from_millis(1000);

/// What befalls one request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// An error; before or after it is done.
    Error {
        done: bool,
    },
    /// Not now, with `Retry-After`.
    NotNow {
        done: bool,
    },
    /// The connection breaks.
    Drop {
        done: bool,
    },
    /// It is done, and the answer comes when nobody waits any more.
    Slow,
    /// It is done after it was given up, and before a probe may be believed.
    Late,
    /// It is done after a probe has said that there is none; its key is honoured.
    VeryLate,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Fault::None => "none",
            Fault::Error { done: false } => "error before doing",
            Fault::Error { done: true } => "error after doing",
            Fault::NotNow { done: false } => "503 before doing",
            Fault::NotNow { done: true } => "503 after doing",
            Fault::Drop { done: false } => "connection broken before doing",
            Fault::Drop { done: true } => "connection broken after doing",
            Fault::Slow => "done, answered after the timeout",
            Fault::Late => "done after the timeout, within `settle`",
            Fault::VeryLate => "done after a probe said none, key honoured",
        }
    }
}

/// The systems, at one address.
#[derive(Debug)]
pub struct World {
    pub address: SocketAddr,
    ledger: Mutex<Ledger>,
    chance: Chance,
    /// Faults in a thousand, of each of the kinds.
    rate: u64,
}

impl World {
    /// Begins to answer.
    pub fn start(seed: u64, rate: u64) -> Arc<World> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (ledger, chance) = (Mutex::default(), Chance::new(seed));
        let world = Arc::new(World { address, ledger, chance, rate });
        let own = Arc::clone(&world);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let world = Arc::clone(&own);
                std::thread::spawn(move || world.serve(stream));
            }
        });
        world
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("the ledger")
    }

    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Ok(mut writer) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Ok(Some(request)) = Message::read(&mut reader) {
            if !self.handle(&request, &mut writer) {
                let _ = writer.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }

    /// Answers one request; `false`: the connection is over.
    fn handle(&self, request: &Message, stream: &mut TcpStream) -> bool {
        let mut words = request.first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let parts: Vec<&str> = target.split(['/', '?']).skip(2).collect();
        let key = request.header("idempotency-key").unwrap_or_default();
        match (method, parts.as_slice()) {
            ("GET", ["service", reference]) => {
                let body = if reference.contains("unserved") { "false" } else { "true" };
                self.play(stream, self.draw(false, false), 200, &mut || body.to_owned())
            }
            ("GET", [kind, query]) => {
                let reference = query.strip_prefix("reference=").unwrap_or_default().replace("%2F", "/");
                self.play(stream, self.draw(false, false), 200, &mut || self.list(kind, &reference))
            }
            ("POST", [kind, number, "cancel"]) => {
                let mut cancel = || {
                    assert!(self.ledger().cancel(known(kind), number, key), "{kind} {number} is cancelled");
                    "{}".to_owned()
                };
                self.play(stream, self.draw(true, false), 200, &mut cancel)
            }
            ("POST", [kind]) => {
                let reference = request.member("reference").unwrap_or_default();
                self.create(stream, known(kind), &reference, key)
            }
            _ => panic!("nobody asks for `{}`", request.first),
        }
    }

    fn create(&self, stream: &mut TcpStream, kind: &'static str, reference: &str, key: &str) -> bool {
        assert!(!key.is_empty(), "what creates something comes with its key");
        if reference.contains(&format!("refused-{kind}")) {
            return answer(stream, 422, "", "{}").is_ok();
        }
        // What is never given up may come as late as it likes, as long as its key is honoured.
        let fault = self.draw(true, reference.contains("plain"));
        if fault == Fault::VeryLate {
            self.ledger().honour(key);
        }
        let mut create = || format!("\"{}\"", self.ledger().create_for(kind, reference, key));
        self.play(stream, fault, 201, &mut create)
    }

    fn list(&self, kind: &str, reference: &str) -> String {
        let ledger = self.ledger();
        let live = ledger.of(known(kind), reference).iter().filter(|thing| thing.cancelled.is_empty());
        let numbers: Vec<String> = live.map(|thing| format!("\"{}\"", thing.number)).collect();
        format!("[{}]", numbers.join(","))
    }

    /// What befalls the next request.
    fn draw(&self, changes: bool, may_be_very_late: bool) -> Fault {
        let at = self.chance.between(0, 1000);
        let fault = match at / self.rate.max(1) {
            _ if self.rate == 0 => Fault::None,
            0 => Fault::Error { done: false },
            // Seldom: it holds everybody for a second.
            1 if at.is_multiple_of(6) => Fault::NotNow { done: false },
            2 => Fault::Drop { done: false },
            3 if changes => Fault::Error { done: true },
            4 if changes && at.is_multiple_of(6) => Fault::NotNow { done: true },
            5 if changes => Fault::Drop { done: true },
            6 if changes => Fault::Slow,
            7 if changes => Fault::Late,
            8 if may_be_very_late => Fault::VeryLate,
            _ => Fault::None,
        };
        if fault != Fault::None {
            self.ledger().fault(fault.name());
        }
        fault
    }

    fn play(
        &self,
        stream: &mut TcpStream,
        fault: Fault,
        status: u16,
        act: &mut dyn FnMut() -> String,
    ) -> bool {
        let wait = |share: u64| SETTLE * self.chance.between(0, share) as u32 / 100;
        match fault {
            Fault::None => {
                std::thread::sleep(Duration::from_micros(self.chance.between(200, 3000)));
                answer(stream, status, "", &act()).is_ok()
            }
            Fault::Error { done } => {
                done.then(act);
                answer(stream, 500, "", "{}").is_ok()
            }
            Fault::NotNow { done } => {
                done.then(act);
                answer(stream, 503, "retry-after: 1\r\n", "{}").is_ok()
            }
            Fault::Drop { done } => {
                done.then(act);
                false
            }
            Fault::Slow => {
                let body = act();
                std::thread::sleep(TIMEOUT + wait(30));
                answer(stream, status, "", &body).is_ok()
            }
            Fault::Late => {
                std::thread::sleep(TIMEOUT + wait(50));
                answer(stream, status, "", &act()).is_ok()
            }
            Fault::VeryLate => {
                std::thread::sleep(TIMEOUT + SETTLE + wait(100));
                answer(stream, status, "", &act()).is_ok()
            }
        }
    }
}

fn known(kind: &str) -> &'static str {
    KINDS.into_iter().find(|known| *known == kind).unwrap_or_else(|| panic!("nothing is called `{kind}`"))
}
