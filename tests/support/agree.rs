//! The fast evaluator is held to what the reference says.

use std::sync::atomic::{AtomicUsize, Ordering};

use crossdock::codec::json;
use crossdock::mapping::{Context, Error, Program};
use crossdock::value::Value;

/// Programs that the fast evaluator ran alone, and those that it left to the reference.
pub static FAST: AtomicUsize = AtomicUsize::new(0);
pub static REFERENCE: AtomicUsize = AtomicUsize::new(0);

/// Both evaluators say the same of a program, over values and over bytes, made and written.
pub fn agree(program: &Program, inputs: &[Option<Value>], context: &Context<'_>) -> Result<(), String> {
    let said = program.eval(inputs, context);
    let wanted = said.map(|value| value.as_ref().map(json::encode));
    let same = |how: &str, written: Result<Option<Vec<u8>>, Error>| match written == wanted {
        true => Ok(()),
        _ => Err(format!("{how}: {written:?} instead of {wanted:?}")),
    };
    let bytes: Vec<_> = inputs.iter().map(|input| input.as_ref().map(json::encode)).collect();
    crossdock::mapping::with_arena(|arena| {
        let mut views = Vec::new();
        for bytes in &bytes {
            let view = bytes.as_ref().map(|bytes| json::view(bytes, &json::Limits::default(), arena));
            views.push(view.transpose().map_err(|error| error.to_string())?);
        }
        let mut out = b"before".to_vec();
        let written = program.write_fast(&views, context, arena, &mut out);
        let rest = out.strip_prefix(b"before").ok_or("what stood there is gone")?;
        match written {
            Some(present) => same("written", Ok(present.then(|| rest.to_vec())))?,
            None => assert!(rest.is_empty(), "half a target stays behind"),
        }
        match program.view_fast(&views, context, arena) {
            Some(view) => same("viewed", Ok(view.map(|view| json::encode(&view.to_value())))),
            None => Ok(()),
        }
    })?;
    let alone = program.eval_fast(inputs, context);
    if let Some(value) = &alone {
        same("fast", Ok(value.as_ref().map(json::encode)))?;
    }
    let count = if alone.is_some() { &FAST } else { &REFERENCE };
    count.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
