//! Which indent a line gets: two for each mapping or list that it stands in.

/// What opened an indent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Mapping,
    List,
}

/// A mapping or list around the line that is looked at.
#[derive(Debug, Clone, Copy)]
struct Level {
    holder: Holder,
    /// Where the author put it.
    old: usize,
    /// Where it goes.
    new: usize,
}

/// The mappings and lists that are open.
#[derive(Debug, Clone)]
pub(super) struct Indents {
    levels: Vec<Level>,
    normalise: bool,
}

/// A line with its new indent.
pub(super) struct Placed {
    pub line: String,
    pub indent: usize,
    /// How far what stands on it moved: behind `- `, when it begins with that.
    pub shift: isize,
}

impl Indents {
    pub fn new(normalise: bool) -> Indents {
        Indents { levels: Vec::new(), normalise }
    }

    /// Places a line that begins with a key, with `- `, or with a value of its own.
    pub fn place(&mut self, line: &str) -> Placed {
        let mut words = line.trim_start_matches(' ');
        let mut old = line.len() - words.len();
        if !self.normalise || words.starts_with("---") || words.starts_with("? ") {
            return Placed { line: line.to_owned(), indent: old, shift: 0 };
        }
        let mut written = String::new();
        let (mut indent, mut shift) = (None, 0);
        while words == "-" || words.starts_with("- ") {
            let new = self.level(Holder::List, old);
            indent.get_or_insert(new);
            let rest = words[1..].trim_start_matches(' ');
            written.push_str(if rest.is_empty() { "-" } else { "- " });
            shift = new as isize - old as isize;
            if rest.starts_with('#') {
                // A comment behind the dash: the item begins on the next line.
                written.push_str(rest);
                return self.placed(written, indent.unwrap_or(new), shift);
            }
            old += words.len() - rest.len();
            words = rest;
        }
        // A block text that is an item has no level of its own.
        let block = indent.is_some() && words.starts_with(['|', '>']);
        if !words.is_empty() && !block {
            let new = self.level(Holder::Mapping, old);
            indent.get_or_insert(new);
            shift = new as isize - old as isize;
        }
        written.push_str(words);
        self.placed(written, indent.unwrap_or(old), shift)
    }

    fn placed(&self, words: String, indent: usize, shift: isize) -> Placed {
        Placed { line: format!("{}{words}", " ".repeat(indent)), indent, shift }
    }

    /// The new indent of a mapping or list whose old one is `old`; what is deeper is closed.
    fn level(&mut self, holder: Holder, old: usize) -> usize {
        while self.levels.last().is_some_and(|level| {
            level.old > old || level.old == old && level.holder == Holder::List && holder == Holder::Mapping
        }) {
            self.levels.pop();
        }
        match self.levels.last() {
            // A list may stand below its key without an indent of its own.
            Some(level) if level.old == old && level.holder == holder => level.new,
            above => {
                let new = above.map_or(0, |above| above.new + 2);
                self.levels.push(Level { holder, old, new });
                new
            }
        }
    }

    /// Where a comment goes that the author put at `old`, among what is open.
    pub fn known(&self, old: usize) -> Option<usize> {
        if !self.normalise {
            return Some(old);
        }
        let level = self.levels.iter().rev().find(|level| level.old <= old)?;
        Some(if level.old == old { level.new } else { level.new + 2 })
    }

    /// How far a block text moves whose first line stands at `old`: to two more than what holds it. One
    /// with a digit in its header is read by that digit, so that it moves with its holder.
    pub fn block_shift(&self, old: usize, header: &str) -> isize {
        let Some(level) = self.levels.last().filter(|_| self.normalise) else { return 0 };
        let indicator = header.split(" #").next().unwrap_or_default().trim_end();
        let digit = indicator
            .rsplit(['|', '>'])
            .next()
            .is_some_and(|rest| rest.contains(|c: char| c.is_ascii_digit()));
        match digit {
            true => level.new as isize - level.old as isize,
            false => (level.new + 2) as isize - old as isize,
        }
    }
}
