//! A transport that answers from stubs: stateful, deterministic, bounded, on the clock.
