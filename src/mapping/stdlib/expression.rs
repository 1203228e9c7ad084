//! Regular expressions of `matches` and `extract`: written out, compiled once, without backtracking.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::refused::Refusal;
use super::returns::Given;
use crate::mapping::eval::{Call, Fault};

/// Characters of a pattern, and bytes of what it compiles to.
const LONGEST: usize = 500;
const LARGEST: usize = 1 << 20;
/// Patterns that a thread keeps: those of the mappings that it runs.
const KEPT: usize = 512;

thread_local! {
    static COMPILED: RefCell<HashMap<Arc<str>, Regex>> = RefCell::new(HashMap::new());
}

/// The expression at `at`. Time to match is in proportion to the text, which is accounted for.
pub(super) fn compiled(call: &mut Call<'_, '_>, at: usize) -> Result<Regex, Fault> {
    call.works(call.text(0)?.len() / 16)?;
    let pattern = call.text(at)?;
    let known = COMPILED.with_borrow(|compiled| compiled.get(pattern).cloned());
    if let Some(regex) = known {
        return Ok(regex);
    }
    let regex = compile(pattern)?;
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(pattern.clone(), regex.clone());
    });
    Ok(regex)
}

/// What is wrong with the pattern at `at` before anything runs.
pub(super) fn refusal(given: &Given, at: usize) -> Option<Refusal> {
    let Some(pattern) = given.literal(at) else {
        return Some(Refusal {
            at,
            message: "`pattern` is not written out".to_owned(),
            help: "write it as a text: `\"^[A-Z]+$\"`; what changes with the data is compared with `==`"
                .to_owned(),
        });
    };
    let message = compile(pattern).err()?;
    let help =
        "write one as in `\"^SO-([0-9]+)$\"`; inside a text, `{` is written `\\{` and `\\` is written `\\\\`";
    Some(Refusal { at, message, help: help.to_owned() })
}

fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.chars().count() > LONGEST {
        return Err(format!("`pattern` has more than {LONGEST} characters"));
    }
    let built = RegexBuilder::new(pattern).size_limit(LARGEST).dfa_size_limit(LARGEST).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "`pattern` repeats too much".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("`pattern` is no regular expression: {}", last.strip_prefix("error: ").unwrap_or(last))
        }
    })
}
