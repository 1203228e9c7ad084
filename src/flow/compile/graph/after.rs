//! `after`: on every way to a step, the named steps have been done (M21).
//!
//! Steps run in the order written, so a step is certainly done before another one when it stands
//! before it in a block around both, and nothing on the way down to it lets it out: no `when`, no
//! case that need not be taken, no race, no failure that a `catch` takes, no round that need not be.

use super::home::{Homes, Role};
use super::{Place, Shape, ends, last, shape};
use crate::config::declarations::Name;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::definition::{Definition, StepIndex};
use crate::flow::step::Node;
use crate::flow::step::call::WhenUnknown;

/// Why a step need not have been done.
pub(super) struct Gap {
    /// What happens, as a sentence.
    why: String,
    /// How the way goes on there, for the path: `` `route` (case 2) ``.
    turn: String,
    help: &'static str,
    /// The `when` that skips it.
    condition: Option<Span>,
}

/// Every `after` of a definition that does not hold.
pub(super) fn check(definition: &Definition, places: &[Place]) -> Vec<Diagnostic> {
    let proof = Proof::of(definition, places);
    let mut findings = Vec::new();
    for (step, place) in places.iter().enumerate() {
        findings.extend(place.after.iter().filter_map(|name| proof.find(step as StepIndex, name)));
    }
    findings
}

/// Whether a step is certainly done whenever another one of the same flow is reached.
#[cfg(test)]
pub(in crate::flow) fn certainly(definition: &Definition, before: StepIndex, step: StepIndex) -> bool {
    let places: Vec<Place> = definition.steps.iter().map(|_| Place::nowhere()).collect();
    let proof = Proof::of(definition, &places);
    proof.gap(step, &Named { step: before, below: None }).is_none()
}

/// A definition that something is to be proven of.
pub(super) struct Proof<'d> {
    pub definition: &'d Definition,
    pub places: &'d [Place],
    homes: Homes,
}

/// A named step: of this flow, and below that of the flows it runs.
pub(super) struct Named<'d> {
    pub step: StepIndex,
    pub below: Option<(&'d Definition, Box<Named<'d>>)>,
}

