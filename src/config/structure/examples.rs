//! What to write where an author wrote a value of another type: the value itself, in the right form.

use crate::config::tree::scalar::quoted;
use crate::config::tree::{Content, NodeId, Style, Tree};
use crate::diagnostic::short;

/// The line as it should be, for a key whose form is often mistaken.
pub fn instead(key: &str, tree: &Tree, id: NodeId) -> Option<String> {
    match (&tree.node(id).content, key) {
        (Content::Scalar { text, .. }, "takes") => {
            let name = text.rsplit('/').next().unwrap_or(text).split('@').next().unwrap_or(text);
            let name = name.trim_end_matches("[]").replace('-', "_");
            Some(format!("give it a name: `takes: {{ {name}: {text} }}`"))
        }
        (Content::Scalar { text, .. }, "customer") => {
            Some(format!("say in which language: `customer: {{ en: {} }}`", quoted(&short(text))))
        }
        (Content::Mapping(_), "gives") => {
            Some("what is given has no name: write the schema alone, `gives: canonical/order@1`".to_owned())
        }
        (Content::Scalar { text, style: Style::SingleQuoted | Style::DoubleQuoted }, _)
            if !text.is_empty() && text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Some(format!("write it without quotes: `{key}: {text}`"))
        }
        _ => None,
    }
}

/// A text that YAML reads as a number, in the form that its key wants; `None` where quotes are enough.
pub fn of_number(key: &str, text: &str) -> Option<String> {
    let port = text.parse::<u16>().is_ok();
    (port && matches!(key, "admin" | "public")).then(|| {
        format!("write an address and the port: `{key}: 127.0.0.1:{text}`, or `0.0.0.0:{text}` for every interface")
    })
}
