//! The listener and the client, over real sockets.

mod body;
mod cases;
mod client;
mod drain;
mod egress;
mod flood;
mod frames;
mod head;
mod mutual;
mod peers;
mod refused;
mod secure;
mod smuggling;
mod support;
mod times;
