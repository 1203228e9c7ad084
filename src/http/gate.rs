//! What hyper gets to read of an HTTP/1 connection: one request at a time, its head only once it was looked at.
//!
//! The next head is held back until the answer before it is out. So a head that is refused loses no
//! answer, and its refusal is never mistaken for one; no head comes in the middle of a body, or unseen.
//! What hyper writes while a head is not whole, and no answer is on its way, is hyper's own refusal of the
//! head: it is kept back, so that the service can say it.

use std::task::{Context, Waker};

use tokio::time::Instant;

use super::chunks::{Chunks, Walk};
use super::head::{Framing, Head, Look};

/// The statuses of refusals, as hyper would say them.
const BAD: u16 = 400;
const LARGE: u16 = 431;

/// What may be done with bytes that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many go on to hyper.
    Pass(usize),
    /// A head is not whole yet.
    More,
    /// None goes on for now.
    Wait,
    /// None goes on: the body's chunks are none.
    Broken,
}

/// Where in a request the next byte is.
#[derive(Debug)]
enum Place {
    /// No matter: HTTP/2 has a framing of its own.
    Open,
    Head(Head),
    /// So many bytes before the end of the body.
    Length(u64),
    Chunks(Chunks),
    /// Behind chunks that are none.
    Lost,
    /// Behind a request.
    Over,
    /// Behind a head with an unknown coding: its refusal ends the connection.
    Unknown,
}

/// One connection's bytes, as far as they decide what happens to it.
#[derive(Debug)]
pub(super) struct Gate {
    place: Place,
    /// Longest head.
    longest: usize,
    /// Whether a head began and is no request yet.
    half: bool,
    /// Whether the request was answered.
    answered: bool,
    /// Whether an answer of the service is on its way out.
    owed: bool,
    /// The status of a head's refusal.
    refusal: Option<u16>,
    /// Whether the refusal is hyper's, and what it writes is kept back.
    kept: bool,
    /// Who reads on once the answer is out.
    reader: Option<Waker>,
    /// Since when something waits to be written and nothing is taken.
    stuck: Option<Instant>,
}

impl Gate {
    /// A gate before heads of at most so many bytes.
    pub fn new(longest: usize) -> Gate {
        Gate::at(Place::Head(Head::default()), longest)
    }

    /// A gate that lets everything through: HTTP/2.
    pub fn open() -> Gate {
        Gate::at(Place::Open, 0)
    }

    fn at(place: Place, longest: usize) -> Gate {
        let (half, answered, owed, kept) = (false, false, false, false);
        Gate { place, longest, half, answered, owed, kept, refusal: None, reader: None, stuck: None }
    }

    /// What may be done with the bytes that came and did not go on yet; there is at least one.
    pub fn step(&mut self, bytes: &[u8], cx: &Context<'_>) -> Step {
        if matches!(self.place, Place::Over) {
            if !self.answered || self.owed {
                self.reader = Some(cx.waker().clone());
                return Step::Wait;
            }
            self.place = Place::Head(Head::default());
            self.answered = false;
        }
        match &mut self.place {
            Place::Open | Place::Unknown => Step::Pass(bytes.len()),
            Place::Head(head) => {
                self.half = true;
                let look = head.look(bytes);
                self.looked(look, bytes)
            }
            Place::Length(_) | Place::Chunks(_) => Step::Pass(self.body(bytes)),
            Place::Lost => Step::Broken,
            Place::Over => Step::Wait,
        }
    }

    fn looked(&mut self, look: Look, bytes: &[u8]) -> Step {
        match look {
            _ if self.refusal.is_some() => Step::Wait,
            Look::Half if bytes.len() <= self.longest => Step::More,
            Look::Half => self.refuse(LARGE),
            Look::Bad => self.refuse(BAD),
            Look::Whole(length, framing) => {
                self.place = match framing {
                    Framing::Length(0) => Place::Over,
                    Framing::Length(length) => Place::Length(length),
                    Framing::Chunked => Place::Chunks(Chunks::first()),
                    Framing::Other => Place::Unknown,
                };
                Step::Pass(length + self.body(bytes.get(length..).unwrap_or_default()))
            }
        }
    }

    fn refuse(&mut self, status: u16) -> Step {
        self.refusal = Some(status);
        Step::Wait
    }

