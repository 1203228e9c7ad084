//! The whole gateway over HTTP: 202s, and flows of three calls to another process, against plain rows.

use crate::gateway::{Gateway, Project};
use crate::raw::Raw;
use crate::world::World;
use crate::{POINTS, load, store};

/// Prints the table.
pub fn bench() {
    println!("| clients | work | bytes | a second | CPU of each | plain rows of as many bytes | ratio |");
    println!("|---|---|---|---|---|---|---|");
    let mut rates = Vec::new();
    for (name, path, status, points) in
        [("accepts", "/v1/holds", 202, 1), ("flows of three calls", "/v1/three", 200, POINTS)]
    {
        for clients in [1, 64] {
            let bytes = size(path, status) / points as f64;
            let rounds: Vec<_> = (0..crate::rounds()).map(|_| round(clients, bytes, path, status)).collect();
            let both: Vec<[f64; 2]> = rounds.iter().map(|round| [round[0], round[1]]).collect();
            let cpu = crate::median(rounds.iter().map(|round| round[2]).collect()) * 1e6;
            let (plain, done, ratio) = crate::ratio(&both);
            let ratio = ratio * points as f64;
            println!(
                "| {clients} | {name} | {points} × {bytes:.0} | {done:.0} | {cpu:.0} µs | {plain:.0} | {ratio:.2} |"
            );
            rates.push(done);
        }
    }
    let times = |at: usize| rates[at + 1] / rates[at];
    println!("\n64 clients, of one: {:.1} times the accepts, {:.1} times the flows", times(0), times(2));
}

/// Bytes in the rows of one piece of work.
fn size(path: &'static str, status: u16) -> f64 {
    let (world, project) = (World::start(), Project::new());
    let gateway = Gateway::start(&project, &world);
    store::watch(&project.store());
    runtime().block_on(async {
        let mut client = load::Client::connect(gateway.address).await;
        for _ in 0..10 {
            load::expect(&client.post(path, &crate::BOOKING.into()).await, status);
        }
    });
    drop(gateway);
    store::per_instance(&project.store())
}

/// Plain rows and pieces of work, a second, and seconds of the gateway's CPU for each.
fn round(clients: usize, bytes: f64, path: &'static str, status: u16) -> [f64; 3] {
    let dir = tempfile::tempdir().expect("a directory");
    let plain = Raw::start(&dir.path().join("plain.db"), bytes as usize);
    let plain = crate::runtime().block_on(plain.rate(clients));
    let (world, project) = (World::start(), Project::new());
    let gateway = Gateway::start(&project, &world);
    let before = gateway.cpu();
    let done = runtime().block_on(load::rate(gateway.address, clients, path, status));
    let cpu = (gateway.cpu() - before) / (done * crate::round().as_secs_f64());
    [plain, done, cpu]
}

/// Clients share one thread: the cores are the gateway's.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
