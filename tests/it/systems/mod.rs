//! Systems as they really behave: an ERP on a socket, limits on a virtual clock, stubs.

mod erp;
mod forgery;
mod limits;
mod rotation;
mod secrecy;
mod stubs;
pub mod support;
mod tokens;
