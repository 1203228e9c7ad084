//! The whole exchange of a quote, and a forward, against a bare hyper reverse proxy and nginx.
//!
//! `cargo bench --bench exchange` starts a stub carrier, a bare proxy, the gateway and (where it is
//! installed) nginx, each a process of its own, and asks each in turn, round after round, so that
//! what disturbs the machine disturbs all alike. Figures are ratios of medians over the rounds.

mod load;
mod processes;
mod servers;

use std::time::Duration;

use load::{Load, Sample};
use processes::{Process, idle_memory};

/// What is asked in a round: a name, and where.
struct Target<'a> {
    name: &'static str,
    process: &'a Process,
    path: &'static str,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("stub") => servers::stub(&arguments[2]),
        Some("proxy") => servers::proxy(&arguments[2], &arguments[3]),
        _ => bench(),
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn bench() {
    let seconds = Duration::from_millis(setting("BENCH_MILLIS", 4000));
    let rounds = setting("BENCH_ROUNDS", 5) as usize;
    let connections = setting("BENCH_CONNECTIONS", 64) as usize;

    let stub = Process::role("stub", &["127.0.0.1:18200"], 18200);
    let proxy = Process::role("proxy", &["127.0.0.1:18201", "127.0.0.1:18200"], 18201);
    let gateway = Process::gateway(18202, "http://127.0.0.1:18200");
    let idle = idle_memory(&gateway);
    let nginx = Process::nginx(18203, 18200);

    let mut targets = vec![
        Target { name: "stub, asked directly", process: &stub, path: "/rates" },
        Target { name: "bare hyper proxy", process: &proxy, path: "/rates" },
        Target { name: "crossdock, quote exchange", process: &gateway, path: "/v1/quotes" },
        Target { name: "crossdock, forward", process: &gateway, path: "/v1/forward" },
    ];
    if let Some(nginx) = &nginx {
        targets.push(Target { name: "nginx proxy_pass", process: nginx, path: "/rates" });
    }

    let load = Load { connections, body: include_bytes!("booking.json"), key: "bench-key" };
    for target in &targets {
        load.run(target.process, target.path, Duration::from_millis(500));
    }
    let mut samples: Vec<Vec<Sample>> = targets.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (target, samples) in targets.iter().zip(&mut samples) {
            samples.push(load.run(target.process, target.path, seconds));
        }
    }
    report(&targets, &samples, connections, rounds, seconds);
    println!("idle memory of the gateway (resident, after start): {:.1} MB", idle as f64 / 1e6);
    if nginx.is_none() {
        println!("nginx is not installed: its row is missing");
    }
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(targets: &[Target], samples: &[Vec<Sample>], connections: usize, rounds: usize, seconds: Duration) {
    let proxy_cpu = median(&samples[1], |sample| sample.cpu_micros);
    let proxy_rate = median(&samples[1], |sample| sample.rate);
    println!(
        "{connections} connections, median of {rounds} interleaved rounds of {seconds:?}, POST of {} bytes\n",
        include_bytes!("booking.json").len()
    );
    println!("| asked | requests/s | of bare proxy | CPU/request | of bare proxy | p50 | p99 | failed |");
    println!("|---|---|---|---|---|---|---|---|");
    for (target, samples) in targets.iter().zip(samples) {
        let (rate, cpu) = (median(samples, |s| s.rate), median(samples, |s| s.cpu_micros));
        println!(
            "| {} | {rate:.0} | {:.2} | {cpu:.1} µs | {:.2} | {:.2} ms | {:.2} ms | {} |",
            target.name,
            rate / proxy_rate,
            cpu / proxy_cpu,
            median(samples, |s| s.p50.as_secs_f64() * 1e3),
            median(samples, |s| s.p99.as_secs_f64() * 1e3),
            samples.iter().map(|sample| sample.failed).sum::<u64>(),
        );
    }
    println!();
}
