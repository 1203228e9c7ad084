//! Reads what endpoints show: instances with their journals and cases.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::shape;
use super::{Ask, Refusal};
use crate::flow::story::{Scene, Waits, waits_on};
use crate::store::{Case, CaseFilter, CaseState, Instance, Millis, Store, StoreError};
use crate::value::Value;

/// Entries of one journal that are read.
pub(super) const ENTRIES: usize = 100_000;
/// Open cases of one instance that are read.
const CASES: usize = 2_000;
/// Cases that one question goes through.
const MOST: usize = 100_000;
/// Cases that are read at a time.
const PAGE: usize = 1_000;

/// An instance and what goes with it.
pub(super) struct Seen {
    pub instance: Instance,
    pub scenes: Vec<Scene>,
    /// Its open cases.
    pub open: Vec<Case>,
}

impl Seen {
    /// Reads what goes with an instance.
    pub fn read(store: &dyn Store, instance: Instance) -> Result<Seen, StoreError> {
        let id = instance.id;
        let scenes = store.journal(id, 0, ENTRIES)?.iter().map(Scene::read).collect();
        let filter = CaseFilter { open: true, instance: Some(id), ..CaseFilter::default() };
        let open = match instance.status.is_open() {
            true => store.cases(&filter, CASES)?,
            false => Vec::new(),
        };
        Ok(Seen { instance, scenes, open })
    }

    /// Whom it waits for.
    pub fn waits(&self, now: Millis) -> Waits {
        waits_on(&self.scenes, self.instance.created_at, now)
    }

    /// As a row.
    pub fn row(&self, ask: &Ask) -> Value {
        let open: Vec<&Case> = self.open.iter().collect();
        let next = shape::next(&ask.gateway.generation(), &self.waits(ask.now()), &self.instance.flow, &open);
        shape::instance(&self.instance, next, &open)
    }
}

/// The instance with this id.
pub(super) async fn instance(ask: &Ask, id: &str) -> Result<Seen, Refusal> {
    let missing = || Refusal::missing(format!("there is no instance `{id}`"));
    let id = Uuid::try_parse(id).map_err(|_| missing())?;
    let read =
        move |store: &dyn Store| store.instance(id)?.map(|instance| Seen::read(store, instance)).transpose();
    ask.gateway.engine().writer().read(read).await?.ok_or_else(missing)
}

/// The case with this number.
pub(super) async fn case(ask: &Ask, number: &str) -> Result<Case, Refusal> {
    let missing = || Refusal::missing(format!("there is no case `{number}`"));
    let number: u64 = number.parse().map_err(|_| missing())?;
    ask.gateway.engine().writer().read(move |store| store.case(number)).await?.ok_or_else(missing)
}

/// Which cases a request asks for.
pub(super) struct Wanted {
    pub filter: CaseFilter,
    /// `late`, `at_risk`, `ok`, `met` or `none`.
    sla: Option<Arc<str>>,
    /// Those that are put off too.
    snoozed: bool,
    now: Millis,
}

impl Wanted {
    /// What `ask` gives as a filter.
    pub fn of(ask: &Ask) -> Result<Wanted, Refusal> {
        let state = ask.text("state").map(|word| {
            CaseState::of(word).ok_or_else(|| {
                let known: Vec<_> = CaseState::ALL.iter().map(|(_, word)| format!("`{word}`")).collect();
                Refusal::bad(format!("`state` is one of {}", known.join(", ")))
            })
        });
        let instance = ask.text("instance").map(|id| {
            Uuid::try_parse(id).map_err(|_| Refusal::bad("`instance` must be the id of an instance"))
        });
        let sla = ask.shared("sla");
        if sla.as_deref().is_some_and(|sla| !["late", "at_risk", "ok", "met", "none"].contains(&sla)) {
            return Err(Refusal::bad("`sla` is one of `late`, `at_risk`, `ok`, `met`, `none`"));
        }
        let filter = CaseFilter {
            open: ask.wants("open"),
            state: state.transpose()?,
            code: ask.shared("code"),
            instance: instance.transpose()?,
            flow: ask.shared("flow"),
            system: ask.shared("system"),
            owner: ask.shared("owner"),
            queue: ask.shared("queue"),
            cause: ask.shared("cause"),
            account: ask.shared("account"),
            before: ask.whole("before"),
        };
        let snoozed = ask.given.get("snoozed").is_none() || ask.wants("snoozed");
        Ok(Wanted { filter, sla, snoozed, now: ask.now() })
    }

    fn fits(&self, case: &Case) -> bool {
        let put_off = case.snoozed_until.is_some_and(|until| until > self.now);
        (self.snoozed || !put_off)
            && self.sla.as_deref().is_none_or(|sla| shape::due(case, self.now).0 == sla)
    }

    /// The cases, newest first, at most `limit`.
    pub async fn read(self, ask: &Ask, limit: usize) -> Result<Vec<Case>, StoreError> {
        let read = move |store: &dyn Store| {
            let (mut filter, mut found, mut seen) = (self.filter.clone(), Vec::new(), 0);
            loop {
                let page = store.cases(&filter, PAGE)?;
                (filter.before, seen) = (page.last().map(|case| case.number), seen + page.len());
                let last = page.len() < PAGE || seen >= MOST;
                found.extend(page.into_iter().filter(|case| self.fits(case)).take(limit - found.len()));
                if last || found.len() >= limit {
                    return Ok(found);
                }
            }
        };
        ask.gateway.engine().writer().read(read).await
    }

    /// Every case, for counting.
    pub async fn all(self, ask: &Ask) -> Result<Vec<Case>, StoreError> {
        self.read(ask, MOST).await
    }
}

/// What people call the work of each case: its instance's business key.
pub(super) async fn references(
    ask: &Ask,
    cases: &[Case],
) -> Result<HashMap<Uuid, Option<Arc<str>>>, StoreError> {
    let ids: Vec<Uuid> = cases.iter().filter_map(|case| case.instance).collect();
    let read = move |store: &dyn Store| {
        let mut names = HashMap::new();
        for id in ids {
            if let std::collections::hash_map::Entry::Vacant(place) = names.entry(id) {
                place.insert(store.instance(id)?.and_then(|instance| instance.business_key));
            }
        }
        Ok(names)
    };
    ask.gateway.engine().writer().read(read).await
}
