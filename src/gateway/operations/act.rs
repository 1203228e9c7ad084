//! What people do: to an instance, to a case, to many cases at once; previewed first if they like.

use std::sync::Arc;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::select::{self, Seen, Wanted};
use super::shape::{count, object, some, text};
use super::{Answer, Ask, Refusal, Reply, batch, cases, table};
use crate::flow::engine::{Action, Care, Order, Tending};
use crate::flow::story::Scene;
use crate::http::StatusCode;
use crate::plan::Role;
use crate::store::{Case, Store};
use crate::value::{Map, Value};

/// Cases in one batch.
pub(super) const BATCH: usize = 500;
/// Items of a batch that are done at the same time.
const AT_ONCE: usize = 16;

/// What is done, and why.
#[derive(Debug, Clone)]
struct Deed {
    name: Arc<str>,
    what: What,
    reason: Arc<str>,
}

#[derive(Debug, Clone)]
enum What {
    Retry,
    Skip(Option<Value>),
    /// The input's name, unless the flow has one only; a value, or places in it with new values.
    Amend(Option<Arc<str>>, Option<Value>, Map),
    Rerun(Arc<str>),
    Compensate,
    Cancel,
    Care(Care),
}

/// Every action, and what it says of itself in a preview.
const ACTIONS: [(&str, &str); 12] = [
    ("retry", "the step is tried again"),
    ("resume", "the step is tried again"),
    ("skip", "the flow goes on behind the step"),
    ("amend", "the input is changed, and every step that waits is tried again"),
    ("rerun", "the flow goes on from the step; what was sent is not sent again"),
    ("compensate", "what was done is undone, and the flow ends"),
    ("cancel", "the flow ends where it stands; nothing is undone"),
    ("acknowledge", "the case is acknowledged"),
    ("assign", "the case is given to somebody"),
    ("snooze", "the case is put off"),
    ("annotate", "a note is added"),
    ("resolve", "the case is closed"),
];

/// What is acted on.
#[derive(Debug, Clone)]
enum Target {
    Case(u64),
    Instance(Uuid),
}

impl Deed {
    fn read(ask: &Ask) -> Result<Deed, Refusal> {
        let name = ask.shared("action").unwrap_or_else(|| "".into());
        let known = || {
            let names: Vec<_> = ACTIONS.iter().map(|(name, _)| format!("`{name}`")).collect();
            Refusal::bad(format!("`action` is one of {}", names.join(", ")))
        };
        let reason = ask.shared("reason").ok_or_else(|| Refusal::bad("`reason` must say why"))?;
        let needs =
            |field: &str| ask.shared(field).ok_or_else(|| Refusal::bad(format!("`{name}` needs `{field}`")));
        let what = match &*name {
            "retry" | "resume" => What::Retry,
            "skip" => What::Skip(ask.given.get("result").cloned()),
            "amend" => {
                let set = ask.given.get("set").and_then(Value::as_object).cloned().unwrap_or_default();
                let value = ask.given.get("value").cloned();
                if value.is_some() != set.is_empty() {
                    return Err(Refusal::bad("`amend` needs either `value` or `set`"));
                }
                What::Amend(ask.shared("input"), value, set)
            }
            "rerun" => What::Rerun(needs("step")?),
            "compensate" => What::Compensate,
            "cancel" if ask.role < Role::Admin => {
                let why = "only an admin ends work without undoing what it did; `compensate` undoes it";
                return Err(Refusal::new(StatusCode::FORBIDDEN, why));
            }
            "cancel" => What::Cancel,
            "acknowledge" => What::Care(Care::Acknowledge),
            "assign" => What::Care(Care::Assign(needs("to")?)),
            "snooze" => {
                let until = ask.moment("until")?.ok_or_else(|| Refusal::bad("`snooze` needs `until`"))?;
                What::Care(Care::Snooze(until))
            }
            "annotate" => What::Care(Care::Annotate(needs("note")?)),
            "resolve" => What::Care(Care::Resolve(needs("resolution")?)),
            _ => return Err(known()),
        };
        Ok(Deed { name, what, reason })
    }

    fn would(&self) -> &'static str {
        ACTIONS.iter().find(|(name, _)| **name == *self.name).map_or("", |(_, would)| would)
    }
}

