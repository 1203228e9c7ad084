//! The pure state machine: `(state, event) → actions`.
