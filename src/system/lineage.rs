//! What an operation sends, before anything is sent: which of its inputs each field descends from.

use std::sync::Arc;

use super::operation::{Body, Operation, Segment};
use crate::mapping::Descent;

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

    /// The mapping that makes the body it sends.
    pub fn request_mapping(&self) -> Option<&Arc<crate::mapping::Mapping>> {
        match &self.request.body {
            Body::Mapped(mapping, _) => Some(mapping),
            _ => None,
        }
    }
}
