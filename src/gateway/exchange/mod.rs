//! x
mod accept;
mod cors;
mod parameters;
