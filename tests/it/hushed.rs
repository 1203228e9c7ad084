//! Secrets are planted everywhere, everything is done with them, and everything that is written is searched for
//! them.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const PATIENCE: Duration = Duration::from_secs(30);

/// File and value of each secret; PEM keys come from the certificates of other tests.
const PLANTED: [(&str, &str); 7] = [
    ("bearer", "hush-bearer-4f1c9a"),
    ("password", "hush-password-77ab01"),
    ("login", "hush-login-c0ffee"),
    ("client", "hush-client-9d3e21"),
    ("tenant", "hush-tenant-5b8842"),
    ("csrf", "hush-csrf-user-e1d0aa"),
    ("rotated", "hush-before-18f3c2"),
];
/// What systems give out, which is as secret.
const GIVEN: [&str; 4] =
    ["hush-session-1a2b3c", "hush-token-4d5e6f", "hush-forgery-7a8b9c", "hush-cookie-0d1e2f"];
const AFTER: &str = "hush-after-66d0b7";
const CALLER: &str = "cdk_hush-caller-a7e5d1";
const OPERATOR: &str = "hush-operator-31c9f8";

const GATEWAY: &str = "edition: 2026\ngateway: hushed\nauth: { portal: { scheme: api_key } }\n\
    clients: { acme: { account: ACME, scopes: [ write ], keys: [ \"sha256:CALLER\" ] } }\n\
    admin: { tokens: { ann: { role: admin, key: \"sha256:OPERATOR\" } } }\n";

/// Each system with its way to prove who we are.
const SYSTEMS: [(&str, &str); 7] = [
    (
        "plain",
        "auth: { scheme: bearer, token: '${secret:bearer}' }\nheaders: { x-tenant: '${secret:tenant}' }",
    ),
    ("basic", "auth: { scheme: basic, user: gateway, password: '${secret:password}' }"),
    (
        "session",
        "auth: { scheme: session, login: { post: /login, body: { password: '${secret:login}' }, value: body.session } }",
    ),
    (
        "granted",
        "auth: { scheme: oauth2_client, token_url: /token, client_id: gateway, client_secret: '${secret:client}', client_auth: body }",
    ),
    (
        "signed",
        "auth: { scheme: jwt_bearer, token_url: /token, issuer: gateway, algorithm: ES256, key: '${secret:key}' }",
    ),
    ("forged", "auth: { scheme: api_key, key: '${secret:csrf}', csrf: { get: /fetch } }"),
    ("rotated", "auth: { scheme: bearer, token: '${secret:rotated}' }"),
];

/// A system that gives out what it is asked for, refuses bookings that say so, and repeats what it was shown.
fn system() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || talk(stream));
        }
    });
    address
}

