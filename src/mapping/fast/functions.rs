//! Functions over views: those that mappings use most. All others run over values, as the reference does.

use bumpalo::collections::String as ArenaString;

use super::code::{Argument, Over};
use super::run::Run;
use super::{GaveUp, Got};
use crate::mapping::eval::{Call, Given};
use crate::mapping::stdlib::Function;
use crate::value::{Number, Rounding, Value, View};

/// A function that takes its arguments as they are looked at.
pub(super) type Direct = for<'t> fn(&mut Run<'t>, &'t [Argument]) -> Got<'t>;

/// Sorted by name.
const DIRECT: &[(&str, Direct)] = &[
    ("count", count),
    ("left", left),
    ("lookup", lookup),
    ("lower", lower),
    ("round", round),
    ("sum", sum),
    ("trim", trim),
    ("upper", upper),
];

pub(super) fn find(name: &str) -> Option<Direct> {
    let at = DIRECT.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
    DIRECT.get(at).map(|(_, direct)| *direct)
}

/// What a function makes of a list by a lambda, where that is known here.
pub(super) fn over(name: &str) -> Option<Over> {
    match name {
        "all" => Some(Over::All),
        "any" => Some(Over::Any),
        "filter" => Some(Over::Filter),
        "map" => Some(Over::Map),
        _ => None,
    }
}

impl<'t> Run<'t> {
    fn argument(&mut self, arguments: &'t [Argument], at: usize) -> Got<'t> {
        match arguments.get(at) {
            Some(Argument::Value(op)) => self.eval(op),
            _ => Ok(None),
        }
    }

    /// Any function, over values.
    pub fn call(&mut self, function: &'static Function, arguments: &'t [Argument]) -> Got<'t> {
        let mut given = Vec::with_capacity(arguments.len());
        let mut passed_on = None;
        for (at, argument) in arguments.iter().enumerate() {
            given.push(match argument {
                Argument::Missing => Given::Missing,
                Argument::Symbol(symbol) => Given::Symbol(symbol),
                Argument::Table(name) => Given::Table(name),
                Argument::Value(op) => {
                    let view = self.eval(op)?;
                    if at == 0 && function.passes_empty && matches!(view, None | Some(View::Null)) {
                        passed_on = Some(view);
                    }
                    view.map_or(Ok(Given::Missing), |view| self.owned(view).map(Given::Value))?
                }
            });
        }
        if let Some(empty) = passed_on {
            return Ok(empty);
        }
        let (steps, output) = self.left();
        let (result, used) = Call::alone(self.context, function, given, (steps, output));
        self.step(used.0)?;
        self.made(usize::try_from(used.1).map_err(|_| GaveUp)?)?;
        let value = result.map_err(|_| GaveUp)?;
        value.map(|value| self.adopted(&value)).transpose()
    }

    /// A view as a value, as long as not too much was copied.
    fn owned(&mut self, view: View<'t>) -> Result<Value, GaveUp> {
        view.to_value_within(&mut self.copies).ok_or(GaveUp)
    }

    /// A value as a view, likewise.
    fn adopted(&mut self, value: &Value) -> Result<View<'t>, GaveUp> {
        View::weighs(value, &mut self.copies).ok_or(GaveUp)?;
        Ok(View::copied(value, self.arena))
    }
}

/// The first argument, where it is there and not null; else what the function gives for it.
macro_rules! there {
    ($given:expr) => {
        match $given {
            None => return Ok(None),
            Some(View::Null) => return Ok(Some(View::Null)),
            Some(view) => view,
        }
    };
}

fn text_of(view: View<'_>) -> Result<&str, GaveUp> {
    match view {
        View::Text(text) => Ok(text),
        _ => Err(GaveUp),
    }
}

