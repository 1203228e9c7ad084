//! Crossdock: a folder of YAML routes, systems and flows, a mapping language and JSON Schemas
//! becomes the live bridge between customer portals, ERP and dispatch systems.
//!
//! Rooms in reading order; `tests/tidy.rs` keeps their imports to the table in `ARCHITECTURE.md`.
#![forbid(unsafe_code)]

pub mod clock;
pub mod failpoint;
pub mod telemetry;

pub mod diagnostic;
pub mod value;

pub mod config;
pub mod http;
pub mod schema;

pub mod codec;
pub mod mapping;
pub mod store;

pub mod auth;
pub mod system;

pub mod event;
pub mod flow;

pub mod plan;

pub mod gateway;
pub mod simulator;

pub mod testing;

pub mod cli;
