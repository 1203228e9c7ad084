//! Heads that say twice where their body ends, and heads that are none.
//!
//! A request with both `Transfer-Encoding` and `Content-Length` is how requests are smuggled past a
//! proxy in front of us. hyper drops the second of the two before anybody sees it, so the bytes of a
//! head are kept until its request is looked at.
//!
//! hyper refuses a head that it cannot read by itself, with a status and nothing else. What it writes
//! while a head is not whole, and no answer of ours is on its way, is such a refusal: it is kept back, so
//! that the service can say it.

/// Longest head that is kept; a longer one counts as not seen.
const KEPT: usize = 4096;

/// The bytes that came since the last answer, up to a bound.
#[derive(Debug, Default)]
pub(super) struct Watch {
    bytes: Vec<u8>,
    /// Whether what comes now is no head: a body, or the rest of a head.
    asleep: bool,
    /// Whether a head began and is not yet whole.
    half: bool,
    /// Whether an answer of the service is on its way out.
    owed: bool,
    /// The status of the refusal that was kept back.
    refusal: Option<u16>,
}

/// What is known about a chunked request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Only `Transfer-Encoding` says where it ends.
    Single,
    /// `Content-Length` says something too, or `Transfer-Encoding` makes no sense: refuse it (RFC 9112 §6.3).
    Double,
    /// There is a coding besides `chunked`, which is not undone here.
    Unknown,
    /// Its head did not come in one piece, or came together with the request before: answer it and
    /// close the connection, which leaves nothing to smuggle (RFC 9112 §6.1).
    Unseen,
}

impl Watch {
    /// A watch that sees nothing: HTTP/2 has a framing of its own.
    pub fn blind() -> Watch {
        Watch { asleep: true, ..Watch::default() }
    }

    /// Bytes came in.
    pub fn saw(&mut self, bytes: &[u8]) {
        if !self.asleep && !bytes.is_empty() {
            self.bytes.extend_from_slice(bytes.get(..KEPT.min(bytes.len())).unwrap_or_default());
            // Hardly any head takes more than one read; one that does counts as not seen.
            self.asleep = true;
            self.half = true;
        }
    }

    /// The head that began became a request.
    pub fn head_is_whole(&mut self) {
        self.half = false;
    }

    /// Whether a head began and is not yet whole.
    pub fn is_half(&self) -> bool {
        self.half
    }

    /// A request was answered: the next bytes begin a head.
    pub fn wake(&mut self) {
        self.bytes.clear();
        self.asleep = false;
        self.half = false;
        self.owed = true;
    }

    /// All that was to be written is.
    pub fn flushed(&mut self) {
        self.owed = false;
    }

    /// Whether bytes that hyper writes are its own refusal of a head: then they are kept back.
    pub fn keeps_back(&mut self, bytes: &[u8]) -> bool {
        if self.refusal.is_none() && self.half && !self.owed && bytes.starts_with(b"HTTP/1.") {
            let status = bytes.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
            self.refusal = status.and_then(|digits| digits.parse().ok());
        }
        self.refusal.is_some()
    }

    /// Whether a refusal was kept back.
    pub fn has_refusal(&self) -> bool {
        self.refusal.is_some()
    }

    /// The status of a refusal that was kept back; from now on everything is written.
    pub fn take_refusal(&mut self) -> Option<u16> {
        self.owed = true;
        self.refusal.take()
    }

    /// How the chunked request with this start line says where it ends.
    pub fn framing(&self, method: &str, path: &str) -> Framing {
        let mut lines = self.bytes.split_inclusive(|byte| *byte == b'\n');
        let start = lines.next().unwrap_or_default();
        let mut words = start.split(|byte| *byte == b' ');
        let same = words.next() == Some(method.as_bytes()) && words.next() == Some(path.as_bytes());
        if !same {
            return Framing::Unseen;
        }
        for line in lines {
            if line == b"\r\n" {
                return Framing::Single;
            }
            // A line break that others may not take for one (RFC 9112 §2.2).
            if is_content_length(line) || !line.ends_with(b"\r\n") {
                return Framing::Double;
            }
        }
        Framing::Unseen
    }
}

fn is_content_length(line: &[u8]) -> bool {
    line.get(..15).is_some_and(|name| name.eq_ignore_ascii_case(b"content-length:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(reads: &[&str]) -> Framing {
        let mut watch = Watch::default();
        reads.iter().for_each(|read| watch.saw(read.as_bytes()));
        watch.framing("POST", "/a")
    }

    #[test]
    fn both_lengths_are_seen_in_either_order() {
        let start = "POST /a HTTP/1.1\r\nhost: a\r\n";
        let te = "transfer-encoding: chunked\r\n";
        let cl = "Content-Length: 3\r\n";
        assert_eq!(framing(&[&format!("{start}{te}{cl}\r\n")]), Framing::Double);
        assert_eq!(framing(&[&format!("{start}{cl}{te}\r\n")]), Framing::Double);
        assert_eq!(framing(&[&format!("{start}{te}\r\n3\r\nabc\r\n0\r\n\r\n")]), Framing::Single);
        assert_eq!(framing(&[&format!("{start}{te}\r\n20\r\na\r\nContent-Length: 3\r\n")]), Framing::Single);
    }

    #[test]
    fn what_came_in_pieces_is_unseen() {
        assert_eq!(framing(&["POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n", "\r\n"]), Framing::Unseen);
        assert_eq!(framing(&["GET /b HTTP/1.1\r\n\r\nPOST /a HTTP/1.1\r\n\r\n"]), Framing::Unseen);
        assert_eq!(framing(&[]), Framing::Unseen);
    }
}
