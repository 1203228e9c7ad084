//! Patterns as tables: what most of them are made of, for texts of printable ASCII.
//!
//! Those texts are where every reading of a pattern agrees: no line ends, no white space but the space,
//! no letters beyond `Z`. Any other text, and any other pattern, is for the validator.

use std::collections::{BTreeSet, HashMap};

/// Positions of a pattern that may be tried next; the last one means that the text may end.
type Places = BTreeSet<usize>;

const FIRST: u8 = b' ';
const LAST: u8 = b'~';
const WIDTH: usize = 95;
/// Positions of a pattern with its repetitions written out, and states of a table, at most.
const POSITIONS: usize = 400;
const STATES: usize = 200;

/// A pattern's states, a row for each: where a byte leads.
pub(super) struct Table {
    rows: Vec<[u8; WIDTH]>,
    ends: Vec<bool>,
}

/// The state that nothing leads out of.
const DEAD: u8 = 0;

impl Table {
    /// The table of `^…$`; `None` for a pattern with anything that is not plain.
    pub(super) fn compile(pattern: &str) -> Option<Table> {
        let inner = pattern.strip_prefix('^')?.strip_suffix('$')?;
        let mut reader =
            Reader { rest: inner.as_bytes(), left: 4 * POSITIONS, sets: Vec::new(), follows: Vec::new() };
        // `^a|b$` is `(^a)|(b$)`.
        let part = reader.sequence(0)?;
        if !reader.rest.is_empty() {
            return None;
        }
        let end = reader.sets.len();
        reader.link(&part.last, &Places::from([end]));
        let mut first = part.first;
        if part.empty {
            first.insert(end);
        }
        determined(&reader, first, end)
    }

    /// Whether the text matches; `None` when that is for the validator to say.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let mut state = 1;
        for byte in text.bytes() {
            let column = usize::from(byte.wrapping_sub(FIRST));
            state = *self.rows.get(usize::from(state))?.get(column)?;
        }
        self.ends.get(usize::from(state)).copied()
    }
}

/// States as sets of positions.
fn determined(reader: &Reader, first: Places, end: usize) -> Option<Table> {
    let mut known = HashMap::from([(Places::new(), DEAD), (first.clone(), 1)]);
    let mut table = Table { rows: vec![[DEAD; WIDTH]; 2], ends: vec![false, first.contains(&end)] };
    let mut todo = vec![(1, first)];
    while let Some((state, places)) = todo.pop() {
        for column in 0..WIDTH {
            let mut next = Places::new();
            for at in
                places.iter().filter(|at| reader.sets.get(**at).is_some_and(|set| set >> column & 1 == 1))
            {
                next.extend(&reader.follows[*at]);
            }
            let to = match known.get(&next) {
                Some(to) => *to,
                None => {
                    let to = u8::try_from(table.rows.len()).ok().filter(|to| usize::from(*to) < STATES)?;
                    table.rows.push([DEAD; WIDTH]);
                    table.ends.push(next.contains(&end));
                    known.insert(next.clone(), to);
                    todo.push((to, next));
                    to
                }
            };
            table.rows[usize::from(state)][column] = to;
        }
    }
    Some(table)
}

/// A part of a pattern: the positions it may begin and end with, and whether it may be empty.
#[derive(Clone)]
struct Part {
    first: Places,
    last: Places,
    empty: bool,
}

/// Reads a pattern into positions, each with the bytes it takes and the positions that may follow.
struct Reader<'p> {
    rest: &'p [u8],
    /// Atoms that may still be read: repetitions of nothing take no position.
    left: usize,
    sets: Vec<u128>,
    follows: Vec<Places>,
}

