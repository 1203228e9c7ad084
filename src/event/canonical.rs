//! The one text of a value that events are found by.

use std::sync::Arc;

use crate::value::Value;

/// A text as it is, a number in its shortest form: `12.50` is `12.5`. `None` for anything else.
pub fn canonical(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.canonical_text().into()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Number;

    #[test]
    fn equal_numbers_have_one_text() {
        let of = |text: &str| canonical(&Value::Number(Number::parse(text).expect("a number")));
        for (written, short) in
            [("12.50", "12.5"), ("12.5", "12.5"), ("7", "7"), ("7.00", "7"), ("1e2", "100")]
        {
            assert_eq!(of(written).as_deref(), Some(short), "{written}");
        }
        let long = "228930314431312345228930314431312345228930314431312345";
        assert_eq!(of(long), of(&format!("{long}.00")), "more digits than any machine number has");
        assert_ne!(of(long), of(&format!("{long}.01")));
    }

    #[test]
    fn texts_stay_and_the_rest_has_none() {
        assert_eq!(canonical(&Value::from("12.50")).as_deref(), Some("12.50"));
        assert_eq!(canonical(&Value::Bool(true)), None);
        assert_eq!(canonical(&Value::Null), None);
    }
}
