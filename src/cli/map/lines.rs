//! Many inputs, a JSON document a line; a result a line.

use std::io::{BufRead, Read};

use super::inputs::Many;
use super::{Ready, in_short};
use crate::cli::output;
use crate::clock::SystemClock;
use crate::codec;
use crate::mapping::Context;
use crate::value::Value;

/// Results are printed once so many bytes are there.
const TOGETHER: usize = 64 << 10;

/// Maps every line. One that cannot be mapped is said with its number, and the rest goes on.
pub(super) fn run(ready: &Ready, mut many: Many) -> Result<u8, String> {
    let mut lines = Lines { ready, slots: many.slots, slot: many.slot, made: Vec::new(), bad: 0 };
    let others = ready.mapping.unfit_inputs(&lines.slots, &ready.schemas);
    if !ready.no_check && !others.is_empty() {
        others.iter().for_each(|words| output::complain(&format!("{words}\n")));
        return Ok(output::FINDINGS);
    }
    let (mut number, mut line) = (0, Vec::new());
    while next(&mut many.lines, &mut line)? {
        number += 1;
        lines.line(number, &line);
    }
    lines.flush();
    match lines.bad {
        0 => Ok(output::CLEAN),
        bad => {
            output::complain(&format!("{bad} of {number} lines went wrong\n"));
            Ok(output::FINDINGS)
        }
    }
}

/// Reads one line without its end; of one that is too long only the beginning. False at the end.
fn next(lines: &mut Box<dyn BufRead>, line: &mut Vec<u8>) -> Result<bool, String> {
    line.clear();
    let most = codec::Limits::default().bytes as u64 + 1;
    let failed = |error: std::io::Error| format!("the input cannot be read: {error}");
    let mut within = lines.take(most);
    let read = within.read_until(b'\n', line).map_err(failed)?;
    if line.last() != Some(&b'\n') && read as u64 == most {
        skip(lines).map_err(failed)?;
    }
    while line.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(read > 0)
}

/// Reads on to the end of a line and keeps nothing.
fn skip(lines: &mut Box<dyn BufRead>) -> std::io::Result<()> {
    loop {
        let there = lines.fill_buf()?;
        let (end, used) = match there.iter().position(|byte| *byte == b'\n') {
            Some(at) => (true, at + 1),
            None => (there.is_empty(), there.len()),
        };
        lines.consume(used);
        if end {
            return Ok(());
        }
    }
}

struct Lines<'r> {
    ready: &'r Ready,
    slots: Vec<Option<Value>>,
    slot: usize,
    made: Vec<u8>,
    bad: usize,
}

impl Lines<'_> {
    fn line(&mut self, number: usize, line: &[u8]) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match self.mapped(line) {
            Ok(Some(value)) => {
                let wrong = self.ready.mapping.unfit_result(&value, &self.ready.schemas);
                codec::json::encode_into(&value, &mut self.made);
                self.made.push(b'\n');
                self.wrong(number, &wrong);
            }
            Ok(None) => self.wrong(number, &["the result is absent".to_owned()]),
            Err(wrong) => self.wrong(number, &wrong),
        }
        if self.made.len() >= TOGETHER {
            self.flush();
        }
    }

    fn mapped(&mut self, line: &[u8]) -> Result<Option<Value>, Vec<String>> {
        let ready = self.ready;
        let value = codec::json::decode(line, &codec::Limits::default())
            .map_err(|error| vec![format!("not JSON: {} at byte {}", error.message, error.offset)])?;
        self.slots[self.slot] = Some(value);
        if !ready.no_check && !ready.mapping.inputs_fit(&self.slots, &ready.schemas) {
            let wrong = ready.mapping.unfit_inputs(&self.slots, &ready.schemas);
            if !wrong.is_empty() {
                return Err(wrong);
            }
        }
        let context = Context::new(SystemClock::shared().now(), &ready.tables);
        ready.mapping.program.eval(&self.slots, &context).map_err(|error| {
            let (words, span) = in_short(&error);
            vec![format!("{words} ({})", ready.project.sources.locate(span))]
        })
    }

    fn wrong(&mut self, number: usize, wrong: &[String]) {
        if wrong.is_empty() {
            return;
        }
        self.bad += 1;
        // In the order of the lines, where both go to one place.
        self.flush();
        wrong.iter().for_each(|words| output::complain(&format!("line {number}: {words}\n")));
    }

    fn flush(&mut self) {
        output::say_json(&String::from_utf8_lossy(&self.made));
        self.made.clear();
    }
}
