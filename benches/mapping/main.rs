//! A booking becomes a sales order: by a mapping, and by hand in two ways. `cargo bench --bench mapping`.

#[path = "work.rs"]
mod work;

use std::hint::black_box;
use std::time::{Duration, Instant};

use crossdock::mapping::{Context, with_arena};
use crossdock::value::View;
use work::{BOOKING, Work, typed, untyped};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds, of which the median counts, and how long each of them takes.
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(60);

fn main() {
    let work = Work::new();
    let context = work.context();
    work.agree();
    let decoded = work.decoded();
    let serde: serde_json::Value = serde_json::from_slice(BOOKING).expect("a booking");
    let order: untyped::Table = work::table();
    bytes(&work, &context, &order);
    let decoded_inputs = [Some(View::of(&decoded))];
    let mut rows = [
        Row::new("mapping, over a decoded value", move |out| {
            with_arena(|arena| {
                let written =
                    work.program().write_fast(black_box(&decoded_inputs), &work.context(), arena, out);
                assert_eq!(written, Some(true));
            });
        }),
        Row::new("by hand, over a decoded `serde_json::Value`", move |out| {
            let made = untyped::order(black_box(&serde), &order);
            serde_json::to_writer(out, &made).expect("an order");
        }),
    ];
    println!("\nfrom a decoded value to bytes\n");
    show(&mut rows);
}

fn bytes(work: &Work, context: &Context<'_>, table: &untyped::Table) {
    let mut rows = [
        Row::new("mapping", |out| work.map(black_box(BOOKING), context, out)),
        Row::new("mapping, reference evaluator", |out| {
            work.map_by_reference(black_box(BOOKING), context, out)
        }),
        Row::new("by hand, over `serde_json::Value`", |out| {
            let booking: serde_json::Value = serde_json::from_slice(black_box(BOOKING)).expect("a booking");
            serde_json::to_writer(out, &untyped::order(&booking, table)).expect("an order");
        }),
        Row::new("by hand, with typed structs", |out| {
            let booking: typed::Booking<'_> = serde_json::from_slice(black_box(BOOKING)).expect("a booking");
            serde_json::to_writer(out, &typed::order(&booking, table)).expect("an order");
        }),
    ];
    println!("from {} bytes to bytes\n", BOOKING.len());
    show(&mut rows);
}

/// One way of doing it.
struct Row<'r> {
    name: &'static str,
    run: Box<dyn FnMut(&mut Vec<u8>) + 'r>,
    times: Vec<f64>,
}

impl<'r> Row<'r> {
    fn new(name: &'static str, run: impl FnMut(&mut Vec<u8>) + 'r) -> Row<'r> {
        Row { name, run: Box::new(run), times: Vec::new() }
    }

    /// Microseconds for one order, over one round.
    fn round(&mut self) -> f64 {
        let (begun, mut count, mut out) = (Instant::now(), 0_u32, Vec::with_capacity(4096));
        while begun.elapsed() < ROUND {
            for _ in 0..64 {
                out.clear();
                (self.run)(&mut out);
                black_box(&out);
            }
            count += 64;
        }
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(count)
    }
}

/// Asks each in turn, round after round, and prints the medians.
fn show(rows: &mut [Row<'_>]) {
    // The first round warms what is kept.
    for row in rows.iter_mut() {
        row.round();
    }
    for _ in 0..ROUNDS {
        for row in rows.iter_mut() {
            let time = row.round();
            row.times.push(time);
        }
    }
    let median = |row: &Row<'_>| {
        let mut times = row.times.clone();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let first = median(&rows[0]);
    println!("| | µs | the mapping takes of it |\n|---|---|---|");
    for row in rows.iter() {
        println!("| {} | {:.2} | {:.2} |", row.name, median(row), first / median(row));
    }
}
