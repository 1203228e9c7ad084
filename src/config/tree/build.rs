//! YAML text to a [`Tree`], with everything refused that a reviewer could misread.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle};

use super::{Content, Node, NodeId, Style, Tree};
use crate::config::traps;
use crate::diagnostic::{Diagnostic, SourceId, Span, codes, short};

/// The longest file: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;
/// The most nodes in a file, keys and values counted.
pub const MAX_NODES: usize = 100_000;
/// How deep mappings and sequences may nest.
pub const MAX_DEPTH: usize = 64;

/// Parses one file. Anchors, aliases, merge keys, tags, second documents and duplicate keys are
/// refused by name, with their place; the tree is there in spite of them, so that other findings
/// can be given with them. There is no tree after a syntax error, or beyond a bound.
pub fn build(source: SourceId, text: &Arc<str>) -> (Option<Tree>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        let message = format!("this file is longer than {} KB", MAX_BYTES / 1024);
        let finding = Diagnostic::new(&codes::TOO_LARGE, Span::new(source, 0, 0), message)
            .help("split it: several files of a kind are read as one");
        return (None, vec![finding]);
    }
    let mut builder = Builder::new(source, text);
    if let Err(finding) = builder.run() {
        // What ended the reading says more than what was refused at the same place.
        builder
            .findings
            .retain(|other| other.span.map(|span| span.start) != finding.span.map(|span| span.start));
        builder.findings.push(*finding);
        return (None, builder.findings);
    }
    let root = match builder.root {
        Some(root) => root,
        None => builder.empty_document(),
    };
    let tree = Tree { source, text: text.clone(), nodes: builder.nodes, root };
    (Some(tree), builder.findings)
}

/// A collection that is still open.
struct Open {
    id: NodeId,
    flow: bool,
    /// The key that waits for its value.
    key: Option<NodeId>,
    /// Whether that key was refused, so that its value goes with it.
    refused: bool,
    /// Names seen in a mapping, with the place of the first.
    seen: HashMap<String, Span>,
}

struct Builder<'a> {
    source: SourceId,
    text: &'a Arc<str>,
    nodes: Vec<Node>,
    open: Vec<Open>,
    root: Option<NodeId>,
    documents: usize,
    findings: Vec<Diagnostic>,
}

type Fatal = Box<Diagnostic>;

