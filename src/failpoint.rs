//! Places where a test may end the process as a power cut would, or make the disk fail: the crash tests name
//! them in the environment. Builds without debug assertions have none of it.

/// Passes a place. With `CROSSDOCK_FAILPOINT=commit.after=7` the process ends when it comes to `commit.after` for
/// the seventh time: nothing is finished, nothing is said.
#[inline]
pub fn pass(place: &str) {
    #[cfg(debug_assertions)]
    armed::pass(place);
    #[cfg(not(debug_assertions))]
    let _ = place;
}

/// How the disk is to be, if a test says so: the words of the file that `CROSSDOCK_DISK` names.
#[inline]
pub fn disk() -> Option<String> {
    #[cfg(debug_assertions)]
    return armed::disk();
    #[cfg(not(debug_assertions))]
    None
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static PLACE: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    static DISK: OnceLock<Option<String>> = OnceLock::new();

    /// `place=number`.
    fn read() -> Option<(String, u64)> {
        let text = std::env::var("CROSSDOCK_FAILPOINT").ok()?;
        let (place, number) = text.split_once('=')?;
        Some((place.to_owned(), number.parse().ok()?))
    }

    pub fn pass(place: &str) {
        let Some((wanted, number)) = PLACE.get_or_init(read) else { return };
        if wanted == place && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *number {
            std::process::abort();
        }
    }

    pub fn disk() -> Option<String> {
        let file = DISK.get_or_init(|| std::env::var("CROSSDOCK_DISK").ok()).as_ref()?;
        std::fs::read_to_string(file).ok().map(|text| text.trim().to_owned())
    }
}
