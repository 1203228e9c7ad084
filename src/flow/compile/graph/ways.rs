//! The ways through steps that have steps inside.

use super::reached::{MAX_VISITS, Reached, Walk};
use super::{Shape, last, shape};
use crate::flow::definition::{BlockIndex, StepIndex};

/// What may have happened behind several ways; `None` when all of them end the flow.
fn either(ways: impl IntoIterator<Item = Option<Reached>>) -> Option<Reached> {
    ways.into_iter().flatten().reduce(|mut one, other| {
        one.merge(other);
        one
    })
}

impl Walk<'_> {
    /// The steps of a block: what may have happened behind it; `None` when it never comes to its end.
    pub fn block(&mut self, block: BlockIndex, reached: Reached) -> Option<Reached> {
        let definition = self.definition;
        let mut steps = definition.blocks[block as usize].steps.iter();
        steps.try_fold(reached, |reached, step| self.step(*step, reached))
    }

    fn step(&mut self, step: StepIndex, reached: Reached) -> Option<Reached> {
        self.visits += 1;
        if self.visits > MAX_VISITS {
            return Some(reached);
        }
        if let Some(failing) = self.failing.last_mut() {
            let fails = format!("`{}` fails", last(&self.definition.steps[step as usize].path));
            failing.merge(reached.clone().then(&fails));
        }
        let skipped = self.definition.steps[step as usize].when.as_ref().map(|_| reached.clone());
        either([self.enter(step, reached), skipped])
    }

    fn enter(&mut self, step: StepIndex, reached: Reached) -> Option<Reached> {
        let name = last(self.path(step)).to_owned();
        match shape(self.definition, step) {
            Shape::Plain | Shape::Ends => self.plain(step, reached),
            Shape::Block(block) => self.block(block, reached),
            Shape::Guard(otherwise) => {
                self.block(otherwise, reached.clone().then(&format!("`{name}` does not hold")));
                Some(reached)
            }
            Shape::Ways { cases, otherwise } => {
                let mut ways = Vec::new();
                for (number, case) in cases.into_iter().enumerate() {
                    let turn = format!("`{name}` (case {})", number + 1);
                    ways.push(self.block(case, reached.clone().then(&turn)));
                }
                ways.push(match otherwise {
                    Some(block) => self.block(block, reached.then(&format!("`{name}` (`else`)"))),
                    None => Some(reached),
                });
                either(ways)
            }
            Shape::Rounds(block) => {
                let once = self.block(block, reached.clone());
                // What one round did stands in the next.
                let again = once.map(|once| once.then(&format!("the next round of `{name}`")));
                let again = again.and_then(|again| self.block(block, again));
                either([Some(reached), again])
            }
            Shape::Heard { blocks, otherwise } => self.heard(&name, &blocks, otherwise, reached),
            Shape::Branches { branches, .. } => {
                let blocks: Vec<BlockIndex> = branches.iter().map(|(_, block)| *block).collect();
                self.branches(&name, &blocks, reached)
            }
            Shape::Try { body, catch, all } => self.attempt(&name, (body, catch, all), reached),
            Shape::Run(child) => self.run(step, child, reached),
        }
    }

    /// What was heard for one event stands when the next is, and when the time is over.
    fn heard(
        &mut self,
        name: &str,
        blocks: &[BlockIndex],
        otherwise: Option<BlockIndex>,
        reached: Reached,
    ) -> Option<Reached> {
        let mut behind = Some(reached);
        for _ in 0..2 {
            let before = behind.clone();
            let again = before.clone().map(|before| before.then(&format!("an event of `{name}`")));
            let rounds: Vec<_> = blocks
                .iter()
                .map(|block| again.clone().and_then(|again| self.block(*block, again)))
                .collect();
            behind = either(rounds.into_iter().chain([before]));
        }
        let over = otherwise.map(|block| {
            let late = behind.clone().map(|behind| behind.then(&format!("`{name}` hears nothing in time")));
            late.and_then(|late| self.block(block, late))
        });
        either([behind, over.flatten()])
    }

    /// What one branch did may have been done when another one goes on.
    fn branches(&mut self, name: &str, blocks: &[BlockIndex], reached: Reached) -> Option<Reached> {
        let alone: Vec<_> = blocks.iter().map(|block| self.block(*block, reached.clone())).collect();
        let beside = |own: usize| {
            let others = alone.iter().enumerate().filter(|(number, _)| *number != own);
            let others = either(others.map(|(_, other)| other.clone()))?;
            Some(others.then(&format!("beside it in `{name}`")))
        };
        let starts: Vec<_> =
            (0..blocks.len()).map(|own| either([Some(reached.clone()), beside(own)])).collect();
        let ways = blocks.iter().zip(starts).map(|(block, start)| self.block(*block, start?));
        either(ways.collect::<Vec<_>>())
    }

    fn attempt(
        &mut self,
        name: &str,
        (body, catch, all): (BlockIndex, BlockIndex, bool),
        reached: Reached,
    ) -> Option<Reached> {
        self.failing.push(Reached::default());
        let tried = self.block(body, reached);
        let failed = self.failing.pop().unwrap_or_default();
        if let Some(outer) = self.failing.last_mut().filter(|_| !all) {
            outer.merge(failed.clone());
        }
        self.catches += 1;
        let caught = self.block(catch, failed.then(&format!("the `catch` of `{name}`")));
        self.catches -= 1;
        either([tried, caught])
    }
}
