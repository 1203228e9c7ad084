//! `business_key`, `keep` and `cancel_until` of a flow.

use super::Compiler;
use crate::config::declarations::Name;
use crate::config::declarations::flow::FlowFile;
use crate::config::declarations::promise::{self as declarations, Second};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::definition::Definition;
use crate::flow::promise::{BusinessKey, MOST_WAITING, Promise, WAITING};
use crate::mapping::compile_expression;
use crate::schema::{Type, Verdict};

impl Compiler<'_> {
    /// The business key; to be compiled when the scope holds the inputs and nothing else.
    pub(super) fn business_key(&mut self, file: &FlowFile) -> Option<BusinessKey> {
        let declared = file.business_key.as_ref()?;
        self.feed("business_key");
        let compiled = self.expression(&declared.key);
        let (read, _) = compile_expression(&declared.key, &self.scope, &self.env.mapping);
        if read.is_some_and(|read| read.reads.iter().any(|read| read.slot == 1)) {
            let message =
                "`correlation_id` is another one for every request: no two runs would be the same one";
            let help = "name what the caller calls it: `business_key: booking.reference`";
            self.find(Diagnostic::new(&codes::BAD_BUSINESS_KEY, declared.key.span, message).help(help));
        }
        let second = declared.second.as_ref().map_or(Second::default(), |second| second.value);
        self.feed(&format!("{second:?}"));
        let waiting = self.waiting(declared, second);
        let (formula, typed) = compiled?;
        if !typed.broken {
            self.judge_key(declared.key.span, &typed.ty, typed.absent);
        }
        let number = typed.ty.fits(&Type::number()) == Verdict::Proven;
        Some(BusinessKey { formula, second, waiting, number })
    }

    /// How many may wait for one key; 0 where nobody does.
    fn waiting(&mut self, declared: &declarations::BusinessKey, second: Second) -> u32 {
        let most = declared.waiting.as_ref();
        if let Some(most) = most.filter(|_| second != Second::Queue) {
            let message = "`waiting` only goes with `second: queue`: nobody waits here";
            let help = "write `second: queue`, or take it out";
            self.find(Diagnostic::new(&codes::MISPLACED_KEY, most.span, message).help(help));
        }
        if let Some(most) = most.filter(|most| !(1..=MOST_WAITING).contains(&most.value)) {
            let message =
                format!("`waiting: {}` cannot be: 1 to {MOST_WAITING} may wait for one key", most.value);
            let help = "write how many runs of one key may wait; one more is refused with 429";
            self.find(Diagnostic::new(&codes::BAD_BUSINESS_KEY, most.span, message).help(help));
        }
        match second {
            Second::Queue => most.map_or(WAITING, |most| most.value),
            Second::Reject | Second::Join => 0,
        }
    }

    fn judge_key(&mut self, span: Span, ty: &Type, absent: bool) {
        let key = Type::union([Type::text(), Type::number()]);
        let (why, help) = match ty.fits(&key) {
            _ if absent || ty.is_nullable() => (
                "may be absent or null".to_owned(),
                "name something that every run has; a run without a key could not be told from another one",
            ),
            Verdict::Proven => return,
            _ => (format!("is `{ty}`"), "name one text or number: `business_key: booking.reference`"),
        };
        let message = format!("a business key is a text or a number, and this {why}");
        self.find(Diagnostic::new(&codes::BAD_BUSINESS_KEY, span, message).help(help));
    }

    /// What a flow promises; found wrong where it has no instances, or no such step.
    pub(super) fn promise(
        &mut self,
        file: &FlowFile,
        key: Option<BusinessKey>,
        definition: &Definition,
    ) -> Promise {
        if let Some(step) = &file.cancel_until {
            self.feed("cancel_until");
            self.feed(step);
            self.outermost(step, file);
        }
        let keep = file.keep.as_ref();
        if !definition.is_durable() {
            let keys = [
                ("business_key", file.business_key.as_ref().map(|key| key.key.span)),
                ("keep", keep.map(|keep| keep.span)),
                ("cancel_until", file.cancel_until.as_ref().map(|step| step.span)),
            ];
            keys.into_iter().filter_map(|(key, span)| Some((key, span?))).for_each(|(key, span)| {
                let message =
                    format!("`{key}` is about instances, and flow `{}` has none: it only reads", *file.flow);
                let help = "take it out: a flow that only reads is answered at once";
                self.find(Diagnostic::new(&codes::MISPLACED_KEY, span, message).help(help));
            });
        }
        Promise {
            key,
            keep: keep.map(|keep| keep.value.0),
            cancel_until: file.cancel_until.as_ref().map(|step| step.as_str().into()),
        }
    }

    fn outermost(&mut self, step: &Name, file: &FlowFile) {
        let known: Vec<&str> = file.steps.iter().map(|step| step.name.value.as_str()).collect();
        if known.contains(&step.value.as_str()) {
            return;
        }
        let message = format!("flow `{}` has no outermost step `{}`", *file.flow, step.value);
        let outer = step.value.split('.').next().filter(|outer| known.contains(outer));
        let finding = Diagnostic::new(&codes::UNKNOWN_STEP, step.span, message);
        let finding = match outer {
            Some(outer) => finding.help(format!("write `cancel_until: {outer}`, the step that it stands in")),
            None => finding
                .nearest(&step.value, known)
                .help("name the first step that a client can no longer take back"),
        };
        self.find(finding);
    }
}
