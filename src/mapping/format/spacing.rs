//! Where a space stands between two pieces, and which pieces are operators.

use super::group::Piece;

/// Words that stand before an operand, so that a bracket behind them belongs to no call.
const BEFORE_OPERANDS: [&str; 10] = ["and", "as", "each", "else", "in", "is", "match", "not", "or", "where"];

/// The pieces on one line; `None` for one that is not flat.
pub(super) fn join(pieces: &[Piece], flat: impl Fn(&Piece) -> Option<String>) -> Option<String> {
    let mut line = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 && gap(pieces, at) {
            line.push(' ');
        }
        line.push_str(&flat(piece)?);
    }
    Some(line)
}

/// Whether a space stands before the piece at `at`.
pub(super) fn gap(pieces: &[Piece], at: usize) -> bool {
    let before = &pieces[at - 1];
    match (before, &pieces[at]) {
        (_, Piece::Sign(sign)) if matches!(sign.as_str(), "." | "," | ":" | "?") => false,
        (Piece::Sign(bar), _) | (_, Piece::Sign(bar)) if bar == "|" => true,
        (_, Piece::Sign(sign)) if sign == ".." => false,
        (Piece::Sign(sign), _) if matches!(sign.as_str(), "." | ".." | "...") => false,
        (Piece::Sign(sign), _) if sign == "-" && !is_binary(pieces, at - 1) => false,
        (_, Piece::Group(group)) if group.open != '{' => !ends(pieces, at),
        _ => true,
    }
}

/// Whether the pieces before `at` end an operand that a bracket goes on with: a call, a step.
fn ends(pieces: &[Piece], at: usize) -> bool {
    match &pieces[at - 1] {
        Piece::Word(word) => is_name(pieces, at - 1, word),
        Piece::Atom(_) | Piece::Group(_) => true,
        Piece::Sign(_) | Piece::Comment(_) => false,
    }
}

/// Whether an operand stands before a sign.
fn is_binary(pieces: &[Piece], at: usize) -> bool {
    at > 0 && ends(pieces, at)
}

fn is_name(pieces: &[Piece], at: usize, word: &str) -> bool {
    is_field(pieces, at) || !BEFORE_OPERANDS.contains(&word)
}

fn is_field(pieces: &[Piece], at: usize) -> bool {
    at > 0 && matches!(&pieces[at - 1], Piece::Sign(sign) if sign == ".")
}

/// How tight a piece binds, when it stands between two operands: 1 is the loosest.
pub(super) fn precedence(pieces: &[Piece], at: usize) -> Option<u8> {
    let (word, is_sign) = match &pieces[at] {
        Piece::Word(word) if !is_field(pieces, at) => (word.as_str(), false),
        Piece::Sign(sign) => (sign.as_str(), true),
        Piece::Word(_) | Piece::Atom(_) | Piece::Group(_) | Piece::Comment(_) => return None,
    };
    if is_sign && !is_binary(pieces, at) {
        return None;
    }
    match word {
        "or" => Some(1),
        "and" => Some(2),
        "in" | "==" | "!=" | "<" | "<=" | ">" | ">=" => Some(3),
        "??" => Some(4),
        "+" | "-" => Some(5),
        "*" | "/" | "%" => Some(6),
        _ => None,
    }
}

/// How many pieces stand before the value: `key:`, `let name =`, `def name(...) =`, `item ->`, the patterns of an arm.
pub(super) fn prefix(pieces: &[Piece]) -> usize {
    let is = |at: usize, sign: &str| matches!(pieces.get(at), Some(Piece::Sign(found)) if found == sign);
    let begins = |word: &str| matches!(pieces.first(), Some(Piece::Word(first)) if first == word);
    if begins("let") && is(2, "=") {
        return 3;
    }
    if begins("def") && is(3, "=") {
        return 4;
    }
    if is(1, "->") {
        return 2;
    }
    let colon = (0..pieces.len()).find(|at| is(*at, ":"));
    colon.map_or(0, |at| at + 1)
}
