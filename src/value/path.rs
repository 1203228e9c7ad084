//! JSON Pointers (RFC 6901): where in a document something stands.

use std::fmt;

use super::Value;

/// A JSON Pointer as text, `""` for the whole document.
pub type Pointer = str;

/// A JSON Pointer being built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PointerBuf(String);

impl PointerBuf {
    /// The whole document.
    pub fn root() -> PointerBuf {
        PointerBuf::default()
    }

    /// Reads a pointer; `None` when the text is none (RFC 6901 §3).
    pub fn parse(text: &str) -> Option<PointerBuf> {
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        (escapes && (text.is_empty() || text.starts_with('/'))).then(|| PointerBuf(text.to_owned()))
    }

    /// Steps down to member `name`, escaped as RFC 6901 §3 says.
    pub fn push(&mut self, name: &str) {
        self.0.push('/');
        self.0.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }

    /// Steps down to item `index`.
    pub fn push_index(&mut self, index: usize) {
        use fmt::Write as _;
        let _ = write!(self.0, "/{index}");
    }

    /// This pointer with one more name.
    pub fn child(&self, name: &str) -> PointerBuf {
        let mut child = self.clone();
        child.push(name);
        child
    }

    /// The pointer's text.
    pub fn as_str(&self) -> &Pointer {
        &self.0
    }
}

impl fmt::Display for PointerBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value {
    /// What stands at a JSON Pointer; `None` when nothing does or the pointer is malformed.
    pub fn pointer(&self, pointer: &Pointer) -> Option<&Value> {
        if pointer.is_empty() {
            return Some(self);
        }
        let names = pointer.strip_prefix('/')?.split('/');
        names.map(|name| name.replace("~1", "/").replace("~0", "~")).try_fold(self, |at, name| match at {
            Value::Object(map) => map.get(&name),
            // RFC 6901 §4: no leading zeros, no sign.
            Value::Array(items) if name == "0" || !name.starts_with(['0', '+']) => {
                items.get(name.parse::<usize>().ok()?)
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_finds() {
        let value: Value =
            [("a/b".into(), Value::array(vec![Value::Null, Value::from("x")]))].into_iter().collect();
        let mut pointer = PointerBuf::root();
        pointer.push("a/b");
        pointer.push_index(1);
        assert_eq!(pointer.as_str(), "/a~1b/1");
        assert_eq!(value.pointer("/a~1b/1"), Some(&Value::from("x")));
        assert_eq!(value.pointer("/a~1b/01"), None);
        assert_eq!(value.pointer("/a~1b/2"), None);
    }
}
