//! The target as bytes, in its own order: what is only passed on is never put together first.

use std::fmt::Write as _;

use bumpalo::collections::String as ArenaString;

use super::GaveUp;
use super::code::{Code, Each, Op, Piece, Statement};
use super::run::Run;
use crate::codec::json;
use crate::value::{Number, View, plain_decimal};

impl<'t> Run<'t> {
    /// Appends the value of a whole program; `false`: it is absent, and nothing was appended.
    pub fn write_root(&mut self, code: &'t Code, out: &mut Vec<u8>) -> Result<bool, GaveUp> {
        self.start = out.len();
        self.write(&code.root, out)
    }

    fn write(&mut self, op: &'t Op, out: &mut Vec<u8>) -> Result<bool, GaveUp> {
        match op {
            Op::Object(statements) => {
                self.step(1)?;
                self.write_object(statements, out)?;
                Ok(true)
            }
            Op::Each(each) => {
                self.step(1)?;
                self.write_each(each, out)
            }
            Op::Lets(lets, value) => {
                self.step(1)?;
                self.bind(lets)?;
                self.write(value, out)
            }
            Op::If(parts) => {
                self.step(1)?;
                let truth = self.truth(&parts[0])?;
                self.write(if truth { &parts[1] } else { &parts[2] }, out)
            }
            Op::Match(matching) => {
                self.step(1)?;
                let arm = self.arm(matching)?;
                self.write(arm, out)
            }
            Op::Else(sides) => {
                self.step(1)?;
                match self.eval(&sides[0])? {
                    Some(View::Null) | None => self.write(&sides[1], out),
                    Some(view) => self.put(view, out),
                }
            }
            other => {
                let Some(view) = self.eval(other)? else { return Ok(false) };
                self.put(view, out)
            }
        }
    }

    /// Appends a view, as long as all that was appended stays within the limit.
    fn put(&self, view: View<'t>, out: &mut Vec<u8>) -> Result<bool, GaveUp> {
        let most = usize::try_from(self.context.limits.output).unwrap_or(usize::MAX);
        if json::encode_view(view, most.saturating_add(self.start), out) { Ok(true) } else { Err(GaveUp) }
    }

    fn write_object(&mut self, statements: &'t [Statement], out: &mut Vec<u8>) -> Result<(), GaveUp> {
        self.made(statements.len() + 1)?;
        out.push(b'{');
        let mut first = true;
        for statement in statements {
            match statement {
                Statement::Let(slot, value) => self.locals[*slot] = self.eval(value)?,
                Statement::Member(_, json, value) => {
                    let start = out.len();
                    if !first {
                        out.push(b',');
                    }
                    out.extend_from_slice(json);
                    if self.write(value, out)? {
                        first = false;
                    } else {
                        out.truncate(start);
                    }
                }
            }
        }
        out.push(b'}');
        Ok(())
    }

    fn write_each(&mut self, each: &'t Each, out: &mut Vec<u8>) -> Result<bool, GaveUp> {
        let Some(list) = self.eval(&each.list)? else { return Ok(false) };
        let count = list.count().ok_or(GaveUp)?;
        self.made(count)?;
        out.push(b'[');
        let mut kept = 0;
        for item in (0..count).filter_map(|at| list.item(at)) {
            if !self.begins(each, item, kept)? {
                continue;
            }
            let start = out.len();
            if kept > 0 {
                out.push(b',');
            }
            if self.write(&each.body, out)? {
                kept += 1;
            } else {
                out.truncate(start);
            }
        }
        out.push(b']');
        Ok(true)
    }

    pub fn text(&mut self, pieces: &'t [Piece]) -> Result<View<'t>, GaveUp> {
        let mut text = ArenaString::new_in(self.arena);
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Value(value) => match self.eval(value)?.ok_or(GaveUp)? {
                    View::Text(part) => text.push_str(part),
                    View::Bool(truth) => text.push_str(if truth { "true" } else { "false" }),
                    other => write!(text, "{}", other.to_number().ok_or(GaveUp)?).map_err(|_| GaveUp)?,
                },
            }
            if text.len() as u64 > self.context.limits.output {
                return Err(GaveUp);
            }
        }
        self.made(text.len())?;
        Ok(View::Text(text.into_bump_str()))
    }

    /// A number as decimal text: without an exponent where 28 digits hold it.
    pub fn to_text(&self, view: View<'t>) -> Result<View<'t>, GaveUp> {
        let Some(number) = view.to_number() else { return Ok(view) };
        let text = match number {
            Number::Integer(number) => bumpalo::format!(in self.arena, "{}", number),
            other => match other.to_decimal() {
                Some(decimal) => match plain_decimal(&decimal, &mut [0; 24]) {
                    Some(text) => return Ok(View::Text(self.arena.alloc_str(text))),
                    None => bumpalo::format!(in self.arena, "{}", decimal),
                },
                None => bumpalo::format!(in self.arena, "{}", other),
            },
        };
        if text.contains(['e', 'E']) { Err(GaveUp) } else { Ok(View::Text(text.into_bump_str())) }
    }
}
