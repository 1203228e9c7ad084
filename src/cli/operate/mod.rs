//! Commands for operators: they speak to a running gateway through its operators' listener.

pub(super) mod audit;
pub(super) mod case;
mod client;
pub(super) mod config;
pub(super) mod events;
pub(super) mod secrets;
mod show;
pub(super) mod store;
pub(super) mod system;
pub(super) mod trace;

use super::output;
pub(super) use client::Where;

/// Prints what went wrong, if anything did, and gives the exit code.
fn ended(done: Result<u8, String>) -> u8 {
    done.unwrap_or_else(output::could_not)
}
