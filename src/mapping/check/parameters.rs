//! Parameters of definitions and their types.

use super::defs::Parameter;
use super::scope::Checker;
use crate::diagnostic::codes;
use crate::mapping::syntax::{self, SchemaName};
use crate::schema::Type;

/// Types of parameters that are no schema, and what stands for them. Sorted by name.
const TYPES: &[(&str, fn() -> Type)] = &[
    ("any", || Type::Any),
    ("boolean", || Type::Boolean),
    ("date", || Type::formatted("date")),
    ("instant", || Type::formatted("date-time")),
    ("integer", Type::integer),
    ("local", || Type::formatted("date-time-local")),
    ("number", Type::number),
    ("text", Type::text),
    ("time", || Type::formatted("time-local")),
];

/// What people from elsewhere write, and what it is here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("array", "write what its items are: `text[]`"),
    ("bool", "write `boolean`"),
    ("date-time", "write `instant`, or `local` where there is no offset"),
    ("datetime", "write `instant`, or `local` where there is no offset"),
    ("decimal", "write `number`: every number is exact"),
    ("int", "write `integer`"),
    ("list", "write what its items are: `text[]`"),
    ("object", "write the name of its schema"),
    ("string", "write `text`"),
];

impl Checker<'_> {
    /// The parameters of a definition.
    pub(super) fn parameters(&mut self, def: &syntax::Def) -> Vec<Parameter> {
        let mut found: Vec<Parameter> = Vec::with_capacity(def.parameters.len());
        for parameter in &def.parameters {
            if found.iter().any(|known| known.name == parameter.name.text) {
                let message = format!("there are two parameters `{}`", parameter.name.text);
                self.note(&codes::DUPLICATE_NAME, parameter.name.span, message)
                    .help
                    .push("give one of them another name".to_owned());
            }
            let (name, optional) = (parameter.name.text.clone(), parameter.optional);
            let ty = self.parameter_type(&parameter.ty).unwrap_or(Type::Any);
            found.push(Parameter { name, ty, optional });
        }
        found
    }

    fn parameter_type(&mut self, name: &SchemaName) -> Option<Type> {
        if let Some((_, ty)) = TYPES.iter().find(|(word, _)| *word == &*name.name) {
            return Some(if name.list { Type::list(ty()) } else { ty() });
        }
        if let Some((_, help)) = ELSEWHERE.iter().find(|(word, _)| *word == name.name.to_lowercase()) {
            let message = format!("there is no type `{}`", name.name);
            self.note(&codes::UNKNOWN_TYPE, name.span, message).help.push((*help).to_owned());
            return None;
        }
        if name.name.contains(['/', '@']) {
            return self.schema(name);
        }
        let known: Vec<String> = TYPES.iter().map(|(word, _)| format!("`{word}`")).collect();
        let near = crate::diagnostic::nearest(&name.name, TYPES.iter().map(|(word, _)| *word));
        let near = near.map(|near| format!("did you mean `{near}`?"));
        if near.is_none() && self.environment.schemas.get(&name.name).is_some() {
            return self.schema(name);
        }
        let finding = self.note(&codes::UNKNOWN_TYPE, name.span, format!("there is no type `{}`", name.name));
        finding.help.push(format!("write {}, or a schema such as `canonical/address@1`", known.join(", ")));
        finding.label = near;
        None
    }
}
