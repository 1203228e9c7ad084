//! Where a chunked body ends (RFC 9112 §7.1): walked over, not read.

/// A walk over one chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In a size, of which there are digits or none yet.
    Size(u64, bool),
    Extension(u64),
    /// Before the line feed of a size.
    SizeEnd(u64),
    Data(u64),
    DataReturn,
    DataEnd,
    /// Before a line of the trailer, or the end.
    Line,
    Trailer,
    TrailerEnd,
    Last,
}

/// How far a walk came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// All bytes belong to the body.
    On,
    /// So many belong to it, and it is whole.
    End(usize),
    /// These are no chunks from so many bytes on.
    Broken(usize),
}

impl Chunks {
    /// Before the first chunk.
    pub fn first() -> Chunks {
        Chunks::Size(0, false)
    }

    /// Walks over the next bytes.
    pub fn walk(&mut self, bytes: &[u8]) -> Walk {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let Chunks::Data(left) = self {
                let step = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                *left -= step as u64;
                at += step;
                if *left == 0 {
                    *self = Chunks::DataReturn;
                }
                continue;
            }
            at += 1;
            if (*self, *byte) == (Chunks::Last, b'\n') {
                return Walk::End(at);
            }
            match self.after(*byte) {
                Some(next) => *self = next,
                None => return Walk::Broken(at),
            }
        }
        Walk::On
    }

    /// Where the walk is after one byte of framing; `None` where it cannot stand.
    fn after(self, byte: u8) -> Option<Chunks> {
        Some(match (self, byte) {
            (Chunks::Size(size, _), digit) if digit.is_ascii_hexdigit() => {
                Chunks::Size(more(size, digit)?, true)
            }
            (Chunks::Size(size, true) | Chunks::Extension(size), b'\r') => Chunks::SizeEnd(size),
            (Chunks::Size(size, true), b';' | b' ' | b'\t') => Chunks::Extension(size),
            (Chunks::Extension(size), byte) if byte != b'\n' => Chunks::Extension(size),
            (Chunks::SizeEnd(0), b'\n') | (Chunks::TrailerEnd, b'\n') => Chunks::Line,
            (Chunks::SizeEnd(size), b'\n') => Chunks::Data(size),
            (Chunks::DataReturn, b'\r') => Chunks::DataEnd,
            (Chunks::DataEnd, b'\n') => Chunks::first(),
            (Chunks::Line, b'\r') => Chunks::Last,
            (Chunks::Trailer, b'\r') => Chunks::TrailerEnd,
            (Chunks::Line | Chunks::Trailer, byte) if byte != b'\n' => Chunks::Trailer,
            _ => return None,
        })
    }
}

/// The size with one more digit, unless no number holds it.
fn more(size: u64, digit: u8) -> Option<u64> {
    let digit = char::from(digit).to_digit(16)?;
    size.checked_mul(16)?.checked_add(u64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_in_any_pieces() {
        for body in [
            "0\r\n\r\n",
            "3\r\nabc\r\n0\r\n\r\n",
            "1a;x=\"y\"\r\nabcdefghijklmnopqrstuvwxyz\r\n00\r\nx: y\r\nz: 0\r\n\r\n",
        ] {
            let whole = format!("{body}GET / HTTP/1.1\r\n\r\n");
            assert_eq!(Chunks::first().walk(whole.as_bytes()), Walk::End(body.len()), "{body:?}");
            let mut walk = Chunks::first();
            let walked: Vec<Walk> = body.as_bytes().chunks(1).map(|byte| walk.walk(byte)).collect();
            let (last, before) = walked.split_last().unwrap();
            assert!(before.iter().all(|step| *step == Walk::On), "{body:?}: {walked:?}");
            assert_eq!(*last, Walk::End(1), "{body:?}");
        }
    }

    #[test]
    fn what_are_no_chunks() {
        for body in [
            "\r\n",
            ";a\r\n",
            "-1\r\n",
            "0x3\r\n",
            "3\nabc",
            "3;a\nabc",
            "3\r\nabcX",
            "3\r\nabc\n",
            "0\r\n\n",
            "0\r\nx: y\n",
            "3\rabc",
            "fffffffffffffffff\r\n",
            "g\r\n",
        ] {
            assert!(matches!(Chunks::first().walk(body.as_bytes()), Walk::Broken(_)), "{body:?}");
        }
    }
}
