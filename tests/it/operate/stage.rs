//! A gateway with durable work, the ERP behind it, and people who speak to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Digests of the tokens `secret` (the client and ann, an operator), `eye` (a viewer) and `root` (an admin).
const GATEWAY: &str = r#"edition: 2026
gateway: shop
auth: { portal: { scheme: api_key } }
clients:
  acme:
    account: ACME
    scopes: [ write ]
    keys: [ "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" ]
admin:
  tokens:
    ann: { role: operator, key: "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" }
    vera: { role: viewer, key: "sha256:EYE" }
    rob: { role: admin, key: "sha256:ROOT" }
redact: [ "$..phone" ]
"#;
const FLOW: &str = "flow: book\nowner: order_management\ninput: shop/booking@1 as booking\ndo:\n  \
     - order: { call: erp.create_order }\n  - job: { call: erp.create_job, with: { order: =order } }\n";
const SYSTEM: &str = r#"system: erp
owner: erp_platform
runbook: https://wiki.example/erp
url: URL
timeout: 2s
retry: { attempts: 1 }
outcome: { rejected: 'status == 422' }
operations:
  create_order:
    takes: { booking: shop/booking@1 }
    gives: string
    post: /orders
    request: { body: { number: =booking.number, unit: =booking.unit } }
    effect: idempotent
  create_job:
    takes: { order: string }
    gives: string
    post: /jobs
    request: { body: { order: =order } }
    effect: idempotent
"#;
const ROUTE: &str = "api: orders\nlayer: experience\nowner: portal_team\nversion: 1\nstatus: active\nauth: portal\n\
     routes:\n  - post: /v1/orders\n    scope: write\n    body: shop/booking@1\n    run: book\n    with: { booking: =body }\n";
const SCHEMA: &str = r#"{ "type": "object", "required": ["number", "unit"], "additionalProperties": false,
  "properties": { "number": { "type": "string", "maxLength": 40 }, "unit": { "type": "string", "maxLength": 10 },
    "phone": { "type": "string", "maxLength": 40 } } }"#;

/// An ERP that refuses the unit `XX`, and breaks while it is told to.
#[derive(Default)]
pub struct Erp {
    /// Orders that were created, by their bookings, and how often each was asked for.
    pub orders: Mutex<BTreeMap<String, u32>>,
    broken: Mutex<bool>,
}

impl Erp {
    pub fn breaks(&self, broken: bool) {
        *self.broken.lock().expect("the ERP") = broken;
    }

    /// How often orders were asked for.
    pub fn asked(&self) -> u32 {
        self.orders.lock().expect("the ERP").values().sum()
    }

