//! The listener and the client, over real sockets.

mod body;
mod client;
mod drain;
mod frames;
mod head;
mod peers;
mod refused;
mod secure;
mod smuggling;
mod support;
mod times;
