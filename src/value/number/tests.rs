//! Tests of exact numbers against arithmetic on integers, which has no digits to lose.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use proptest::prelude::*;

use super::{Decimal, Number, NumberError, Rounding, plain_decimal};

fn n(text: &str) -> Number {
    Number::parse(text).unwrap_or_else(|| panic!("`{text}` is a number"))
}

fn hash(number: &Number) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn text_comes_back_as_it_came() {
    for text in [
        "0",
        "-0",
        "-0.00",
        "0.000",
        "12.50",
        "228930314431312345.10",
        "1e400",
        "1E+2",
        "-1.5e-7",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "1e999999999",
        "79228162514264337593543950335",
        "79228162514264337593543950336",
        "0.0000000000000000000000000001",
        "0.00000000000000000000000000001",
        "123456789012345678901234567890.123456789",
    ] {
        assert_eq!(n(text).to_string(), text);
        let mut out = Vec::new();
        n(text).write_json(&mut out);
        assert_eq!(out, text.as_bytes());
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "", "-", "+1", "01", "-01", "00", "1.", ".5", "1e", "1e+", "0x1", "NaN", "1 ", " 1", "1_000",
        "1.2.3", "١", "1e5.5", "--1", "Infinity",
    ] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
    assert!(Number::parse_decimal("1e5").is_none() && Number::parse_decimal("12.50").is_some());
}

#[test]
fn comparison_is_by_value() {
    let equal = [
        ("12.5", "12.50"),
        ("1e2", "100"),
        ("-0", "0"),
        ("0e999999999999", "0.0"),
        ("1e400", "10e399"),
        ("0.1e1", "1"),
        ("100000000000000000000000000000000", "1e32"),
        ("-1e-400", "-0.1e-399"),
        ("1e0000000000000000000000000000000000000000000000002", "100"),
    ];
    for (left, right) in equal {
        assert_eq!(n(left), n(right), "{left} {right}");
        assert_eq!(hash(&n(left)), hash(&n(right)), "{left} {right}");
    }
    let ascending = [
        "-1e999999999",
        "-1e400",
        "-9223372036854775809",
        "-12.50",
        "-12.4",
        "-1e-999999999",
        "0",
        "1e-999999999",
        "0.00000000000000000000000000001",
        "12.4999999999999999999999999999999",
        "12.5",
        "9007199254740992",
        "9007199254740993",
        "1e400",
        "2e400",
        "1e401",
        "1e999999998",
        "1e999999999",
        "1e99999999999999999999",
    ];
    for (at, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            assert_eq!(n(left).cmp(&n(right)), at.cmp(&other), "{left} {right}");
        }
    }
    // Beyond any exponent that means something, numbers still order against the others.
    let far = format!("1e{}", "9".repeat(100));
    assert!(n(&far) > n("1e999999999") && n(&far) == n(&far));
}

#[test]
fn arithmetic_is_exact_or_refused() {
    assert_eq!(n("0.1").checked_add(&n("0.2")).map(|sum| sum.to_string()), Ok("0.3".to_owned()));
    assert_eq!(n("12.50").checked_add(&n("12.50")).map(|sum| sum.to_string()), Ok("25.00".to_owned()));
    assert_eq!(n("9223372036854775807").checked_add(&n("1")), Ok(n("9223372036854775808")));
    assert_eq!(n("9223372036854775808").checked_sub(&n("1")), Ok(n("9223372036854775807")));
    assert_eq!(n("1e3").checked_mul(&n("1.5")), Ok(n("1500")));
    assert_eq!(
        n("0.5").checked_mul(&n("0.0000000000000000000000000002")),
        Ok(n("0.0000000000000000000000000001"))
    );
    assert_eq!(n("79228162514264337593543950335").checked_add(&n("0.1")), Err(NumberError::Overflow));
    assert_eq!(n("79228162514264337593543950335").checked_add(&n("1")), Err(NumberError::Overflow));
    assert_eq!(n("0.0000000000000000000000000001").checked_mul(&n("0.1")), Err(NumberError::Overflow));
    assert_eq!(n("1e400").checked_add(&n("1")), Err(NumberError::TooPrecise));
    assert_eq!(n("1").checked_div(&n("0.00")), Err(NumberError::DivisionByZero));
    assert_eq!(n("1").checked_div(&n("8")), Ok(n("0.125")));
    assert_eq!(n("-7").checked_rem(&n("2")), Ok(n("-1")));
    assert_eq!(n("-0").checked_neg(), Ok(n("0")));
    assert_eq!(
        n("0").checked_mul(&n("-1.5")).map(|zero| zero.to_string()).map(|text| text.contains('-')),
        Ok(false)
    );
}

