//! Suites that speak over real sockets, in one binary.
#![forbid(unsafe_code)]

mod again;
mod certificates;
mod flood;
mod http;
mod hushed;
mod line;
mod operate;
mod outlive;
mod proven;
mod refused_reload;
mod routes;
mod running;
mod serving;
mod shop;
mod status;
mod stores;
mod swap;
mod systems;
mod terminal;
mod tour;
