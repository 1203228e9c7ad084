//! Suites that speak over real sockets, in one binary.
#![forbid(unsafe_code)]

mod certificates;
mod http;
mod operate;
mod outlive;
mod proven;
mod refused_reload;
mod routes;
mod running;
mod serving;
mod swap;
mod systems;
mod terminal;
mod tour;