impl<'d> Proof<'d> {
    pub fn of(definition: &'d Definition, places: &'d [Place]) -> Proof<'d> {
        Proof { definition, places, homes: Homes::of(definition) }
    }

    fn path(&self, step: StepIndex) -> &'d str {
        &self.definition.steps[step as usize].path
    }

    fn find(&self, step: StepIndex, name: &Name) -> Option<Diagnostic> {
        match self.resolve(step, name) {
            Some(named) => {
                let gap = self.gap(step, &named)?;
                Some(self.not_after(step, name, &named, gap))
            }
            None => self.unknown(name),
        }
    }

    /// The step that a name means: of the names around, the innermost that has it.
    fn resolve(&self, step: StepIndex, name: &str) -> Option<Named<'d>> {
        let mut around = self.path(step);
        loop {
            around = around.rsplit_once('.').map_or("", |(outer, _)| outer);
            let path = if around.is_empty() { name.to_owned() } else { format!("{around}.{name}") };
            if let Some(found) = named(self.definition, &path) {
                return Some(found);
            }
            if around.is_empty() {
                return None;
            }
        }
    }

    fn unknown(&self, name: &Name) -> Option<Diagnostic> {
        let steps = self.definition.steps.iter().zip(self.places);
        let below = |path: &str| name.value.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        if steps.clone().any(|(step, place)| place.broken && below(&step.path)) {
            return None;
        }
        let message = format!("there is no step `{}` here", name.value);
        let finding = Diagnostic::new(&codes::UNKNOWN_STEP, name.span, message);
        let finding = finding.nearest(&name.value, steps.map(|(step, _)| &*step.path));
        Some(finding.help("name a step by its path in this flow: `credit`, `feasible.capacity`"))
    }

    /// Why `named` need not be done when `step` is reached; `None` when it is.
    pub fn gap(&self, step: StepIndex, named: &Named<'d>) -> Option<Gap> {
        let (to, from) = (self.homes.chain(step), self.homes.chain(named.step));
        let common = to.iter().zip(&from).take_while(|(one, other)| one == other).count();
        let (Some(here), Some(there)) = (to.get(common), from.get(common)) else {
            return Some(inside(self.path(step), self.path(named.step), named.step == step));
        };
        if self.homes.block(*here) != self.homes.block(*there) {
            return Some(self.apart(to[common - 1], *here, named.step));
        }
        if self.homes.at(*here) < self.homes.at(*there) {
            return Some(Gap {
                why: format!("`{}` comes later", self.path(named.step)),
                turn: String::new(),
                help: "put the step behind those it must come after",
                condition: None,
            });
        }
        let found = let_out(self.definition, &self.homes, &from[common..], Some(self.places));
        found.or_else(|| below(named, last(self.path(named.step))))
    }

    /// The two stand in different parts of the same step.
    fn apart(&self, around: StepIndex, here: StepIndex, named: StepIndex) -> Gap {
        let (around, named_path) = (self.path(around), self.path(named));
        let (why, turn, help) = match self.homes.role(here) {
            Some(Role::Branch(_)) => (
                format!("`{named_path}` runs beside it, in another branch of `{around}`"),
                format!("`{around}`"),
                "put the step behind the `fork`",
            ),
            Some(Role::Catch) => (
                format!("`{named_path}` may have failed: the `catch` of `{around}` runs then"),
                format!("`{around}` (its `catch`)"),
                "put the step behind the others in the `try`, or let the `catch` end the flow and put it behind it",
            ),
            Some(Role::Case(number)) => (
                format!("`{named_path}` is not on the way through case {} of `{around}`", number + 1),
                format!("`{around}` (case {})", number + 1),
                "do in this case too what must be done before",
            ),
            _ => (
                format!("`{named_path}` is not on this way through `{around}`"),
                format!("`{around}` (`else`)"),
                "do on this way too what must be done before",
            ),
        };
        Gap { why, turn, help, condition: None }
    }

    fn not_after(&self, step: StepIndex, name: &Name, named: &Named<'_>, gap: Gap) -> Diagnostic {
        let message = format!("`{}` can be reached without `{}`: {}", self.path(step), name.value, gap.why);
        self.told(Diagnostic::new(&codes::NOT_AFTER, name.span, message), step, named, gap)
    }

    /// A finding with the way on which `step` is reached without `named`.
    pub fn told(&self, finding: Diagnostic, step: StepIndex, named: &Named<'_>, gap: Gap) -> Diagnostic {
        let finding = match gap.condition {
            Some(span) => finding.related(span, "skipped unless this holds"),
            None => finding.related(self.places[named.step as usize].span, "what it must come after"),
        };
        let finding = match gap.turn.is_empty() {
            true => finding,
            false => finding.help(format!("a way without it: {}", self.way(step, named.step, &gap.turn))),
        };
        finding.help(gap.help)
    }

    /// The way to a step: what stands before it in its outermost block, with the turn that leaves out
    /// the step that it must come after.
    fn way(&self, step: StepIndex, named: StepIndex, turn: &str) -> String {
        let (to, from) = (self.homes.chain(step), self.homes.chain(named));
        let common = to.iter().zip(&from).take_while(|(one, other)| one == other).count();
        let quoted = |step: &StepIndex| format!("`{}`", last(self.path(*step)));
        let Some(here) = to.get(common) else { return quoted(&step) };
        let block = &self.definition.blocks[self.homes.block(*here) as usize].steps;
        let mut way: Vec<String> = block[..self.homes.at(*here)].iter().map(quoted).collect();
        match block.iter().position(|other| Some(other) == from.get(common)) {
            Some(at) if at < way.len() => turn.clone_into(&mut way[at]),
            _ => way.insert(0, turn.to_owned()),
        }
        way.extend(to[common..].iter().map(quoted));
        way.join(" → ")
    }
}

fn inside(step: &str, named: &str, same: bool) -> Gap {
    let why = match same {
        true => "no step comes after itself".to_owned(),
        false if named.starts_with(step) => format!("`{named}` is a part of it"),
        false => format!("it is a part of `{named}`, which is over only after it"),
    };
    Gap { why, turn: String::new(), help: "name steps that are over before this one begins", condition: None }
}

/// The step at a path, in this flow or in one that it runs.
fn named<'d>(definition: &'d Definition, path: &str) -> Option<Named<'d>> {
    let at = |path: &str| definition.steps.iter().position(|step| *step.path == *path);
    if let Some(step) = at(path) {
        return Some(Named { step: step as StepIndex, below: None });
    }
    let dots = path.match_indices('.').map(|(dot, _)| dot);
    dots.rev().find_map(|dot| {
        let step = at(&path[..dot])? as StepIndex;
        let Shape::Run(child) = shape(definition, step) else { return None };
        Some(Named { step, below: Some((child, Box::new(named(child, &path[dot + 1..])?))) })
    })
}

/// Why a step of another flow, which `name` runs, need not be done when that flow is over.
fn below(named: &Named<'_>, name: &str) -> Option<Gap> {
    let (child, inner) = named.below.as_ref()?;
    let homes = Homes::of(child);
    let found = let_out(child, &homes, &homes.chain(inner.step), None);
    let gap = found.or_else(|| below(inner, last(&child.steps[inner.step as usize].path)))?;
    Some(Gap { why: format!("in `{name}`, {}", gap.why), turn: format!("`{name}`: {}", gap.turn), ..gap })
}