fn talk(stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        let (status, body) = said(&head, &String::from_utf8_lossy(&body));
        let own = format!("x-csrf-token: {}\r\nset-cookie: sid={}; path=/\r\n", GIVEN[2], GIVEN[3]);
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{own}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn said(head: &str, body: &str) -> (u16, String) {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    match head.split(' ').nth(1).unwrap_or_default() {
        "/login" => (200, format!(r#"{{"session":"{}"}}"#, GIVEN[0])),
        "/token" => (200, format!(r#"{{"access_token":"{}","expires_in":60}}"#, GIVEN[1])),
        "/fetch" => (200, "{}".to_owned()),
        _ if body.contains("refuse") => {
            (422, format!(r#"{{"you":{},"said":{}}}"#, quoted(head), quoted(body)))
        }
        _ if body.contains("unsure") => (401, format!(r#"{{"you":{}}}"#, quoted(head))),
        _ if body.contains("break") => (500, format!(r#"{{"you":{}}}"#, quoted(head))),
        _ => (200, r#""done""#.to_owned()),
    }
}

fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn digest(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn project(system: SocketAddr) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let put = |path: &str, text: String| write(&dir.path().join(path), text);
    put("gateway.yaml", GATEWAY.replace("CALLER", &digest(CALLER)).replace("OPERATOR", &digest(OPERATOR)));
    let mut calls = String::new();
    for (name, auth) in SYSTEMS {
        put(
            &format!("systems/{name}.yaml"),
            format!(
                "system: {name}\nowner: test\nrunbook: https://wiki.example/x\nurl: http://{system}\ntimeout: 2s\n{auth}\n\
                 retry: {{ attempts: 1 }}\noutcome: {{ rejected: 'status == 422' }}\noperations:\n  tell: {{ takes: {{ word: string }}, \
                 gives: string, post: /tell, request: {{ body: {{ word: =word }} }}, effect: idempotent }}\n"
            ),
        );
        calls += &format!(
            "  - {name}:\n      when: system == \"{name}\"\n      call: {name}.tell\n      with: {{ word: =word }}\n"
        );
    }
    put(
        "flows/tell.yaml",
        format!("flow: tell\nowner: test\ninput: {{ system: string, word: string }}\ndo:\n{calls}"),
    );
    put(
        "routes/tell.yaml",
        "api: tell\nlayer: experience\nowner: test\nversion: 1\nstatus: active\nauth: portal\nroutes:\n  \
         - post: /v1/tell\n    scope: write\n    body: shop/word@1\n    run: tell\n    with: { system: =body.system, word: =body.word }\n"
            .to_owned(),
    );
    put(
        "specs/shop/word@1.json",
        r#"{"type":"object","required":["system","word"],"additionalProperties":false,"properties":{"system":{"type":"string","maxLength":20},"word":{"type":"string","maxLength":20}}}"#.to_owned(),
    );
    for (name, value) in PLANTED {
        put(&format!("secrets/{name}"), format!("{value}\n"));
    }
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls/client-one.key");
    put("secrets/key", std::fs::read_to_string(key).unwrap());
    dir
}

/// A gateway in a process of its own that tells all it can.
struct Process {
    child: Child,
    public: String,
    admin: String,
    dir: tempfile::TempDir,
    out: tempfile::TempDir,
}

impl Process {
    fn start() -> Process {
        let (dir, out) = (project(system()), tempfile::tempdir().unwrap());
        let log = std::fs::File::create(out.path().join("log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .arg("serve")
            .arg(dir.path())
            .args(["--no-watch", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "2"])
            .env("CROSSDOCK_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let (mut said, mut lines) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        while !said.contains("operators on http") {
            let read = lines.read_line(&mut said).unwrap();
            let log = || std::fs::read_to_string(out.path().join("log")).unwrap_or_default();
            assert_ne!(read, 0, "it ended before it served:\n{said}{}", log());
        }
        let mut addresses = said.split("http://").skip(1).map(|rest| {
            rest.split(|sign: char| sign == ',' || sign.is_whitespace()).next().unwrap_or_default().to_owned()
        });
        let (public, admin) = (addresses.next().unwrap(), addresses.next().unwrap());
        write(&out.path().join("stdout"), &said);
        Process { child, public, admin, dir, out }
    }

    fn tell(&self, system: &str, word: &str) -> String {
        let body = format!(r#"{{"system":"{system}","word":"{word}"}}"#);
        ask(&self.public, "POST", "/v1/tell", &format!("x-api-key: {CALLER}\r\n"), &body)
    }

    fn operate(&self, method: &str, path: &str, body: &str) -> String {
        ask(&self.admin, method, path, &format!("authorization: Bearer {OPERATOR}\r\n"), body)
    }

    /// Asks an operator's question until the answer has these words.
    fn comes(&self, path: &str, words: &str) -> String {
        let start = Instant::now();
        loop {
            let answer = self.operate("GET", path, "");
            if answer.contains(words) {
                return answer;
            }
            assert!(start.elapsed() < PATIENCE, "`{words}` does not come: {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn command(&self, arguments: &[&str]) -> String {
        let command = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .args(arguments)
            .args(["--admin", &format!("http://{}", self.admin)])
            .env("CROSSDOCK_TOKEN", OPERATOR)
            .output()
            .unwrap();
        [command.stdout, command.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let typed = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}{typed}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// All forms in which a secret could be found again.
fn forms(secret: &str) -> Vec<String> {
    let quoted = serde_json::to_string(secret).unwrap();
    let half = secret.get(..secret.len() * 3 / 4).unwrap_or(secret);
    // Base64 of it in any alignment: what stands in the middle of a longer text.
    let shifted = (0..3).map(|skip| STANDARD.encode(&secret.as_bytes()[skip..]));
    let inner = shifted
        .map(|text| text.trim_end_matches('=').get(4..text.len().min(16)).unwrap_or_default().to_owned());
    let all = [
        half.to_owned(),
        quoted.trim_matches('"').to_owned(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        digest(secret),
    ];
    all.into_iter().chain(inner).filter(|form| form.len() >= 8).collect()
}

/// Every file below a folder, the secrets' own aside.
fn files(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "secrets") {
            files(&path, found);
        } else if path.is_file() {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

fn holds(bytes: &[u8], form: &str) -> bool {
    bytes.windows(form.len()).any(|window| window == form.as_bytes())
}

#[test]
fn no_secret_is_found_in_anything_that_is_written() {
    let mut process = Process::start();
    let mut told = String::new();
    for (system, _) in SYSTEMS {
        for word in ["fine", "refuse", "unsure", "break"] {
            let answer = process.tell(system, word);
            assert!(answer.starts_with("HTTP/1.1 202"), "{system} {word}: {answer}");
            told += &answer;
        }
    }
    // A secret changes while all this goes on, and both values stay hidden.
    write(&process.dir.path().join("secrets/rotated"), AFTER);
    // What is parked, and shows what was answered.
    let cases = process.comes("/cases?limit=100", "refused_by_system");
    told += &process.comes("/cases?limit=100", "\"forged.tell");
    std::thread::sleep(Duration::from_millis(2500));
    told += &process.tell("rotated", "fine");
    told += &process.tell("rotated", "refuse");
    told += &cases;
    let parked: serde_json::Value = serde_json::from_str(cases.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    for case in parked["cases"].as_array().unwrap() {
        told += &process.operate("GET", &format!("/cases/{}", case["number"]), "");
        let instance = case["instance"].as_str().unwrap_or_default();
        told +=
            &process.operate("GET", &format!("/instances/{instance}/trace?format=text&payloads=true"), "");
        told += &process.operate("GET", &format!("/instances/{instance}"), "");
    }
    let first = parked["cases"][0]["number"].to_string();
    told += &process.operate(
        "POST",
        &format!("/cases/{first}/actions"),
        r#"{"action":"retry","reason":"again"}"#,
    );
    for path in
        ["/metrics", "/config", "/secrets", "/systems", "/audit", "/openapi.json", "/store", "/instances"]
    {
        let answer = process.operate("GET", path, "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        told += &answer;
    }
    // What is wrong with a secret is said without it.
    write(&process.dir.path().join("secrets/bearer"), "hush-\u{7}bearer\n\nbad");
    std::thread::sleep(Duration::from_millis(1500));
    told += &process.tell("plain", "fine");
    told += &process.operate("POST", "/reload", r#"{"reason":"x"}"#);
    let status = process.command(&["secrets", "status"]);
    assert!(status.contains("rotated") && status.contains("systems/rotated.yaml:"), "{status}");
    told += &status;
    let kill = format!("kill -TERM {}", process.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    process.child.wait().unwrap();
    let mut written = vec![("what callers and operators were told".to_owned(), told.into_bytes())];
    files(process.dir.path(), &mut written);
    files(process.out.path(), &mut written);
    search(&written);
}

fn search(written: &[(String, Vec<u8>)]) {
    let total: usize = written.iter().map(|(_, bytes)| bytes.len()).sum();
    let log = written.iter().find(|(name, _)| name.ends_with("log")).expect("a log");
    assert!(total > 200_000 && log.1.len() > 10_000, "there is something to search: {total}");
    assert!(
        written.iter().any(|(name, bytes)| name.contains(".crossdock") && holds(bytes, "refused_by_system")),
        "the store too"
    );
    let key =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls/client-one.key"))
            .unwrap();
    let key = key.lines().nth(1).unwrap_or_default().to_owned();
    let planted =
        PLANTED.iter().map(|(_, value)| *value).chain(GIVEN).chain([AFTER, CALLER, OPERATOR, key.as_str()]);
    let mut found = Vec::new();
    for secret in planted {
        // The digests of callers' and operators' keys are what the project declares.
        let declared = [CALLER, OPERATOR].contains(&secret);
        for form in forms(secret).iter().filter(|form| !declared || form.len() != 64) {
            found.extend(written.iter().filter(|(_, bytes)| holds(bytes, form)).map(|(name, bytes)| {
                let text = String::from_utf8_lossy(bytes);
                let line = text.lines().find(|line| line.contains(form.as_str())).unwrap_or_default();
                format!(
                    "`{form}` of `{secret}` in {name}: {}",
                    line.get(..line.len().min(600)).unwrap_or_default()
                )
            }));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
