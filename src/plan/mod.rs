//! Links everything: declarations to one immutable Plan, and every diagnostic.
//!
//! [`check`] reads a folder and gives the plan and all findings; the commands, reload and tests all
//! begin with it.

mod checked;
mod earlier;
mod link;
pub mod route;
pub mod secrets;
pub mod settings;
mod stand_in;
pub mod texts;

pub use checked::{Checked, check, check_texts};
pub use earlier::{check_kept, flow_of};
pub use link::shown_text;
pub use link::{build, schema_sources, store_settings};
pub use route::*;
pub use secrets::{SecretSource, SecretState, Secrets};
pub use settings::*;
pub use texts::*;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::event::Webhook;
pub use crate::event::{EventType, EventTypes};
use crate::flow::{Definition, Schedule};
use crate::mapping::{Mapping, Query, Tables};
use crate::schema::Schemas;
use crate::system::System;

/// A project, linked: everything that the gateway runs with, immutable. It holds secret
/// references, never their values, and opens nothing.
#[derive(Debug)]
pub struct Plan {
    /// SHA-256 over the project's files, hex.
    pub digest: Arc<str>,
    /// What it was linked from: paths in the project and bytes, stubs and tests aside. [`flow_of`] makes its
    /// flows of them again.
    pub files: Arc<Vec<(Arc<str>, Arc<[u8]>)>>,
    pub settings: Settings,
    /// Every route that is served, in the order of declaration.
    pub routes: Vec<Arc<Route>>,
    pub clients: Vec<Arc<Client>>,
    /// Auth policies by name.
    pub policies: BTreeMap<Arc<str>, AuthPolicy>,
    pub rejections: BTreeMap<Arc<str>, Rejection>,
    pub exceptions: BTreeMap<Arc<str>, Exception>,
    /// Every event type by its name, with its subscribers.
    pub events: EventTypes,
    /// Every webhook by its name.
    pub webhooks: BTreeMap<Arc<str>, Arc<Webhook>>,
    pub flows: BTreeMap<Arc<str>, Arc<Definition>>,
    pub systems: BTreeMap<Arc<str>, Arc<System>>,
    /// Every mapping by its name.
    pub mappings: BTreeMap<Arc<str>, Arc<Mapping>>,
    pub schemas: Schemas,
    pub tables: Arc<Tables>,
    /// What they find in a payload is never logged.
    pub redact: Arc<[Query]>,
    /// Names of every secret that is referred to anywhere.
    pub secrets: BTreeSet<Arc<str>>,
    /// Where each of them is referred to (`file:line:column`).
    pub secret_places: BTreeMap<Arc<str>, Vec<String>>,
    /// Variables without a value in this environment, sorted, each with the first place that needs it
    /// (`file:line:column`): nothing can be served before they have one.
    pub variables: Vec<(Arc<str>, String)>,
    /// The directory with one file per secret; relative to the project unless absolute.
    pub secrets_dir: PathBuf,
}

impl Plan {
    /// The route that shows where an instance of `flow` stands, as seen from `from`, which runs it: where
    /// the `Location` of a 202 points. Of several, the one in the same API, else one behind the same auth policy,
    /// else the first declared.
    pub fn status_route(&self, flow: &str, from: &Route) -> Option<&Arc<Route>> {
        let shows = |route: &&Arc<Route>| matches!(&route.target, Target::Status { flow: shown, .. } if **shown == *flow);
        let near = |route: &&Arc<Route>| match route.api == from.api {
            true => 0,
            false => 1 + u8::from(!Arc::ptr_eq(&route.auth, &from.auth)),
        };
        self.routes.iter().filter(shows).min_by_key(near)
    }

    /// Names of the secrets that senders, or we, sign with: they are keys, and cannot be any text.
    pub fn signing_secrets(&self) -> BTreeSet<&str> {
        let senders = self.policies.values().filter_map(|policy| policy.signature());
        let ours = self.systems.values().flat_map(|system| system.signing_secrets());
        senders.flat_map(|own| own.secret_names()).chain(ours).collect()
    }

    /// The flows that start by themselves, by name, and when.
    pub fn schedules(&self) -> impl Iterator<Item = (&Arc<Definition>, &Schedule)> {
        self.flows.values().filter_map(|flow| Some((flow, flow.schedule()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_202_points_into_the_api_it_came_from() {
        let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/logistics");
        let plan = check(&project, &crate::config::Environment::default()).plan.expect("a plan");
        let runs = |route: &&Arc<Route>| matches!(&route.target, Target::Run { flow, .. } if &**flow.name() == "book_shipment");
        let shown = |api: &str| {
            let from = plan.routes.iter().filter(runs).find(|route| &*route.api == api).expect("it books");
            plan.status_route("book_shipment", from).map(|route| route.path.to_string())
        };
        assert_eq!(shown("bookings").as_deref(), Some("/v1/bookings/{reference}/status"));
        assert_eq!(shown("mobile").as_deref(), Some("/mobile/v1/bookings/{reference}"));
        assert!(plan.status_route("read_booking", &plan.routes[0]).is_none());
    }
}
