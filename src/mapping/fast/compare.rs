//! Comparing views: the common ones as they are, all others as the values that the reference compares.

use super::GaveUp;
use crate::mapping::eval::compare;
use crate::mapping::program::{Comparison, Way};
use crate::value::View;

/// Whether a comparison holds.
pub(super) fn compared(
    comparison: Comparison,
    way: Way,
    left: Option<View<'_>>,
    right: Option<View<'_>>,
) -> Result<bool, GaveUp> {
    match (way.moments, left, right) {
        (false, Some(View::Integer(left)), Some(View::Integer(right))) => {
            Ok(compare::holds(comparison, left.cmp(&right)))
        }
        (false, Some(View::Text(left)), Some(View::Text(right))) => {
            Ok(compare::holds(comparison, left.cmp(right)))
        }
        _ => {
            let (left, right) = (left.map(|view| view.to_value()), right.map(|view| view.to_value()));
            compare::compare(comparison, way, left.as_ref(), right.as_ref()).map_err(|_| GaveUp)
        }
    }
}

/// Whether a value is one of a list.
pub(super) fn is_in(way: Way, left: Option<View<'_>>, right: Option<View<'_>>) -> Result<bool, GaveUp> {
    match (left, right) {
        (Some(left), Some(list)) if !way.moments && list.count().is_some() => {
            let count = list.count().unwrap_or_default();
            Ok((0..count).filter_map(|at| list.item(at)).any(|item| item == left))
        }
        (left, right) => {
            let (left, right) = (left.map(|view| view.to_value()), right.map(|view| view.to_value()));
            compare::is_in(way, left.as_ref(), right.as_ref()).map_err(|_| GaveUp)
        }
    }
}
