//! `crossdock check` on a project of 1,000 flows and 1,000 mappings, each time in a new process.
//!
//! `cargo bench --bench check` writes the project into a temporary folder and prints the median; with
//! `-- DIR` it only writes it, into `DIR`, to look at or to profile. `CHECK_SIZE` and `CHECK_ROUNDS` set
//! how many flows there are and how often they are checked.

mod project;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn main() {
    let size = setting("CHECK_SIZE", 1000);
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    if let Some(dir) = wanted {
        return project::write(Path::new(&dir), size);
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    project::write(dir.path(), size);
    let mut times: Vec<Duration> = (0..setting("CHECK_ROUNDS", 9)).map(|_| check(dir.path())).collect();
    times.sort();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("check of {size} flows and {size} mappings on {cores} cores, each in a new process:");
    println!(
        "median {:?}, fastest {:?}, slowest {:?}",
        times[times.len() / 2],
        times[0],
        times[times.len() - 1]
    );
}

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// How long one check takes, from the start of the process to its end. It must find nothing.
fn check(dir: &Path) -> Duration {
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_crossdock")).arg("check").arg(dir).output();
    let time = start.elapsed();
    let output = output.expect("crossdock runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.ends_with(": no findings\n"), "{text}");
    time
}
