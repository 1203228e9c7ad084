//! What `--input` names: JSON files, standard input, many documents.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use crate::codec;
use crate::mapping::Mapping;
use crate::value::Value;

/// What a mapping is to run on.
pub(super) enum Given {
    /// One value for each of its inputs.
    One(Vec<Option<Value>>),
    /// Many values for one of them.
    Many(Many),
}

/// A document a line for one input, the other inputs the same for each.
pub(super) struct Many {
    /// The values of the other inputs.
    pub slots: Vec<Option<Value>>,
    /// The input that has many.
    pub slot: usize,
    pub lines: Box<dyn BufRead>,
}

/// Reads what `--input` names, in the order of the mapping's inputs.
pub(super) fn read(mapping: &Mapping, inputs: &[String], ndjson: bool) -> Result<Given, String> {
    let mut slots = vec![None; mapping.inputs.len()];
    let mut many: Option<(usize, Box<dyn BufRead>)> = None;
    let mut named = vec![false; slots.len()];
    for given in inputs {
        let (at, file) = slot(mapping, given)?;
        if std::mem::replace(&mut named[at], true) {
            return Err(format!("the input `{}` is given twice: give each once", mapping.inputs[at].name));
        }
        let lines = if file == "-" { ndjson } else { file.ends_with(".ndjson") };
        if !lines {
            slots[at] = Some(document(file)?);
        } else if many.is_some() {
            return Err("two inputs have many documents: one of them may".to_owned());
        } else {
            many = Some((at, open(file)?));
        }
    }
    if ndjson && many.is_none() {
        return Err("`--ndjson` is for standard input: write `--input -`; a file of lines ends in `.ndjson`"
            .to_owned());
    }
    let missing = mapping.inputs.iter().zip(&named).find(|(input, named)| !**named && !input.optional);
    if let Some((input, _)) = missing {
        return Err(format!("the input `{0}` is not given: write `--input {0}=FILE`", input.name));
    }
    Ok(match many {
        Some((slot, lines)) => Given::Many(Many { slots, slot, lines }),
        None => Given::One(slots),
    })
}

/// The place of an input, and its file.
fn slot<'g>(mapping: &Mapping, given: &'g str) -> Result<(usize, &'g str), String> {
    let names =
        || mapping.inputs.iter().map(|input| format!("`{}`", input.name)).collect::<Vec<_>>().join(", ");
    match given.split_once('=') {
        Some((name, file)) => {
            let at = mapping.inputs.iter().position(|input| &*input.name == name);
            Ok((at.ok_or_else(|| format!("the mapping has no input `{name}`; it has {}", names()))?, file))
        }
        None if mapping.inputs.len() == 1 => Ok((0, given)),
        None => {
            Err(format!("the mapping has several inputs, {}: write `--input NAME=FILE` for each", names()))
        }
    }
}

fn document(file: &str) -> Result<Value, String> {
    let limits = codec::Limits::default();
    let mut bytes = Vec::new();
    // One byte more than is taken: then it is too much.
    let most = limits.bytes as u64 + 1;
    open(file)?.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(file, &error))?;
    codec::json::decode(&bytes, &limits)
        .map_err(|error| format!("`{file}` is not JSON: {} at byte {}", error.message, error.offset))
}

fn open(file: &str) -> Result<Box<dyn BufRead>, String> {
    if file == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    Ok(Box::new(BufReader::new(opened)))
}

fn unreadable(file: &str, error: &io::Error) -> String {
    format!("`{file}` cannot be read: {error}")
}
