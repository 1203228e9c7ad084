//! Plays stories: for each a gateway of its own, with stubs that remember nothing yet, on a clock that jumps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::exchange::Came;
use super::reasons::Reasons;
use super::witness::Witness;
use super::{Happens, Step, Story, Suite, Told};
use crate::clock::{Clock, Moment, VirtualClock};
use crate::event::{Outbox, Post};
use crate::gateway::{Connected, Fresh, Gateway};
use crate::http::Response;
use crate::plan::{Plan, Secrets};
use crate::simulator::{Simulator, Stub};
use crate::store::EventFilter;
use crate::system::{Live, Observer, System, Transport};
use crate::telemetry::Metrics;

/// The instant at which every story begins: 2026-05-06T08:00:00Z.
pub(super) const BEGINNING: Moment = Moment(1_778_054_400_000_000_000);

/// How a story ended.
#[derive(Debug)]
pub struct Ended {
    pub file: Arc<str>,
    pub name: Arc<str>,
    pub line: usize,
    /// Every way in which it was not as expected; none when it passed.
    pub failures: Vec<String>,
    /// By the machine's clock.
    pub took: Duration,
    /// By the story's clock.
    pub lasted: Duration,
}

/// What a story plays on.
struct Stage {
    gateway: Arc<Gateway>,
    simulator: Arc<Simulator>,
    witness: Arc<Witness>,
    outbox: Arc<Outbox>,
    reasons: Reasons,
    /// For requests that are signed.
    secrets: Secrets,
}

impl Suite {
    /// Plays every story whose name or file contains `filter`.
    ///
    /// `keys` has a key for each client, whose digest the plan knows.
    pub fn run(
        &self,
        plan: &Arc<Plan>,
        stubs: &[Arc<Stub>],
        keys: &BTreeMap<Arc<str>, String>,
        filter: &str,
    ) -> Vec<Ended> {
        let wanted = |story: &&Story| story.name.contains(filter) || story.file.contains(filter);
        self.stories.iter().filter(wanted).map(|story| story.play(plan, stubs, keys)).collect()
    }
}

/// How long a story waits, on its own clock, for what goes on after an answer.
const SETTLES: Duration = Duration::from_secs(60);

impl Story {
    fn play(&self, plan: &Arc<Plan>, stubs: &[Arc<Stub>], keys: &BTreeMap<Arc<str>, String>) -> Ended {
        let began = Instant::now();
        let clock = VirtualClock::new(BEGINNING, 1);
        let failures = match self.mapped.as_ref().map(|mapped| mapped.play(plan)) {
            Some(failures) => failures,
            None => self.exchanged(plan, stubs, &clock, keys),
        };
        Ended {
            file: Arc::clone(&self.file),
            name: Arc::clone(&self.name),
            line: self.line,
            failures,
            took: began.elapsed(),
            lasted: clock.monotonic(),
        }
    }

    fn exchanged(
        &self,
        plan: &Arc<Plan>,
        stubs: &[Arc<Stub>],
        clock: &Arc<VirtualClock>,
        keys: &BTreeMap<Arc<str>, String>,
    ) -> Vec<String> {
        match self.stage(plan, stubs, clock) {
            Ok(stage) => tracing::subscriber::with_default(stage.reasons.clone(), || {
                clock
                    .run(self.told(&stage, clock, keys))
                    .unwrap_or_else(|error| vec![format!("the test could not be run: {error}")])
            }),
            Err(why) => why,
        }
    }

    /// A gateway, its simulated systems, and who watches them.
    fn stage(
        &self,
        plan: &Arc<Plan>,
        stubs: &[Arc<Stub>],
        clock: &Arc<VirtualClock>,
    ) -> Result<Stage, Vec<String>> {
        let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
        let simulator = Simulator::new(stubs.iter().cloned(), Arc::clone(&plan.tables), Arc::clone(&clock));
        for (operation, answers) in &self.answers {
            simulator.script(operation.clone(), answers.iter().cloned());
        }
        let outbox = Outbox::kept();
        self.receipts.iter().for_each(|receipt| receipt.script(&outbox));
        let secrets = Secrets::stand_ins(std::path::Path::new(""), plan);
        let witness = Witness::of(&simulator);
        let live = Live::new(Arc::clone(&clock), Arc::clone(&witness) as Arc<dyn Observer>);
        let transport = |_: &Arc<System>| Ok(Arc::clone(&simulator) as Arc<dyn Transport>);
        let systems = Arc::new(Connected::new(live, plan, &transport, &secrets)?);
        let root = std::path::PathBuf::new();
        let post = Arc::clone(&outbox) as Arc<dyn Post>;
        let (plan, secrets) = (Arc::clone(plan), secrets.clone());
        let fresh = Fresh { plan, secrets: secrets.clone(), systems, post, root, keys_only: true };
        Ok(Stage {
            gateway: Gateway::new(fresh, clock, Metrics::shared())?,
            simulator,
            witness,
            outbox,
            reasons: Reasons::default(),
            secrets,
        })
    }

