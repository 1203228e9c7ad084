//! Programs made for speed: views in, bytes out, nothing copied that is only passed on.
//!
//! This evaluator knows no errors and not every operation. Where it cannot go on, it gives up, and the
//! reference evaluator (`eval`) runs the program from the start: programs are pure, so whatever is said
//! of them is what the reference says. A differential test holds the two together.

mod code;
mod compare;
mod compile;
mod functions;
mod path;
mod run;
mod write;

use std::cell::Cell;

use bumpalo::Bump;

pub(super) use code::Code;

use super::eval::Context;
use super::program::Program;
use crate::value::{Value, View};
use run::Run;

/// The reference has to say what comes of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct GaveUp;

/// What an operation gives; `None` is absent.
type Got<'t> = Result<Option<View<'t>>, GaveUp>;

/// Bytes of an arena that a thread keeps from one evaluation to the next.
const KEPT: usize = 256 << 10;

thread_local! {
    static ARENA: Cell<Option<Bump>> = const { Cell::new(None) };
}

/// Lends an arena, empty again for the next one.
pub fn with_arena<T>(work: impl FnOnce(&Bump) -> T) -> T {
    let mut arena = ARENA.take().unwrap_or_default();
    let result = work(&arena);
    arena.reset();
    if arena.allocated_bytes() <= KEPT {
        ARENA.set(Some(arena));
    }
    result
}

impl Program {
    /// Appends what this evaluator alone makes of what is looked at as JSON, in the order of the target:
    /// `Some(false)`, it is absent. `None`: it leaves that to the reference, and nothing was appended.
    pub fn write_fast<'t>(
        &'t self,
        inputs: &'t [Option<View<'t>>],
        context: &'t Context<'t>,
        arena: &'t Bump,
        out: &mut Vec<u8>,
    ) -> Option<bool> {
        let (code, start) = (self.fast(context)?, out.len());
        let written = Run::new(code, inputs, arena, context).write_root(code, out);
        if !matches!(written, Ok(true)) {
            out.truncate(start);
        }
        written.ok()
    }

    /// What this evaluator alone makes of what is looked at; `None`: it leaves that to the reference.
    pub fn view_fast<'t>(
        &'t self,
        inputs: &'t [Option<View<'t>>],
        context: &'t Context<'t>,
        arena: &'t Bump,
    ) -> Option<Option<View<'t>>> {
        let code = self.fast(context)?;
        Run::new(code, inputs, arena, context).root(code).ok()
    }

    /// What this evaluator alone makes of it; `None`: it leaves that to the reference.
    pub fn eval_fast(&self, inputs: &[Option<Value>], context: &Context<'_>) -> Option<Option<Value>> {
        let code = self.fast(context)?;
        let views: Vec<_> = inputs.iter().map(|input| input.as_ref().map(View::of)).collect();
        with_arena(|arena| {
            let view = Run::new(code, &views, arena, context).root(code).ok()?;
            Some(view.map(|view| view.to_value()))
        })
    }

    /// The program for this evaluator, made at its first use; `None` when it cannot run it.
    fn fast(&self, context: &Context<'_>) -> Option<&Code> {
        // Who watches sees every step: that is for the reference.
        if context.observer.is_some() {
            return None;
        }
        self.code.fast.get_or_init(|| compile::compile(&self.code)).as_ref()
    }
}