/// What can be done to a case.
pub(super) fn allowed(case: &Case) -> Value {
    let names: &[&str] = match (case.state.is_open(), case.instance, case.park) {
        (false, _, _) => &["annotate"],
        (true, Some(_), Some(_)) => &[
            "retry",
            "skip",
            "amend",
            "rerun",
            "compensate",
            "cancel",
            "acknowledge",
            "assign",
            "snooze",
            "annotate",
        ],
        (true, Some(_), None) => &["retry", "acknowledge", "assign", "snooze", "annotate", "resolve"],
        (true, None, _) if *case.code == *"paused_system" => &["acknowledge", "assign", "snooze", "annotate"],
        (true, None, _) => &["acknowledge", "assign", "snooze", "annotate", "resolve"],
    };
    Value::array(names.iter().map(|name| Value::from(*name)).collect())
}

/// What can be done to an instance.
pub(super) fn allowed_on(seen: &Seen) -> Value {
    let names: &[&str] = match (seen.instance.status.is_open(), seen.open.is_empty()) {
        (false, _) => &[],
        (true, true) => &["rerun", "compensate", "cancel"],
        (true, false) => &["retry", "skip", "amend", "rerun", "compensate", "cancel"],
    };
    Value::array(names.iter().map(|name| Value::from(*name)).collect())
}

/// `POST /instances/{id}/actions`
pub(super) async fn on_instance(ask: Ask) -> Reply {
    let deed = Deed::read(&ask)?;
    let seen = select::instance(&ask, ask.parameter()).await?;
    let target = match ask.whole("case") {
        Some(number) if seen.open.iter().any(|case| case.number == number) => Target::Case(number),
        Some(number) => return Err(Refusal::missing(format!("it has no open case {number}"))),
        None if matches!(deed.what, What::Care(_)) => return Err(Refusal::bad("name the `case`")),
        None => match (&deed.what, &*seen.open) {
            (What::Retry | What::Skip(_), []) => {
                return Err(Refusal::new(StatusCode::CONFLICT, "nothing waits for anybody there"));
            }
            (What::Retry | What::Skip(_), [one]) => Target::Case(one.number),
            (What::Retry | What::Skip(_), several) => {
                let numbers: Vec<_> = several.iter().map(|case| case.number.to_string()).collect();
                return Err(Refusal::bad(format!("name the `case`: one of {}", numbers.join(", "))));
            }
            _ => Target::Instance(seen.instance.id),
        },
    };
    one(ask, target, deed).await
}

/// `POST /cases/{number}/actions`
pub(super) async fn on_case(ask: Ask) -> Reply {
    let deed = Deed::read(&ask)?;
    let case = select::case(&ask, ask.parameter()).await?;
    one(ask, Target::Case(case.number), deed).await
}

async fn one(ask: Ask, target: Target, deed: Deed) -> Reply {
    if ask.wants("preview") {
        return apply(&ask, &target, &deed, true).await.map(Answer::Json);
    }
    let about = match &target {
        Target::Case(number) => format!("case {number}"),
        Target::Instance(id) => format!("instance {id}"),
    };
    let Some(batch) = batch::begin(&ask, vec![about]).await? else {
        return apply(&ask, &target, &deed, false).await.map(Answer::Json);
    };
    match batch {
        batch::Batch::Done(answer) => Ok(Answer::Json(answer)),
        batch::Batch::Open(open) => {
            let done = apply(&ask, &target, &deed, false).await?;
            open.end(&ask, &done).await?;
            Ok(Answer::Json(done))
        }
    }
}

/// `POST /cases/actions`
pub(super) async fn on_cases(ask: Ask) -> Reply {
    let deed = Deed::read(&ask)?;
    let chosen = chosen(&ask).await?;
    let more = chosen.len() > BATCH;
    let numbers: Vec<u64> = chosen.into_iter().take(BATCH).collect();
    if ask.wants("preview") {
        return Ok(Answer::Json(all(&ask, numbers, &deed, true, more).await));
    }
    let about = numbers.iter().map(u64::to_string).collect();
    let Some(batch) = batch::begin(&ask, about).await? else {
        return Ok(Answer::Json(all(&ask, numbers, &deed, false, more).await));
    };
    match batch {
        batch::Batch::Done(answer) => Ok(Answer::Json(answer)),
        batch::Batch::Open(open) => {
            let numbers = open.about.iter().filter_map(|number| number.parse().ok()).collect();
            let done = all(&ask, numbers, &deed, false, more).await;
            open.end(&ask, &done).await?;
            Ok(Answer::Json(done))
        }
    }
}

