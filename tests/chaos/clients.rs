//! Portals that book, and dispatch that says how it went.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::gateway::Address;
use super::http::{Posted, post};

/// What a booking is made for; its word stands in its reference, and the world goes by it.
pub const PURPOSES: [&str; 8] =
    ["plain", "plain", "plain", "plain", "cancelled", "unserved", "refused-orders", "refused-jobs"];

/// What its client saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Saw {
    /// Created, with the order's number.
    Created(String),
    Accepted,
    /// There was no room; with `Retry-After`.
    NoRoom,
    /// Any other answer.
    Status(u16),
    /// The connection broke: it may exist.
    Broken,
}

/// One booking.
#[derive(Debug, Clone)]
pub struct Booking {
    pub reference: String,
    pub purpose: &'static str,
    pub parcels: Vec<String>,
    pub saw: Saw,
}

/// Clients at work.
#[derive(Debug)]
pub struct Clients {
    pub made: Arc<AtomicU64>,
    bookings: Arc<Mutex<Vec<Booking>>>,
    enough: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    /// So many clients begin to book, each as soon as it is answered.
    pub fn start(count: usize, address: &Arc<Address>, seed: u64) -> Clients {
        let made: Arc<AtomicU64> = Arc::default();
        let bookings: Arc<Mutex<Vec<Booking>>> = Arc::default();
        let enough: Arc<AtomicBool> = Arc::default();
        let chance = Arc::new(Chance::new(seed));
        let threads = (0..count)
            .map(|_| {
                let (made, bookings, enough) =
                    (Arc::clone(&made), Arc::clone(&bookings), Arc::clone(&enough));
                let (address, chance) = (Arc::clone(address), Arc::clone(&chance));
                std::thread::spawn(move || {
                    while !enough.load(Ordering::Relaxed) {
                        let number = made.fetch_add(1, Ordering::Relaxed);
                        let booking = book(&address, number, &chance);
                        tell(&address, &booking);
                        bookings.lock().expect("the bookings").push(booking);
                        std::thread::sleep(Duration::from_millis(chance.between(0, 60)));
                    }
                })
            })
            .collect();
        Clients { made, bookings, enough, threads }
    }

    /// Books beside them until a booking is like this. Gives all that it booked.
    pub fn books_until(&self, address: &Address, what: &str, like: impl Fn(&Saw) -> bool) -> Vec<Booking> {
        let (start, chance) = (Instant::now(), Chance::new(99));
        let mut booked: Vec<Booking> = Vec::new();
        while !booked.last().is_some_and(|booking| like(&booking.saw)) {
            assert!(start.elapsed() < Duration::from_secs(30), "no booking is like this: {what}; {booked:?}");
            booked.push(book(address, self.made.fetch_add(1, Ordering::Relaxed), &chance));
            std::thread::sleep(Duration::from_millis(20));
        }
        booked
    }

    /// Lets them finish what they are at. Gives all that was booked.
    pub fn finish(self) -> Vec<Booking> {
        self.enough.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|client| client.join().expect("a client"));
        Arc::try_unwrap(self.bookings).expect("no client is left").into_inner().expect("the bookings")
    }
}

/// Books once; only what was certainly not sent is sent again.
pub fn book(address: &Address, number: u64, chance: &Chance) -> Booking {
    let purpose = PURPOSES[chance.between(0, PURPOSES.len() as u64) as usize];
    let reference = format!("{number}-{purpose}");
    let parcels: Vec<String> = (0..chance.between(0, 4)).map(|at| format!("{reference}/{at}")).collect();
    let body = serde_json::json!({ "reference": reference, "parcels": parcels }).to_string();
    let saw = match send(address, "/v1/bookings", &reference, &body) {
        Posted::Answer(answer) => match answer.status() {
            201 => Saw::Created(answer.member("order").expect("the order's number")),
            202 => Saw::Accepted,
            503 if answer.member("type").is_some_and(|kind| kind.ends_with("no-room")) => {
                assert!(answer.header("retry-after").is_some(), "{answer:?}");
                Saw::NoRoom
            }
            status => Saw::Status(status),
        },
        _ => Saw::Broken,
    };
    Booking { reference, purpose, parcels, saw }
}

/// Says how it went, until somebody has taken it: twice does no harm.
pub fn tell(address: &Address, booking: &Booking) {
    if booking.saw == Saw::NoRoom {
        return;
    }
    let milestone = if booking.purpose == "cancelled" { "cancelled" } else { "delivered" };
    let body = serde_json::json!({ "reference": booking.reference, "milestone": milestone }).to_string();
    let taken = |posted: &Posted| matches!(posted, Posted::Answer(answer) if answer.status() < 300);
    let start = Instant::now();
    while !taken(&send(address, "/v1/milestones", &booking.reference, &body)) {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "nobody takes the milestone of {}",
            booking.reference
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Posts as soon as anybody is there.
fn send(address: &Address, path: &str, correlation: &str, body: &str) -> Posted {
    let start = Instant::now();
    loop {
        let to = *address.read().expect("the address");
        match post(to, path, correlation, body) {
            Posted::NotSent if start.elapsed() < Duration::from_secs(120) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            posted => return posted,
        }
    }
}
