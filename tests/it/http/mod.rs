//! The listener and the client, over real sockets.

mod body;
mod client;
mod drain;
mod head;
mod secure;
mod support;