impl Reader<'_> {
    fn take(&mut self, byte: u8) -> bool {
        match self.rest.strip_prefix(&[byte]) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn group(&mut self, depth: usize) -> Option<Part> {
        let mut all = self.sequence(depth)?;
        while self.take(b'|') {
            let other = self.sequence(depth)?;
            all.first.extend(other.first);
            all.last.extend(other.last);
            all.empty |= other.empty;
        }
        self.take(b')').then_some(all)
    }

    fn sequence(&mut self, depth: usize) -> Option<Part> {
        let mut all = Part { first: Places::new(), last: Places::new(), empty: true };
        while !matches!(self.rest.first(), None | Some(b'|' | b')')) {
            let next = self.repeated(depth)?;
            all = self.joined(all, next);
        }
        Some(all)
    }

    fn joined(&mut self, left: Part, right: Part) -> Part {
        self.link(&left.last, &right.first);
        let mut joined = Part { first: left.first, last: right.last, empty: left.empty && right.empty };
        if left.empty {
            joined.first.extend(right.first);
        }
        if right.empty {
            joined.last.extend(left.last);
        }
        joined
    }

    fn link(&mut self, from: &Places, to: &Places) {
        from.iter().for_each(|at| self.follows[*at].extend(to));
    }

    /// An atom with what stands behind it: the atom is read again for each time it may stand there.
    fn repeated(&mut self, depth: usize) -> Option<Part> {
        let start = self.rest;
        let once = self.atom(depth)?;
        let (min, max) = self.times()?;
        let behind = self.rest;
        let mut all = Part { first: Places::new(), last: Places::new(), empty: true };
        let mut spare = Some(once);
        for at in 0..max.unwrap_or(min.max(1)) {
            let mut next = match spare.take() {
                Some(once) => once,
                None => {
                    self.rest = start;
                    self.atom(depth)?
                }
            };
            if max.is_none() && at + 1 >= min {
                self.link(&next.last.clone(), &next.first);
            }
            next.empty |= at >= min;
            all = self.joined(all, next);
        }
        self.rest = behind;
        Some(all)
    }

    fn times(&mut self) -> Option<(usize, Option<usize>)> {
        let times = match self.rest.first() {
            Some(b'?') => (0, Some(1)),
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'{') => return self.counted(),
            _ => return Some((1, Some(1))),
        };
        self.next();
        self.is_single().then_some(times)
    }

    /// Lazy, possessive and doubled repetitions are not plain.
    fn is_single(&self) -> bool {
        !matches!(self.rest.first(), Some(b'?' | b'*' | b'+' | b'{'))
    }

    fn counted(&mut self) -> Option<(usize, Option<usize>)> {
        let close = self.rest.iter().position(|byte| *byte == b'}')?;
        let text = std::str::from_utf8(self.rest.get(1..close)?).ok()?;
        self.rest = self.rest.get(close + 1..)?;
        let (min, max) = text.split_once(',').unwrap_or((text, text));
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<usize>().ok()).flatten().filter(|number| *number <= POSITIONS)
        };
        let (min, max) = (number(min)?, number(max)?);
        (self.is_single() && max >= 1 && min <= max).then_some((min, Some(max)))
    }

    fn atom(&mut self, depth: usize) -> Option<Part> {
        self.left = self.left.checked_sub(1)?;
        let set = match self.next()? {
            b'(' if depth < 8 && self.rest.first() != Some(&b'?') => return self.group(depth + 1),
            b'[' => self.class()?,
            b'.' => range(FIRST, LAST),
            b'\\' => self.escaped()?,
            byte if byte.is_ascii_alphanumeric() || b" _-/:@,".contains(&byte) => range(byte, byte),
            _ => return None,
        };
        if self.sets.len() >= POSITIONS {
            return None;
        }
        let at = Places::from([self.sets.len()]);
        self.sets.push(set);
        self.follows.push(Places::new());
        Some(Part { first: at.clone(), last: at, empty: false })
    }

    fn escaped(&mut self) -> Option<u128> {
        match self.next()? {
            b'S' => Some(range(FIRST + 1, LAST)),
            b'd' => Some(range(b'0', b'9')),
            byte if b".+*?()[]{}|/\\^$".contains(&byte) => Some(range(byte, byte)),
            _ => None,
        }
    }

    /// `[…]` of letters, digits and a few signs, and ranges of letters or of digits.
    fn class(&mut self) -> Option<u128> {
        let close = self.rest.iter().position(|byte| *byte == b']').filter(|close| *close > 0)?;
        let (inside, rest) = self.rest.split_at(close);
        self.rest = rest.get(1..)?;
        let (mut set, mut at) = (0, 0);
        while let Some(from) = inside.get(at) {
            let to = match inside.get(at + 1..at + 3) {
                Some([b'-', to]) => to,
                _ => from,
            };
            at += if from == to { 1 } else { 3 };
            set |= member(*from, *to, at == inside.len())?;
        }
        Some(set)
    }
}

fn member(from: u8, to: u8, last: bool) -> Option<u128> {
    let alike = [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit]
        .iter()
        .any(|is| is(&from) && is(&to));
    let sign = from == to && (b" _.:+/@".contains(&from) || (from == b'-' && last));
    ((alike && from <= to) || sign).then(|| range(from, to))
}

/// A bit for each byte, from the first printable one.
fn range(from: u8, to: u8) -> u128 {
    (from..=to).fold(0, |set, byte| set | 1 << (byte - FIRST))
}

#[cfg(test)]
mod tests;