    fn listen(self: &Arc<Erp>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let erp = Arc::clone(self);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let erp = Arc::clone(&erp);
                std::thread::spawn(move || erp.serve(stream));
            }
        });
        address
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        loop {
            let (mut line, mut length) = (String::new(), 0);
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            loop {
                let mut header = String::new();
                if reader.read_line(&mut header).unwrap_or(0) == 0 {
                    return;
                }
                if let Some(text) = header.to_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap_or(0);
                }
                if header == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            let (status, text) = self.answer(&line, &serde_json::from_slice(&body).unwrap_or_default());
            let answer = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            if reader.get_mut().write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, line: &str, body: &Json) -> (u16, String) {
        if *self.broken.lock().expect("the ERP") {
            return (500, r#"{"error":"out of order"}"#.to_owned());
        }
        if line.starts_with("POST /jobs") {
            return (200, r#""J-1""#.to_owned());
        }
        if body["unit"] == "XX" {
            return (422, r#"{"error":"unknown unit"}"#.to_owned());
        }
        let number = body["number"].as_str().unwrap_or_default().to_owned();
        let answer = format!("\"SO-{number}\"");
        *self.orders.lock().expect("the ERP").entry(number).or_default() += 1;
        (200, answer)
    }
}

/// The digest of a token as a project has it.
fn digest(token: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
        .args(["key", "--of"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("crossdock key");
    child.stdin.take().expect("its input").write_all(token.as_bytes()).expect("a token");
    let out = child.wait_with_output().expect("a digest").stdout;
    String::from_utf8_lossy(&out).trim().trim_start_matches("sha256:").to_owned()
}

/// A gateway in a process of its own, its project and its ERP.
pub struct Stage {
    pub project: tempfile::TempDir,
    pub erp: Arc<Erp>,
    child: Option<Child>,
    pub public: SocketAddr,
    pub admin: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Stage {
    pub fn start() -> Stage {
        let erp = Arc::new(Erp::default());
        let project = tempfile::tempdir().expect("a folder");
        let gateway = GATEWAY.replace("EYE", &digest("eye")).replace("ROOT", &digest("root"));
        for (path, text) in [
            ("gateway.yaml", gateway.as_str()),
            ("flows/book.yaml", FLOW),
            ("systems/erp.yaml", &SYSTEM.replace("URL", &format!("http://{}", erp.listen()))),
            ("routes/orders.yaml", ROUTE),
            ("specs/shop/booking@1.json", SCHEMA),
        ] {
            write(project.path(), path, text);
        }
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut stage =
            Stage { project, erp, child: None, public: nowhere, admin: nowhere, log: Arc::default() };
        stage.serve();
        stage
    }

    /// Starts the gateway over the project as it is now.
    pub fn serve(&mut self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .arg("serve")
            .arg(self.project.path())
            .args(["--no-watch", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("crossdock serve");
        let (mut said, log) = (String::new(), Arc::clone(&self.log));
        let mut err = BufReader::new(child.stderr.take().expect("its log"));
        std::thread::spawn(move || {
            let mut line = String::new();
            while err.read_line(&mut line).is_ok_and(|count| count > 0) {
                log.lock().expect("the log").push_str(&std::mem::take(&mut line));
            }
        });
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        while !said.contains("operators on http") {
            let count = out.read_line(&mut said).expect("its output");
            assert_ne!(count, 0, "it ended before it served:\n{said}\n{}", self.log());
        }
        let mut addresses = said.split("://").skip(1).map(|rest| {
            let end = rest.find(|sign: char| sign == ',' || sign.is_whitespace()).unwrap_or(rest.len());
            rest[..end].parse().expect("an address")
        });
        (self.public, self.admin) = (addresses.next().expect("one"), addresses.next().expect("two"));
        self.child = Some(child);
    }

    /// Ends the gateway at once, as a crash does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is killed");
            child.wait().expect("its end");
        }
    }

    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Books, under a correlation id that is the booking's number.
    pub fn book(&self, number: &str, unit: &str) -> String {
        let body = format!(r#"{{"number":"{number}","unit":"{unit}","phone":"555-0199"}}"#);
        let head = format!("x-api-key: secret\r\nx-correlation-id: {number}");
        ask(self.public, "POST /v1/orders", &head, &body)
    }

    /// Asks the operators' listener with a token.
    pub fn ask(&self, token: &str, line: &str, body: &str) -> (u16, Json) {
        let answer = ask(self.admin, line, &format!("authorization: Bearer {token}"), body);
        let status = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Json::String(body.to_owned())))
    }

    /// Runs a command for operators, as whoever has the token; gives the exit code and all that was printed.
    pub fn crossdock(&self, token: &str, words: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
        command.args(words).args(["--admin", &format!("http://{}", self.admin)]);
        let ran = command.env("CROSSDOCK_TOKEN", token).env("NO_COLOR", "1").output().expect("crossdock");
        let said =
            [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (ran.status.code().unwrap_or(-1), said)
    }

    /// Runs a command as an operator until what it prints has these words.
    pub fn until(&self, words: &[&str], wanted: &str) -> String {
        let start = Instant::now();
        loop {
            let (_, said) = self.crossdock("secret", words);
            if said.contains(wanted) {
                return said;
            }
            assert!(start.elapsed() < PATIENCE, "`{wanted}` did not come; instead:\n{said}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes a file of a project.
pub fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn ask(address: SocketAddr, line: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let request = format!(
        "{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
