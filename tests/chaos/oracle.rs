//! What must be so once all is quiet: the store and the ledger against what clients saw.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use crossdock::store::{CaseFilter, Instance, InstanceFilter, Options, Sqlite, Status, Store};

use super::clients::{Booking, Saw};
use super::gateway::{Gateway, tail};
use super::ledger::Ledger;

/// How many instances are not over, in the store of a gateway that runs or does not.
pub fn open(project: &Path) -> u64 {
    let file = project.join(".crossdock/store.db");
    let Ok(db) = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
    else {
        return u64::MAX;
    };
    let count =
        db.query_row("SELECT count(*) FROM instance WHERE status < 3", [], |row| row.get::<_, i64>(0));
    count.map_or(u64::MAX, |count| count as u64)
}

/// Waits until every instance is over.
pub fn quiet(project: &Path, gateway: &Gateway, patience: Duration) {
    let start = Instant::now();
    while open(project) > 0 {
        if start.elapsed() > patience {
            let stuck = stuck(project);
            panic!("{} instances are not over:\n{stuck}\n{}", open(project), tail(&gateway.log));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn stuck(project: &Path) -> String {
    let file = project.join(".crossdock/store.db");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(file, flags).expect("the store");
    let sql = "SELECT correlation_id, flow, status, stage, seq, wake_at - updated_at, \
               (SELECT count(*) FROM given g WHERE g.n = i.n), substr(state, 1, 2500) \
               FROM instance i WHERE status < 3 LIMIT 12";
    let mut statement = db.prepare(sql).expect("a question");
    let rows = statement.query_map([], |row| {
        let (who, flow, stage): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let (status, seq, wake, given): (i64, i64, Option<i64>, i64) =
            (row.get(2)?, row.get(4)?, row.get(5)?, row.get(6)?);
        let state: Vec<u8> = row.get(7)?;
        let state = String::from_utf8_lossy(&state).into_owned();
        Ok(format!("{who} {flow} status {status} at `{stage}` seq {seq} wakes in {wake:?} ms, {given} events given\n  {state}"))
    });
    rows.expect("rows").map(|row| row.expect("a row")).collect::<Vec<_>>().join("\n")
}

/// Every instance of the flow `book`, by its reference.
fn instances(store: &Sqlite) -> HashMap<String, Vec<Instance>> {
    let filter = InstanceFilter { flow: Some("book".into()), ..InstanceFilter::default() };
    let (mut found, mut after) = (HashMap::<String, Vec<Instance>>::new(), None);
    loop {
        let some = store.instances(&filter, after, 1000).expect("instances");
        let Some(last) = some.last() else { return found };
        after = Some(last.id);
        for instance in some {
            found.entry(instance.correlation_id.to_string()).or_default().push(instance);
        }
    }
}

/// Holds everything that is promised against what is. Gives how many bookings ended how.
pub fn judge(project: &Path, bookings: &[Booking], ledger: &Ledger) -> BTreeMap<String, u64> {
    let store = Sqlite::open(&project.join(".crossdock"), Options::default()).expect("the store");
    let instances = instances(&store);
    let (mut wrong, mut ends) = (Vec::new(), BTreeMap::new());
    for booking in bookings {
        let own = instances.get(&booking.reference).map_or(&[][..], Vec::as_slice);
        let found = findings(booking, own, ledger);
        if !found.is_empty() {
            wrong.push(format!("{booking:?}: {}\n{}", found.join("; "), story(&store, own)));
        }
        let end = own.first().map_or("not there", |instance| instance.status.name());
        let saw = match &booking.saw {
            Saw::Created(_) => "201".to_owned(),
            Saw::Accepted => "202".to_owned(),
            Saw::NoRoom => "503".to_owned(),
            Saw::Status(status) => status.to_string(),
            Saw::Broken => "nothing".to_owned(),
        };
        *ends.entry(format!("{} saw {saw}: {end}", booking.purpose)).or_default() += 1;
    }
    let booked: HashMap<&str, &Booking> =
        bookings.iter().map(|booking| (booking.reference.as_str(), booking)).collect();
    for (kind, reference) in ledger.all() {
        let of = reference.split('/').next().unwrap_or_default();
        if !booked.contains_key(of) || !instances.contains_key(of) {
            wrong.push(format!("{kind} of {reference}, which nobody has accepted"));
        }
    }
    let cases = store.cases(&CaseFilter { open: true, ..CaseFilter::default() }, 20).expect("cases");
    wrong.extend(cases.iter().map(|case| format!("a case is open: {} {}", case.code, case.cause)));
    if let Err(error) = store.verify() {
        wrong.push(error.to_string());
    }
    let shown = wrong.iter().take(6).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} things are not as promised:\n{shown}", wrong.len());
    ends
}

/// The journal of what went wrong.
fn story(store: &Sqlite, instances: &[Instance]) -> String {
    let lines = instances.iter().flat_map(|instance| {
        let head = format!("  {} {}", instance.id, instance.status.name());
        let entries = store.journal(instance.id, 0, 200).expect("a journal");
        let line = |entry: &crossdock::store::Entry| {
            format!("    {} {} {} {}", entry.at, entry.kind, entry.path, String::from_utf8_lossy(&entry.body))
        };
        std::iter::once(head).chain(entries.iter().map(line).collect::<Vec<_>>())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is not as promised about one booking.
fn findings(booking: &Booking, instances: &[Instance], ledger: &Ledger) -> Vec<String> {
    let mut found = Vec::new();
    let mut hold = |holds: bool, what: String| {
        if !holds {
            found.push(what);
        }
    };
    let reference = booking.reference.as_str();
    hold(instances.len() <= 1, format!("{} instances", instances.len()));
    for kind in ["orders", "holds", "jobs", "invoices"] {
        let things = ledger.of(kind, reference);
        hold(things.len() <= 1, format!("{} {kind}", things.len()));
        hold(things.iter().all(|thing| thing.cancelled.len() <= 1), format!("{kind} undone twice"));
    }
    let Some(instance) = instances.first() else {
        let may_be = matches!(booking.saw, Saw::Broken | Saw::NoRoom);
        hold(may_be, "it was answered, and is not there".to_owned());
        return found;
    };
    hold(booking.saw != Saw::NoRoom, "it was refused, and is there".to_owned());
    let live = |kind| ledger.of(kind, reference).iter().filter(|thing| thing.cancelled.is_empty()).count();
    let labels = booking.parcels.iter().map(|parcel| ledger.of("labels", parcel).len());
    let labels: Vec<usize> = labels.collect();
    let (end, is_plain) = (instance.status, booking.purpose == "plain");
    hold(!end.is_open(), format!("it is {}", end.name()));
    hold(labels.iter().all(|count| *count <= 1), format!("labels {labels:?}"));
    if end == Status::Completed {
        for kind in ["orders", "holds", "jobs", "invoices"] {
            hold(live(kind) == 1, format!("it is completed with {} {kind}", live(kind)));
        }
        hold(labels.iter().all(|count| *count == 1), format!("it is completed with labels {labels:?}"));
    } else {
        for kind in ["orders", "holds", "jobs", "invoices"] {
            hold(live(kind) == 0, format!("it is {} and {kind} are left", end.name()));
        }
    }
    let expected = match booking.purpose {
        "plain" => Status::Completed,
        "unserved" | "cancelled" => Status::Rejected,
        _ => Status::Failed,
    };
    hold(end == expected, format!("it is {}", end.name()));
    match &booking.saw {
        Saw::Created(number) => {
            let ordered = ledger.of("orders", reference).iter().any(|thing| thing.number == *number);
            hold(ordered, format!("{number} is not its order"));
        }
        Saw::Accepted | Saw::Broken | Saw::NoRoom => {}
        Saw::Status(status) => hold(!is_plain, format!("it saw {status}")),
    }
    found
}
