//! Puts transitions in line before a store: whatever is ready goes in one commit.

mod group;
mod pending;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::mpsc::{self, Sender, error::TrySendError};

pub use self::pending::Pending;

use self::group::Waiting;
use super::{Committed, Store, StoreError, Transition};

/// The way to a store's commits. Cheap to clone.
///
/// With [`Writer::start`], one thread commits, in the order of the calls, and everything that is ready
/// shares one commit. A commit that fails, be it for the disk or for one transition that the store cannot
/// take, fails for all that share it: none of them is done, each caller gets the error, and may ask again
/// once it is dealt with. One exception: when only new work is refused for want of room
/// ([`StoreError::Full`]), the others of the group are committed without it.
///
/// When the last handle goes, what is in line is still committed and the store is let go.
#[derive(Debug, Clone)]
pub struct Writer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    line: Option<Line>,
}

/// The queue and the thread at its end.
#[derive(Debug)]
struct Line {
    /// `None` only while it is taken down.
    queue: Option<Sender<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It answers for its own panics; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// A thread of its own and a queue of `bound` transitions (at least one).
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(store: Arc<dyn Store>, bound: usize) -> std::io::Result<Writer> {
        let (queue, line) = mpsc::channel(bound.max(1));
        let own = store.clone();
        let thread =
            std::thread::Builder::new().name("store".to_owned()).spawn(move || group::serve(&*own, line))?;
        let line = Line { queue: Some(queue), thread: Some(thread) };
        Ok(Writer { inner: Arc::new(Inner { store, line: Some(line) }) })
    }

    /// Commits at once, on the caller's thread, each transition by itself: for a store in memory under a
    /// virtual clock, where no other thread may be involved.
    pub fn inline(store: Arc<dyn Store>) -> Writer {
        Writer { inner: Arc::new(Inner { store, line: None }) }
    }

    /// Puts a transition in line now, in the order of the calls; the future says what became of it, and
    /// need not be awaited. Only when the queue is full, the future must wait for its place first.
    pub fn commit(
        &self,
        transition: Transition,
    ) -> impl Future<Output = Result<Committed, StoreError>> + Send + 'static {
        let placed = self.place(transition);
        async move {
            match placed {
                Placed::InLine(pending) => pending.await,
                Placed::Closed => Err(gone()),
                Placed::Full(waiting, pending, queue) => match queue.send(*waiting).await {
                    Ok(()) => pending.await,
                    Err(_) => Err(gone()),
                },
            }
        }
    }

    /// Puts a transition in line now, or refuses it at once: for new work, where the one who asks is told
    /// to come back.
    ///
    /// # Errors
    /// [`StoreError::Full`]: the queue is full. [`StoreError::Failed`]: the writer is gone.
    pub fn try_commit(&self, transition: Transition) -> Result<Pending, StoreError> {
        match self.place(transition) {
            Placed::InLine(pending) => Ok(pending),
            Placed::Closed => Err(gone()),
            Placed::Full(..) => Err(StoreError::Full("too much is waiting to be written".to_owned())),
        }
    }

    /// How many transitions are in line.
    pub fn depth(&self) -> usize {
        self.queue().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    /// The store, for reading on a thread that may block.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Reads off the serving threads; on the spot when inline.
    ///
    /// # Errors
    /// What the read says; [`StoreError::Failed`] when it panics or the program is ending.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.inner.store.clone();
        if self.inner.line.is_none() {
            return read(&*store);
        }
        let done = tokio::task::spawn_blocking(move || read(&*store)).await;
        done.unwrap_or_else(|_| Err(StoreError::Failed("a read broke off".to_owned())))
    }

    fn queue(&self) -> Option<&Sender<Waiting>> {
        self.inner.line.as_ref()?.queue.as_ref()
    }

    fn place(&self, transition: Transition) -> Placed {
        let Some(queue) = self.queue() else {
            return Placed::InLine(Pending::ready(group::commit_one(&*self.inner.store, transition)));
        };
        let (answer, pending) = Pending::waiting();
        match queue.try_send(Waiting { transition, answer }) {
            Ok(()) => Placed::InLine(pending),
            Err(TrySendError::Full(waiting)) => Placed::Full(Box::new(waiting), pending, queue.clone()),
            Err(TrySendError::Closed(_)) => Placed::Closed,
        }
    }
}

/// Where a transition came.
enum Placed {
    InLine(Pending),
    Full(Box<Waiting>, Pending, Sender<Waiting>),
    Closed,
}

/// What is said when nobody commits any more.
fn gone() -> StoreError {
    StoreError::Failed("it is not written to any more".to_owned())
}
