//! `scheme: session`: log in once, then show the session until the system refuses it.
//!
//! One login serves all who wait for it. A session is kept until an answer says that it is over; then
//! exactly that one is forgotten. After a refused login nobody logs in again for a while: real systems
//! answer wrong passwords ever more slowly and lock the user out after a few.

pub(super) mod answer;
mod declared;
mod login;

use super::Scheme;

pub(super) static SCHEME: Scheme = Scheme {
    name: "session",
    about: "logs in once: `login`, and the `header` that carries the session, `Authorization` unless said",
    needs: &["login"],
    takes: &["header", "expired"],
    compile: declared::compile,
};

#[cfg(test)]
mod tests;
