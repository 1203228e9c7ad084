//! A body that is sent bit by bit, for as long as its reader stays.

use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// What is still to come of a body.
#[derive(Debug)]
pub struct Feed(Receiver<Bytes>);

/// Gives a [`Feed`] its next piece. The body ends when it is dropped.
#[derive(Debug)]
pub struct Feeder(Sender<Bytes>);

/// The two ends of a body; so many pieces (at least one) wait for a slow reader before the feeder must.
pub fn feed(room: usize) -> (Feeder, Feed) {
    let (sender, receiver) = mpsc::channel(room.max(1));
    (Feeder(sender), Feed(receiver))
}

impl Feeder {
    /// Sends a piece, once there is room; `false`: the reader has gone.
    pub async fn send(&self, piece: Bytes) -> bool {
        self.0.send(piece).await.is_ok()
    }

    /// Waits until the reader has gone.
    pub async fn gone(&self) {
        self.0.closed().await;
    }
}

impl Feed {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.0.recv().await
    }

    /// The next piece, if it is there already.
    pub fn ready(&mut self) -> Option<Bytes> {
        self.0.try_recv().ok()
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_recv(cx)
    }
}
