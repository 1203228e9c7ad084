//! The flow around its steps: inputs, `gives`, `output`, and what is true of the whole.

use std::sync::Arc;

use super::compiler::GIVEN;
use super::{Compiler, Typed};
use crate::config::declarations::Name;
use crate::config::declarations::flow::{FlowFile, FlowInput};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::definition::{Definition, Gives, Input};
use crate::flow::formula::Formula;
use crate::mapping::Target;
use crate::schema::{Field, Type, UnknownType};

impl Compiler<'_> {
    /// The definition; to be thrown away when there are errors.
    pub(super) fn file(&mut self, file: &FlowFile) -> Option<Definition> {
        self.feed(&file.flow);
        if file.owner.is_none() {
            let message = format!("flow `{}` has no owner", *file.flow);
            let finding = Diagnostic::new(&codes::MISSING_OWNER, file.flow.span, message);
            self.find(finding.help("name the team that answers for it: `owner: order_management`"));
        }
        self.given();
        let inputs = self.inputs(file);
        let key = self.business_key(file);
        self.gives = file.gives.as_ref().map(|name| (self.type_of(name).unwrap_or(Type::Any), name.span));
        // Block 0 is the outermost; its steps come last.
        let outermost = self.block(Vec::new(), Gives::Nothing) as usize;
        let blocked = self.steps(&file.steps);
        let doubts = self.doubts;
        let output = self.output(file, blocked.ends);
        self.proven &= self.doubts == doubts;
        let gives = output.as_ref().map(|(formula, _)| Gives::Formula(formula.clone()));
        self.blocks[outermost].steps = blocked.steps;
        self.blocks[outermost].gives = gives.unwrap_or(Gives::Nothing);
        let schedule = self.schedule(file, &inputs);
        let children = std::mem::take(&mut self.children);
        let calls = children.iter().flat_map(|child| child.calls().iter().cloned());
        self.calls.extend(calls);
        let output = output.map(|(_, typed)| typed);
        let mut definition = Definition {
            name: file.flow.as_str().into(),
            owner: file.owner.as_ref().map(|owner| owner.as_str().into()),
            inputs,
            output_taints: output.iter().flat_map(|typed| typed.taints.clone()).collect(),
            output: output.map(|typed| (typed.ty, typed.absent)),
            answers: std::mem::take(&mut self.answers),
            calls: std::mem::take(&mut self.calls).into_iter().collect(),
            effect: self.effect.take().map(|(_, operation)| operation),
            ends_flow: blocked.ends,
            digest: Arc::default(),
            worst_case: blocked.worst,
            slowest: self.slowest.take(),
            span: file.flow.span,
            steps: std::mem::take(&mut self.steps),
            blocks: std::mem::take(&mut self.blocks),
            depth: children.iter().map(|child| child.depth + 1).max().unwrap_or(0),
            reads_client: self.reads_client,
            waits: std::mem::take(&mut self.waits),
            schedule,
            sound: self.sound,
            proven: self.proven,
            remains: Default::default(),
            promise: Default::default(),
            children,
        };
        definition.remains = self.prove(&definition);
        definition.promise = self.promise(file, key, &definition);
        definition.digest = self.digest.hex().into();
        Some(definition)
    }

    /// `client` and `correlation_id`.
    fn given(&mut self) {
        let field = |name: &str| (Arc::from(name), Field { ty: Type::text(), required: true });
        let client = Type::object(vec![field("name"), field("account")]);
        self.declare(GIVEN[0], Typed::sure(client));
        self.declare(GIVEN[1], Typed::sure(Type::text()));
    }

    fn inputs(&mut self, file: &FlowFile) -> Vec<Input> {
        let declared: Vec<(&Name, &Name)> = match &file.input {
            None => Vec::new(),
            Some(FlowInput::One { schema, name }) => vec![(name, schema)],
            Some(FlowInput::Named(named)) => named.iter().collect(),
        };
        declared.into_iter().map(|(name, ty)| self.input(name, ty)).collect()
    }

    fn input(&mut self, name: &Name, written: &Name) -> Input {
        self.take(name);
        self.feed(name);
        let required = !written.ends_with('?');
        let found = self.type_of(written);
        let broken = found.is_none();
        let ty = found.unwrap_or(Type::Never);
        self.declare(name, Typed { ty: ty.clone(), absent: !required, taints: Vec::new(), broken });
        let schema = written.contains('/').then(|| written.trim_end_matches('?').into());
        Input { name: name.as_str().into(), ty, required, schema }
    }

    /// The type that a name says, `?` behind it aside.
    fn type_of(&mut self, written: &Name) -> Option<Type> {
        self.feed(written);
        let name = written.trim_end_matches('?');
        // A schema that says something else makes another flow.
        if let Some(schema) = self.env.mapping.schemas.get(name.trim_end_matches("[]")) {
            self.feed_value(schema.document());
        }
        self.vendor(name, written.span);
        let told = |unknown: UnknownType| {
            let (code, what) = match unknown.name.contains('/') {
                true => (&codes::UNKNOWN_SCHEMA, "schema"),
                false => (&codes::UNKNOWN_TYPE, "type"),
            };
            let message = format!("there is no {what} `{}`", unknown.name);
            let finding = Diagnostic::new(code, written.span, message);
            match unknown.nearest {
                Some(near) => finding.label(format!("did you mean `{near}`?")),
                None => finding.help("name a schema under `specs/`, or a plain type such as `string`"),
            }
        };
        let parsed = Type::parse(name, self.env.mapping.schemas);
        parsed.map_err(|unknown| self.find(told(unknown))).ok()
    }

    /// Refuses a schema that belongs to a system (M32).
    pub fn vendor(&mut self, schema: &str, span: crate::diagnostic::Span) {
        if let Some(system) = self.env.vendor_schemas.get(schema.trim_end_matches("[]")) {
            let message =
                format!("`{schema}` is how `{system}` writes things; a flow speaks canonical entities");
            let help = format!("use a canonical entity, and let the mappings of system `{system}` translate");
            self.find(Diagnostic::new(&codes::VENDOR_OUTSIDE_SYSTEM, span, message).help(help));
        }
    }

    fn output(&mut self, file: &FlowFile, ends: bool) -> Option<(Formula, Typed)> {
        let Some(output) = &file.output else {
            if let Some((_, span)) = self.gives.clone().filter(|_| !ends) {
                let message = format!("flow `{}` gives something, but has no `output`", *file.flow);
                let help = "say what it gives, over the results of its steps: `output: =order`";
                self.find(Diagnostic::new(&codes::MISSING_KEY, span, message).help(help));
            }
            return None;
        };
        self.feed("output");
        let made = match self.gives.clone() {
            Some((ty, _)) => {
                let what = format!("what flow `{}` gives", *file.flow);
                // `canonical/order@1?`: it may be that there is none.
                let required = !file.gives.as_ref().is_some_and(|gives| gives.ends_with('?'));
                let target = Target { ty: ty.clone(), required, what };
                self.data_to(output, &target).map(|(formula, typed)| (formula, Typed { ty, ..typed }))
            }
            None => self.data(output),
        };
        if ends {
            let span = super::values::data_span(output);
            let message = "`output` is never reached: every way through the steps ends the flow";
            self.find(
                Diagnostic::new(&codes::UNREACHABLE_STEP, span, message)
                    .help("take it out, or let a way through the steps come to its end"),
            );
        }
        made
    }
}
