//! The world as durable flows see it: the generation that serves now.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{Gateway, Generation};
use crate::event::{EventType, EventTypes, Intake, Lane};
use crate::flow::direct::{Caller, Observer};
use crate::flow::engine::{Live, Sheet, World};
use crate::flow::{Definition, Schedule};
use crate::mapping::Tables;
use crate::plan::{Category, ExceptionSeverity, Target, flow_of, shown_text};

/// A gateway's world; it does not keep the gateway.
pub(super) struct Around(pub Weak<Gateway>, pub Arc<Generation>);

impl World for Around {
    fn live(&self) -> Arc<dyn Live> {
        // Without a gateway the process ends: what still runs sees the world as it began.
        self.0.upgrade().map_or_else(|| Arc::clone(&self.1), |gateway| gateway.generation())
    }

    fn compile(&self, files: Vec<(Arc<str>, Vec<u8>)>, flow: &str) -> Result<Arc<Definition>, String> {
        flow_of(files, flow)
    }
}

impl Live for Generation {
    fn caller(&self) -> &dyn Caller {
        &*self.systems
    }

    fn tables(&self) -> &Tables {
        &self.plan.tables
    }

    fn observer(&self) -> &dyn Observer {
        self
    }

    fn sheet(&self, code: &str, flow: &str, system: Option<&str>) -> Sheet {
        if let Some(declared) = self.plan.exceptions.get(code) {
            return Sheet {
                owner: declared.owner.clone().unwrap_or_else(|| "".into()),
                queues: declared.queues.clone(),
                severity: severity(declared.severity).into(),
                category: category(declared.category).into(),
                runbook: declared.runbook.clone(),
                acknowledge: declared.sla.map(|(acknowledge, _)| acknowledge),
                resolve: declared.sla.map(|(_, resolve)| resolve),
            };
        }
        let system = system.and_then(|name| self.plan.systems.get(name));
        let flow = self.plan.flows.get(flow);
        let owners =
            [system.and_then(|system| system.owner.clone()), flow.and_then(|flow| flow.owner().cloned())];
        // A system that is away is its owner's; data that does not fit is the flow's.
        let owner = match code {
            "bad_data" | "refused_by_system" => owners.into_iter().rev().flatten().next(),
            _ => owners.into_iter().flatten().next(),
        };
        Sheet {
            owner: owner.unwrap_or_else(|| "".into()),
            queues: vec!["operations".into()],
            severity: if code == "outage" || code == "unknown_outcome" { "high" } else { "medium" }.into(),
            category: if system.is_some() { "system" } else { "data" }.into(),
            runbook: system.and_then(|system| system.runbook.as_ref()).map(shown_text),
            acknowledge: None,
            resolve: None,
        }
    }

    fn event(&self, name: &str) -> Option<Arc<EventType>> {
        self.plan.events.get(name).cloned()
    }

    fn events(&self) -> EventTypes {
        self.plan.events.clone()
    }

    fn lanes(&self) -> Vec<Lane> {
        self.lanes.clone()
    }

    fn intake(&self, route: &str) -> Option<Arc<Intake>> {
        let route = self.plan.routes.iter().find(|own| *own.name == *route)?;
        match &route.target {
            Target::Publish(publish) => Some(Arc::clone(&publish.intake)),
            _ => None,
        }
    }

    fn flow(&self, name: &str) -> Option<(Arc<Definition>, Duration)> {
        let flow = self.plan.flows.get(name)?;
        Some((Arc::clone(flow), flow.keep().unwrap_or(self.plan.settings.store.keep)))
    }

    fn schedules(&self) -> Vec<(Arc<Definition>, Schedule)> {
        self.plan.schedules().map(|(flow, schedule)| (Arc::clone(flow), schedule.clone())).collect()
    }

    fn keep(&self) -> Duration {
        self.plan.settings.store.keep
    }

    fn rate(&self, system: &str) -> Option<(u32, Duration)> {
        self.plan.systems.get(system)?.limits.rate
    }

    fn definition(&self, digest: &str) -> Option<Arc<Definition>> {
        self.flows.get(digest).cloned()
    }

    fn files(&self) -> Arc<Vec<(Arc<str>, Arc<[u8]>)>> {
        Arc::clone(&self.plan.files)
    }
}

fn severity(severity: ExceptionSeverity) -> &'static str {
    match severity {
        ExceptionSeverity::Low => "low",
        ExceptionSeverity::Medium => "medium",
        ExceptionSeverity::High => "high",
        ExceptionSeverity::Critical => "critical",
    }
}

fn category(category: Category) -> &'static str {
    match category {
        Category::Portal => "portal",
        Category::Erp => "erp",
        Category::Dispatch => "dispatch",
        Category::Propagation => "propagation",
        Category::Data => "data",
    }
}
