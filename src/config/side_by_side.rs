//! Work on many files at once, results in the order of the files.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer files than this are not worth a thread.
const WORTH_IT: usize = 32;
/// Files that a thread takes at a time.
const AT_A_TIME: usize = 16;

/// What `work` makes of each item, on as many threads as the machine has cores.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if items.len() < WORTH_IT || threads == 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let start = next.fetch_add(AT_A_TIME, Ordering::Relaxed);
            if start >= items.len() {
                return done;
            }
            let part = &items[start..items.len().min(start + AT_A_TIME)];
            done.push((start, part.iter().map(&work).collect()));
        }
    };
    let mut done: Vec<(usize, Vec<R>)> = std::thread::scope(|scope| {
        let running: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for thread in running {
            // What a thread panicked with goes on as if there had been no thread.
            done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 31, 32, 33, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(side_by_side(&items, |item| item * 2), doubled);
        }
    }
}
