//! What a flow promises about its instances: which is the one for a business key, how long one is
//! kept, up to which step a client may cancel it.

use std::sync::Arc;
use std::time::Duration;

pub use crate::config::declarations::promise::Second;

use super::formula::Formula;
use super::{Definition, Failure, FailureKind, FlowEnd};
use crate::mapping;
use crate::value::{Number, Value};

/// The longest business key, in bytes.
pub const MAX_KEY: usize = 256;
/// Runs that may wait for one business key where the flow does not say.
pub(super) const WAITING: u32 = 100;
/// Runs that may wait for one business key, whatever a flow says.
pub(super) const MOST_WAITING: u32 = 10_000;

/// What a flow promises about its instances.
#[derive(Debug, Default)]
pub(super) struct Promise {
    pub key: Option<BusinessKey>,
    pub keep: Option<Duration>,
    pub cancel_until: Option<Arc<str>>,
}

/// What makes two runs of a flow the same one: within an account, one is under way at a time.
#[derive(Debug)]
pub struct BusinessKey {
    /// Over `client`, an empty slot and the inputs.
    pub(super) formula: Formula,
    /// What becomes of a second run while one is under way.
    pub second: Second,
    /// How many may wait for one key; 0 unless a second run waits.
    pub waiting: u32,
    /// Whether the key is a number rather than a text.
    pub number: bool,
}

impl Definition {
    /// What makes two runs the same one, when the flow says.
    pub fn business_key(&self) -> Option<&BusinessKey> {
        self.promise.key.as_ref()
    }

    /// Whether a second run waits for the first, and how many may.
    pub fn line(&self) -> Option<u32> {
        self.business_key().filter(|key| key.second == Second::Queue).map(|key| key.waiting)
    }

    /// How long a finished instance is kept, when the flow says; else the store's own time holds.
    pub fn keep(&self) -> Option<Duration> {
        self.promise.keep
    }

    /// The outermost step before which a client may cancel; `None`: clients cannot.
    pub fn cancel_until(&self) -> Option<&Arc<str>> {
        self.promise.cancel_until.as_ref()
    }

    /// The business key of a run, as [`key_text`] writes it; `None` when the flow has none. `client` as
    /// expressions see it, `inputs` in the flow's order.
    ///
    /// An error is how the run ends at once: the expression rejected or failed, or what it gave is no
    /// key (empty, or longer than [`MAX_KEY`]).
    pub fn business_key_of(
        &self,
        client: Option<&Value>,
        inputs: &[Option<Value>],
        context: &mapping::Context<'_>,
    ) -> Result<Option<Arc<str>>, FlowEnd> {
        let Some(key) = self.business_key() else { return Ok(None) };
        let path = || Arc::from("business_key");
        let failed = |detail| FlowEnd::Failed(Failure::new(FailureKind::Expression, path(), detail));
        let slots: Vec<_> = [client.cloned(), None].into_iter().chain(inputs.iter().cloned()).collect();
        let value = match key.formula.eval(&slots, context) {
            Ok(value) => value,
            Err(broken) => return Err(broken.at(&path()).map_or_else(|end| end, FlowEnd::Failed)),
        };
        match value.as_ref().and_then(key_text) {
            Some(text) => Ok(Some(text)),
            None => Err(failed(match value {
                None => "the business key is absent".to_owned(),
                Some(value) => format!(
                    "the business key must be a text of 1 to {MAX_KEY} bytes or a plain number; it is {}",
                    value.kind().name()
                ),
            })),
        }
    }
}

/// A business key in its canonical form: a text as it is, a number without needless digits (`12.50` is
/// `12.5`). `None` when it is neither, empty, longer than [`MAX_KEY`], or a number of more digits than
/// can be compared.
pub fn key_text(value: &Value) -> Option<Arc<str>> {
    let text: Arc<str> = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => Number::from(number.to_decimal()?).normalized().to_string().into(),
        _ => return None,
    };
    (1..=MAX_KEY).contains(&text.len()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_have_one_text() {
        let number = |text: &str| Value::Number(Number::parse(text).expect("a number"));
        let text = |value: Value| key_text(&value).map(|text| text.to_string());
        assert_eq!(text(number("12.50")), text(number("12.5")));
        assert_eq!(text(number("1200")), Some("1200".to_owned()));
        assert_eq!(text(Value::from(" B-1 ")), Some(" B-1 ".to_owned()));
    }

    #[test]
    fn what_is_no_key_has_no_text() {
        assert_eq!(key_text(&Value::from("")), None);
        assert_eq!(key_text(&Value::from("x".repeat(MAX_KEY + 1))), None);
        assert_eq!(key_text(&Value::Bool(true)), None);
        assert_eq!(key_text(&Value::Number(Number::parse("1e400").expect("a number"))), None);
    }
}
