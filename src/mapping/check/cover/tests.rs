//! What cases leave over, counted value by value.

use super::*;

const LEAST: i64 = 0;
const MOST: i64 = 5;

fn bounded() -> Type {
    Type::Number(Arc::new(NumberType {
        integer: true,
        minimum: Some(LEAST.into()),
        maximum: Some(MOST.into()),
        ..NumberType::default()
    }))
}

fn range(low: Option<i64>, high: Option<i64>) -> Case {
    Case::Range(Form::Number, Stretch { low: low.map(Into::into), high: high.map(Into::into) })
}

/// Every range around the bounds, open ones included, and every single value.
fn cases() -> Vec<(Case, Box<dyn Fn(i64) -> bool>)> {
    let ends: Vec<Option<i64>> = (LEAST - 1..=MOST + 1).map(Some).chain([None]).collect();
    let mut found: Vec<(Case, Box<dyn Fn(i64) -> bool>)> = Vec::new();
    for low in &ends {
        for high in &ends {
            let (low, high) = (*low, *high);
            if low.is_some_and(|low| high.is_some_and(|high| low > high)) || (low.is_none() && high.is_none())
            {
                continue;
            }
            let holds = move |at: i64| low.is_none_or(|low| low <= at) && high.is_none_or(|high| at <= high);
            found.push((range(low, high), Box::new(holds)));
        }
    }
    for at in LEAST - 1..=MOST + 1 {
        found.push((Case::Value(Value::from(at)), Box::new(move |other| other == at)));
    }
    found
}

#[test]
fn what_three_cases_leave_is_what_counting_says() {
    let (all, whole) = (cases(), Cover::of(&bounded()));
    for (first, in_first) in &all {
        let mut one = whole.clone();
        let took = one.take(first);
        assert_eq!(took, (LEAST..=MOST).any(in_first), "{first:?}");
        for (second, in_second) in &all {
            let mut two = one.clone();
            let took = two.take(second);
            assert_eq!(took, (LEAST..=MOST).any(|at| in_second(at) && !in_first(at)), "{first:?} {second:?}");
            let left = (LEAST..=MOST).any(|at| !in_first(at) && !in_second(at));
            assert_eq!(two.is_empty(), !left, "{first:?} {second:?}");
        }
    }
}

#[test]
fn neighbours_meet_only_where_numbers_have_neighbours() {
    let mut whole = Cover::of(&Type::integer());
    assert!(whole.take(&range(None, Some(10))) && whole.take(&range(Some(11), None)));
    assert!(whole.is_empty());
    let mut decimals = Cover::of(&Type::number());
    assert!(decimals.take(&range(None, Some(10))) && decimals.take(&range(Some(11), None)));
    assert_eq!(decimals.left_over().stretches, ["what lies between `10` and `11`"]);
    assert!(decimals.take(&range(Some(10), Some(11))) && decimals.is_empty());
}
