//! The gateway as a process: started on one store again and again, killed without warning.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::RwLock;
use std::time::{Duration, Instant};

/// Where the gateway is now, for whoever wants something of it.
pub type Address = RwLock<SocketAddr>;

/// What a gateway is told beside its project.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    /// `place=number`: it ends like a power cut when it comes to that place so often.
    pub failpoint: Option<String>,
    /// A file that says how its disk is.
    pub disk: Option<PathBuf>,
}

/// A gateway that runs; killed with the test.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    pub public: SocketAddr,
    pub log: PathBuf,
}

impl Gateway {
    /// Starts on the project's store.
    pub fn start(project: &Path, world: SocketAddr, orders: &Orders) -> Gateway {
        let log = project.with_extension("log");
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
        command
            .arg("serve")
            .arg(project)
            .args(["--no-watch", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "2"])
            .env("WORLD", format!("http://{world}"))
            .env("CROSSDOCK_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(file);
        for (name, value) in [
            ("CROSSDOCK_FAILPOINT", orders.failpoint.clone()),
            ("CROSSDOCK_DISK", orders.disk.as_ref().map(|path| path.display().to_string())),
        ] {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command.spawn().expect("crossdock starts");
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        while !said.contains("operators on http") {
            if out.read_line(&mut said).expect("its output") == 0 {
                // A place on the way to serving was where it should end.
                let _ = child.wait();
                assert!(orders.failpoint.is_some(), "it ended before it served:\n{said}\n{}", tail(&log));
                return Gateway { child, public: SocketAddr::from(([127, 0, 0, 1], 1)), log };
            }
        }
        let address = said.split("://").nth(1).and_then(|rest| rest.split([',', ' ', '\n']).next());
        let public = address.and_then(|text| text.parse().ok()).expect("an address");
        Gateway { child, public, log }
    }

    /// Waits until it ends by itself; `false`: it did not.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < time {
            if self.child.try_wait().expect("a process").is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The end of a log.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// Copies the crash tests' project to where a store may lie in it.
pub fn project(to: &Path) -> PathBuf {
    let project = to.join("project");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chaos/project"), &project);
    project
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let (from, to) =
            (entry.as_ref().expect("an entry").path(), to.join(entry.expect("an entry").file_name()));
        match from.is_dir() {
            true if from.file_name().is_some_and(|name| name == ".crossdock") => {}
            true => copy(&from, &to),
            false => _ = std::fs::copy(&from, &to).expect("a copied file"),
        }
    }
}