#[test]
fn rounding_has_seven_modes() {
    use Rounding::*;
    let values = ["2.5", "3.5", "-2.5", "2.51", "-2.49", "2.0"];
    let cases = [
        (HalfEven, ["2", "4", "-2", "3", "-2", "2"]),
        (HalfUp, ["3", "4", "-3", "3", "-2", "2"]),
        (HalfDown, ["2", "3", "-2", "3", "-2", "2"]),
        (Up, ["3", "4", "-3", "3", "-3", "2"]),
        (Down, ["2", "3", "-2", "2", "-2", "2"]),
        (Floor, ["2", "3", "-3", "2", "-3", "2"]),
        (Ceiling, ["3", "4", "-2", "3", "-2", "2"]),
    ];
    for (mode, expected) in cases {
        for (value, expected) in values.iter().zip(expected) {
            assert_eq!(
                n(value).round(0, mode).map(|number| number.to_string()),
                Ok(expected.to_owned()),
                "{mode:?} {value}"
            );
        }
    }
    assert_eq!(n("12.5").round(2, HalfUp).map(|number| number.to_string()), Ok("12.5".to_owned()));
    assert_eq!(n("12.5").with_scale(2, HalfUp).map(|number| number.to_string()), Ok("12.50".to_owned()));
    assert_eq!(n("7").with_scale(2, HalfUp).map(|number| number.to_string()), Ok("7.00".to_owned()));
    assert_eq!(n("2").div_rounded(&n("3"), 2, HalfUp), Ok(n("0.67")));
    assert_eq!(n("1").div_rounded(&n("8"), 2, HalfEven), Ok(n("0.12")));
    assert_eq!(n("1000").div_rounded(&n("0.003"), 0, Down), Ok(n("333333")));
    assert!(Rounding::ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
}

#[test]
fn multiples_are_exact() {
    for (value, unit, expected) in [
        ("228930314431312345.10", "0.01", true),
        ("228930314431312345.101", "0.01", false),
        ("0", "7", true),
        ("1e400", "0.01", true),
        ("1e400", "3", false),
        ("3e400", "3", true),
        ("4.35", "0.05", true),
        ("1e-400", "0.01", false),
        ("21", "7", true),
        ("1e999999999", "7", false),
        ("-12.5", "2.5", true),
    ] {
        assert_eq!(n(value).is_multiple_of(&n(unit)), Some(expected), "{value} {unit}");
    }
    assert_eq!(n("1").is_multiple_of(&n("0")), None);
}

#[test]
fn integers_are_recognised_by_value() {
    assert_eq!(n("3.00").to_i64(), Some(3));
    assert_eq!(n("1e2").to_i64(), Some(100));
    assert_eq!(n("1e400").to_i64(), None);
    assert!(
        n("1e400").is_integer()
            && !n("1e-400").is_integer()
            && !n("0.5").is_integer()
            && n("-0").is_integer()
    );
    assert_eq!([n("12.50").scale(), n("100").scale(), n("1e-3").scale(), n("1e3").scale()], [1, 0, 3, 0]);
}

/// `mantissa × 10^-scale`, written plainly.
fn decimal(mantissa: i64, scale: u32) -> String {
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let sign = if mantissa < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn scaled(mantissa: i64, scale: u32) -> i128 {
    i128::from(mantissa) * 10i128.pow(9 - scale)
}

proptest! {
    #[test]
    fn any_number_prints_as_it_was(text in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,30})?") {
        prop_assert_eq!(n(&text).to_string(), text);
    }

    #[test]
    fn any_text_is_judged_as_json_judges_it(text in "[-+0-9.eE]{0,12}") {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let number = theirs.is_ok_and(|value| value.is_number());
        // What a float cannot hold is a number still.
        prop_assert!(Number::parse(&text).is_some() == number || (text.contains(['e', 'E']) && !number));
    }

    #[test]
    fn sums_products_and_order_are_those_of_integers(
        a in -1_000_000_000_000i64..1_000_000_000_000, b in -1_000_000_000_000i64..1_000_000_000_000,
        sa in 0u32..9, sb in 0u32..9,
    ) {
        let (left, right) = (n(&decimal(a, sa)), n(&decimal(b, sb)));
        let whole = |number: Number, power: u32| {
            let unit = n(&format!("1e{power}"));
            number.checked_mul(&unit).and_then(|number| number.to_decimal().ok_or(NumberError::TooPrecise))
                .map(|number| number.normalize().to_string())
        };
        prop_assert_eq!(whole(left.checked_add(&right).unwrap(), 9), Ok((scaled(a, sa) + scaled(b, sb)).to_string()));
        prop_assert_eq!(whole(left.checked_sub(&right).unwrap(), 9), Ok((scaled(a, sa) - scaled(b, sb)).to_string()));
        let product = left.checked_mul(&right).unwrap();
        prop_assert_eq!(whole(product, sa + sb), Ok((i128::from(a) * i128::from(b)).to_string()));
        prop_assert_eq!(left.cmp(&right), scaled(a, sa).cmp(&scaled(b, sb)));
        if left == right {
            prop_assert_eq!(hash(&left), hash(&right));
        }
    }

    #[test]
    fn the_exponent_form_is_the_same_number(a in any::<i64>(), scale in 0u32..20) {
        let (plain, moved) = (n(&decimal(a, scale)), n(&format!("{a}e-{scale}")));
        prop_assert_eq!(&plain, &moved);
        prop_assert_eq!(hash(&plain), hash(&moved));
    }

    #[test]
    fn quotients_are_rounded_once(a in any::<i32>(), b in any::<i32>(), places in 0u32..6) {
        prop_assume!(b != 0);
        let quotient = Number::from(i64::from(a)).div_rounded(&Number::from(i64::from(b)), places, Rounding::Floor);
        let expected = (i128::from(a) * 10i128.pow(places)).div_euclid(i128::from(b));
        // Floor of the quotient: euclidean division floors for a positive divisor only.
        let expected = if b < 0 && expected * i128::from(b) != i128::from(a) * 10i128.pow(places) { expected - 1 } else { expected };
        prop_assert_eq!(quotient.unwrap(), n(&format!("{expected}e-{places}")));
    }
}

proptest::proptest! {
    #[test]
    fn decimals_are_written_as_they_are_shown(mantissa in proptest::prelude::any::<i64>(), scale in 0_u32..=28) {
        let number = Decimal::try_from_i128_with_scale(mantissa.into(), scale).expect("a decimal");
        let written = plain_decimal(&number, &mut [0; 24]).map(str::to_owned);
        proptest::prop_assert!(written.is_none_or(|written| written == number.to_string()));
        let small = Decimal::new(mantissa % 10_000, scale % 5);
        let mut buffer = [0; 24];
        let written = plain_decimal(&small, &mut buffer);
        proptest::prop_assert_eq!(written, Some(&*small.to_string()));
    }
}
