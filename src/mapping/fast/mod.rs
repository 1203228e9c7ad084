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

use super::eval::{Context, Error, Failed};
use super::program::Program;
use crate::codec::json;
use crate::value::{PointerBuf, Value, View};
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
    /// Runs over `inputs` like [`Program::eval`] and appends the result as JSON. `Ok(false)`: it is
    /// absent, and nothing was appended.
    ///
    /// # Errors
    /// Those of [`Program::eval`]; then nothing was appended.
    pub fn write(
        &self,
        inputs: &[Option<Value>],
        context: &Context<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let start = out.len();
        let quick = self.fast(context).map(|code| {
            let views: Vec<_> = inputs.iter().map(|input| input.as_ref().map(View::of)).collect();
            with_arena(|arena| Run::new(code, &views, arena, context).write_root(code, out))
        });
        if let Some(Ok(present)) = quick {
            return Ok(present);
        }
        out.truncate(start);
        let Some(value) = self.eval(inputs, context)? else { return Ok(false) };
        let most = usize::try_from(context.limits.output).unwrap_or(usize::MAX).saturating_add(start);
        if json::encode_view(View::of(&value), most, out) {
            return Ok(true);
        }
        out.truncate(start);
        Err(Error::Failed(Box::new(Failed {
            message: "this makes too much".to_owned(),
            target: PointerBuf::root(),
            span: self.code.root.span,
            limit: true,
        })))
    }

    /// Runs over one input and appends the result as JSON, like [`Program::write`].
    ///
    /// # Errors
    /// Those of [`Program::eval`].
    pub fn write_view(
        &self,
        input: View<'_>,
        context: &Context<'_>,
        arena: &Bump,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let start = out.len();
        let inputs = [Some(input)];
        let quick =
            self.fast(context).map(|code| Run::new(code, &inputs, arena, context).write_root(code, out));
        if let Some(Ok(present)) = quick {
            return Ok(present);
        }
        out.truncate(start);
        self.write(&[Some(input.to_value())], context, out)
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
