//! Systems as they really behave: an ERP on a socket, limits on a virtual clock, stubs.

mod erp;
mod limits;
mod secrecy;
mod stubs;
pub mod support;
