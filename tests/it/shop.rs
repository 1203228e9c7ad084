//! A gateway with one durable flow, the ERP behind it, and callers with their headers: for stories about callers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::running::{Running, copy};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An ERP that remembers what it was asked. `-300ms` in what it is asked is how long it takes.
#[derive(Clone, Default)]
pub struct Erp(Arc<Mutex<Vec<String>>>);

impl Erp {
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let own = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.talk(stream));
            }
        });
        format!("http://{address}")
    }

    fn talk(&self, mut stream: TcpStream) {
        while let Some((line, body)) = request(&mut stream) {
            let asked = format!("{line} {body}");
            self.0.lock().expect("the ledger").push(asked.clone());
            std::thread::sleep(pause(&asked));
            let number = body.split('"').nth(3).unwrap_or("done");
            let answer = format!("\"SO-{number}\"");
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            );
        }
    }

    /// Whatever it was asked, in order.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("the ledger").clone()
    }

    /// How often it was asked for something with these words.
    pub fn asked(&self, words: &str) -> usize {
        self.0.lock().expect("the ledger").iter().filter(|asked| asked.contains(words)).count()
    }
}

fn pause(asked: &str) -> Duration {
    let number = asked.split("ms").next().and_then(|before| before.rsplit('-').next());
    Duration::from_millis(number.and_then(|number| number.parse().ok()).unwrap_or(0))
}

/// The request line and the body of the next request.
fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head.lines().next()?.to_owned(), String::from_utf8(body).ok()?))
}

/// The shop, in a process of its own.
pub struct Shop {
    pub running: Running,
    pub erp: Erp,
    project: tempfile::TempDir,
}

impl Shop {
    pub fn start() -> Shop {
        Shop::with("")
    }

    /// With more in `gateway.yaml`.
    pub fn with(more: &str) -> Shop {
        let project = tempfile::tempdir().expect("a folder");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/shop"), project.path());
        let erp = Erp::default();
        let address = erp.start();
        rewrite(&project.path().join("systems/erp.yaml"), |text| {
            text.replace("http://127.0.0.1:1", &address)
        });
        rewrite(&project.path().join("gateway.yaml"), |text| text + more);
        Shop { running: Running::start("serve", project.path(), "json"), erp, project }
    }

    /// The process is killed, and another one takes up what it left.
    pub fn crash(self) -> Shop {
        let Shop { running, erp, project } = self;
        drop(running);
        Shop { running: Running::start("serve", project.path(), "json"), erp, project }
    }

    /// The process is told to end; gives its exit code.
    pub fn stop(self) -> Option<i32> {
        self.running.stop()
    }

    /// Sends a request and gives the stream that its answer comes on. A header `x-api-key` says who.
    pub fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.running.public).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let text = format!(
            "{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}{kind}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(text.as_bytes()).expect("it reads");
        stream
    }

    /// Asks as a client, with further headers.
    pub fn ask(&self, who: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let own = [("x-api-key", who)];
        let headers: Vec<_> = own.iter().filter(|_| !who.is_empty()).chain(headers).copied().collect();
        Reply::read(self.send(line, &headers, body))
    }

    /// An order of ACME's.
    pub fn order(&self, reference: &str, how: &str) -> Reply {
        self.ask("acme", "POST /v1/orders", &[], &order(reference, how))
    }

    /// Asks ACME's status until it has this word.
    pub fn until(&self, path: &str, status: &str) -> Reply {
        let began = Instant::now();
        loop {
            let reply = self.ask("acme", &format!("GET {path}"), &[], "");
            if reply.status == 200 && reply.json()["status"] == status {
                return reply;
            }
            assert!(began.elapsed() < PATIENCE, "it is not {status}: {reply:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn rewrite(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).expect("a file");
    std::fs::write(path, change(text)).expect("a file");
}

/// The body of an order.
pub fn order(reference: &str, how: &str) -> String {
    format!(r#"{{"reference":"{reference}","how":"{how}"}}"#)
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Reply {
    pub fn read(mut stream: TcpStream) -> Reply {
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers");
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The status and the last word of the problem's type.
    pub fn problem(&self) -> (u16, String) {
        let body = self.json();
        let name = body["type"].as_str().and_then(|name| name.rsplit(':').next()).unwrap_or_default();
        (self.status, name.to_owned())
    }
}
