//! Chance that a seed repeats.

use std::sync::Mutex;

/// SplitMix64, shared.
#[derive(Debug)]
pub struct Chance(Mutex<u64>);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(Mutex::new(seed))
    }

    /// 64 bits.
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().expect("chance");
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` on, below `high`.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low).max(1)
    }
}
