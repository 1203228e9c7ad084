//! The gateway as a process on a project and a store of its own; killed without warning.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::world::World;

/// A copy of the bench's project, with the store in it.
pub struct Project(TempDir);

impl Project {
    pub fn new() -> Project {
        let dir = tempfile::tempdir().expect("a directory");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/durable/project"), dir.path());
        Project(dir)
    }

    /// The folder of its store.
    pub fn store(&self) -> PathBuf {
        self.0.path().join(".crossdock")
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => _ = std::fs::copy(&from, &to).expect("a copied file"),
        }
    }
}

/// A gateway that runs.
pub struct Gateway {
    child: Child,
    pub address: SocketAddr,
}

impl Gateway {
    /// Starts, and waits until it serves.
    pub fn start(project: &Project, world: &World) -> Gateway {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
        command
            .arg("serve")
            .arg(project.0.path())
            .args(["--no-watch", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .env("WORLD", format!("http://{}", world.address))
            .env("CROSSDOCK_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = command.spawn().expect("crossdock starts");
        let (mut said, mut out) = (String::new(), BufReader::new(child.stdout.take().expect("its output")));
        while !said.contains("operators on http") {
            assert!(out.read_line(&mut said).expect("its output") > 0, "it ended before it served:\n{said}");
        }
        let address = said.split("://").nth(1).and_then(|rest| rest.split([',', ' ', '\n']).next());
        Gateway { child, address: address.and_then(|text| text.parse().ok()).expect("an address") }
    }

    /// Resident memory, in bytes; what only maps files is left out.
    pub fn memory(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap_or_default();
        let kilobytes = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
        kilobytes.expect("its memory") * 1024
    }

    /// Bytes that it has made the kernel write to disks.
    pub fn written(&self) -> u64 {
        let io = self.proc("io");
        let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        line.and_then(|text| text.parse().ok()).expect("what it wrote")
    }

    /// CPU time so far, in seconds.
    pub fn cpu(&self) -> f64 {
        let stat = self.proc("stat");
        // The name in parentheses may hold blanks: fields are counted from behind it (proc(5)).
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|text| text.parse::<u64>().ok()).sum();
        ticks as f64 / 100.0
    }

    fn proc(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).expect("a process")
    }
}

impl Drop for Gateway {
    /// `kill -9`.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