impl<'a> Builder<'a> {
    fn new(source: SourceId, text: &'a Arc<str>) -> Builder<'a> {
        let (nodes, open, findings) = (Vec::new(), Vec::new(), Vec::new());
        Builder { source, text, nodes, open, root: None, documents: 0, findings }
    }

    fn run(&mut self) -> Result<(), Fatal> {
        let mut options = granit_parser::options! {
            strict_indentation: true,
            emit_unresolved_aliases: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        options.set_emit_comments(false);
        let text = self.text.clone();
        let mut parser = Parser::new_from_str_with_options(&text, options);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| self.syntax_error(&error))?;
            let start = span.start.byte_offset().unwrap_or(0);
            let end = span.end.byte_offset().unwrap_or(start).max(start);
            let place = Span::new(self.source, start, end);
            if self.documents > 1 {
                return Ok(());
            }
            self.event(event, place, span.tag_span().and_then(|tag| tag.byte_range()))?;
            if self.nodes.len() > MAX_NODES {
                return Err(self.too_large(place));
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        event: Event<'_>,
        span: Span,
        tag: Option<std::ops::Range<usize>>,
    ) -> Result<(), Fatal> {
        let tag = tag.map(|range| Span::new(self.source, range.start, range.end));
        match event {
            Event::DocumentStart(..) => self.document(span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => self.alias(span),
            Event::Scalar(text, style, anchor, tagged) => {
                let refused = self.properties(anchor, tagged.is_some(), tag, span);
                let content = match refused {
                    true => Content::Refused,
                    false => Content::Scalar { text: text.into_owned(), style: self::style(style) },
                };
                self.add(content, span);
            }
            Event::SequenceStart(style, anchor, tagged) => {
                self.properties(anchor, tagged.is_some(), tag, span);
                self.start(Content::Sequence(Vec::new()), span, is_flow(style))?;
            }
            Event::MappingStart(style, anchor, tagged) => {
                self.properties(anchor, tagged.is_some(), tag, span);
                self.start(Content::Mapping(Vec::new()), span, is_flow(style))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.finish(span),
            _ => {}
        }
        Ok(())
    }

    /// `---`: once at most.
    fn document(&mut self, span: Span) {
        self.documents += 1;
        if self.documents > 1 {
            let message = "a second document begins here; a file holds one";
            self.findings.push(
                Diagnostic::new(&codes::YAML_DOCUMENT, span, message)
                    .help("move what follows `---` to a file of its own"),
            );
        }
    }

    fn alias(&mut self, span: Span) {
        let word = short(self.words(span)).into_owned();
        self.findings.push(
            Diagnostic::new(&codes::YAML_ALIAS, span, format!("`{word}` is an alias, which is not allowed"))
                .help("write the value out where it is used, or quote the text if it begins with `*`"),
        );
        self.add(Content::Refused, span);
    }

    /// Refuses an anchor and a tag; says whether the node is one that cannot be judged.
    fn properties(&mut self, anchor: usize, tagged: bool, tag: Option<Span>, node: Span) -> bool {
        if anchor > 0 {
            let span = self.anchor_before(node);
            let word = short(self.words(span)).into_owned();
            let message = format!("`{word}` is an anchor, which is not allowed");
            self.findings.push(
                Diagnostic::new(&codes::YAML_ANCHOR, span, message)
                    .help("write the value out where it is used, or quote the text if it begins with `&`"),
            );
        }
        if tagged {
            self.findings.push(traps::tag(self.text, tag.unwrap_or(node)));
        }
        tagged || anchor > 0
    }

    /// The `&name` that stands before a node: YAML puts it in front, perhaps on the line above.
    fn anchor_before(&self, node: Span) -> Span {
        let before = self.text.get(..node.start as usize).unwrap_or_default();
        let start = before.rfind('&').unwrap_or(node.start as usize);
        let rest = &self.text[start..];
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        Span::new(self.source, start, start + length)
    }

    fn words(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn start(&mut self, content: Content, span: Span, flow: bool) -> Result<(), Fatal> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        let id = self.add(content, span);
        self.open.push(Open { id, flow, key: None, refused: false, seen: HashMap::new() });
        Ok(())
    }

    fn finish(&mut self, end: Span) {
        let Some(open) = self.open.pop() else { return };
        let last = match &self.nodes[open.id.0 as usize].content {
            Content::Sequence(items) => items.last().copied(),
            Content::Mapping(entries) => entries.last().map(|(_, value)| *value),
            _ => None,
        };
        let stop = match last {
            Some(last) if !open.flow => self.nodes[last.0 as usize].span.end,
            _ => end.end,
        };
        let span = &mut self.nodes[open.id.0 as usize].span;
        span.end = stop.max(span.start);
    }

    fn add(&mut self, content: Content, span: Span) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        let in_flow = self.open.last().is_some_and(|open| open.flow);
        self.nodes.push(Node { content, span, in_flow });
        self.hang(id, span);
        id
    }

    /// Puts a node where it belongs: the root, an item, a key, or the value of the waiting key.
    fn hang(&mut self, id: NodeId, span: Span) {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(id);
            return;
        };
        let parent = open.id.0 as usize;
        match (&mut self.nodes[parent].content, open.key.take()) {
            (Content::Sequence(items), _) => items.push(id),
            (Content::Mapping(_), Some(_)) if open.refused => {}
            (Content::Mapping(entries), Some(key)) => entries.push((key, id)),
            (Content::Mapping(_), None) => {
                open.key = Some(id);
                self.key(id, span);
            }
            _ => {}
        }
    }

    /// Judges a key: a word, not `<<`, and not said before.
    fn key(&mut self, id: NodeId, span: Span) {
        let finding = self.bad_key(id, span);
        let Some(open) = self.open.last_mut() else { return };
        open.refused = finding.is_some();
        match (finding, &self.nodes[id.0 as usize].content) {
            (Some(finding), _) => self.findings.push(finding),
            (None, Content::Scalar { text, .. }) => drop(open.seen.insert(text.clone(), span)),
            _ => {}
        }
    }

    fn bad_key(&self, id: NodeId, span: Span) -> Option<Diagnostic> {
        let Content::Scalar { text, style } = &self.nodes[id.0 as usize].content else {
            let message = "a key must be a word, not a list or a map";
            let finding = Diagnostic::new(&codes::YAML_SYNTAX, span, message);
            return Some(finding.help("write `key: value`; quote a key with odd characters"));
        };
        if *style == Style::Plain && text == "<<" {
            let message = "`<<` is a merge key, which is not allowed";
            let finding = Diagnostic::new(&codes::YAML_MERGE_KEY, span, message);
            return Some(finding.help("write the merged keys out"));
        }
        let first = self.open.last()?.seen.get(text)?;
        let message = format!("the key `{}` stands here twice", short(text));
        let finding = Diagnostic::new(&codes::DUPLICATE_KEY, span, message).label("again here");
        Some(finding.related(*first, "first here").help("remove one of them"))
    }

    fn empty_document(&mut self) -> NodeId {
        let content = Content::Scalar { text: String::new(), style: Style::Plain };
        self.add(content, Span::new(self.source, 0, 0))
    }

    fn too_large(&self, span: Span) -> Fatal {
        let message = format!("this file has more than {MAX_NODES} keys and values");
        Box::new(
            Diagnostic::new(&codes::TOO_LARGE, span, message)
                .help("split it: several files of a kind are read as one"),
        )
    }

    fn too_deep(&self, span: Span) -> Fatal {
        let message = format!("nested more than {MAX_DEPTH} deep");
        Box::new(
            Diagnostic::new(&codes::TOO_DEEP, span, message)
                .help("move the inner part out: steps to a flow of their own, data to a mapping"),
        )
    }

    fn syntax_error(&self, error: &granit_parser::ScanError) -> Fatal {
        let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let span = Span::new(self.source, at, at);
        if matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded) {
            return self.too_deep(span);
        }
        Box::new(traps::syntax(self.text, span, error.kind()))
    }
}

fn is_flow(style: granit_parser::StructureStyle) -> bool {
    style == granit_parser::StructureStyle::Flow
}

fn style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        _ => Style::Plain,
    }
}
