//! The house rules, kept by tests: who imports whom, how files begin, codes, pages and cases, banned
//! calls, lengths, and that what the documents cite exists.

mod tidy {
    pub mod codes;
    pub mod documents;
    pub mod files;
    pub mod imports;
    pub mod source;
}
