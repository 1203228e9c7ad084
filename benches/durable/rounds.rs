//! A `for` with a result of each round: time and bytes must grow as the list does.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::gateway::{Gateway, Project};
use crate::load::{self, Client};
use crate::world::World;

/// Prints the table.
pub fn bench() {
    println!("| items | time | of each | CPU | written to disk | of each |");
    println!("|---|---|---|---|---|---|");
    for items in [100, 1000, 10_000] {
        let (time, cpu, bytes) = one(items);
        println!(
            "| {items} | {:.2} s | {:.2} ms | {cpu:.2} s | {:.1} MB | {:.1} KB |",
            time.as_secs_f64(),
            time.as_secs_f64() * 1e3 / items as f64,
            bytes as f64 / 1e6,
            bytes as f64 / 1e3 / items as f64,
        );
    }
}

/// How long a list takes, how much CPU, and what is written for it.
fn one(items: usize) -> (Duration, f64, u64) {
    let (world, project) = (World::start(), Project::new());
    let gateway = Gateway::start(&project, &world);
    let parcels: Vec<String> = (0..items).map(|number| format!("\"PARCEL-{number:05}\"")).collect();
    let body = Bytes::from(format!("{{\"parcels\":[{}]}}", parcels.join(",")));
    crate::runtime().block_on(async {
        let mut client = Client::connect(gateway.address).await;
        let (start, cpu, written) = (Instant::now(), gateway.cpu(), gateway.written());
        let answer = client.post("/v1/rounds", &body).await;
        load::expect(&answer, 202);
        let location = answer.location.expect("a location");
        loop {
            let answer = client.get(&location).await;
            load::expect(&answer, 200);
            if String::from_utf8_lossy(&answer.body).contains("\"completed\"") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(world.done(), items as u64, "each parcel has one label");
        (start.elapsed(), gateway.cpu() - cpu, gateway.written() - written)
    })
}