/// The cases that a request names, or that its filter finds: one more than a batch takes says that there are more.
async fn chosen(ask: &Ask) -> Result<Vec<u64>, Refusal> {
    let named = ask.given.get("cases").and_then(Value::as_array);
    let filter = ask.given.get("filter").and_then(Value::as_object);
    match (named, filter) {
        (Some(_), Some(_)) | (None, None) => Err(Refusal::bad("give either `cases` or `filter`")),
        (Some(numbers), None) if numbers.len() > BATCH => {
            Err(Refusal::bad(format!("a batch has at most {BATCH} cases")))
        }
        (Some(numbers), None) => {
            let numbers = numbers.iter().filter_map(|number| number.as_number()?.to_i64());
            Ok(numbers.filter_map(|number| u64::try_from(number).ok()).collect())
        }
        (None, Some(filter)) => {
            table::check_filter(filter)?;
            let mut given = filter.clone();
            given.insert("open", Value::Bool(true));
            let wanted = Wanted::of(&Ask { given, ..ask.clone() })?;
            let found = wanted.read(ask, BATCH + 1).await?;
            // The oldest first.
            Ok(found.iter().rev().map(|case| case.number).collect())
        }
    }
}

async fn all(ask: &Ask, numbers: Vec<u64>, deed: &Deed, preview: bool, more: bool) -> Value {
    let (mut left, mut running, mut results) = (numbers.iter().copied(), JoinSet::new(), Map::new());
    loop {
        while running.len() < AT_ONCE
            && let Some(number) = left.next()
        {
            let (ask, deed) = (ask.clone(), deed.clone());
            running.spawn(async move { (number, item(&ask, number, &deed, preview).await) });
        }
        match running.join_next().await {
            None => break,
            Some(Ok((number, result))) => _ = results.insert(number.to_string(), result),
            Some(Err(_)) => {}
        }
    }
    let done: Vec<Value> = numbers.iter().filter_map(|number| results.remove(&number.to_string())).collect();
    let well = done.iter().filter(|item| item.get("ok").and_then(Value::as_bool) == Some(true)).count();
    object([
        ("action", text(&deed.name)),
        ("preview", Some(Value::Bool(preview))),
        ("count", count(done.len())),
        ("ok", count(well)),
        ("refused", count(done.len() - well)),
        ("more", Some(Value::Bool(more))),
        ("results", Some(Value::array(done))),
    ])
}

async fn item(ask: &Ask, number: u64, deed: &Deed, preview: bool) -> Value {
    match apply(ask, &Target::Case(number), deed, preview).await {
        Ok(done) => done,
        Err(refusal) => object([
            ("case", count(number)),
            ("ok", Some(Value::Bool(false))),
            ("why", Some(Value::from(refusal.why))),
        ]),
    }
}

/// Does it, or says what it would do.
async fn apply(ask: &Ask, target: &Target, deed: &Deed, preview: bool) -> Result<Value, Refusal> {
    let engine = ask.gateway.engine();
    let case = match target {
        Target::Case(number) => Some(select::case(ask, &number.to_string()).await?),
        Target::Instance(_) => None,
    };
    if let (What::Care(care), Some(case)) = (&deed.what, &case) {
        let after = match preview {
            true => engine.could_tend(case.number, care).await.map(|()| case.clone())?,
            false => engine.tend(case.number, tending(ask, deed, care)).await?,
        };
        return Ok(said(deed, preview, Some(&after), None, (after.state.name(), "")));
    }
    let id = match (target, &case) {
        (Target::Instance(id), _) => *id,
        (_, Some(case)) => case.instance.ok_or_else(|| about_a_system(case))?,
        (Target::Case(_), None) => return Err(Refusal::missing("there is no such case")),
    };
    if let Some(case) = &case {
        if !case.state.is_open() {
            return Err(Refusal::new(StatusCode::CONFLICT, format!("case {} is closed", case.number)));
        }
        if case.park.is_none() && matches!(deed.what, What::Retry) {
            if !preview {
                engine.try_again(id);
            }
            return Ok(said(deed, preview, Some(case), Some(id), ("paused", "")));
        }
    }
    let action = action(ask, id, case.as_ref(), &deed.what).await?;
    let order = Order { who: Arc::clone(&ask.who), reason: Arc::clone(&deed.reason), action };
    let done = match preview {
        true => engine.could_act(id, order).await?,
        false => engine.act(id, order).await?,
    };
    Ok(said(deed, preview, case.as_ref(), Some(id), (done.status.name(), &done.stage)))
}

fn about_a_system(case: &Case) -> Refusal {
    let system = case.system.as_deref().unwrap_or("a system");
    Refusal::new(
        StatusCode::CONFLICT,
        format!(
            "case {} is about `{system}` as a whole: work goes on by itself when it answers",
            case.number
        ),
    )
}

