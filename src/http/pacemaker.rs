//! A tick while there is traffic, so that setting a timer costs no system call.
//!
//! tokio wakes its own thread through the kernel, by a write to an eventfd and a turn of epoll, whenever a
//! timer is set that is due before the one it sleeps for. Requests set timers of seconds and give them up
//! within milliseconds: with a tick that is always due sooner, none of them is ever the next one. A thread
//! without traffic does not tick.

use std::cell::Cell;
use std::time::Duration;

/// How far apart ticks are: a few a request would cost more than they save.
const TICK: Duration = Duration::from_millis(10);

thread_local! {
    static BEATING: Cell<bool> = const { Cell::new(false) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Notes a request on this thread, whose runtime must be its own: ticks go on until one passes without.
pub(super) fn beat() {
    BUSY.set(true);
    if !BEATING.replace(true) {
        tokio::spawn(tick(Stopped));
    }
}

async fn tick(_stopped: Stopped) {
    while BUSY.replace(false) {
        tokio::time::sleep(TICK).await;
    }
}

/// Notes that the ticks are over, also when their runtime ends before the first.
struct Stopped;

impl Drop for Stopped {
    fn drop(&mut self) {
        BEATING.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_end_with_the_traffic() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            beat();
            beat();
            while BEATING.get() {
                tokio::time::sleep(TICK).await;
            }
            beat();
            assert!(BEATING.get(), "it begins again with the next request");
        });
        drop(runtime);
        assert!(!BEATING.get(), "and is over with its runtime");
    }
}
