//! Every diagnostic code: its name, how much it matters, and its page. A code is never reused.

use super::Severity::{self, Error, Warning};

/// A named kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Kebab-case, as printed: `unknown-field`.
    pub name: &'static str,
    pub severity: Severity,
    /// Markdown: what it means, an example that has it, and what to write instead.
    pub page: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $severity:ident;)*) => {
        $(
            #[doc = concat!("`", $name, "`: see `codes/", $name, ".md`.")]
            pub static $constant: Code = Code {
                name: $name,
                severity: $severity,
                page: include_str!(concat!($name, ".md")),
            };
        )*

        /// All codes, sorted by name.
        pub static ALL: &[&Code] = &[$(&$constant),*];
    };
}

// One line a code, sorted by name; the page is the file of the same name in this folder.
codes! {
    UNKNOWN_FIELD = "unknown-field", Error;
    UNKNOWN_KEY = "unknown-key", Error;
    UNUSED_FLOW = "unused-flow", Warning;
}

/// The code called `name`.
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().find(|code| code.name == name).copied()
}
