//! Flows that change something outside go to their end, whether or not anybody waits for it: a caller who
//! hangs up must not leave an order behind without its job, nor a reservation that nobody gives back.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use super::{Exchange, told};
use crate::clock::BoxFuture;
use crate::flow::direct::{self, FlowContext};
use crate::flow::{Definition, FlowEnd};
use crate::gateway::Generation;
use crate::http::Holder;
use crate::value::Value;

/// A run of a flow. Polled while its caller waits; dropped before its end, it goes on by itself.
pub(super) struct Outliving {
    run: Option<BoxFuture<'static, FlowEnd>>,
    late: Option<Late>,
}

impl Outliving {
    /// Begins a run that nothing but its end, or the end of the gateway, stops.
    pub fn begin(
        exchange: &Exchange<'_>,
        flow: &Arc<Definition>,
        inputs: Vec<Option<Value>>,
        context: FlowContext,
    ) -> Outliving {
        let generation = Arc::clone(exchange.generation);
        let late = Late {
            generation: Arc::clone(&generation),
            flow: Arc::clone(flow),
            correlation_id: Arc::clone(&context.correlation_id),
            holder: exchange.head.holder.clone(),
            running: Arc::clone(&exchange.gateway.late),
            alone: false,
            told: false,
        };
        let (flow, clock) = (Arc::clone(flow), Arc::clone(&exchange.gateway.clock));
        let run = Box::pin(async move {
            let tools = direct::Tools {
                caller: &*generation.systems,
                clock: &*clock,
                tables: &generation.plan.tables,
                observer: &*generation,
            };
            direct::run(&flow, inputs, &context, tools).await
        });
        Outliving { run: Some(run), late: Some(late) }
    }
}

impl Future for Outliving {
    type Output = FlowEnd;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<FlowEnd> {
        let Some(run) = &mut self.run else { return Poll::Pending };
        let end = std::task::ready!(run.as_mut().poll(task));
        self.run = None;
        if let Some(late) = &mut self.late {
            late.told = true;
        }
        Poll::Ready(end)
    }
}

impl Drop for Outliving {
    fn drop(&mut self) {
        let (Some(run), Some(mut late)) = (self.run.take(), self.late.take()) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        // The listener's drain waits for it like for a request.
        let hold = late.holder.as_ref().map(Holder::hold);
        late.running.fetch_add(1, Ordering::Relaxed);
        late.alone = true;
        runtime.spawn(async move {
            let end = run.await;
            late.tell(&end);
            drop(hold);
        });
    }
}

/// Whose run it is, for the log.
struct Late {
    generation: Arc<Generation>,
    flow: Arc<Definition>,
    correlation_id: Arc<str>,
    holder: Option<Holder>,
    running: Arc<AtomicU64>,
    /// Whether it is counted as running without a caller.
    alone: bool,
    told: bool,
}

impl Late {
    /// Says how a run ended whose caller has gone: nobody else will.
    fn tell(&mut self, end: &FlowEnd) {
        self.told = true;
        let (flow, owner) = (&**self.flow.name(), self.flow.owner().map(|owner| &**owner));
        let correlation_id = &*self.correlation_id;
        let (how, why) = match end {
            FlowEnd::Responded { status, .. } => ("responded", status.to_string()),
            FlowEnd::Completed(_) => ("completed", String::new()),
            FlowEnd::Rejected { code, .. } => ("rejected", code.to_string()),
            FlowEnd::Cancelled { reason } => ("cancelled", reason.to_string()),
            FlowEnd::Raised { code, .. } => {
                told::exception(&self.generation, code, correlation_id);
                ("raised", code.to_string())
            }
            FlowEnd::Failed(failure) => {
                let why = format!("{} at `{}`: {}", failure.kind.name(), failure.step, failure.detail);
                tracing::error!(target: "crossdock::flow", flow, owner, correlation_id, why,
                    "a flow failed after its caller had gone");
                return;
            }
        };
        tracing::warn!(target: "crossdock::flow", flow, owner, correlation_id, how, why,
            "a flow ended after its caller had gone");
    }
}

impl Drop for Late {
    fn drop(&mut self) {
        if self.alone {
            self.running.fetch_sub(1, Ordering::Relaxed);
        }
        if !self.told {
            tracing::error!(target: "crossdock::flow", flow = &**self.flow.name(),
                owner = self.flow.owner().map(|owner| &**owner), correlation_id = &*self.correlation_id,
                "a flow was cut by the end of the gateway: what it began may be half done");
        }
    }
}
