//! Whether people who ask where things stand notice that ten times as much is accepted (M94).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::gateway::{Gateway, Project};
use crate::load::{self, Client};
use crate::world::World;

/// Status reads a second.
const READS: f64 = 200.0;

/// Connections of those who read, and of those who book.
const CONNECTIONS: usize = 64;

/// Prints the figures.
pub fn bench() {
    let (world, project) = (World::start(), Project::new());
    let gateway = Gateway::start(&project, &world);
    let runtime = crate::runtime();
    let able = runtime.block_on(load::rate(gateway.address, 64, "/v1/holds", 202));
    // Ten times as much is half of what it can.
    let steady = able / 20.0;
    println!("64 clients that wait get {able:.0} accepts a second; steady is {steady:.0}\n");
    println!("| accepted a second | p50 of a status read | p99 | p99 of an accept |");
    println!("|---|---|---|---|");
    let mut rows: [Vec<[f64; 3]>; 2] = Default::default();
    for _ in 0..crate::rounds() {
        for (times, rows) in [1.0, 10.0].into_iter().zip(&mut rows) {
            rows.push(runtime.block_on(round(gateway.address, steady * times)));
        }
    }
    let of = |rows: &[[f64; 3]], at: usize| crate::median(rows.iter().map(|row| row[at]).collect());
    for (times, rows) in [1.0, 10.0].into_iter().zip(&rows) {
        let (p50, p99, accept) = (of(rows, 0), of(rows, 1), of(rows, 2));
        println!("| {:.0} | {p50:.2} ms | {p99:.2} ms | {accept:.2} ms |", steady * times);
    }
    println!(
        "\np99 of a status read at ten times the load: {:.2} of steady",
        of(&rows[1], 1) / of(&rows[0], 1)
    );
}

/// Median and 99th of status reads, 99th of accepts, in milliseconds.
async fn round(address: SocketAddr, accepts: f64) -> [f64; 3] {
    let mut client = Client::connect(address).await;
    let mut known = Vec::new();
    for _ in 0..32 {
        let answer = client.post("/v1/holds", &crate::BOOKING.into()).await;
        load::expect(&answer, 202);
        known.push(answer.location.expect("a location"));
    }
    let (known, readers, bookers) = (Arc::new(known), pool(address).await, pool(address).await);
    let read = |number: usize| {
        let (known, client) = (known.clone(), readers[number % CONNECTIONS].clone());
        async move {
            let answer = client.lock().await.get(&known[number % known.len()]).await;
            load::expect(&answer, 200);
        }
    };
    let book = |number: usize| {
        let client = bookers[number % CONNECTIONS].clone();
        async move { load::expect(&client.lock().await.post("/v1/holds", &crate::BOOKING.into()).await, 202) }
    };
    let (reads, books) = tokio::join!(load::paced(READS, read), load::paced(accepts, book));
    [at(&reads, 0.5), at(&reads, 0.99), at(&books, 0.99)]
}

async fn pool(address: SocketAddr) -> Vec<Arc<Mutex<Client>>> {
    let mut pool = Vec::new();
    for _ in 0..CONNECTIONS {
        pool.push(Arc::new(Mutex::new(Client::connect(address).await)));
    }
    pool
}

fn at(times: &[Duration], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() as f64 * share) as usize].as_secs_f64() * 1e3
}
