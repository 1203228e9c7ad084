//! Listener, client pool, TLS, bodies: the only room that imports hyper.
//!
//! In: [`listen`] gives every request to a [`Service`], its body unread. Out: a [`Client`] per
//! origin sends one [`Call`] and waits for the whole [`Answer`]. Nothing here follows redirects,
//! retries what may have been done, or reads more than it was told to.

mod body;
mod certificate;
mod chunks;
mod client;
mod client_tls;
mod collect;
mod connect;
mod connection;
mod egress;
mod encoding;
mod error;
mod exchange;
mod feed;
mod gate;
mod head;
mod io;
mod listener;
mod message;
mod network;
mod pacemaker;
mod peers;
mod pool;
mod service;
mod target;
mod tls;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
pub use body::{Body, BodyError, BodyLimits};
pub use bytes::Bytes;
pub use certificate::{PeerCertificate, attributes};
pub use client::{Answer, Call, Client, ClientOptions};
pub use client_tls::{ClientIdentity, Pem};
pub use egress::{BadRule, Class, Denied, EgressGuard, EgressRule, Reach, Resolve, SystemResolver, class};
pub use encoding::RATIO;
pub use error::{SendError, SendErrorKind};
pub use feed::{Feed, Feeder, feed};
pub use listener::{Drained, Handle, ListenOptions, Workers, listen};
pub use message::{Request, Response};
pub use network::{Network, household};
pub use service::{Fault, Service};
pub use target::{Target, TargetError};
pub use tls::{ServerTls, TlsError};
