//! Who is calling, and how we prove who we are: a file per scheme.
