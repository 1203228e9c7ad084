//! What formats say about each other.

/// Formats of which no text has two.
const APART: &[&str] =
    &["date", "date-time", "date-time-local", "decimal", "duration", "email", "time", "uuid"];

/// Whether no text is of both formats.
pub(super) fn apart(left: &str, right: &str) -> bool {
    left != right && APART.contains(&left) && APART.contains(&right)
}

/// The least and greatest length in characters that a format allows, as far as it says.
pub(super) fn lengths(format: &str) -> (Option<usize>, Option<usize>) {
    match format {
        "date" => (Some(10), Some(10)),
        "uuid" => (Some(36), Some(36)),
        "date-time" => (Some(20), None),
        "decimal" => (Some(1), None),
        _ => (None, None),
    }
}
