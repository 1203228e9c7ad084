//! Looks at the brackets and quotes of an expression without parsing it.

/// Whether more stands behind the quote that ends a quoted text.
pub fn goes_on_behind_quote(value: &str, quote: char) -> bool {
    let Some(end) = value[1..].find(quote) else { return false };
    let rest = value[end + 2..].trim_start();
    !rest.is_empty() && !rest.starts_with(['#', ':', quote])
}

/// Whether more stands behind the bracket that ends a value in brackets.
pub fn goes_on_behind_bracket(value: &str) -> bool {
    let rest = value[end_of_brackets(value)..].trim_start();
    !rest.is_empty() && !rest.starts_with(['#', ']', '}'])
}

/// The bracket behind a value in brackets that closes nothing, when nothing but such stand there.
pub fn extra_closer(value: &str) -> Option<usize> {
    let end = end_of_brackets(value);
    let rest = value[end..].trim();
    let only = !rest.is_empty() && rest.chars().all(|next| matches!(next, ')' | ']' | '}' | ' '));
    only.then(|| end + value[end..].len() - value[end..].trim_start().len())
}

/// Where a second `key: ` stands in a value within brackets, with nothing but a space before it.
pub fn second_key(value: &str) -> Option<usize> {
    let end = end_of_flow_value(value);
    let value = &value[..end];
    let starts = value.match_indices(' ').map(|(at, _)| at + 1);
    let mut keys = starts.filter(|at| starts_with_key(&value[*at..]) && !is_open(&value[..*at]));
    keys.next().filter(|at| !value[..*at].trim().is_empty())
}

/// Whether a value begins like a key of its own: `call: …`.
pub fn starts_with_key(value: &str) -> bool {
    let Some((name, _)) = value.split_once(": ") else { return false };
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Where the double quote stands that is not closed.
pub fn open_quote(text: &str) -> Option<usize> {
    let mut scan = Scan::default();
    let mut last = 0;
    for (at, next) in text.char_indices() {
        let before = scan.quoted;
        scan.inside(next);
        if scan.quoted && !before {
            last = at;
        }
    }
    scan.quoted.then_some(last)
}

/// Where the brackets that begin a text are all closed again; its length when they never are.
fn end_of_brackets(text: &str) -> usize {
    let mut depth = 0usize;
    let mut scan = Scan::default();
    for (at, next) in text.char_indices() {
        match (scan.inside(next), next) {
            (false, '(' | '[' | '{') => depth += 1,
            (false, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Where a value inside `{ }` or `[ ]` ends when its own brackets and quotes are respected.
pub fn end_of_flow_value(text: &str) -> usize {
    let mut depth = 0usize;
    let mut scan = Scan::default();
    for (at, next) in text.char_indices() {
        match (scan.inside(next), next) {
            (false, '(' | '[' | '{') => depth += 1,
            (false, ',' | '}' | ']') if depth == 0 => return at,
            (false, '\n') => return at,
            (false, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// Knows whether a character stands inside a double-quoted text of an expression.
#[derive(Default)]
struct Scan {
    quoted: bool,
    escaped: bool,
}

impl Scan {
    fn inside(&mut self, next: char) -> bool {
        if self.quoted {
            let closing = next == '"' && !self.escaped;
            self.escaped = next == '\\' && !self.escaped;
            self.quoted = !closing;
            return true;
        }
        self.quoted = next == '"';
        self.quoted
    }
}

/// A plain value without the comment behind it.
pub fn without_comment(value: &str) -> &str {
    value.split(" #").next().unwrap_or(value).trim_end()
}

/// The closing brackets that a text lacks at its end.
pub fn missing_brackets(text: &str) -> String {
    let mut open = Vec::new();
    let mut scan = Scan::default();
    for next in text.chars() {
        match (scan.inside(next), next) {
            (false, '(') => open.push(")"),
            (false, '[') => open.push("]"),
            (false, '{') => open.push("}"),
            (false, ')' | ']' | '}') => drop(open.pop()),
            _ => {}
        }
    }
    open.reverse();
    open.join(" ").replace("] ]", "]]").replace(") )", "))")
}

/// Whether brackets or quotes are opened in a text and not closed.
pub fn is_open(text: &str) -> bool {
    let mut depth = 0i64;
    let mut scan = Scan::default();
    for next in text.chars() {
        match (scan.inside(next), next) {
            (false, '(' | '[' | '{') => depth += 1,
            (false, ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    depth > 0 || scan.quoted
}

/// Whether a text that begins with `|` or `>` is the head of a block: then a comment at most follows.
pub fn is_block_header(value: &str) -> bool {
    let rest = value[1..].trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    rest.is_empty() || rest.trim_start().starts_with('#')
}

/// Whether an expression is cut off: an operator stands at its end.
pub fn is_unfinished(text: &str) -> bool {
    const WORDS: &[&str] = &["and", "in", "not", "or"];
    const SIGNS: &[&str] = &["!=", "*", "+", ",", "-", "/", "<", "<=", "==", ">", ">=", "??"];
    let last = text.split_whitespace().last().unwrap_or_default();
    is_open(text) || WORDS.contains(&last) || SIGNS.contains(&last)
}

/// Whether an expression is a bare dotted path, which stands unquoted anywhere.
pub fn is_dotted(text: &str) -> bool {
    let bare = text.strip_prefix('=').unwrap_or(text).trim_start();
    bare.chars().all(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | '_'))
}
