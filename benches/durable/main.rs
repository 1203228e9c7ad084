//! What durable work costs: each figure beside its baseline from the same run.
//!
//! `cargo bench --bench durable` measures everything; `-- seam`, `engine`, `gateway`, `recovery`, `memory`,
//! `status` or `rounds` measures one part. The baseline of what is accepted and carried on is plain SQLite: rows
//! of the same number of bytes, `synchronous=FULL`, whatever is ready in one commit.

mod accepts;
mod closed;
mod engine;
mod gateway;
mod load;
mod memory;
mod raw;
mod recovery;
mod rounds;
mod seam;
mod status;
mod store;
mod world;

use std::time::Duration;

/// Durable points of a flow of three steps: accepted, and three outcomes.
const POINTS: u64 = 4;

const BOOKING: &[u8] = include_bytes!("../exchange/booking.json");

type Part = (&'static str, fn());

const PARTS: [Part; 7] = [
    ("seam", seam::bench),
    ("engine", engine::bench),
    ("gateway", accepts::bench),
    ("recovery", recovery::bench),
    ("memory", memory::bench),
    ("status", status::bench),
    ("rounds", rounds::bench),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    for (name, bench) in PARTS {
        if words.is_empty() || words.iter().any(|word| word == name) {
            println!("\n## {name}\n");
            bench();
        }
    }
}

/// A number from the environment.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Interleaved rounds of each measurement.
fn rounds() -> usize {
    setting("BENCH_ROUNDS", 5) as usize
}

/// How long a measurement of a round takes.
fn round() -> Duration {
    Duration::from_millis(setting("BENCH_MILLIS", 2000))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A runtime as the gateway has it: one thread for each of two cores.
fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime")
}

/// The medians of rounds of `[baseline, subject]`: both, and the ratio of each round.
fn ratio(rounds: &[[f64; 2]]) -> (f64, f64, f64) {
    let of = |read: fn(&[f64; 2]) -> f64| median(rounds.iter().map(read).collect());
    (of(|round| round[0]), of(|round| round[1]), of(|round| round[1] / round[0]))
}
