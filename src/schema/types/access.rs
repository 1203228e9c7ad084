//! What a path finds in a type.

use std::sync::Arc;

use super::{ObjectType, Type};

/// What a name or index finds.
#[derive(Debug, Clone)]
pub struct Access {
    pub ty: Type,
    /// Whether there may be nothing.
    pub absent: bool,
    /// Whether what is looked into may be null.
    pub through_null: bool,
    /// Whether a schema that names other fields does not name this one, and says nothing of further ones.
    pub undeclared: bool,
}

/// Why a name finds nothing.
#[derive(Debug, Clone)]
pub enum NoAccess {
    /// The object has no such field and takes no others; the names that it has.
    NoSuchField { object: Type, known: Vec<Arc<str>> },
    /// What is looked into is never an object.
    NotAnObject(Type),
    /// What is looked into is never a list.
    NotAList(Type),
}

impl Type {
    /// The member called `name` of an object; of a union, what its objects say together. Looking into
    /// something that may also be of another kind gives "may be absent".
    pub fn member(&self, name: &str) -> Result<Access, NoAccess> {
        if let Type::Any | Type::Never = self.shape() {
            return Ok(self.unsaid());
        }
        let objects: Vec<&Arc<ObjectType>> = self.members().iter().filter_map(Type::as_object).collect();
        if objects.is_empty() {
            return Err(NoAccess::NotAnObject(self.clone()));
        }
        let found: Vec<_> = objects.iter().filter_map(|object| object.member(name)).collect();
        if found.is_empty() {
            let known = objects.iter().flat_map(|object| object.fields.iter().map(|(name, _)| name.clone()));
            return Err(NoAccess::NoSuchField { object: self.clone(), known: known.collect() });
        }
        let named = objects.iter().any(|object| object.field(name).is_some());
        let undeclared = !named
            && objects.iter().all(|object| object.silent || object.rest.is_none())
            && objects.iter().any(|object| !object.fields.is_empty());
        let absent = found.len() < self.members().len() || found.iter().any(|field| !field.required);
        let through_null = self.is_nullable();
        Ok(Access {
            ty: Type::union(found.into_iter().map(|field| field.ty)),
            absent,
            through_null,
            undeclared,
        })
    }

    /// The item at `index` of a list.
    pub fn item(&self, index: usize) -> Result<Access, NoAccess> {
        if let Type::Any | Type::Never = self.shape() {
            return Ok(self.unsaid());
        }
        let lists: Vec<_> = self.members().iter().filter_map(Type::as_array).collect();
        if lists.is_empty() {
            return Err(NoAccess::NotAList(self.clone()));
        }
        let absent = lists.len() < self.members().len()
            || lists.iter().any(|list| list.min_items.unwrap_or(0) <= index);
        let ty = Type::union(lists.iter().map(|list| list.at(index).clone()));
        Ok(Access { ty, absent, through_null: self.is_nullable(), undeclared: false })
    }

    /// What is inside anything, perhaps, and inside nothing, which is never looked into.
    fn unsaid(&self) -> Access {
        Access { ty: self.shape().clone(), absent: !self.is_never(), through_null: false, undeclared: false }
    }

    /// The type of every item of a list.
    pub fn items(&self) -> Result<Type, NoAccess> {
        if matches!(self.shape(), Type::Any | Type::Never) {
            return Ok(self.shape().clone());
        }
        let lists: Vec<_> = self.members().iter().filter_map(Type::as_array).collect();
        if lists.is_empty() {
            return Err(NoAccess::NotAList(self.clone()));
        }
        Ok(Type::union(lists.iter().map(|list| list.any_item())))
    }

    /// What a path of names finds, absent and null gathered on the way. The error says how many names
    /// were found before it.
    pub fn at_path<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<Access, (usize, NoAccess)> {
        let start = Access { ty: self.clone(), absent: false, through_null: false, undeclared: false };
        names.into_iter().enumerate().try_fold(start, |at, (found, name)| {
            let next = at.ty.member(name).map_err(|error| (found, error))?;
            Ok(Access {
                ty: next.ty,
                absent: at.absent || next.absent,
                through_null: at.through_null || next.through_null,
                undeclared: at.undeclared || next.undeclared,
            })
        })
    }
}