    /// How many of these bytes belong to the body.
    fn body(&mut self, bytes: &[u8]) -> usize {
        let (place, count) = match &mut self.place {
            Place::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                let left = *left - count as u64;
                (if left == 0 { Place::Over } else { Place::Length(left) }, count)
            }
            Place::Chunks(chunks) => match chunks.walk(bytes) {
                Walk::On => return bytes.len(),
                Walk::End(count) => (Place::Over, count),
                Walk::Broken(count) => (Place::Lost, count),
            },
            Place::Unknown => return bytes.len(),
            _ => return 0,
        };
        self.place = place;
        count
    }

    /// The head that began became a request.
    pub fn head_is_whole(&mut self) {
        self.half = false;
    }

    /// Whether a head began and is no request yet.
    pub fn is_half(&self) -> bool {
        self.half
    }

    /// A request was answered; the answer is on its way.
    pub fn answered(&mut self) {
        self.answered = true;
        self.half = false;
        self.owed = true;
    }

    /// All that was to be written is.
    pub fn flushed(&mut self) {
        self.owed = false;
        self.stuck = None;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Notes whether anything was taken of what was to be written.
    pub fn wrote(&mut self, taken: bool) {
        if taken {
            self.stuck = None;
        } else {
            self.stuck.get_or_insert_with(Instant::now);
        }
    }

    /// Since when something waits to be written and nothing is taken.
    pub fn stuck(&self) -> Option<Instant> {
        self.stuck
    }

    /// Whether bytes that hyper writes are its own refusal of a head: then they are kept back.
    pub fn keeps_back(&mut self, bytes: &[u8]) -> bool {
        if self.refusal.is_none() && self.half && !self.owed && bytes.starts_with(b"HTTP/1.") {
            let status = bytes.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
            self.refusal = status.and_then(|digits| digits.parse().ok());
            self.kept = self.refusal.is_some();
        }
        self.kept
    }

    /// Whether a head was refused, and all answers before it are out.
    pub fn is_refused(&self) -> bool {
        self.refusal.is_some() && !self.owed
    }

    /// Ends the gate with its connection: from now on everything is written, and everything is read, to be
    /// thrown away. The status of a head's refusal.
    pub fn take_refusal(&mut self) -> Option<u16> {
        self.place = Place::Open;
        self.owed = true;
        self.kept = false;
        self.refusal.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(gate: &mut Gate, bytes: &str) -> Step {
        gate.step(bytes.as_bytes(), &Context::from_waker(Waker::noop()))
    }

    const GET: &str = "GET / HTTP/1.1\r\n\r\n";

    #[test]
    fn the_next_head_waits_for_the_answer() {
        let mut gate = Gate::new(100);
        assert_eq!(step(&mut gate, &format!("{GET}{GET}")), Step::Pass(GET.len()));
        assert_eq!(step(&mut gate, GET), Step::Wait);
        gate.answered();
        assert_eq!(step(&mut gate, GET), Step::Wait, "it is not out yet");
        gate.flushed();
        assert_eq!(step(&mut gate, GET), Step::Pass(GET.len()));
    }

    #[test]
    fn a_body_goes_with_its_head_and_no_further() {
        for body in
            ["content-length: 3\r\n\r\nabc", "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
        {
            let one = format!("POST / HTTP/1.1\r\n{body}");
            assert_eq!(step(&mut Gate::new(100), &format!("{one}{GET}")), Step::Pass(one.len()));
            let mut gate = Gate::new(100);
            let (half, rest) = one.split_at(one.len() - 2);
            assert_eq!(step(&mut gate, half), Step::Pass(half.len()));
            assert_eq!(step(&mut gate, &format!("{rest}{GET}")), Step::Pass(rest.len()));
        }
    }

    #[test]
    fn nothing_follows_a_refusal_or_broken_chunks() {
        let mut gate = Gate::new(20);
        assert_eq!(step(&mut gate, "GET / HTTP/1.1\n"), Step::Wait);
        assert_eq!(step(&mut gate, GET), Step::Wait);
        assert_eq!((gate.is_refused(), gate.take_refusal()), (true, Some(400)));
        assert_eq!(step(&mut gate, GET), Step::Pass(GET.len()), "to be thrown away");
        let mut gate = Gate::new(20);
        assert_eq!(step(&mut gate, "GET /"), Step::More);
        assert_eq!(step(&mut gate, "GET /aaaaaaaaaaaaaaaaaaaaaaaa"), Step::Wait);
        assert_eq!(gate.take_refusal(), Some(431));
        let mut gate = Gate::new(100);
        let broken = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx";
        assert_eq!(step(&mut gate, &format!("{broken}{GET}")), Step::Pass(broken.len()));
        assert_eq!(step(&mut gate, GET), Step::Broken);
    }
}
