//! The body of a response on its way out: in one piece, or bit by bit.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

use super::bridge::Traffic;
use super::{Phase, Shared};
use crate::clock::BoxFuture;
use crate::http::Feed;

/// A body that goes out.
pub(super) enum Outgoing {
    Whole(Full<Bytes>),
    Fed(Box<Fed>),
}

/// A body that ends with its feed, or when the listener drains: its reader may come again elsewhere.
pub(super) struct Fed {
    feed: Feed,
    drains: BoxFuture<'static, ()>,
    /// The connection is not idle while it lasts.
    traffic: Arc<Traffic>,
}

impl Outgoing {
    pub fn whole(body: Bytes) -> Outgoing {
        Outgoing::Whole(Full::new(body))
    }

    pub fn fed(feed: Feed, shared: &Shared, traffic: &Arc<Traffic>) -> Outgoing {
        traffic.in_flight.fetch_add(1, Ordering::Relaxed);
        let drains = Box::pin(shared.reached(Phase::Draining));
        Outgoing::Fed(Box::new(Fed { feed, drains, traffic: Arc::clone(traffic) }))
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        self.traffic.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Outgoing::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Outgoing::Fed(fed) => match fed.drains.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => fed.feed.poll(cx).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes)))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Outgoing::Whole(whole) => whole.is_end_stream(),
            Outgoing::Fed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Whole(whole) => whole.size_hint(),
            Outgoing::Fed(_) => SizeHint::default(),
        }
    }
}