/// What lets out the last of `chain` (steps inside each other) although the first is over.
fn let_out(
    definition: &Definition,
    homes: &Homes,
    chain: &[StepIndex],
    places: Option<&[Place]>,
) -> Option<Gap> {
    chain.iter().enumerate().find_map(|(depth, step)| {
        let path = &definition.steps[*step as usize].path;
        if definition.steps[*step as usize].when.is_some() {
            return Some(Gap {
                why: format!("`{path}` is skipped when its `when` does not hold"),
                turn: format!("`{}` (skipped)", last(path)),
                help: "let both stand under the same condition, or take the `when` away",
                condition: places.and_then(|places| places[*step as usize].when),
            });
        }
        match chain.get(depth + 1) {
            Some(inner) => passed_by(definition, homes, *step, *inner),
            None => dropped(definition, *step),
        }
    })
}

/// A call that may count as done without having been; a listen that may have heard nothing.
fn dropped(definition: &Definition, step: StepIndex) -> Option<Gap> {
    let step = &definition.steps[step as usize];
    if let Node::Listen(listen) = &step.node
        && listen.otherwise.is_some_and(|block| !ends(definition, block))
    {
        return Some(Gap {
            why: format!("the `else` of `{}` goes on when nothing came in time", step.path),
            turn: format!("`{}` (`else`)", last(&step.path)),
            help: "let the `else` end the flow with `reject` or `raise`",
            condition: None,
        });
    }
    let Node::Call(call) = &step.node else { return None };
    (call.unknown == WhenUnknown::Drop).then(|| Gap {
        why: format!("`{}` is dropped when nobody knows whether it was done", step.path),
        turn: format!("`{}` (dropped)", last(&step.path)),
        help: "write `unknown: pause` there, so that somebody looks first",
        condition: None,
    })
}

/// How `step` is over without `inner`, which stands in it.
fn passed_by(definition: &Definition, homes: &Homes, step: StepIndex, inner: StepIndex) -> Option<Gap> {
    let path = &definition.steps[step as usize].path;
    let (inner_path, name) = (&definition.steps[inner as usize].path, last(path));
    let gap = |why: String, turn: String, help| Some(Gap { why, turn, help, condition: None });
    match (shape(definition, step), homes.role(inner)?) {
        (Shape::Ways { cases, otherwise }, role @ (Role::Case(_) | Role::Otherwise)) => {
            let turn = other_way(definition, &cases, otherwise, role)?;
            let why = match otherwise {
                None if turn == "no case" => format!("no case of `{path}` need be taken: it has no `else`"),
                _ => format!("through {turn} of the `switch` `{path}`"),
            };
            gap(
                why,
                format!("`{name}` ({turn})"),
                "let the other ways end the flow, or do it on each of them",
            )
        }
        (Shape::Branches { .. }, Role::Branch(false)) => gap(
            format!("`{path}` does not wait for every branch"),
            format!("`{name}` (without `{}`)", last(inner_path)),
            "let the `fork` wait for all: `join: all`",
        ),
        (Shape::Try { catch, .. }, Role::TryBody) if !ends(definition, catch) => gap(
            format!("`{inner_path}` may have failed before it, and the `catch` of `{path}` goes on"),
            format!("`{name}` (its `catch`)"),
            "let the `catch` end the flow, or put the step that comes after into the `try`",
        ),
        (Shape::Try { body, .. }, Role::Catch) if !ends(definition, body) => gap(
            format!("`{inner_path}` is only done when something in `{path}` fails"),
            format!("`{name}` (nothing fails)"),
            "do it outside of the `catch`",
        ),
        (_, Role::Round) => gap(
            format!("`{path}` may have no rounds"),
            format!("`{name}` (no rounds)"),
            "require first that there is something to go over: `require: count(...) > 0`, and do it outside of the `for`",
        ),
        (_, Role::Refusal) => gap(
            format!("`{inner_path}` only stands on a way that ends the flow"),
            format!("`{name}`"),
            "name the `require` itself: it has held when the flow goes on",
        ),
        _ => None,
    }
}

/// A way through a `switch` that is not `role` and comes to its end.
fn other_way(definition: &Definition, cases: &[u32], otherwise: Option<u32>, role: Role) -> Option<String> {
    let open = |block: u32| !ends(definition, block);
    let case = cases.iter().enumerate().find(|(number, block)| role != Role::Case(*number) && open(**block));
    match (case, otherwise) {
        (Some((number, _)), _) => Some(format!("case {}", number + 1)),
        (None, Some(block)) => (role != Role::Otherwise && open(block)).then(|| "`else`".to_owned()),
        (None, None) => Some("no case".to_owned()),
    }
}
