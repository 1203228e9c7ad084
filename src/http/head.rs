//! (filled by the next change)
