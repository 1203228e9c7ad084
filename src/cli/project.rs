//! A project with everything that belongs to it: its plan, its stubs, its tests, and every finding.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Environment, Project};
use crate::diagnostic::{Diagnostic, Severity, render};
use crate::mapping;
use crate::plan::{self, Checked, Plan};
use crate::simulator::{self, Stub};
use crate::testing::{self, Suite};

/// What `check`, `dev` and `test` begin with.
pub(super) struct Whole {
    pub checked: Checked,
    pub stubs: Vec<Arc<Stub>>,
    pub suite: Suite,
}

/// Reads and checks a project, its stubs and its tests. Stubs and tests are looked at once the rest is clean,
/// because they name what it declares.
pub(super) fn check(dir: &Path, environment: &Environment) -> Whole {
    let mut checked = plan::check(dir, environment);
    let (mut played, mut suite) = (Vec::new(), Suite::default());
    if let Some(plan) = &checked.plan {
        let (stubs, mut findings) = stubs(&checked.project, plan);
        let (tests, more) = testing::compile(&checked.project, plan);
        findings.extend(more);
        // Stubs and tests are no part of what is served.
        findings.retain(|finding| finding.severity() > Severity::Hint);
        (played, suite) = (stubs, tests);
        checked.diagnostics.extend(findings);
        render::sort(&mut checked.diagnostics, &checked.project.sources);
        checked.diagnostics.dedup();
    }
    if render::errors(&checked.diagnostics) > 0 {
        checked.plan = None;
    }
    Whole { checked, stubs: played, suite }
}

fn stubs(project: &Project, plan: &Plan) -> (Vec<Arc<Stub>>, Vec<Diagnostic>) {
    let rejections = plan.rejections.keys().map(|code| (code.clone(), Default::default())).collect();
    let environment =
        mapping::Environment { schemas: &plan.schemas, tables: &plan.tables, rejections: &rejections };
    let deps = simulator::Deps { environment, systems: &plan.systems, sources: &project.sources };
    let (mut stubs, mut findings) = (Vec::new(), Vec::new());
    for file in &project.stubs {
        let (stub, found) = simulator::compile(file, &deps);
        stubs.extend(stub.map(Arc::new));
        findings.extend(found);
    }
    (stubs, findings)
}
