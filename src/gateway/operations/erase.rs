//! Taking away what was kept of a person's or an account's work, before its time.

use std::sync::Arc;

use uuid::Uuid;

use super::shape::{count, object, some};
use super::{Answer, Ask, Refusal, Reply};
use crate::codec::json;
use crate::flow::machine;
use crate::flow::story::{self, Scene};
use crate::store::{AuditRecord, Instance, InstanceFilter, Store, StoreError, Transition};

/// Instances looked at together.
const AT_ONCE: usize = 500;

/// What is to go.
#[derive(Debug, Clone)]
enum Of {
    Account(Arc<str>),
    /// All that it names; of one account, where that is said.
    Reference(Arc<str>, Option<Arc<str>>),
}

/// `POST /store/erase`
pub(super) async fn erase(ask: Ask) -> Reply {
    let (account, reference) = (ask.shared("account"), ask.shared("reference"));
    let of = match (account, reference) {
        (account, Some(reference)) => Of::Reference(reference, account),
        (Some(account), None) => Of::Account(account),
        (None, None) => return Err(Refusal::bad("say whose: `account`, or `reference`, or both")),
    };
    let writer = ask.gateway.engine().writer();
    let meant = of.clone();
    let (over, open) = writer.read(move |store| instances(store, &meant)).await?;
    if ask.wants("preview") {
        return Ok(Answer::Json(told(&over, &open, None)));
    }
    // First what is to be done, so that nothing is done that nobody can account for.
    note(&ask, &of, over.len()).await?;
    let (ids, erased) = (over.clone(), of.clone());
    let events = writer.read(move |store| carry_out(store, &ids, &erased)).await?;
    ask.gateway.engine().tail().forget();
    Ok(Answer::Json(told(&over, &open, events)))
}

/// Those that are over, and those that are not.
fn instances(store: &dyn Store, of: &Of) -> Result<(Vec<Uuid>, Vec<Uuid>), StoreError> {
    let found = match of {
        Of::Account(account) => of_account(store, account)?,
        Of::Reference(reference, account) => {
            let found = store.find(reference, account.as_deref(), usize::MAX >> 1)?;
            found.into_iter().map(|found| found.instance).collect()
        }
    };
    let (open, over): (Vec<Instance>, _) = found.into_iter().partition(|own| own.status.is_open());
    let ids = |all: Vec<Instance>| all.into_iter().map(|own| own.id).collect();
    Ok((ids(over), ids(open)))
}

fn of_account(store: &dyn Store, account: &Arc<str>) -> Result<Vec<Instance>, StoreError> {
    let filter = InstanceFilter { account: Some(Arc::clone(account)), ..InstanceFilter::default() };
    let mut all: Vec<Instance> = Vec::new();
    loop {
        let after = all.last().map(|own| own.id);
        let next = store.instances(&filter, after, AT_ONCE)?;
        let is_last = next.len() < AT_ONCE;
        // What they are made of may be much, and is not needed.
        all.extend(next.into_iter().map(|own| Instance { state: Arc::from([]), answer: None, ..own }));
        if is_last {
            return Ok(all);
        }
    }
}

fn carry_out(store: &dyn Store, ids: &[Uuid], of: &Of) -> Result<Option<usize>, StoreError> {
    for id in ids {
        let left = store.journal(*id, 0, usize::MAX >> 1)?.into_iter().filter_map(|entry| {
            let scene = Scene::read(&entry);
            Some((entry.number, json::encode(&story::residue(&scene.body)?).into()))
        });
        store.erase(*id, &left.collect::<Vec<_>>())?;
    }
    match of {
        Of::Account(account) => store.erase_events(account).map(Some),
        Of::Reference(..) => Ok(None),
    }
}

fn told(over: &[Uuid], open: &[Uuid], events: Option<usize>) -> crate::value::Value {
    object([
        ("instances", count(over.len())),
        ("open", count(open.len())),
        ("events", events.and_then(count)),
    ])
}

/// The audit trail says who erased what and why; a reference only as its digest.
async fn note(ask: &Ask, of: &Of, instances: usize) -> Result<(), Refusal> {
    let (account, reference) = match of {
        Of::Account(account) => (Some(account), None),
        Of::Reference(reference, account) => (account.as_ref(), Some(reference)),
    };
    let body = object([
        ("action", some("erase")),
        ("reference_sha256", reference.and_then(|text| some(&machine::digest(text.as_bytes())))),
        ("instances", count(instances)),
        ("reason", ask.text("reason").and_then(some)),
    ]);
    let record = AuditRecord {
        at: ask.now(),
        kind: "action".into(),
        who: Arc::clone(&ask.who),
        account: account.cloned().unwrap_or_else(|| "".into()),
        about: "store".into(),
        body: json::encode(&body).into(),
    };
    let transition = Transition { at: ask.now(), audit: vec![record], ..Transition::default() };
    ask.gateway.engine().writer().commit(transition).await?;
    Ok(())
}
