//! The exchange as callers see it, over a plan made by hand and systems that remember.

mod abuse;
mod accepting;
mod bench;
mod hostile;
mod publishing;
mod reloading;
mod requests;
mod trust;