    async fn told(
        &self,
        stage: &Stage,
        clock: &VirtualClock,
        keys: &BTreeMap<Arc<str>, String>,
    ) -> Vec<String> {
        let (mut failures, mut seen) = (Vec::new(), Seen::default());
        stage.gateway.engine().watch_over();
        for (at, step) in self.steps.iter().enumerate() {
            let unmet = step.play(stage, clock, keys, &mut seen).await;
            let name = if self.steps.len() > 1 { format!("step {}: ", at + 1) } else { String::new() };
            failures.extend(unmet.into_iter().map(|what| format!("{name}{what}")));
        }
        failures
    }
}

/// What was there before a step.
#[derive(Default)]
struct Seen {
    calls: u64,
    /// The number of the last event.
    event: u64,
}

impl Step {
    async fn play(
        &self,
        stage: &Stage,
        clock: &VirtualClock,
        keys: &BTreeMap<Arc<str>, String>,
        seen: &mut Seen,
    ) -> Vec<String> {
        let Stage { gateway, simulator, witness, outbox, reasons, secrets } = stage;
        self.receipts.iter().for_each(|receipt| receipt.script(outbox));
        for (operation, answers) in &self.answers {
            simulator.script(operation.clone(), answers.iter().cloned());
        }
        let sent = clock.monotonic();
        let (mut response, refused) = self.happen(gateway, clock, keys, secrets).await;
        let lasted = clock.monotonic().saturating_sub(sent);
        // What goes on after the answer belongs to the step too.
        settle(gateway, clock).await;
        let told = Told::look(outbox, response.as_mut());
        let (calls, made) = simulator.calls_after(seen.calls);
        // A login is how a system is called, not what is asked of it.
        let asked = calls.iter().filter(|call| &*call.operation.operation != "login");
        let fresh = asked.cloned().collect::<Vec<_>>();
        let store = &**gateway.engine().writer().store();
        let came = Came {
            response: response.as_ref(),
            calls: &fresh,
            lasted,
            store,
            since: seen.event,
            told: &told,
        };
        let mut unmet: Vec<String> = refused.into_iter().chain(self.expect.unmet(&came)).collect();
        let why = witness.told(&fresh, reasons.take());
        if !unmet.is_empty() {
            unmet.extend(why);
        }
        let filter = EventFilter { after: seen.event, ..EventFilter::default() };
        let events = store.events(&filter, usize::MAX).unwrap_or_default();
        *seen = Seen { calls: made, event: events.last().map_or(seen.event, |event| event.number) };
        unmet
    }

    /// What was answered, if anybody asked, and why what an operator wanted was not done.
    async fn happen(
        &self,
        gateway: &Gateway,
        clock: &VirtualClock,
        keys: &BTreeMap<Arc<str>, String>,
        secrets: &Secrets,
    ) -> (Option<Response>, Option<String>) {
        match &self.happens {
            Happens::Asked(exchange) => {
                let header = header_of(&gateway.generation().plan);
                let key = exchange.client.as_ref().and_then(|client| keys.get(client));
                let mut request = exchange.request(key.map(|key| (&*header, key.as_str())));
                if let Err(why) = exchange.sign(&mut request, secrets, clock) {
                    return (None, Some(why));
                }
                (Some(gateway.answer(request).await), None)
            }
            Happens::Passed(lapse) => {
                clock.sleep(*lapse).await;
                (None, None)
            }
            Happens::Acted(act) => (None, act.act(gateway.engine()).await.err()),
        }
    }
}

/// Lets flows that go on after the answer come to where they wait; one that waits for a system which is away
/// does so for ever.
async fn settle(gateway: &Gateway, clock: &VirtualClock) {
    let until = clock.monotonic() + SETTLES;
    loop {
        // Before time goes on, everybody has had a turn: also who starts flows for events.
        clock.sleep(Duration::from_millis(10)).await;
        if gateway.engine().active() == 0 || clock.monotonic() >= until {
            return;
        }
    }
}

/// The header in which keys are sent: the first that a route declares.
fn header_of(plan: &Plan) -> Arc<str> {
    let of_clients = plan.routes.iter().filter(|route| route.auth.knows_clients());
    let header = of_clients.filter_map(|route| route.auth.key_header()).next();
    header.map_or("x-api-key", |name| name.as_str()).into()
}
