//! Behaviour as folders on disk: every folder under `tests/cases/` is one test, named by its path.
//!
//! `cargo test --test cases check/unknown-flow` runs a part; `BLESS=1` writes what came out as what
//! is expected, for you to read in `git diff`. See `tests/README.md`.

mod harness;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let suites: [fn() -> Vec<Trial>; 4] =
        [harness::check::trials, harness::cli::trials, harness::examples::trials, harness::fmt::trials];
    let trials = suites.iter().flat_map(|suite| suite()).collect();
    libtest_mimic::run(&arguments, trials).exit();
}
