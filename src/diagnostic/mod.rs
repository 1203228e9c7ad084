//! What we say to the author before traffic: where, what, and what to write instead.

pub mod codes;
pub mod render;
mod source;

pub use codes::Code;
pub use source::{Source, SourceId, Sources, Span};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a check.
    Hint,
    /// Works, but is likely not what was meant.
    Warning,
    /// The project is refused.
    Error,
}

impl Severity {
    /// The word in output.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Hint => "hint",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One finding. The message begins in lower case, ends without a full stop, quotes the author's
/// words in backticks and never names a Rust type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub message: String,
    /// The words it is about; `None` only when it is about a file that does not exist.
    pub span: Option<Span>,
    /// A few words under the caret (`did you mean ...`).
    pub label: Option<String>,
    /// Other places that matter (the first of two duplicates), each with a few words.
    pub related: Vec<(Span, String)>,
    /// What to write instead, or why it matters.
    pub help: Vec<String>,
    /// Whether the words it is about may be a secret: then no output shows them.
    pub concealed: bool,
}

impl Diagnostic {
    /// A finding at `span`; its severity is the code's.
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            message: message.into(),
            span: Some(span),
            label: None,
            related: Vec::new(),
            help: Vec::new(),
            concealed: false,
        }
    }

    /// A finding about the project as a whole.
    pub fn nowhere(code: &'static Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span: None, ..Diagnostic::new(code, Span::default(), message) }
    }

    /// Adds words under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Diagnostic {
        self.related.push((span, words.into()));
        self
    }

    /// Keeps the words it is about out of every output: they may be a secret.
    #[must_use]
    pub fn conceal(mut self) -> Diagnostic {
        self.concealed = true;
        self
    }

    /// Adds `did you mean` under the caret when one of `known` is near to `word`.
    #[must_use]
    pub fn nearest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match nearest(word, known) {
            Some(near) => self.label(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.code.severity
    }
}

/// Whether a character steers a terminal, or turns the order of what stands around it.
pub fn steers(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name for a message: what would steer a terminal is shown as a replacement character.
pub fn plain(name: &str) -> std::borrow::Cow<'_, str> {
    match name.contains(steers) {
        true => name.replace(steers, "\u{fffd}").into(),
        false => name.into(),
    }
}

/// The longest word, in bytes, that [`nearest`] looks at.
const LONGEST_WORD: usize = 100;

/// An author's word for a message: cut where it is too long to read.
pub fn short(word: &str) -> std::borrow::Cow<'_, str> {
    match word.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &word[..end]).into(),
        None => word.into(),
    }
}

/// The known word nearest to `word`, when one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // What is much longer than any word of ours is no slip, and comparing it would take long.
    if word.len() > LONGEST_WORD {
        return None;
    }
    let known: Vec<&str> = known.into_iter().collect();
    let distance = |near: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &near.to_lowercase());
    let limit = (word.chars().count() / 3).max(1);
    let by_distance =
        known.iter().map(|near| (distance(near), *near)).filter(|(distance, _)| *distance <= limit);
    by_distance.min().map(|(_, near)| near).or_else(|| begun(word, &known))
}

/// The only known word that goes on where `word` ends: `acme_portal` for `acme`.
fn begun<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let goes_on = |near: &&&str| {
        near.strip_prefix(word).is_some_and(|rest| rest.starts_with(['_', '-', '@', '/', '.']))
    };
    let mut longer = known.iter().filter(goes_on);
    let first = longer.next().filter(|_| word.chars().count() >= 3)?;
    longer.all(|other| other == first).then_some(first)
}
