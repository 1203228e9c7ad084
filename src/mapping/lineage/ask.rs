//! Asking for a field by its path, and for what comes from a place.

use std::sync::Arc;

use super::descent::FieldDescent;
use crate::mapping::place::{Key, Place};

/// What is known of the fields at a path.
#[derive(Debug)]
pub enum Asked {
    /// These: the field itself, or the fields below it.
    Fields(Vec<FieldDescent>),
    /// It is a part of this field, which is written as a whole.
    Inside(FieldDescent),
    /// Nothing is written there.
    Nothing,
}

impl Asked {
    /// Looks for the fields at a path; its brackets do not matter to what is found.
    pub fn of(fields: &[FieldDescent], path: &[Key]) -> Asked {
        let names: Vec<Arc<str>> = path.iter().filter_map(name).collect();
        let below = |field: &&FieldDescent| field.names().starts_with(&names);
        let found: Vec<FieldDescent> = fields.iter().filter(below).cloned().collect();
        if !found.is_empty() {
            return Asked::Fields(found);
        }
        let around = fields.iter().find(|field| names.starts_with(&field.names()));
        around.map_or(Asked::Nothing, |field| Asked::Inside(field.inside(path)))
    }
}

impl FieldDescent {
    /// The names on the way to it.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.keys.iter().filter_map(name).collect()
    }

    /// The part of it at `path`, which begins with its own: of what is taken over as it is, the same part.
    fn inside(&self, path: &[Key]) -> FieldDescent {
        let mut inside = self.clone();
        let mut rest = path;
        let mut own = self.names().len();
        while let (true, Some((key, after))) = (own > 0, rest.split_first()) {
            own -= usize::from(matches!(key, Key::Field(_)));
            rest = after;
        }
        let doubled = self.keys.last() == Some(&Key::Items) && rest.first() == Some(&Key::Items);
        for key in rest.iter().skip(usize::from(doubled)) {
            inside.keys.push(key.clone());
            inside.place = inside.place.map(|place| place.below(key.clone()));
        }
        if let (Some(place), Some(before)) = (&inside.place, &self.place) {
            inside
                .origin
                .from
                .iter_mut()
                .filter(|from| *from == before)
                .for_each(|from| *from = place.clone());
        }
        inside
    }
}

fn name(key: &Key) -> Option<Arc<str>> {
    match key {
        Key::Field(name) => Some(name.clone()),
        Key::Item(_) | Key::Items => None,
    }
}

/// Whether one place is the other, or leads into it; which item of a list does not matter.
pub fn overlaps(place: &Place, slot: usize, names: &[Arc<str>]) -> bool {
    let known = place.keys.iter().filter_map(name);
    place.slot == slot && known.zip(names).all(|(one, other)| one == *other)
}

/// The names in a path as people write it: `lines[0].unit`, `lines.unit`, `"@odata.etag"`.
pub fn names_of(path: &str) -> Result<Vec<Arc<str>>, String> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (name, after) =
                quoted.split_once('"').ok_or_else(|| format!("`{path}`: a quote is not closed"))?;
            names.push(name.into());
            rest = after;
        } else if let Some(bracket) = rest.strip_prefix('[') {
            let (index, after) =
                bracket.split_once(']').ok_or_else(|| format!("`{path}`: a bracket is not closed"))?;
            if !index.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!("`{path}`: `[]` and `[0]` may stand in a path, `[{index}]` may not"));
            }
            rest = after;
        } else {
            let end = rest.find(['.', '[', '"']).unwrap_or(rest.len());
            if end == 0 && !names.is_empty() && rest.len() > 1 {
                rest = &rest[1..];
                continue;
            }
            if end == 0 {
                return Err(format!("`{path}`: a name is missing; write names with dots between them"));
            }
            names.push(rest[..end].into());
            rest = &rest[end..];
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_people_write_them() {
        let names = |path: &str| names_of(path).map(|names| names.join("|"));
        assert_eq!(names("lines[0].unit"), Ok("lines|unit".to_owned()));
        assert_eq!(names("lines[].unit"), Ok("lines|unit".to_owned()));
        assert_eq!(names("a.\"b.c\".d"), Ok("a|b.c|d".to_owned()));
        assert_eq!(names("\"@odata.etag\""), Ok("@odata.etag".to_owned()));
        for wrong in [".a", "a.", "a[", "a[x]", "\"a", "."] {
            assert!(names_of(wrong).is_err(), "{wrong}");
        }
    }
}