fn upper<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    let text = text_of(there!(run.argument(arguments, 0)?))?;
    run.made(text.len())?;
    if !text.is_ascii() {
        return Ok(Some(View::Text(run.arena.alloc_str(&text.to_uppercase()))));
    }
    let mut made = ArenaString::from_str_in(text, run.arena);
    made.make_ascii_uppercase();
    Ok(Some(View::Text(made.into_bump_str())))
}

fn lower<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    let text = text_of(there!(run.argument(arguments, 0)?))?;
    run.made(text.len())?;
    if !text.is_ascii() {
        return Ok(Some(View::Text(run.arena.alloc_str(&text.to_lowercase()))));
    }
    let mut made = ArenaString::from_str_in(text, run.arena);
    made.make_ascii_lowercase();
    Ok(Some(View::Text(made.into_bump_str())))
}

fn trim<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    Ok(Some(View::Text(text_of(there!(run.argument(arguments, 0)?))?.trim())))
}

fn left<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    let text = run.argument(arguments, 0)?;
    let count = run.argument(arguments, 1)?;
    let text = text_of(there!(text))?;
    let count = count.and_then(|count| count.to_number()).and_then(|count| count.to_i64());
    let count = count.and_then(|count| usize::try_from(count).ok()).ok_or(GaveUp)?;
    // No character is shorter than a byte: most texts need no count.
    let end = match text.len() <= count {
        true => text.len(),
        false => text.char_indices().nth(count).map_or(text.len(), |(end, _)| end),
    };
    Ok(Some(View::Text(&text[..end])))
}

fn round<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    let number = run.argument(arguments, 0)?;
    let places = run.argument(arguments, 1)?;
    let number = there!(number).to_number().ok_or(GaveUp)?;
    let places = match places {
        Some(places) => places.to_number().and_then(|places| places.to_i64()).ok_or(GaveUp)?,
        None => 0,
    };
    let places = u32::try_from(places).ok().filter(|places| *places <= 28).ok_or(GaveUp)?;
    let mode = match arguments.get(2) {
        Some(Argument::Symbol(symbol)) => Rounding::from_symbol(symbol).unwrap_or(Rounding::HalfEven),
        _ => Rounding::HalfEven,
    };
    let rounded = number.with_scale(places, mode).map_err(|_| GaveUp)?;
    Ok(Some(View::computed(rounded, run.arena)))
}

fn sum<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    let list = there!(run.argument(arguments, 0)?);
    let count = list.count().ok_or(GaveUp)?;
    run.step(count as u64)?;
    let mut sum = Number::Integer(0);
    for item in (0..count).filter_map(|at| list.item(at)) {
        sum = sum.checked_add(&item.to_number().ok_or(GaveUp)?).map_err(|_| GaveUp)?;
    }
    Ok(Some(View::computed(sum, run.arena)))
}

fn count<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    let list = there!(run.argument(arguments, 0)?);
    Ok(Some(View::Integer(i64::try_from(list.count().ok_or(GaveUp)?).map_err(|_| GaveUp)?)))
}

fn lookup<'t>(run: &mut Run<'t>, arguments: &'t [Argument]) -> Got<'t> {
    let Some(Argument::Table(name)) = arguments.first() else { return Err(GaveUp) };
    let table = run.context.tables.get(name).ok_or(GaveUp)?;
    if let [_, Argument::Value(only)] = arguments {
        match run.eval(only)? {
            Some(View::Text(key)) => return Ok(table.lookup_text(key).map(View::of)),
            Some(View::Null) | None => return Ok(None),
            Some(key) => return Ok(table.lookup(&[key.to_value()]).map(View::of)),
        }
    }
    let mut keys = Vec::with_capacity(arguments.len() - 1);
    let mut empty = false;
    for at in 1..arguments.len() {
        match run.argument(arguments, at)? {
            Some(View::Null) | None => empty = true,
            Some(key) => keys.push(key.to_value()),
        }
    }
    let row: Option<&'t Value> = if empty { None } else { table.lookup(&keys) };
    Ok(row.map(View::of))
}
