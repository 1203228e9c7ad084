//! A start after `kill -9` on a store full of instances that are due.

use std::time::{Duration, Instant};

use crate::gateway::{Gateway, Project};
use crate::world::World;
use crate::{load, store};

/// Prints the figures.
pub fn bench() {
    let count = crate::setting("BENCH_INSTANCES", 100_000) as usize;
    let (world, project) = (World::start(), Project::new());
    let gateway = Gateway::start(&project, &world);
    crate::runtime().block_on(async {
        let mut client = load::Client::connect(gateway.address).await;
        load::expect(&client.post("/v1/soon", &crate::BOOKING.into()).await, 202);
    });
    drop(gateway);
    store::fill(&project.store(), count);
    // Until what was copied is due.
    std::thread::sleep(Duration::from_secs(10));
    let mut firsts = Vec::new();
    for _ in 0..crate::rounds() {
        let (before, start) = (world.done(), Instant::now());
        let gateway = Gateway::start(&project, &world);
        let served = start.elapsed();
        while world.done() == before {
            std::thread::sleep(Duration::from_millis(1));
        }
        let first = start.elapsed();
        std::thread::sleep(Duration::from_secs(2));
        let rate = (world.done() - before) as f64 / (start.elapsed() - first).as_secs_f64();
        println!(
            "it served after {served:.2?}, the first call came after {first:.2?}, then {rate:.0} a second"
        );
        firsts.push(first.as_secs_f64());
        drop(gateway);
    }
    let first = crate::median(firsts);
    println!("\n{count} open instances, `kill -9`: first progress {first:.2} s after the start (median)");
}
