//! Generated cases: whatever fits a mapping's inputs gives a result that fits its target, or a declared
//! rejection. What does not is made as small as it can be, and printed as a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mapped::Mapped;
use super::shrink::smaller;
use super::yaml_text;
use crate::mapping::{Context, Error, Mapping};
use crate::plan::Plan;
use crate::schema::Chance;
use crate::value::Value;

/// Runs spent on making one counter-example smaller.
const SHRINKING: usize = 10_000;

/// How a mapping fared.
#[derive(Debug)]
pub struct Generated {
    pub mapping: Arc<str>,
    /// Inputs that were mapped to a fitting result.
    pub mapped: usize,
    /// How often each rejection came.
    pub rejected: BTreeMap<Arc<str>, usize>,
    /// Inputs that could not be made up.
    pub unmade: usize,
    pub counter: Option<Counter>,
}

/// Inputs that fit, and yet give nothing that does.
#[derive(Debug)]
pub struct Counter {
    /// What is wrong with what they give.
    pub why: Vec<String>,
    /// A test that shows it, for a file of `tests/`.
    pub test: String,
}

/// Tries every mapping whose name or file contains `filter` on `count` inputs each.
pub fn generate(plan: &Plan, filter: &str, count: u32, seed: u64) -> Vec<Generated> {
    let wanted = plan.mappings.values().filter(|mapping| mapping.name.contains(filter));
    wanted.map(|mapping| tried(plan, mapping, count, seed)).collect()
}

fn tried(plan: &Plan, mapping: &Arc<Mapping>, count: u32, seed: u64) -> Generated {
    let mut chance = Chance::new(seed, &mapping.name);
    let mut generated = Generated {
        mapping: Arc::clone(&mapping.name),
        mapped: 0,
        rejected: BTreeMap::new(),
        unmade: 0,
        counter: None,
    };
    for _ in 0..count {
        let Some(inputs) = inputs(plan, mapping, &mut chance) else {
            generated.unmade += 1;
            continue;
        };
        match outcome(plan, mapping, &inputs) {
            Outcome::Mapped => generated.mapped += 1,
            Outcome::Rejected(code) => *generated.rejected.entry(code).or_default() += 1,
            Outcome::Wrong => {
                generated.counter = Some(counter(plan, mapping, inputs, seed));
                break;
            }
        }
    }
    generated
}

enum Outcome {
    Mapped,
    Rejected(Arc<str>),
    Wrong,
}

/// What comes of inputs that fit.
fn outcome(plan: &Plan, mapping: &Mapping, inputs: &[Option<Value>]) -> Outcome {
    let context = Context::new(super::run::BEGINNING, &plan.tables);
    match mapping.program.eval(inputs, &context) {
        Ok(Some(value)) if !mapping.result_fits(&value, &plan.schemas) => Outcome::Wrong,
        Ok(_) => Outcome::Mapped,
        Err(Error::Rejected(rejected)) => Outcome::Rejected(rejected.code),
        Err(Error::Failed(_)) => Outcome::Wrong,
    }
}

fn inputs(plan: &Plan, mapping: &Mapping, chance: &mut Chance) -> Option<Vec<Option<Value>>> {
    let made = |input: &crate::mapping::Input| match input.optional && chance.one_in(4) {
        true => Some(None),
        false => plan.schemas.made_up(&input.schema, chance).map(Some),
    };
    mapping.inputs.iter().map(made).collect()
}

/// The smallest inputs found that fit and go wrong, and the test that shows it.
fn counter(plan: &Plan, mapping: &Arc<Mapping>, inputs: Vec<Option<Value>>, seed: u64) -> Counter {
    let mut shrinking = Shrinking { plan, mapping, inputs, left: SHRINKING };
    while shrinking.pass() {}
    let mapped =
        Mapped { mapping: Arc::clone(mapping), inputs: shrinking.inputs, result: None, rejection: None };
    Counter { why: mapped.play(plan), test: as_test(&mapped, seed) }
}

struct Shrinking<'p> {
    plan: &'p Plan,
    mapping: &'p Mapping,
    inputs: Vec<Option<Value>>,
    /// Runs that may still be made.
    left: usize,
}

impl Shrinking<'_> {
    /// Goes over all inputs once. Whether one became smaller.
    fn pass(&mut self) -> bool {
        let mut better = false;
        for at in 0..self.inputs.len() {
            better |= self.input(at);
        }
        better
    }

    /// Makes one input smaller, as far as one pass goes. Whether it became smaller.
    fn input(&mut self, at: usize) -> bool {
        let (mut next, mut better) = (0, false);
        if self.mapping.inputs[at].optional && self.inputs[at].is_some() && self.goes_wrong(at, None) {
            return true;
        }
        // After a success it goes on where it is: what did not help before helps rarely now.
        while let Some(value) = self.inputs[at].clone() {
            let candidates = smaller(&value).enumerate().skip(next);
            let mut found = None;
            for (number, candidate) in candidates {
                if self.left == 0 {
                    return false;
                }
                if self.goes_wrong(at, Some(candidate)) {
                    found = Some(number);
                    break;
                }
            }
            match found {
                Some(number) => (next, better) = (number, true),
                None => return better,
            }
        }
        better
    }

    /// Takes an input over when all still fit and it still goes wrong.
    fn goes_wrong(&mut self, at: usize, candidate: Option<Value>) -> bool {
        self.left = self.left.saturating_sub(1);
        let before = std::mem::replace(&mut self.inputs[at], candidate);
        let fits = self.mapping.inputs_fit(&self.inputs, &self.plan.schemas);
        let wrong = fits && matches!(outcome(self.plan, self.mapping, &self.inputs), Outcome::Wrong);
        if !wrong {
            self.inputs[at] = before;
        }
        wrong
    }
}

fn as_test(mapped: &Mapped, seed: u64) -> String {
    let name = &mapped.mapping.name;
    let mut text = format!(
        "  - test: {name} takes whatever its schemas allow, seed {seed}\n    map: {name}\n    inputs:\n"
    );
    for (input, value) in mapped.mapping.inputs.iter().zip(&mapped.inputs) {
        if let Some(value) = value {
            text += &format!("      {}: {}\n", input.name, yaml_text::data(value));
        }
    }
    text
}
