//! A project in memory, a server that says exactly what it is told, and a call.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossdock::clock::Clock;
use crossdock::codec::json;
use crossdock::config::{Environment, load_texts};
use crossdock::diagnostic::Severity;
use crossdock::plan::{self, Plan};
use crossdock::system::{
    CallContext, Connection, FailureKind, HttpTransport, Live, Outcome, Surroundings, System, Unobserved,
};
use crossdock::value::Value;

const GATEWAY: &str = "edition: 2026\ngateway: test\n";

/// A project of these files, linked; every error fails the test.
pub fn project(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Plan {
    let gateway = [("gateway.yaml".to_owned(), GATEWAY.to_owned())];
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let mut environment = Environment::default();
    for (name, value) in variables {
        environment.variables.insert((*name).to_owned(), (*value).to_owned());
    }
    let (project, mut findings) = load_texts(gateway.into_iter().chain(files).collect(), &environment);
    let (plan, linked) = plan::build(&project);
    findings.extend(linked);
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Error)
        .map(|finding| {
            let place = finding.span.map(|span| project.sources.locate(span));
            format!("{place:?} {}: {} {:?}", finding.code.name, finding.message, finding.help)
        })
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    plan.expect("a plan without errors")
}

pub fn value(text: &str) -> Value {
    json::decode(text.as_bytes(), &json::Limits::default()).unwrap()
}

/// What a server was sent.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `POST /path HTTP/1.1`.
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    /// Of a JSON-RPC call.
    pub fn method(&self) -> String {
        let body = value(&self.body);
        body.get("method").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// A server on a socket that answers each request by a closure, byte for byte.
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Asked, usize) -> Vec<u8> + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    let count = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request.clone());
                        seen.len()
                    };
                    let _ = (&stream).write_all(&answer(&request, count));
                });
            }
        });
        Server { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, text)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), text.to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { line: line.trim_end().to_owned(), headers, body: String::from_utf8(body).ok()? })
}

/// An HTTP answer as bytes; `headers` are whole lines.
pub fn http(status: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// A JSON answer with status 200.
pub fn ok(body: &str) -> Vec<u8> {
    http("200 OK", &["content-type: application/json"], body)
}

/// A system of the plan, over HTTP.
pub fn connect(live: &Live, plan: &Plan, name: &str) -> Connection {
    let system: &Arc<System> = plan.systems.get(name).expect("the system is declared");
    let transport = Arc::new(HttpTransport::new(system, &Surroundings::default()).unwrap());
    live.connect(system, transport, &|_| Some("s3cret".into())).unwrap()
}

pub fn live(clock: Arc<dyn Clock>) -> Arc<Live> {
    Live::new(clock, Arc::new(Unobserved))
}

pub fn context(clock: &dyn Clock) -> CallContext {
    CallContext {
        contract: None,
        trusted: false,
        account: Some("ACME".into()),
        client: Some("portal".into()),
        correlation_id: "c-1".into(),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
        idempotency_key: Some("k-1".into()),
        deadline: clock.monotonic() + Duration::from_secs(20),
        fresh: false,
        tape: None,
    }
}

/// One attempt.
pub async fn call(
    live: &Live,
    connection: &Connection,
    operation: &str,
    inputs: &[Option<Value>],
    context: &CallContext,
) -> Outcome {
    let operation = connection.system.operation(operation).expect("the operation is declared");
    live.attempt(connection, operation, inputs, context).await
}

/// The kind of failure, with the outcome's name.
pub fn kind(outcome: &Outcome) -> (&'static str, Option<FailureKind>) {
    (outcome.name(), outcome.failure().map(|failure| failure.kind))
}
