//! What people do: to an instance, to a case, to many cases at once; previewed first if they like.

use std::sync::Arc;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::amend::amended;
use super::deed::{Deed, What};
use super::select::{self, Wanted};
use super::shape::{count, object, some, text};
use super::{Answer, Ask, Refusal, Reply, batch, table};
use crate::flow::engine::{Action, Care, Order, Tending};
use crate::http::StatusCode;
use crate::store::Case;
use crate::value::{Map, Value};

/// Cases in one batch.
pub(super) const BATCH: usize = 500;
/// Items of a batch that are done at the same time.
const AT_ONCE: usize = 16;

/// What is acted on.
#[derive(Debug, Clone)]
enum Target {
    Case(u64),
    Instance(Uuid),
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
