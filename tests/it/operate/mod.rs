//! What operators do, with the real program: a gateway that serves, an ERP that refuses and breaks, and the
//! command line.
#![cfg(unix)]

mod cases;
mod kept;
mod stage;
mod trails;
