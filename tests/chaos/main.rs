//! Crash tests: the real gateway is killed under load, at random moments and at every commit boundary, in a
//! world that fails. The oracle is that world's ledger.
//!
//! `CHAOS_BOOKINGS=20000 cargo test --release --test chaos -- --nocapture` is the long run; `CHAOS_SEED` changes
//! what befalls whom.
#![cfg(unix)]
// Without debug assertions nothing can be told to fail.
#![cfg_attr(not(debug_assertions), allow(dead_code, unused_imports))]

mod chance;
mod clients;
mod gateway;
mod http;
mod ledger;
mod oracle;
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chance::Chance;
use clients::{Clients, Saw};
use gateway::{Gateway, Orders, project};
use world::World;

/// Places where the gateway may end; see `crossdock::failpoint`. Only builds with debug assertions have them.
const PLACES: [&str; 7] = [
    "commit.before",
    "commit.written",
    "commit.after",
    "turn.written",
    "accept.written",
    "outcome.heard",
    "recover.loaded",
];

/// One gateway at a time: each wants the whole machine.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// How the next life of the gateway ends.
fn next_end(chance: &Chance, life: usize) -> Orders {
    // In turn, so that every place has its share.
    let place = PLACES.get(life % (PLACES.len() + 3)).filter(|_| cfg!(debug_assertions));
    let passes = |place: &str| match place {
        "recover.loaded" => chance.between(1, 12),
        "accept.written" => chance.between(1, 30),
        _ => chance.between(10, 300),
    };
    Orders { failpoint: place.map(|place| format!("{place}={}", passes(place))), ..Orders::default() }
}

#[test]
fn what_was_accepted_comes_to_its_end_once_whenever_the_gateway_dies() {
    let _alone = alone();
    let (seed, wanted, kills) =
        (number("CHAOS_SEED", 1), number("CHAOS_BOOKINGS", 1000), number("CHAOS_KILLS", 28));
    let start = Instant::now();
    let mut folder = tempfile::tempdir().expect("a folder");
    folder.disable_cleanup(std::env::var_os("CHAOS_KEEP").is_some());
    let project = project(folder.path());
    let (world, chance) = (World::start(seed, 12), Chance::new(seed ^ 0xdead));
    let address = Arc::new(RwLock::new(SocketAddr::from(([127, 0, 0, 1], 1))));
    let mut gateway = Gateway::start(&project, world.address, &Orders::default());
    *address.write().expect("the address") = gateway.public;
    let clients = Clients::start(24, &address, seed);
    let mut deaths = BTreeMap::<String, u64>::new();
    let (mut lives, mut killed) = (0, 0);
    let is_left = |deaths: &BTreeMap<String, u64>| {
        cfg!(debug_assertions) && PLACES.iter().any(|place| !deaths.contains_key(*place))
    };
    let is_short = || clients.made.load(Ordering::Relaxed) < wanted;
    while is_short() || killed < kills || (is_left(&deaths) && killed < 3 * kills) {
        let orders = next_end(&chance, lives);
        lives += 1;
        gateway.kill();
        gateway = Gateway::start(&project, world.address, &orders);
        *address.write().expect("the address") = gateway.public;
        let by_itself = match &orders.failpoint {
            Some(_) => gateway.ends_within(Duration::from_secs(3)),
            None => gateway.ends_within(Duration::from_millis(chance.between(300, 4000))),
        };
        let place = orders.failpoint.as_deref().and_then(|order| order.split('=').next());
        let how = match (by_itself, place) {
            (true, Some(place)) => place,
            (true, None) => panic!("it ended by itself:\n{}", gateway::tail(&gateway.log)),
            (false, _) => "kill -9 at a random moment",
        };
        *deaths.entry(how.to_owned()).or_default() += 1;
        killed += 1;
    }
    gateway.kill();
    let gateway = Gateway::start(&project, world.address, &Orders::default());
    *address.write().expect("the address") = gateway.public;
    let bookings = clients.finish();
    let loaded = start.elapsed();
    // What was taken from callers in a long run is more than what was done.
    oracle::quiet(&project, &gateway, Duration::from_secs(90 + wanted / 20));
    gateway.kill();
    let ends = oracle::judge(&project, &bookings, &world.ledger());
    println!(
        "{} bookings, {killed} deaths, seed {seed}; {loaded:.0?} of load, quiet after {:.0?}",
        bookings.len(),
        start.elapsed()
    );
    println!("deaths: {deaths:#?}\nfaults: {:#?}\nbookings: {ends:#?}", world.ledger().faults);
    assert!(bookings.len() as u64 >= wanted && killed >= kills);
    let said = |how: &str| ends.keys().any(|end| end.contains(how));
    assert!(
        said("unserved saw 422: rejected"),
        "callers wait for a refusal whose steps are undone: {ends:#?}"
    );
    assert!(!is_left(&deaths), "a place was never reached: {deaths:?}");
}

#[cfg(debug_assertions)]
#[test]
fn a_disk_that_is_full_or_fails_stops_acceptance_and_loses_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let (project, disk) = (project(folder.path()), folder.path().join("disk"));
    let world = World::start(7, 4);
    let orders = Orders { disk: Some(disk.clone()), ..Orders::default() };
    let mut gateway = Gateway::start(&project, world.address, &orders);
    let address = Arc::new(RwLock::new(gateway.public));
    let clients = Clients::start(8, &address, 7);
    let mut booked = Vec::new();
    for how in ["full", "read-only", "failing"] {
        std::thread::sleep(Duration::from_millis(1500));
        std::fs::write(&disk, how).expect("a file");
        // Of a full disk, pages that are free are used first.
        booked.extend(clients.books_until(&address, how, |saw| *saw == Saw::NoRoom));
        std::thread::sleep(Duration::from_millis(1500));
        if how == "failing" {
            // The gateway dies while its disk fails.
            gateway.kill();
            gateway = Gateway::start(&project, world.address, &orders);
            *address.write().expect("the address") = gateway.public;
            booked.extend(clients.books_until(&address, "still failing", |saw| *saw == Saw::NoRoom));
        }
        std::fs::write(&disk, "well").expect("a file");
        let accepted = |saw: &Saw| matches!(saw, Saw::Created(_) | Saw::Accepted);
        booked.extend(clients.books_until(&address, "accepted again", accepted));
    }
    booked.iter().for_each(|booking| clients::tell(&address, booking));
    let mut bookings = clients.finish();
    bookings.extend(booked);
    oracle::quiet(&project, &gateway, Duration::from_secs(60));
    gateway.kill();
    let ends = oracle::judge(&project, &bookings, &world.ledger());
    println!("{} bookings: {ends:#?}", bookings.len());
}
