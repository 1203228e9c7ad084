//! A form as token endpoints take it (`application/x-www-form-urlencoded`), overwritten when it goes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// What stays as it is: letters, digits and RFC 3986's unreserved marks.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Names and values.
#[derive(Clone, Default)]
pub(super) struct Form(Zeroizing<String>);

impl Form {
    pub fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.extend(utf8_percent_encode(name, ENCODED));
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, ENCODED));
    }

    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.as_bytes().to_vec())
    }
}

/// One value, encoded as it would be in a form.
pub(super) fn encoded(value: &str) -> Zeroizing<String> {
    Zeroizing::new(utf8_percent_encode(value, ENCODED).collect())
}
