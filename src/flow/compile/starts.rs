//! `on: { schedule: … }`: a flow that starts by itself.

use super::Compiler;
use crate::config::declarations::flow::FlowFile;
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::definition::Input;
use crate::flow::schedule::Schedule;

/// The zone whose clock a schedule goes by, unless said.
const ZONE: &str = "UTC";

impl Compiler<'_> {
    /// When the flow starts by itself; nobody gives it inputs then.
    pub(super) fn schedule(&mut self, file: &FlowFile, inputs: &[Input]) -> Option<Schedule> {
        let on = file.on.as_ref()?;
        let zone = on.zone.as_ref().map_or(ZONE, |zone| zone.value.as_str());
        if let Some(input) = inputs.iter().find(|input| input.required) {
            let message =
                format!("`{}` starts by schedule, and nobody gives it `{}`", *file.flow, input.name);
            let help = "make the input optional, `{ since: date? }`, or let a flow without inputs `run` it";
            self.find(Diagnostic::new(&codes::BAD_SCHEDULE, on.schedule.span, message).help(help));
        }
        if self.reads_client {
            let message = format!("`{}` starts by schedule, and reads `client`: there is none", *file.flow);
            let help = "take what it needs from somewhere else";
            self.find(Diagnostic::new(&codes::BAD_SCHEDULE, on.schedule.span, message).help(help));
        }
        let parsed = Schedule::parse(&on.schedule.value, zone);
        let told = parsed.map_err(|wrong| {
            let zone = on.zone.as_ref().filter(|_| wrong.zone).map(|zone| zone.span);
            let span = zone.unwrap_or(on.schedule.span);
            self.find(Diagnostic::new(&codes::BAD_SCHEDULE, span, wrong.message).help(wrong.help));
        });
        told.ok()
    }
}
