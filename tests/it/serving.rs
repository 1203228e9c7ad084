//! The life of a gateway's process: its start, what operators see, signals, the drain.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const GATEWAY: &str = "edition: 2026\ngateway: life\nauth: { anybody: { scheme: none } }\n";
const ROUTE: &str = "api: work\nlayer: system\nowner: test\nversion: 1\nstatus: active\nauth: anybody\n\
     routes:\n  - get: /v1/work\n    forward: erp.work\n";

/// A system whose every answer takes this long.
fn slow_system(takes: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let (mut stream, mut buffer) = (stream, [0; 4096]);
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    std::thread::sleep(takes);
                    let _ = stream.write_all(answer_to(&buffer[..count]).as_bytes());
                }
            });
        }
    });
    address
}

/// The correlation id that a request carries, and `done`.
fn answer_to(request: &[u8]) -> String {
    let request = String::from_utf8_lossy(request);
    let id = request.lines().find_map(|line| line.strip_prefix("x-correlation-id: ")).unwrap_or("-");
    let body = format!("{id} done");
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A gateway in a process of its own, which ends with the test.
pub struct Process {
    child: Child,
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub project: tempfile::TempDir,
    pub log: tempfile::NamedTempFile,
}

impl Process {
    /// Serves a project with one route over a system that takes `takes`; `more` is put under `gateway.yaml`.
    pub fn start(takes: Duration, more: &str) -> Process {
        Process::over(slow_system(takes), more)
    }

    fn over(system: SocketAddr, more: &str) -> Process {
        let project = tempfile::tempdir().unwrap();
        let system = format!(
            "system: erp\nowner: test\nrunbook: https://wiki.example/erp\nurl: http://{}\ntimeout: 20s\n\
             operations:\n  work: {{ get: /work, effect: read }}\n",
            system
        );
        for (path, text) in [
            ("gateway.yaml", format!("{GATEWAY}{more}")),
            ("systems/erp.yaml", system),
            ("routes/work.yaml", ROUTE.into()),
        ] {
            let path = project.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        for (to, from) in [("tls/chain.pem", "localhost.pem"), ("tls/key.pem", "localhost.key")] {
            std::fs::create_dir_all(project.path().join("tls")).unwrap();
            std::fs::copy(pem(from), project.path().join(to)).unwrap();
        }
        Process::serve(project)
    }

    fn serve(project: tempfile::TempDir) -> Process {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .arg("serve")
            .arg(project.path())
            .args(["--no-watch", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "2"])
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        while !said.contains("operators on http") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended before it served:\n{said}");
        }
        let mut addresses = said.split("://").skip(1).map(|rest| {
            let end = rest.find(|sign: char| sign == ',' || sign.is_whitespace()).unwrap_or(rest.len());
            rest[..end].parse().unwrap()
        });
        let (public, admin) = (addresses.next().unwrap(), addresses.next().unwrap());
        Process { child, public, admin, project, log }
    }

    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end; fails the test after ten seconds.
    fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "the process does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn ready(&self) -> String {
        let stream = send(self.admin, "GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        rest(stream).lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn pem(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

pub fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

pub fn rest(mut stream: impl Read) -> String {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

pub const WORK: &str = "GET /v1/work HTTP/1.1\r\nhost: a\r\n\r\n";

#[test]
fn sigterm_finishes_what_was_begun_and_nothing_else() {
    let mut process = Process::start(Duration::from_millis(1500), "");
    assert!(process.ready().contains("200"), "{}", process.ready());
    let (busy, half) = (send(process.public, WORK), send(process.public, "GET /v1/work HTTP/1.1\r\nhos"));
    let idle = TcpStream::connect(process.public).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let told = Instant::now();
    process.signal("TERM");
    while process.ready().contains("200") {
        assert!(told.elapsed() < Duration::from_secs(1), "it still says that it is ready");
    }
    assert!(process.ready().contains("503"), "{}", process.ready());
    while TcpStream::connect(process.public).is_ok() {
        assert!(told.elapsed() < Duration::from_millis(1100), "somebody new comes in");
    }
    let answer = rest(busy);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!((rest(half).as_str(), rest(idle).as_str()), ("", ""));
    assert_eq!(process.ended().code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

#[test]
fn half_a_request_does_not_hold_the_end() {
    let mut process = Process::start(Duration::ZERO, "");
    let half_head = send(process.public, "POST /v1/work HTTP/1.1\r\ncontent-le");
    std::thread::sleep(Duration::from_millis(100));
    let told = Instant::now();
    process.signal("TERM");
    assert_eq!(process.ended().code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(3), "{:?}", told.elapsed());
    drop(half_head);
}

#[test]
fn what_takes_longer_than_the_drain_is_cut() {
    let mut process = Process::start(Duration::from_secs(15), "limits: { drain: 400ms }\n");
    let busy = send(process.public, WORK);
    std::thread::sleep(Duration::from_millis(200));
    let told = Instant::now();
    process.signal("TERM");
    assert_eq!(process.ended().code(), Some(0));
    let took = told.elapsed();
    assert!((Duration::from_millis(400)..Duration::from_secs(3)).contains(&took), "{took:?}");
    assert_eq!(rest(busy), "");
}

/// The digest is that of the key `secret`.
const VIEWER: &str = "admin: { tokens: { eye: { role: viewer, key: \"sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\" } } }\n";

#[test]
fn one_request_is_followed_through_system_log_and_metrics() {
    let mut process = Process::start(Duration::from_millis(30), VIEWER);
    let asking = "GET /v1/work HTTP/1.1\r\nhost: a\r\nx-correlation-id: order-7\r\nconnection: close\r\n\r\n";
    let answer = rest(send(process.public, asking));
    assert!(answer.contains("x-correlation-id: order-7") && answer.ends_with("order-7 done"), "{answer}");
    let metrics =
        "GET /metrics HTTP/1.1\r\nhost: a\r\nauthorization: Bearer secret\r\nconnection: close\r\n\r\n";
    let metrics = rest(send(process.admin, metrics));
    for line in [
        r#"crossdock_requests_total{api="work",route="GET /v1/work",status="2xx"} 1"#,
        r#"crossdock_request_seconds_count{api="work",route="GET /v1/work"} 1"#,
        r#"crossdock_attempts_total{system="erp",operation="work",outcome="ok"} 1"#,
        r#"crossdock_attempt_seconds_count{system="erp",operation="work"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    process.signal("TERM");
    assert_eq!(process.ended().code(), Some(0));
    let log = std::fs::read_to_string(process.log.path()).unwrap();
    let line = log.lines().find(|line| line.contains("order-7")).expect("a line about the request");
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert!(line.to_string().contains("GET /v1/work"), "{line}");
    assert!(!log.contains("secret"), "{log}");
}

#[test]
fn the_operators_listener_asks_who_you_are() {
    let process = Process::start(Duration::ZERO, VIEWER);
    let asked = |path: &str, headers: &str| {
        let answer = rest(send(
            process.admin,
            &format!("{path} HTTP/1.1\r\nhost: a\r\n{headers}connection: close\r\n\r\n"),
        ));
        (answer.get(9..12).unwrap_or_default().to_owned(), answer.contains("www-authenticate: Bearer"))
    };
    let token = "authorization: Bearer secret\r\n";
    assert_eq!(asked("GET /metrics", ""), ("401".to_owned(), true));
    assert_eq!(asked("GET /metrics", "authorization: Bearer guess\r\n"), ("401".to_owned(), true));
    assert_eq!(asked("GET /metrics", &token.repeat(2)), ("401".to_owned(), true));
    assert_eq!(asked("GET /metrics", token), ("200".to_owned(), false));
    assert_eq!(asked("POST /reload", token), ("403".to_owned(), false));
}

#[test]
fn it_starts_while_its_system_is_down_and_serves_once_that_is_up() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let process = Process::over(nobody, "");
    assert!(process.ready().contains("200"), "{}", process.ready());
    let asking = WORK.replace("host: a", "host: a\r\nconnection: close");
    let answer = rest(send(process.public, &asking));
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("system-unavailable"), "{answer}");
    let Ok(listener) = TcpListener::bind(nobody) else { return };
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap_or(0);
            let _ = stream.write_all(answer_to(&buffer[..count]).as_bytes());
        }
    });
    let answer = rest(send(process.public, &asking));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
}
