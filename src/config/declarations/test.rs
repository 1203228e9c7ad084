//! `tests/*.yaml`: cases for `crossdock test`. (Owned by the testing author.)
