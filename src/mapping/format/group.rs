//! Tokens as statements and bracketed groups, with the comments where they belong.

use super::Header;
use super::tokens::{Kind, Token};

/// A part of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Word(String),
    /// A literal, a schema's name.
    Atom(String),
    Sign(String),
    Group(Group),
    Comment(Comment),
}

/// A comment, `#` included.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comment {
    pub text: String,
    /// Nothing stands before it on its line.
    pub alone: bool,
    /// A blank line stands before it.
    pub blank: bool,
}

/// What stands between brackets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub open: char,
    /// The author put its contents on lines of their own.
    pub expanded: bool,
    /// A comment behind the opening bracket.
    pub opening: Option<String>,
    pub items: Vec<Item>,
    /// Comments before the closing bracket.
    pub closing: Vec<Comment>,
}

impl Group {
    pub fn close(&self) -> char {
        match self.open {
            '(' => ')',
            '[' => ']',
            _ => '}',
        }
    }

    /// Whether comments stand at its brackets or around its items.
    pub fn has_comments(&self) -> bool {
        let around = |item: &Item| !item.leading.is_empty() || item.trailing.is_some();
        self.opening.is_some() || !self.closing.is_empty() || self.items.iter().any(around)
    }
}

/// A statement, an argument, an item of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Item {
    /// A clause of the header.
    pub header: bool,
    /// A blank line stands before its first piece.
    pub blank: bool,
    /// Comments on lines of their own before it.
    pub leading: Vec<Comment>,
    pub pieces: Vec<Piece>,
    /// The comment behind it on its last line.
    pub trailing: Option<String>,
}

impl Item {
    /// A clause of the header that ends with a comma so far: the next line belongs to it.
    fn goes_on(&self) -> bool {
        let last = self.pieces.iter().rev().find(|piece| !matches!(piece, Piece::Comment(_)));
        self.header && matches!(last, Some(Piece::Sign(sign)) if sign == ",")
    }
}

/// The statements of a file; comments behind the last make an item without pieces.
pub(super) fn items(text: &str, tokens: &[Token], header: &Header) -> Vec<Item> {
    let mut builder = Builder { text, tokens, at: 0, header };
    let mut found = builder.contents(true);
    if !found.closing.is_empty() {
        found.items.push(Item { leading: found.closing, ..Item::default() });
    }
    found.items
}

struct Builder<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    header: &'t Header,
}

/// The contents of a group while they are read.
#[derive(Default)]
struct Contents {
    opening: Option<String>,
    items: Vec<Item>,
    current: Item,
    closing: Vec<Comment>,
    /// A newline ended a statement in it.
    lines: bool,
}

impl Builder<'_> {
    /// Reads to the closing bracket, which is left, or to the end.
    fn contents(&mut self, top: bool) -> Contents {
        let (mut found, tokens) = (Contents::default(), self.tokens);
        while let Some(token) = tokens.get(self.at) {
            match &token.kind {
                Kind::Close => break,
                Kind::Comma if top && self.continues_header(&found.current) => {
                    found.current.pieces.push(Piece::Sign(",".to_owned()));
                }
                Kind::Newline if found.current.goes_on() => {}
                Kind::Comma => found.finish(),
                Kind::Newline => {
                    found.lines = true;
                    found.finish();
                }
                Kind::Comment => found.comment(self.comment(token)),
                _ => {
                    if top && self.begins_clause() {
                        found.finish();
                        found.current.header = true;
                    }
                    if found.current.pieces.is_empty() {
                        found.current.blank = self.blank_before(self.at);
                    }
                    let piece = self.piece();
                    found.current.pieces.push(piece);
                    continue;
                }
            }
            self.at += 1;
        }
        found.finish();
        found.closing = std::mem::take(&mut found.current.leading);
        found
    }

    fn word(&self, token: &Token) -> &str {
        &self.text[token.start..token.end]
    }

    fn piece(&mut self) -> Piece {
        let tokens = self.tokens;
        let token = &tokens[self.at];
        self.at += 1;
        match &token.kind {
            Kind::Open(open) => {
                let expanded = self.tokens.get(self.at).is_some_and(|next| {
                    next.kind != Kind::Comment && self.text[token.end..next.start].contains('\n')
                        || next.kind == Kind::Newline
                });
                let found = self.contents(false);
                self.at += 1;
                let expanded = (expanded || found.lines) && !found.items.is_empty();
                let Contents { opening, items, closing, .. } = found;
                Piece::Group(Group { open: *open, expanded, opening, items, closing })
            }
            Kind::Atom(written) => Piece::Atom(written.clone()),
            Kind::Word => Piece::Word(self.word(token).to_owned()),
            Kind::Sign | Kind::Close | Kind::Comma | Kind::Newline | Kind::Comment => {
                Piece::Sign(self.word(token).to_owned())
            }
        }
    }

    /// Whether the header's word before what a clause names stands here.
    fn begins_clause(&self) -> bool {
        let token = &self.tokens[self.at];
        let mut rest = self.tokens[self.at + 1..].iter().filter(|token| token.kind != Kind::Comment);
        let named = |token: Option<&Token>| token.is_some_and(|next| self.header.words.contains(&next.start));
        match (&token.kind, self.word(token)) {
            (Kind::Word, "map" | "shared" | "from" | "to" | "use") => named(rest.next()),
            (Kind::Word, "using") => named(rest.nth(1)),
            _ => false,
        }
    }

    /// Whether this comma stands between what one clause names.
    fn continues_header(&self, current: &Item) -> bool {
        let mut rest = self.tokens[self.at + 1..].iter();
        let next = rest.find(|token| !matches!(token.kind, Kind::Newline | Kind::Comment));
        current.header && next.is_some_and(|next| self.header.words.contains(&next.start))
    }

    fn comment(&self, token: &Token) -> Comment {
        let line = self.text[..token.start].rfind('\n').map_or(0, |newline| newline + 1);
        Comment {
            text: self.word(token).trim_end().to_owned(),
            alone: self.text[line..token.start].trim_start_matches('\u{feff}').trim().is_empty(),
            blank: self.blank_before(self.at),
        }
    }

    /// Whether a blank line stands between a token and what is before it.
    fn blank_before(&self, at: usize) -> bool {
        let before = self.tokens[..at].iter().rev().find(|token| token.kind != Kind::Newline);
        let start = before.map_or(0, |token| token.end);
        // A comment inside a text stands before the end of the text.
        let between = self.text.get(start..self.tokens[at].start).unwrap_or_default();
        between.matches('\n').count() > 1
    }
}

impl Contents {
    fn comment(&mut self, comment: Comment) {
        match self.items.last_mut() {
            _ if !self.current.pieces.is_empty() => self.current.pieces.push(Piece::Comment(comment)),
            Some(last) if !comment.alone && last.trailing.is_none() => last.trailing = Some(comment.text),
            None if !comment.alone && self.opening.is_none() => self.opening = Some(comment.text),
            _ => self.current.leading.push(comment),
        }
    }

    /// Ends an item. Comments at its end stand behind it, or before the next one.
    fn finish(&mut self) {
        if self.current.pieces.is_empty() {
            return;
        }
        let mut item = std::mem::take(&mut self.current);
        while let Some(Piece::Comment(comment)) =
            item.pieces.pop_if(|piece| matches!(piece, Piece::Comment(_)))
        {
            self.current.leading.push(comment);
        }
        self.current.leading.reverse();
        if self.current.leading.first().is_some_and(|comment| !comment.alone) {
            item.trailing = Some(self.current.leading.remove(0).text);
        }
        self.items.push(item);
    }
}