fn tending(ask: &Ask, deed: &Deed, care: &Care) -> Tending {
    Tending { who: Arc::clone(&ask.who), reason: Arc::clone(&deed.reason), care: care.clone() }
}

fn said(deed: &Deed, preview: bool, case: Option<&Case>, id: Option<Uuid>, at: (&str, &str)) -> Value {
    let (status, stage) = at;
    object([
        ("case", case.and_then(|case| count(case.number))),
        ("instance", id.or(case.and_then(|case| case.instance)).map(|id| Value::from(id.to_string()))),
        ("step", case.and_then(|case| case.step.as_deref()).and_then(some)),
        ("ok", Some(Value::Bool(true))),
        ("would", preview.then(|| Value::from(deed.would()))),
        ("status", text(status)),
        ("stage", some(stage)),
    ])
}

/// What the engine is to be told.
async fn action(ask: &Ask, id: Uuid, case: Option<&Case>, what: &What) -> Result<Action, Refusal> {
    let park = || {
        let none = || Refusal::new(StatusCode::CONFLICT, "nothing waits for anybody there");
        case.and_then(|case| case.park).ok_or_else(none)
    };
    Ok(match what {
        What::Retry => Action::Retry { park: park()? },
        What::Skip(result) => Action::Skip { park: park()?, result: result.clone() },
        What::Rerun(step) => Action::Rerun { step: Arc::clone(step) },
        What::Compensate => Action::Compensate,
        What::Cancel => Action::Cancel,
        What::Amend(input, value, set) => amended(ask, id, input.as_ref(), value.as_ref(), set).await?,
        What::Care(_) => return Err(Refusal::bad("name the `case`")),
    })
}

/// The input as it is to be: given whole, or as it is now with some places changed.
async fn amended(
    ask: &Ask,
    id: Uuid,
    input: Option<&Arc<str>>,
    value: Option<&Value>,
    set: &Map,
) -> Result<Action, Refusal> {
    let read = move |store: &dyn Store| store.journal(id, 0, select::ENTRIES);
    let entries = ask.gateway.engine().writer().read(read).await?;
    let scenes: Vec<Scene> = entries.iter().map(Scene::read).collect();
    let now = cases::current_inputs(&scenes);
    let input = match (input, now.len()) {
        (Some(input), _) => Arc::clone(input),
        (None, 1) => now.keys().next().map(Arc::clone).unwrap_or_else(|| "".into()),
        (None, _) => {
            let names: Vec<_> = now.keys().map(|name| format!("`{name}`")).collect();
            return Err(Refusal::bad(format!("name the `input`: one of {}", names.join(", "))));
        }
    };
    if let Some(value) = value {
        return Ok(Action::Amend { input, value: value.clone() });
    }
    let mut value = now.get(&input).cloned().ok_or_else(|| {
        Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("the input `{input}` is not kept: give a whole `value`"),
        )
    })?;
    for (pointer, new) in set.iter() {
        value = put(&value, &names_of(pointer)?, new).map_err(|why| {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("`{pointer}` of `{input}`: {why}"))
        })?;
    }
    Ok(Action::Amend { input, value })
}

/// The names in a JSON Pointer (RFC 6901).
fn names_of(pointer: &str) -> Result<Vec<String>, Refusal> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return Err(Refusal::bad(format!("`{pointer}` is no JSON Pointer: write `/packages/0/type`")));
    };
    Ok(rest.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect())
}

/// A value with another one at a place. A member that is not there is added; an item must be.
fn put(value: &Value, names: &[String], new: &Value) -> Result<Value, String> {
    let Some((name, rest)) = names.split_first() else { return Ok(new.clone()) };
    match value {
        Value::Object(map) => {
            let mut map = Map::clone(map);
            let member = match map.get(name) {
                Some(member) => put(member, rest, new)?,
                None if rest.is_empty() => new.clone(),
                None => return Err(format!("there is no `{name}`")),
            };
            map.insert(name.as_str(), member);
            Ok(Value::object(map))
        }
        Value::Array(items) => {
            let mut items = Vec::clone(items);
            let at: usize = name.parse().map_err(|_| format!("`{name}` is no place in a list"))?;
            let count = items.len();
            let item = items.get_mut(at).ok_or_else(|| format!("the list has {count} items"))?;
            *item = put(item, rest, new)?;
            Ok(Value::array(items))
        }
        other => Err(format!("a {} has no `{name}`", other.kind().name())),
    }
}
