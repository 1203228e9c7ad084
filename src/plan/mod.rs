//! Links everything: declarations to one immutable Plan, and every diagnostic.
