//! How often each way of making a sales order asks for memory. `cargo bench --bench mapping_allocations`.

#[path = "work.rs"]
mod work;

use allocation_counter::measure;
use work::{BOOKING, Work, typed, untyped};

fn main() {
    let work = Work::new();
    work.agree();
    let (context, table) = (work.context(), work::table());
    let mut out = Vec::with_capacity(4096);
    println!("| | allocations | bytes |\n|---|---|---|");
    let mut show = |name: &str, run: &mut dyn FnMut(&mut Vec<u8>)| {
        // The first one makes room that the thread keeps.
        (0..2).for_each(|_| {
            out.clear();
            run(&mut out);
        });
        out.clear();
        let asked = measure(|| run(&mut out));
        println!("| {name} | {} | {} |", asked.count_total, asked.bytes_total);
    };
    show("mapping", &mut |out| work.map(BOOKING, &context, out));
    show("mapping, reference evaluator", &mut |out| work.map_by_reference(BOOKING, &context, out));
    show("by hand, over `serde_json::Value`", &mut |out| {
        let booking = serde_json::from_slice(BOOKING).expect("a booking");
        serde_json::to_writer(out, &untyped::order(&booking, &table)).expect("an order");
    });
    show("by hand, with typed structs", &mut |out| {
        let booking = serde_json::from_slice(BOOKING).expect("a booking");
        serde_json::to_writer(out, &typed::order(&booking, &table)).expect("an order");
    });
}
