//! What is wrong with a call's arguments by what they are, before anything runs.

use super::{Function, Given, absent_if, currency, expression, moment, units};

/// Why a call is refused.
#[derive(Debug)]
pub struct Refusal {
    /// Which argument.
    pub at: usize,
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// What is wrong with a call whose arguments are of the right kinds.
pub fn refusal(function: &Function, given: &Given) -> Option<Refusal> {
    let own = match function.name {
        "absent_if" => absent_if::refusal(given),
        "amount" | "money" => currency::refusal(given),
        "convert" => units::refusal(given),
        "extract" | "matches" => expression::refusal(given, 1),
        _ => None,
    };
    own.or_else(|| unknown_zone(function, given))
}

fn unknown_zone(function: &Function, given: &Given) -> Option<Refusal> {
    let at = function.params.iter().position(|param| param.name == "zone")?;
    let zone = given.literal(at)?;
    moment::zone(zone).err()?;
    let message = format!("`{zone}` is no time zone");
    Some(Refusal {
        at,
        message,
        help: "write a name of the IANA list, such as `\"Europe/Berlin\"`".to_owned(),
    })
}
