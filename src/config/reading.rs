//! From a checked tree to typed declarations: through `serde_yaml`'s value model, with places kept.
//!
//! Every node is emitted as a tagged value whose tag is the node's number in the tree. serde_yaml
//! takes tags off by itself for plain types; [`Spanned`](super::Spanned) and the types that read a
//! scalar's raw text ask for the tag and find their node in the tree that is being read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use serde::de::{self, DeserializeOwned, EnumAccess, IgnoredAny, VariantAccess, Visitor};
use serde_yaml::Value;
use serde_yaml::value::{Tag, TaggedValue};

use super::project::Environment;
use super::tree::scalar::{Scalar, resolve};
use super::tree::{Content, NodeId, Style, Tree};
use crate::diagnostic::{Diagnostic, Span, codes};

/// What typed declarations may look at while they are read.
pub struct Reading {
    pub tree: Rc<Tree>,
    pub environment: Arc<Environment>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Reading>>> = const { RefCell::new(None) };
}

/// Reads a tree as a `T`. `expanded` holds the scalars whose value differs from their text, because
/// a variable stands in them. An error is one that the structure check did not foresee.
pub fn read<T: DeserializeOwned>(
    reading: Reading,
    expanded: &HashMap<NodeId, Value>,
) -> Result<T, Box<Diagnostic>> {
    let tree = reading.tree.clone();
    let value = emit(&tree, tree.root, expanded);
    let before = CURRENT.replace(Some(Rc::new(reading)));
    let result = serde_path_to_error::deserialize::<_, T>(value);
    CURRENT.set(before);
    result.map_err(|error| {
        let span = place(&tree, error.path());
        Box::new(Diagnostic::new(
            &codes::WRONG_TYPE,
            span,
            format!("this does not fit here: {}", error.inner()),
        ))
    })
}

/// The innermost node that a failed read passed: its number is the variant's name in the path.
fn place(tree: &Tree, path: &serde_path_to_error::Path) -> Span {
    let nodes = path.iter().filter_map(|segment| match segment {
        serde_path_to_error::Segment::Enum { variant } => variant.parse().ok().map(NodeId),
        _ => None,
    });
    let last = nodes.filter_map(|id| tree.get(id)).next_back();
    last.unwrap_or_else(|| tree.node(tree.root)).span
}

fn emit(tree: &Tree, id: NodeId, expanded: &HashMap<NodeId, Value>) -> Value {
    let value = match (&tree.node(id).content, expanded.get(&id)) {
        (_, Some(value)) => value.clone(),
        (Content::Scalar { text, style: Style::Plain }, _) => plain(text),
        (Content::Scalar { text, .. }, _) => Value::String(text.clone()),
        (Content::Sequence(items), _) => {
            Value::Sequence(items.iter().map(|item| emit(tree, *item, expanded)).collect())
        }
        (Content::Mapping(entries), _) => {
            let entries = entries.iter().map(|(key, value)| {
                let name = Value::String(tree.text_of(*key).to_owned());
                (tagged(*key, name), emit(tree, *value, expanded))
            });
            Value::Mapping(entries.collect())
        }
        (Content::Refused, _) => Value::Null,
    };
    tagged(id, value)
}

/// A plain scalar for typed fields. Exact numbers in data are read from the tree, never from here.
pub fn plain(text: &str) -> Value {
    match resolve(text) {
        Scalar::Null => Value::Null,
        Scalar::Bool(truth) => Value::Bool(truth),
        Scalar::Integer => match (text.parse::<u64>(), text.parse::<i64>()) {
            (Ok(number), _) => Value::from(number),
            (_, Ok(number)) => Value::from(number),
            _ => Value::String(text.to_owned()),
        },
        _ => Value::String(text.to_owned()),
    }
}

fn tagged(id: NodeId, value: Value) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag: Tag::new(id.0.to_string()), value }))
}

/// Reads a tagged value with `T`, and gives the place of its node.
pub fn spanned<'de, T: de::Deserialize<'de>, D: de::Deserializer<'de>>(
    deserializer: D,
) -> Result<(T, NodeId, Rc<Reading>), D::Error> {
    struct Tagged<T>(std::marker::PhantomData<T>);
    impl<'de, T: de::Deserialize<'de>> Visitor<'de> for Tagged<T> {
        type Value = (T, NodeId, Rc<Reading>);
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value of a file that is being read")
        }
        fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
            let (tag, inner) = access.variant::<String>()?;
            let reading = CURRENT.with_borrow(Clone::clone);
            let found = reading.zip(tag.parse().ok().map(NodeId));
            let found = found.filter(|(reading, id)| reading.tree.get(*id).is_some());
            let (reading, id) = found.ok_or_else(|| de::Error::custom("no file is being read"))?;
            Ok((inner.newtype_variant()?, id, reading))
        }
    }
    deserializer.deserialize_any(Tagged(std::marker::PhantomData))
}

/// The node that stands here, unread.
pub fn node<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<(NodeId, Rc<Reading>), D::Error> {
    let (IgnoredAny, id, reading) = spanned(deserializer)?;
    Ok((id, reading))
}
