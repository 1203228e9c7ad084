//! Where each step stands: in which block, in which part of which step.

use super::{Shape, shape};
use crate::flow::definition::{BlockIndex, Definition, StepIndex};

/// What part of a step a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The steps of a `do`.
    Body,
    /// The `else` of a `require`.
    Refusal,
    /// A case of a `switch`, from 0.
    Case(usize),
    /// The `else` of a `switch`.
    Otherwise,
    Round,
    /// A branch; whether the fork waits for all.
    Branch(bool),
    TryBody,
    Catch,
}

/// Where the steps of a definition stand.
pub(super) struct Homes {
    /// Of each step: its block, and its place in it.
    steps: Vec<(BlockIndex, usize)>,
    /// Of each block: the step it is a part of; `None` for the outermost.
    blocks: Vec<Option<(StepIndex, Role)>>,
}

impl Homes {
    /// Of every step of a definition.
    pub fn of(definition: &Definition) -> Homes {
        let mut homes = Homes {
            steps: vec![(0, 0); definition.steps.len()],
            blocks: vec![None; definition.blocks.len()],
        };
        for (number, block) in definition.blocks.iter().enumerate() {
            for (at, step) in block.steps.iter().enumerate() {
                homes.steps[*step as usize] = (number as BlockIndex, at);
                for (inner, role) in parts(definition, *step) {
                    homes.blocks[inner as usize] = Some((*step, role));
                }
            }
        }
        homes
    }

    /// The steps that a step stands in, the outermost first, and the step itself.
    pub fn chain(&self, step: StepIndex) -> Vec<StepIndex> {
        let mut chain = vec![step];
        let mut at = step;
        while let Some((owner, _)) = self.blocks[self.block(at) as usize] {
            chain.push(owner);
            at = owner;
        }
        chain.reverse();
        chain
    }

    /// The block of a step.
    pub fn block(&self, step: StepIndex) -> BlockIndex {
        self.steps[step as usize].0
    }

    /// The place of a step in its block.
    pub fn at(&self, step: StepIndex) -> usize {
        self.steps[step as usize].1
    }

    /// What part of the step around it a step stands in.
    pub fn role(&self, step: StepIndex) -> Option<Role> {
        self.blocks[self.block(step) as usize].map(|(_, role)| role)
    }
}

/// The blocks of a step.
fn parts(definition: &Definition, step: StepIndex) -> Vec<(BlockIndex, Role)> {
    match shape(definition, step) {
        Shape::Plain | Shape::Ends | Shape::Run(_) => Vec::new(),
        Shape::Block(block) => vec![(block, Role::Body)],
        Shape::Guard(block) => vec![(block, Role::Refusal)],
        Shape::Rounds(block) => vec![(block, Role::Round)],
        // Whether any of them runs, and how often, is what happens to happen.
        Shape::Heard { blocks, otherwise } => {
            blocks.into_iter().chain(otherwise).map(|block| (block, Role::Round)).collect()
        }
        Shape::Ways { cases, otherwise } => {
            let cases = cases.into_iter().enumerate().map(|(number, block)| (block, Role::Case(number)));
            cases.chain(otherwise.map(|block| (block, Role::Otherwise))).collect()
        }
        Shape::Branches { branches, all } => {
            branches.iter().map(|(_, block)| (*block, Role::Branch(all))).collect()
        }
        Shape::Try { body, catch, .. } => vec![(body, Role::TryBody), (catch, Role::Catch)],
    }
}
