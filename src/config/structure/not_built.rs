//! What the vocabulary has and this version does not do yet: refused by name, never ignored.

/// A key that is refused, and what to do meanwhile.
pub struct NotBuilt {
    /// The declaration it stands in, by its name in the schema.
    pub definition: &'static str,
    pub key: &'static str,
    /// What is not built, as the subject of a sentence.
    pub feature: &'static str,
    pub meanwhile: &'static str,
}

/// Sorted by declaration and key.
pub static NOT_BUILT: &[NotBuilt] = &[];

/// The entry for a key of a declaration, if it is not built yet.
pub fn find(definition: &str, key: &str) -> Option<&'static NotBuilt> {
    NOT_BUILT.iter().find(|entry| entry.definition == definition && entry.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(NOT_BUILT.is_sorted_by_key(|entry| (entry.definition, entry.key)));
    }
}
