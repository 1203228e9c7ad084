//! One YAML file as a tree: every node with its place, its style and its raw text.
//!
//! Nothing is resolved here: `012` is the text `012`. What a scalar means is decided in
//! `config::structure`, which knows what is expected where it stands.

mod build;
pub mod scalar;

use std::sync::Arc;

use crate::diagnostic::{SourceId, Span};

pub use build::{MAX_BYTES, MAX_DEPTH, MAX_NODES, build};

/// Which node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// `|` or `>`.
    Block,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text after YAML's escapes and folding.
    Scalar {
        text: String,
        style: Style,
    },
    Sequence(Vec<NodeId>),
    /// Keys (always scalars) and values in the order written.
    Mapping(Vec<(NodeId, NodeId)>),
    /// Something refused, and reported, while the tree was built: nothing more is said about it.
    Refused,
}

/// One node: what it is, where it stands, and whether that is inside `{ }` or `[ ]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub content: Content,
    pub span: Span,
    pub in_flow: bool,
}

/// A parsed file.
#[derive(Debug, Clone)]
pub struct Tree {
    pub source: SourceId,
    pub text: Arc<str>,
    nodes: Vec<Node>,
    pub root: NodeId,
}

impl Tree {
    /// The node behind an id of this tree.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The node behind an id that may come from elsewhere.
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// The text of a scalar; empty for anything else.
    pub fn text_of(&self, id: NodeId) -> &str {
        match &self.node(id).content {
            Content::Scalar { text, .. } => text,
            _ => "",
        }
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self, id: NodeId) -> &[(NodeId, NodeId)] {
        match &self.node(id).content {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The value under `key` and the key's own node.
    pub fn entry(&self, id: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        self.entries(id).iter().copied().find(|(name, _)| self.text_of(*name) == key)
    }

    /// Whether a scalar is null by the core schema: nothing, `~` or `null`, unquoted.
    pub fn is_null(&self, id: NodeId) -> bool {
        matches!(&self.node(id).content, Content::Scalar { text, style: Style::Plain }
            if matches!(scalar::resolve(text), scalar::Scalar::Null))
    }

    /// A scalar's bytes in the file, without quotes, when they are the text itself: then byte `n` of
    /// the text stands at `span.start + n`. `None` when escapes, folding or a block came between.
    pub fn aligned(&self, id: NodeId) -> Option<Span> {
        let node = self.node(id);
        let Content::Scalar { text, style } = &node.content else { return None };
        let quotes = match style {
            Style::Plain => 0,
            Style::SingleQuoted | Style::DoubleQuoted => 1,
            Style::Block => return None,
        };
        let start = node.span.start.checked_add(quotes)?;
        let end = start.checked_add(text.len() as u32)?;
        let same = self.text.get(start as usize..end as usize) == Some(text);
        same.then_some(Span { start, end, ..node.span })
    }

    /// Every node with its id, in the order read.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(at, node)| (NodeId(at as u32), node))
    }
}
