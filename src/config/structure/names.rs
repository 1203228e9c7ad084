//! Names that expressions use: snake_case, because a hyphen is subtraction.

use super::Walk;
use crate::diagnostic::{Diagnostic, Span, codes, short};

/// Declarations and keys whose value is a name. Sorted.
static VALUES: &[(&str, &str)] = &[
    ("Catch", "as"),
    ("FlowFile", "flow"),
    ("FoldsInto", "entity"),
    ("For", "as"),
    ("For", "at"),
    ("ListenEvent", "as"),
    ("ListenFor", "as"),
    ("Operation", "behind"),
    ("RouteFile", "api"),
    ("Subscriber", "stream"),
    ("SystemFile", "system"),
];

/// Declarations and keys under which every key is a name of words joined by dots. Sorted.
static DOTTED: &[(&str, &str)] = &[("EventFile", "events"), ("EventFile", "subscribers")];

/// Declarations and keys under which every key is a name. Sorted.
static KEYS: &[(&str, &str)] = &[
    ("EventFile", "webhooks"),
    ("ExceptionFile", "exceptions"),
    ("ExceptionFile", "rejections"),
    ("FlowFile", "input"),
    ("Operation", "takes"),
    ("StepBody", "fork"),
    ("SystemFile", "operations"),
];

impl Walk<'_> {
    /// Judges the names that a key of a declaration gives.
    pub(super) fn names(&mut self, definition: &str, key: &str, value: crate::config::tree::NodeId) {
        let tree = self.tree;
        if VALUES.contains(&(definition, key)) {
            self.name(tree.text_of(value), tree.node(value).span);
        }
        if KEYS.contains(&(definition, key)) {
            for (name, _) in tree.entries(value) {
                self.name(tree.text_of(*name), tree.node(*name).span);
            }
        }
        if DOTTED.contains(&(definition, key)) {
            for (name, _) in tree.entries(value) {
                self.dotted(tree.text_of(*name), tree.node(*name).span);
            }
        }
    }

    /// Says so when a word of a dotted name is not snake_case.
    fn dotted(&mut self, name: &str, span: Span) {
        let good = |word: &str| {
            word.starts_with(|first: char| first.is_ascii_lowercase()) && word.chars().all(in_name)
        };
        if name.contains("${") || name.split('.').all(good) {
            return;
        }
        let message = format!("`{}` cannot be an event's name", short(name));
        let words: Vec<String> = name.split('.').filter(|word| !word.is_empty()).map(snake).collect();
        let help = match words.is_empty() {
            true => "write words of lower-case letters joined by dots: `delivery.milestone`".to_owned(),
            false => format!("write `{}`", words.join(".")),
        };
        let label = "words of lower-case letters, digits and `_`, joined by dots";
        self.push(Diagnostic::new(&codes::BAD_NAME, span, message).label(label).help(help));
    }

    /// Says so when a name is not snake_case; an empty or unfinished one has been spoken of.
    pub(super) fn name(&mut self, name: &str, span: Span) {
        let first = name.starts_with(|first: char| first.is_ascii_lowercase());
        if name.is_empty() || name.contains("${") || (first && name.chars().all(in_name)) {
            return;
        }
        let message =
            format!("`{}` cannot be a name: letters in lower case, digits and `_` can", short(name));
        let finding = Diagnostic::new(&codes::BAD_NAME, span, message);
        let finding = match name.contains('-') {
            true => finding.label("a hyphen is subtraction in expressions"),
            false => finding,
        };
        self.push(finding.help(format!("write `{}`", snake(name))));
    }
}

/// What a name may hold behind its first letter.
fn in_name(next: char) -> bool {
    next.is_ascii_lowercase() || next.is_ascii_digit() || next == '_'
}

/// The nearest name that is one: `bookShipment` and `book-shipment` become `book_shipment`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for next in name.chars() {
        if next.is_uppercase() && snake.ends_with(|last: char| last.is_ascii_lowercase()) {
            snake.push('_');
        }
        match next.to_lowercase().next() {
            Some(next) if next.is_ascii_alphanumeric() => snake.push(next),
            _ if snake.ends_with('_') => {}
            _ => snake.push('_'),
        }
    }
    let snake = snake.trim_matches('_');
    match snake.starts_with(|first: char| first.is_ascii_lowercase()) {
        true => snake.to_owned(),
        false => format!("n{snake}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposes_names() {
        assert_eq!(snake("book-shipment"), "book_shipment");
        assert_eq!(snake("bookShipment"), "book_shipment");
        assert_eq!(snake("2nd try"), "n2nd_try");
        assert_eq!(snake("äöü"), "n");
        assert!(VALUES.is_sorted() && KEYS.is_sorted());
    }
}
