//! Lineage, from the program and not from a run: which fields of the inputs a value comes from, through
//! which functions and tables, and what decides.

mod ask;
mod descent;
mod interpret;
mod origin;

pub use ask::{Asked, names_of, overlaps};
pub(super) use descent::in_json;
pub use descent::{Descent, FieldDescent};
pub use interpret::Rejecting;
pub use origin::Origin;

use super::check::Mapping;
use super::program::Program;

impl Program {
    /// What its value descends from when its inputs descend from these.
    pub fn descent(&self, inputs: &[Descent]) -> Descent {
        interpret::interpret(&self.code, inputs).0
    }

    /// Every way in which it may reject when its inputs descend from these.
    pub fn rejecting(&self, inputs: &[Descent]) -> Vec<Rejecting> {
        interpret::interpret(&self.code, inputs).1
    }

    /// Whether both are the same program, and not only alike.
    pub fn is(&self, other: &Program) -> bool {
        std::sync::Arc::ptr_eq(&self.code, &other.code)
    }
}

impl Mapping {
    /// What its target descends from; inputs by their number.
    pub fn descent(&self) -> Descent {
        let inputs: Vec<Descent> = (0..self.inputs.len()).map(Descent::input).collect();
        self.program.descent(&inputs)
    }
}
