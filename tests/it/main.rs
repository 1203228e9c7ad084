//! Suites that speak over real sockets, in one binary.
#![forbid(unsafe_code)]

mod http;
mod outlive;
mod swap;
mod systems;
