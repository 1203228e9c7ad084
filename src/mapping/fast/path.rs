//! Paths into views.

use std::sync::atomic::Ordering;

use bumpalo::Bump;
use bumpalo::collections::Vec;

use super::code::{Field, Step};
use super::{GaveUp, Got};
use crate::value::View;

/// Follows steps. Nothing and null have no members; looking into any other kind is an error.
pub(super) fn follow<'t>(root: Option<View<'t>>, steps: &[Step], arena: &'t Bump) -> Got<'t> {
    let goes_over = steps.iter().position(|step| matches!(step, Step::Items));
    let Some(first) = goes_over else { return root.map_or(Ok(None), |root| walk(root, steps)) };
    let mut found = Vec::new_in(arena);
    if let Some(list) = root.map_or(Ok(None), |root| walk(root, &steps[..first]))? {
        gather(list, &steps[first + 1..], &mut found)?;
    }
    Ok(Some(View::List(found.into_bump_slice())))
}

fn walk<'t>(root: View<'t>, steps: &[Step]) -> Got<'t> {
    let mut at = root;
    for step in steps {
        let next = match (step, at) {
            (_, View::Null) => None,
            (Step::Field(field), View::Object(_) | View::Members(_)) => member(at, field),
            (Step::Item(index), View::List(_) | View::Items(_)) => at.item(*index),
            _ => return Err(GaveUp),
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

fn member<'t>(of: View<'t>, field: &Field) -> Option<View<'t>> {
    let (name, last) = (&*field.name, field.last.load(Ordering::Relaxed));
    let (at, found) = match of {
        View::Object(members) => match members.get(last) {
            Some((known, found)) if *known == name => return Some(*found),
            _ => members
                .iter()
                .enumerate()
                .find(|(_, (known, _))| *known == name)
                .map(|(at, (_, found))| (at, *found))?,
        },
        View::Members(map) => match map.entry_at(last) {
            Some((known, found)) if **known == *name => return Some(View::of(found)),
            _ => map.place(name).map(|(at, found)| (at, View::of(found)))?,
        },
        _ => return None,
    };
    field.last.store(at, Ordering::Relaxed);
    Some(found)
}

/// The rest of a path in every item of `list`; lists inside lists become one.
fn gather<'t>(list: View<'t>, rest: &[Step], found: &mut Vec<'t, View<'t>>) -> Result<(), GaveUp> {
    if matches!(list, View::Null) {
        return Ok(());
    }
    let count = list.count().ok_or(GaveUp)?;
    let next = rest.iter().position(|step| matches!(step, Step::Items));
    for item in (0..count).filter_map(|at| list.item(at)) {
        match next {
            None if rest.is_empty() => found.push(item),
            None => found.extend(walk(item, rest)?),
            Some(next) => {
                if let Some(inner) = walk(item, &rest[..next])? {
                    gather(inner, &rest[next + 1..], found)?;
                }
            }
        }
    }
    Ok(())
}
