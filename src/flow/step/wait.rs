//! `wait`: a while, or until an instant.

use std::time::Duration;

use super::{Kind, Node};
use crate::config::declarations::flow::{StepBody, Wait};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::compile::{Compiler, Made};
use crate::flow::definition::Step;
use crate::flow::formula::{Broken, Formula};
use crate::flow::machine::{Frame, Run, Signal, Thread, ThreadId, broken_at};
use crate::mapping::Target;
use crate::schema::Type;
use crate::value::Value;

/// A compiled `wait`.
#[derive(Debug)]
pub(in crate::flow) enum WaitNode {
    Lapse(Duration),
    /// An instant.
    Until(Formula),
}

impl WaitNode {
    /// Sets a timer; what is over already is not waited for.
    pub fn enter(&self, run: &mut Run<'_, '_>, id: ThreadId, thread: &mut Thread, step: &Step) -> Signal {
        let lapse = match self {
            WaitNode::Lapse(lapse) => Ok(*lapse),
            WaitNode::Until(instant) => {
                let instant = instant.eval(&thread.slots, &run.now.context);
                instant.and_then(|instant| left(instant, run))
            }
        };
        match lapse {
            Ok(Duration::ZERO) => Signal::Done(None),
            Ok(lapse) => {
                thread.frames.push(Frame::Wait(run.set_timer(id, lapse)));
                Signal::Wait
            }
            Err(broken) => broken_at(broken, &step.path),
        }
    }
}

/// How long it is until an instant.
fn left(instant: Option<Value>, run: &Run<'_, '_>) -> Result<Duration, Broken> {
    let text = instant.as_ref().and_then(Value::as_str);
    let read = text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let Some(instant) = read else {
        let found = instant.as_ref().map_or("absent", |value| value.kind().name());
        return Err(Broken::Failed(format!("`until` must be an instant with its offset, this is {found}")));
    };
    let left = instant.as_nanosecond().saturating_sub(run.now.context.now.0);
    Ok(Duration::from_nanos(u64::try_from(left.max(0)).unwrap_or(u64::MAX)))
}

/// The timer of the wait on top is due.
pub(in crate::flow) fn fired(thread: &mut Thread) -> Signal {
    thread.frames.pop();
    Signal::Done(None)
}

pub(super) const KIND: Kind = Kind {
    name: "wait",
    help: "a while, `wait: 2h`, or until an instant, `wait: { until: job.startAt }`",
    stands: |body| body.wait.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(wait) = &body.wait else { return Made::broken() };
    compiler.waits.any = true;
    match &wait.value {
        Wait::Lapse(lapse) => {
            compiler.feed(&format!("{:?}", lapse.0));
            if lapse.0.is_zero() {
                let finding = Diagnostic::new(&codes::BAD_BOUND, wait.span, "this waits for no time at all");
                compiler.find(finding.help("write how long, `wait: 2h`, or take the step out"));
            }
            Made { worst: lapse.0, ..Made::quiet(Node::Wait(WaitNode::Lapse(lapse.0))) }
        }
        Wait::Until(until) => {
            let what = "what `until` waits for".to_owned();
            let target = Target { ty: Type::formatted("date-time"), required: true, what };
            let made = compiler.expression_to(until, &target);
            let instant = made.unwrap_or(Formula::Constant(None));
            Made::quiet(Node::Wait(WaitNode::Until(instant)))
        }
    }
}
