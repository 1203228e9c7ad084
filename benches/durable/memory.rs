//! What waiting instances take of memory.

use std::time::Duration;

use crate::gateway::{Gateway, Project};
use crate::world::World;
use crate::{load, store};

/// Prints the figures.
pub fn bench() {
    let count = crate::setting("BENCH_INSTANCES", 100_000) as usize;
    let (world, project) = (World::start(), Project::new());
    let gateway = Gateway::start(&project, &world);
    let idle = settled(&gateway);
    crate::runtime().block_on(load::accept(gateway.address, "/v1/holds", count));
    let waiting = settled(&gateway);
    drop(gateway);
    let again = settled(&Gateway::start(&project, &world));
    let held = store::instances(&project.store());
    println!("idle {:.1} MB", mb(idle));
    println!("{held} instances accepted over HTTP, all waiting: {:.1} MB over idle", mb(waiting) - mb(idle));
    println!("the same after a start: {:.1} MB over idle", mb(again) - mb(idle));
}

/// Memory once nothing happens any more.
fn settled(gateway: &Gateway) -> u64 {
    std::thread::sleep(Duration::from_secs(2));
    gateway.memory()
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
