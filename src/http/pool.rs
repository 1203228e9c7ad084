//! Connections to one origin, kept for reuse, apart for every runtime.
//!
//! A connection is driven by the call that uses it, in the same task: no second task has to be woken, and
//! dropping the call closes the connection. An idle connection is driven by nobody; it is looked at
//! once more before it is used again.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use super::connect::Outgoing;
use super::io::Stream;

/// One connection. Its socket belongs to the runtime on which it was opened.
pub(super) struct Conn {
    pub sender: SendRequest<Outgoing>,
    /// Of the certificates with which it was opened.
    pub generation: u64,
    /// `None` once it is over.
    connection: Option<Connection<TokioIo<Stream>, Outgoing>>,
}

impl Conn {
    pub fn new(sender: SendRequest<Outgoing>, connection: Connection<TokioIo<Stream>, Outgoing>) -> Conn {
        Conn { sender, generation: 0, connection: Some(connection) }
    }

    /// Moves bytes in and out as far as that goes without waiting.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(cx).is_ready()
        {
            self.connection = None;
        }
    }

    /// Waits for something that comes over this connection.
    pub async fn until<F: Future>(&mut self, what: F) -> F::Output {
        let mut what = std::pin::pin!(what);
        poll_fn(|cx| {
            self.drive(cx);
            what.as_mut().poll(cx)
        })
        .await
    }

    /// Whether the next request can go out.
    async fn is_usable(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(self.connection.is_some() && self.sender.is_ready())
        })
        .await
    }
}

struct Idle {
    conn: Box<Conn>,
    runtime: Id,
    since: Instant,
}

#[derive(Default)]
struct Shard {
    /// Oldest first.
    idle: Vec<Idle>,
    /// The runtime on which old connections are swept out, if any.
    swept_on: Option<Id>,
}

/// Threads beyond this share a shard, which costs them time and nothing else.
const SHARDS: usize = 16;

/// Idle connections to one origin.
pub(super) struct Pool {
    shards: [Mutex<Shard>; SHARDS],
    keep: usize,
    age: Duration,
}

impl Pool {
    pub fn new(keep: usize, age: Duration) -> Arc<Pool> {
        Arc::new(Pool { shards: Default::default(), keep, age })
    }

    /// The connection used last on this thread's runtime, if it is still good and of this generation.
    pub async fn take(&self, generation: u64) -> Option<Box<Conn>> {
        loop {
            let mut conn = self.pop()?;
            if conn.generation == generation && conn.is_usable().await {
                return Some(conn);
            }
        }
    }

    fn pop(&self) -> Option<Box<Conn>> {
        let mut shard = self.shard();
        let idle = shard.idle.pop()?;
        let good = idle.runtime == Handle::current().id() && idle.since.elapsed() < self.age;
        if good {
            return Some(idle.conn);
        }
        // Those below are older, or belong to a runtime that is gone from this thread.
        shard.idle.clear();
        None
    }

    /// Keeps a connection whose answer was read to its end.
    pub async fn put(self: &Arc<Self>, mut conn: Box<Conn>) {
        if self.keep == 0 || !conn.is_usable().await {
            return;
        }
        let runtime = Handle::current().id();
        let mut shard = self.shard();
        if shard.idle.len() >= self.keep {
            shard.idle.remove(0);
        }
        shard.idle.push(Idle { conn, runtime, since: Instant::now() });
        if shard.swept_on != Some(runtime) {
            shard.swept_on = Some(runtime);
            tokio::spawn(sweep(Arc::downgrade(self), shard_index(), self.age));
        }
    }

    fn shard(&self) -> std::sync::MutexGuard<'_, Shard> {
        let shard = &self.shards[shard_index() % SHARDS];
        shard.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Closes connections that were idle for long, until none is left.
async fn sweep(pool: Weak<Pool>, index: usize, age: Duration) {
    loop {
        tokio::time::sleep(age / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut shard = pool.shards[index % SHARDS].lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        shard.idle.retain(|idle| idle.since.elapsed() < age);
        if shard.idle.is_empty() {
            shard.swept_on = None;
            return;
        }
    }
}

fn shard_index() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    MINE.with(|mine| *mine)
}
