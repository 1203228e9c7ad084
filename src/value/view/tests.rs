//! A view is its value: kinds, members, equality, and back.

use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,4})?(e[0-9]{1,2})?"
            .prop_map(|text| Value::Number(Number::parse(&text).expect("a number"))),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        ".{0,6}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::array),
            prop::collection::btree_map("[a-c]{1,2}", inner, 0..4)
                .prop_map(|map| map.into_iter().map(|(name, value)| (name.into(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_view_is_its_value(value in value()) {
        let arena = Bump::new();
        for view in [View::of(&value), View::copied(&value, &arena)] {
            prop_assert_eq!(&view.to_value(), &value);
            prop_assert_eq!(view.kind(), value.kind());
            prop_assert_eq!(view.to_number(), value.as_number().cloned());
            prop_assert_eq!(view.count(), value.as_array().map(<[_]>::len));
            for (name, member) in value.as_object().into_iter().flat_map(Map::iter) {
                prop_assert_eq!(view.member(name).map(|member| member.to_value()), Some(member.clone()));
            }
        }
    }

    #[test]
    fn views_are_equal_when_their_values_are(left in value(), right in value()) {
        let arena = Bump::new();
        prop_assert_eq!(View::of(&left) == View::copied(&right, &arena), left == right);
        prop_assert!(View::of(&left) == View::copied(&left, &arena));
    }
}
