//! The real binary, serving a folder: started on free ports, spoken to over sockets, listened to, stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `crossdock` to its end and gives its exit code and all that it printed.
pub fn crossdock(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    let ran = command.args(arguments).env("NO_COLOR", "1").output().expect("crossdock runs");
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (ran.status.code().unwrap_or(-1), said)
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}

/// A gateway that runs; killed with the test.
pub struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
    /// Where callers are answered: `127.0.0.1:40123`.
    pub public: String,
}

impl Running {
    /// `crossdock COMMAND DIR` on free ports, with the log in this form.
    pub fn start(command: &str, dir: &Path, log: &str) -> Running {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .arg(command)
            .arg(dir)
            .args(["--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", log])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("crossdock starts");
        let said = Arc::new(Mutex::new(String::new()));
        listen(child.stdout.take().expect("its output"), Arc::clone(&said));
        listen(child.stderr.take().expect("its log"), Arc::clone(&said));
        let mut running = Running { child, said, public: String::new() };
        let welcome = running.hears("http://");
        let address = welcome.split("http://").nth(1).expect("an address");
        running.public = address.split([' ', ',', '\n']).next().unwrap_or_default().to_owned();
        running
    }

    /// All that it printed so far, log and all.
    pub fn said(&self) -> String {
        self.said.lock().expect("the output").clone()
    }

    /// Waits until it has printed this, and gives all that it printed.
    pub fn hears(&self, words: &str) -> String {
        wait(&format!("`{words}` in the output"), || self.said(), |said| said.contains(words))
    }

    /// The line to paste that `dev` prints under a heading that begins so.
    pub fn line_for(&self, heading: &str) -> String {
        let said = self.hears("Ctrl-C");
        let mut lines = said.lines().skip_while(|line| !line.starts_with(&format!("# {heading}")));
        lines.nth(1).unwrap_or_else(|| panic!("no line for {heading} in\n{said}")).to_owned()
    }

    /// Sends what a printed line says.
    pub fn paste(&self, line: &str) -> Answer {
        let request = curl(&words_of(line));
        let mut stream = TcpStream::connect(&self.public).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        Answer::read(&answer)
    }

    /// Pastes a line until the answer's text has these words.
    pub fn paste_until(&self, line: &str, words: &str) -> Answer {
        wait(&format!("an answer with `{words}`"), || self.paste(line), |answer| answer.body.contains(words))
    }

    /// Tells it to end, as an operator's shell does, and gives the exit code.
    pub fn stop(mut self) -> Option<i32> {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
        let ended = || self.child.try_wait().expect("a process");
        wait("the end", ended, Option::is_some).and_then(|status| status.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(output: impl Read + Send + 'static, said: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
            said.lock().expect("the output").push_str(&std::mem::take(&mut line));
        }
    });
}

fn wait<T>(what: &str, mut look: impl FnMut() -> T, good: impl Fn(&T) -> bool) -> T
where
    T: std::fmt::Debug,
{
    let start = Instant::now();
    loop {
        let seen = look();
        if good(&seen) {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "{what} did not come; instead:\n{seen:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    fn read(text: &str) -> Answer {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
        Answer { status, body: body.to_owned() }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// The words of a line as a POSIX shell makes them: single quotes, `\'` outside of them.
fn words_of(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\'' => quoted = !quoted,
            '\\' if !quoted => word.extend(signs.next()),
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words
}

/// What `curl -s [-X METHOD] URL [-H HEADER]... [-d BODY]` sends.
fn curl(words: &[String]) -> String {
    let (mut method, mut target, mut headers, mut body) = (None, String::new(), String::new(), None);
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" => {}
            "-X" => method = words.next(),
            "-H" => headers += &format!("{}\r\n", words.next().expect("a header")),
            "-d" => body = words.next(),
            url => target = url.splitn(4, '/').nth(3).expect("a path").to_owned(),
        }
    }
    let method = method.map_or(if body.is_some() { "POST" } else { "GET" }, String::as_str);
    let body = body.map_or("", String::as_str);
    format!(
        "{method} /{target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
