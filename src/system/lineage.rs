//! What an operation sends, before anything is sent: which of its inputs each field descends from.

use std::sync::Arc;

use super::operation::{Body, Operation, Segment};
use crate::mapping::{Descent, Mapping, Rejecting};
use crate::schema::Schema;

/// What an answer goes through.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'o> {
    /// The schema of what is on the wire.
    pub wire: Option<&'o Arc<Schema>>,
    pub map: Option<&'o Arc<Mapping>>,
    /// The schema of what is given, or of its items.
    pub gives: Option<&'o Arc<Schema>>,
    /// Whether a list is given.
    pub is_list: bool,
}

impl Operation {
    /// What it sends when what it takes descends from `takes`: fields of the body by their names, what
    /// stands in the path as `path.number`, in the query as `query.number`.
    pub fn descent(&self, takes: &[Descent]) -> Vec<(Option<&'static str>, Descent)> {
        let body = match &self.request.body {
            Body::None => None,
            Body::Mapped(mapping, places) => {
                let inputs: Vec<Descent> =
                    places.iter().map(|place| takes.get(*place).cloned().unwrap_or_default()).collect();
                Some(mapping.program.descent(&inputs))
            }
            Body::Written(compiled) => Some(compiled.program.descent(takes)),
            Body::Input(place) => Some(takes.get(*place).cloned().unwrap_or_default()),
        };
        let mut sent: Vec<(Option<&'static str>, Descent)> =
            body.into_iter().map(|descent| (None, descent)).collect();
        let path = self.path.iter().filter_map(|segment| match segment {
            Segment::Value(words, compiled) => {
                let name: Arc<str> = words.rsplit('.').next().unwrap_or(words).into();
                Some((name, compiled.program.descent(takes)))
            }
            Segment::Literal(_) => None,
        });
        let path: Vec<_> = path.collect();
        let query: Vec<_> = self
            .query
            .iter()
            .map(|(name, compiled)| (name.clone(), compiled.program.descent(takes)))
            .collect();
        for (word, members) in [("path", path), ("query", query)] {
            if !members.is_empty() {
                sent.push((Some(word), Descent::of_members(members)));
            }
        }
        sent
    }

    /// Every way in which making its request may reject, when what it takes descends from `takes`.
    pub fn rejecting(&self, takes: &[Descent]) -> Vec<Rejecting> {
        let mut found = match &self.request.body {
            Body::Mapped(mapping, places) => {
                let inputs = places.iter().map(|place| takes.get(*place).cloned().unwrap_or_default());
                mapping.program.rejecting(&inputs.collect::<Vec<_>>())
            }
            Body::Written(compiled) => compiled.program.rejecting(takes),
            Body::None | Body::Input(_) => Vec::new(),
        };
        let path = self.path.iter().filter_map(|segment| match segment {
            Segment::Value(_, compiled) => Some(compiled),
            Segment::Literal(_) => None,
        });
        let query = self.query.iter().map(|(_, compiled)| compiled);
        let headers = self.headers.iter().map(|(_, compiled)| compiled);
        for compiled in path.chain(query).chain(headers).chain(&self.key) {
            found.extend(compiled.program.rejecting(takes));
        }
        found
    }

    /// What its answer goes through until it is what the operation gives.
    pub fn answered(&self) -> Answered<'_> {
        let shape = &self.response;
        Answered {
            wire: shape.schema.as_ref(),
            map: shape.map.as_ref(),
            gives: shape.gives.as_ref(),
            is_list: shape.gives_list,
        }
    }

    /// The mapping that makes the body it sends.
    pub fn request_mapping(&self) -> Option<&Arc<Mapping>> {
        match &self.request.body {
            Body::Mapped(mapping, _) => Some(mapping),
            _ => None,
        }
    }
}
