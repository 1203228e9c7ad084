//! Runs `tests/*.yaml` offline through the same code, on a virtual clock.
