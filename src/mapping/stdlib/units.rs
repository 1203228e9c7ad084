//! Units of measure (UN/ECE Recommendation 20) and what they are in each other, exactly.

use super::refused::Refusal;
use super::returns::Given;
use crate::mapping::eval::Fault;
use crate::value::{Number, Rounding};

/// `base = (value + shift) * times / by`, in the base unit of its dimension.
struct Unit {
    code: &'static str,
    dimension: &'static str,
    shift: &'static str,
    times: &'static str,
    by: i64,
}

const fn unit(code: &'static str, dimension: &'static str, times: &'static str) -> Unit {
    Unit { code, dimension, shift: "0", times, by: 1 }
}

/// Sorted by code.
const UNITS: &[Unit] = &[
    unit("BLL", VOLUME, "0.158987294928"),
    unit("C62", COUNT, "1"),
    unit("CEL", TEMPERATURE, "1"),
    unit("CEN", COUNT, "100"),
    unit("CMK", AREA, "0.0001"),
    unit("CMQ", VOLUME, "0.000001"),
    unit("CMT", LENGTH, "0.01"),
    unit("DAY", TIME, "86400"),
    unit("DMQ", VOLUME, "0.001"),
    unit("DMT", LENGTH, "0.1"),
    unit("DZN", COUNT, "12"),
    unit("EA", COUNT, "1"),
    Unit { code: "FAH", dimension: TEMPERATURE, shift: "-32", times: "5", by: 9 },
    unit("FOT", LENGTH, "0.3048"),
    unit("FTK", AREA, "0.09290304"),
    unit("FTQ", VOLUME, "0.028316846592"),
    unit("GLI", VOLUME, "0.00454609"),
    unit("GLL", VOLUME, "0.003785411784"),
    unit("GRM", MASS, "0.001"),
    unit("GRO", COUNT, "144"),
    unit("H87", COUNT, "1"),
    unit("HAR", AREA, "10000"),
    unit("HLT", VOLUME, "0.1"),
    unit("HUR", TIME, "3600"),
    unit("INH", LENGTH, "0.0254"),
    unit("INK", AREA, "0.00064516"),
    unit("INQ", VOLUME, "0.000016387064"),
    Unit { code: "KEL", dimension: TEMPERATURE, shift: "-273.15", times: "1", by: 1 },
    unit("KGM", MASS, "1"),
    unit("KMT", LENGTH, "1000"),
    unit("LBR", MASS, "0.45359237"),
    unit("LTN", MASS, "1016.0469088"),
    unit("LTR", VOLUME, "0.001"),
    unit("MGM", MASS, "0.000001"),
    unit("MIL", COUNT, "1000"),
    unit("MIN", TIME, "60"),
    unit("MLT", VOLUME, "0.000001"),
    unit("MMK", AREA, "0.000001"),
    unit("MMT", LENGTH, "0.001"),
    unit("MTK", AREA, "1"),
    unit("MTQ", VOLUME, "1"),
    unit("MTR", LENGTH, "1"),
    unit("NMI", LENGTH, "1852"),
    unit("ONZ", MASS, "0.028349523125"),
    unit("PR", COUNT, "2"),
    unit("SEC", TIME, "1"),
    unit("SMI", LENGTH, "1609.344"),
    unit("STN", MASS, "907.18474"),
    unit("TNE", MASS, "1000"),
    unit("WEE", TIME, "604800"),
    unit("YDK", AREA, "0.83612736"),
    unit("YDQ", VOLUME, "0.764554857984"),
    unit("YRD", LENGTH, "0.9144"),
];

const AREA: &str = "an area";
const COUNT: &str = "a count";
const LENGTH: &str = "a length";
const MASS: &str = "a weight";
const TEMPERATURE: &str = "a temperature";
const TIME: &str = "a time";
const VOLUME: &str = "a volume";

fn find(code: &str) -> Result<&'static Unit, String> {
    let at = UNITS.binary_search_by(|unit| unit.code.cmp(code));
    at.map(|at| &UNITS[at]).map_err(|_| format!("`{code}` is no unit that is known here"))
}

/// Both units, when one can be the other.
fn pair(from: &str, to: &str) -> Result<(&'static Unit, &'static Unit), String> {
    let (one, other) = (find(from)?, find(to)?);
    if one.dimension == other.dimension {
        return Ok((one, other));
    }
    Err(format!("`{from}` is {}, `{to}` is {}", one.dimension, other.dimension))
}

/// A quantity in another unit, rounded once.
pub(super) fn convert(
    value: &Number,
    (from, to): (&str, &str),
    places: u32,
    mode: Rounding,
) -> Result<Number, Fault> {
    let (from, to) = pair(from, to)?;
    let quotient = || {
        let of = |text: &str| Number::parse_decimal(text).unwrap_or(Number::Integer(0));
        let over = Number::Integer(from.by).checked_mul(&of(to.times))?;
        let base = value.checked_add(&of(from.shift))?.checked_mul(&of(from.times))?;
        let base = base.checked_mul(&Number::Integer(to.by))?;
        // The shift of the other unit, over the same denominator: what is rounded is the whole.
        let base = base.checked_sub(&of(to.shift).checked_mul(&over)?)?;
        base.div_rounded(&over, places, mode)?.with_scale(places, mode)
    };
    quotient().map_err(|error| Fault::from(error.to_string()))
}

/// Whether every unit of two types is known, and each can be the other.
pub(super) fn convertible(given: &Given, from: usize, to: usize) -> bool {
    let (Some(froms), Some(tos)) = (given.ty(from).texts(), given.ty(to).texts()) else { return false };
    froms.iter().all(|from| tos.iter().all(|to| pair(from, to).is_ok()))
}

/// What is wrong with the units before anything runs.
pub(super) fn refusal(given: &Given) -> Option<Refusal> {
    let known = |at: usize| given.ty(at).texts().unwrap_or_default();
    let listed =
        "write codes of UN/ECE Recommendation 20, such as `\"KGM\"`, `\"LBR\"`, `\"MTR\"`, `\"MTQ\"`";
    for at in [1, 2] {
        // Of several that may come, those that are known can be right.
        if let [code] = &*known(at)
            && let Err(message) = find(code)
        {
            return Some(Refusal { at, message, help: listed.to_owned() });
        }
    }
    let (froms, tos) = (known(1), known(2));
    let mut wrong = froms.iter().flat_map(|from| tos.iter().map(move |to| pair(from, to).err()));
    let message = wrong.next().flatten().filter(|_| wrong.all(|error| error.is_some()))?;
    Some(Refusal { at: 2, message, help: "write a unit of the same kind of measure".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_sorted_and_exact() {
        assert!(UNITS.is_sorted_by(|a, b| a.code < b.code));
        assert!(
            UNITS.iter().all(|unit| Number::parse_decimal(unit.times).is_some_and(|times| !times.is_zero()))
        );
        assert!(UNITS.iter().all(|unit| Number::parse_decimal(unit.shift).is_some()));
    }

    #[test]
    fn what_goes_there_comes_back() {
        for from in UNITS {
            for to in UNITS.iter().filter(|to| to.dimension == from.dimension) {
                let there = convert(&Number::Integer(7), (from.code, to.code), 12, Rounding::HalfEven);
                let back = convert(&there.unwrap(), (to.code, from.code), 0, Rounding::HalfEven).unwrap();
                assert_eq!(back, Number::Integer(7), "{} {}", from.code, to.code);
            }
        }
    }
}
