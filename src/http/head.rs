//! A request's head as it comes, looked at before hyper reads it.
//!
//! Two readers of one connection that do not agree where a request ends are how requests are smuggled past
//! the one in front. hyper takes a bare line feed for a line break, and drops one of two lengths before
//! anybody sees it. Here everything is refused that another reader may read in another way; whether the
//! rest is a good head is left to hyper.

/// What follows the head of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes; none where nothing is said.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// A coding that is refused later: nobody reads on from here.
    Other,
}

/// What the bytes so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The beginning of a head.
    Half,
    /// A head of so many bytes.
    Whole(usize, Framing),
    /// No head, or one that can be read in two ways (RFC 9112 §2.2, §5, §6.3).
    Bad,
}

/// One head, looked at line by line as its bytes come.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Where the line begins that is not whole yet.
    line: usize,
    /// Bytes that hold no further end of a line.
    seen: usize,
    /// Whether the line with the target was there.
    begun: bool,
    length: Option<u64>,
    coding: Option<Framing>,
}

impl Head {
    /// Looks at all bytes since the head's first, which are those of the last look and perhaps more.
    pub fn look(&mut self, bytes: &[u8]) -> Look {
        while let Some(at) =
            bytes.get(self.seen..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        {
            let end = self.seen + at;
            let line = bytes.get(self.line..end).unwrap_or_default();
            (self.line, self.seen) = (end + 1, end + 1);
            // A line feed alone ends no line, nor does a carriage return inside one.
            let Some((b'\r', line)) = line.split_last() else { return Look::Bad };
            if line.contains(&b'\r') {
                return Look::Bad;
            }
            match (line.is_empty(), self.begun) {
                (true, true) => return Look::Whole(end + 1, self.framing()),
                // Empty lines before a request are let go (RFC 9112 §2.2).
                (true, false) => {}
                (false, false) => self.begun = true,
                (false, true) if self.field(line).is_none() => return Look::Bad,
                (false, true) => {}
            }
        }
        self.seen = bytes.len();
        Look::Half
    }

    fn framing(&self) -> Framing {
        self.coding.unwrap_or(Framing::Length(self.length.unwrap_or(0)))
    }

    /// `None` for a line that is no field, or says for the second time where the body ends.
    fn field(&mut self, line: &[u8]) -> Option<()> {
        // A folded line (RFC 9112 §5.2) begins with white space.
        let colon = line.iter().position(|byte| *byte == b':').filter(|_| !is_space(line.first()))?;
        let (name, value) = line.split_at(colon);
        if name.is_empty() || is_space(name.last()) {
            return None;
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let free = self.length.is_none() && self.coding.is_none();
            self.length = Some(length(value).filter(|_| free)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.length.is_some() || self.coding.is_some() {
                return None;
            }
            let chunked = value.eq_ignore_ascii_case(b"chunked");
            self.coding = Some(if chunked { Framing::Chunked } else { Framing::Other });
        }
        Some(())
    }
}

fn is_space(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b' ' | b'\t'))
}

/// Digits only, and not more than any body has.
fn length(value: &[u8]) -> Option<u64> {
    let good = (1..=18).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    good.then(|| value.iter().fold(0, |length, digit| length * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Look {
        Head::default().look(text.as_bytes())
    }

    #[test]
    fn where_a_body_ends() {
        let whole =
            |text: &str, framing| assert_eq!(look(text), Look::Whole(text.len(), framing), "{text:?}");
        whole("GET / HTTP/1.1\r\nhost: a\r\n\r\n", Framing::Length(0));
        whole("\r\nPOST / HTTP/1.1\r\nContent-LENGTH:\t12 \r\n\r\n", Framing::Length(12));
        whole("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", Framing::Chunked);
        whole("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Framing::Other);
        assert_eq!(look("GET / HTTP/1.1\r\nhost: a\r\n"), Look::Half);
    }

    #[test]
    fn what_can_be_read_in_two_ways() {
        for field in [
            "content-length: 3\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 3",
            "content-length: 3\r\ncontent-length: 3",
            "transfer-encoding: chunked\r\nTransfer-Encoding: chunked",
            "content-length: +3",
            "content-length:",
            "content-length: 9999999999999999999",
            "x: a\n",
            "x: a\rb",
            " x: a",
            "x : a",
            "x",
            ": a",
        ] {
            assert_eq!(look(&format!("POST / HTTP/1.1\r\n{field}\r\n\r\n")), Look::Bad, "{field:?}");
        }
        assert_eq!(look("POST / HTTP/1.1\n"), Look::Bad, "at once, not only when the head is whole");
    }

    #[test]
    fn a_head_in_pieces_is_a_head() {
        let text = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 7\r\n\r\n";
        let mut head = Head::default();
        for end in 0..text.len() {
            assert_eq!(head.look(&text.as_bytes()[..end]), Look::Half, "{end}");
        }
        assert_eq!(head.look(text.as_bytes()), Look::Whole(text.len(), Framing::Length(7)));
    }
}
