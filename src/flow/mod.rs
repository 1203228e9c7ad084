//! Flows: definitions, step kinds, the pure state machine, and the driver for direct flows.
