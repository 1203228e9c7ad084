//! Every endpoint, by path.

use super::Kind::{Any, Moment, Numbers, Object, Text, Truth, Whole};
use super::{
    Endpoint, Field, Refusal, act, audit, cases, config, erase, events, instances, secrets, store, systems,
    trace,
};
use crate::http::Method;
use crate::plan::Role;
use crate::value::Map;

const REASON: Field = Field::must("reason", Text, "why; it goes into the audit trail");
const PREVIEW: Field = Field::new("preview", Truth, "only say what would happen");
const LIMIT: Field = Field::new("limit", Whole, "rows, at most 1000");
const ACTION: Field = Field::must(
    "action",
    Text,
    "`retry`, `resume`, `skip`, `amend`, `rerun`, `compensate`, `cancel`, `acknowledge`, `assign`, `snooze`, `annotate` or `resolve`",
);

/// Which cases.
const FILTER: [Field; 12] = [
    Field::new("open", Truth, "only those that somebody must still deal with"),
    Field::new("state", Text, "`open`, `acknowledged`, `in_progress`, `resolved` or `auto_resolved`"),
    Field::new("code", Text, "of this code"),
    Field::new("owner", Text, "of this team"),
    Field::new("queue", Text, "in this queue"),
    Field::new("system", Text, "about this system"),
    Field::new("flow", Text, "of this flow"),
    Field::new("cause", Text, "of this cause, as groups show it"),
    Field::new("account", Text, "of this account"),
    Field::new("instance", Text, "of this instance"),
    Field::new("sla", Text, "`late`, `at_risk`, `ok`, `met` or `none`"),
    Field::new("snoozed", Truth, "`false`: not those that are put off"),
];

const fn listed() -> [Field; 15] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = FILTER;
    let group = Field::new("group", Text, "`cause`: how many of each cause, instead of the cases");
    [
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        l,
        group,
        LIMIT,
        Field::new("before", Whole, "only those with a smaller number"),
    ]
}

static LISTED: [Field; 15] = listed();

/// What goes with an action, by its name.
const fn acted() -> [Field; 13] {
    [
        ACTION,
        REASON,
        PREVIEW,
        Field::new("result", Any, "for `skip`: what the step comes to"),
        Field::new("input", Text, "for `amend`: which input, unless the flow has one only"),
        Field::new("value", Any, "for `amend`: the whole input as it is to be"),
        Field::new("set", Object, "for `amend`: places in the input (JSON Pointers) and their new values"),
        Field::new("step", Text, "for `rerun`: an outermost step of the flow"),
        Field::new("to", Text, "for `assign`: a person"),
        Field::new("until", Moment, "for `snooze`"),
        Field::new("note", Text, "for `annotate`"),
        Field::new("resolution", Text, "for `resolve`: what came of it"),
        Field::new("case", Whole, "of an instance: which of its cases, unless it has one only"),
    ]
}

static ACTED: [Field; 13] = acted();

static ACTED_ON_MANY: [Field; 14] = {
    let [a, b, c, d, e, f, g, h, i, j, k, l, _] = acted();
    let cases = Field::new("cases", Numbers, "which cases; at most 500");
    [
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        l,
        cases,
        Field::new("filter", Object, "open cases, asked for as in a list"),
    ]
};

/// A filter in a body has the members that a list's query has.
pub(super) fn check_filter(filter: &Map) -> Result<(), Refusal> {
    let unknown = filter.keys().find(|name| !FILTER.iter().any(|field| *field.name == ***name));
    let known = || FILTER.iter().map(|field| format!("`{}`", field.name)).collect::<Vec<_>>().join(", ");
    unknown.map_or(Ok(()), |name| Err(Refusal::bad(format!("`filter` has no `{name}`, but {}", known()))))
}

/// Sorted by path, then by method.
pub(super) static TABLE: &[Endpoint] = &[
    Endpoint {
        method: Method::GET,
        path: "/audit",
        role: Role::Viewer,
        about: "The audit trail in order",
        query: &[Field::new("after", Whole, "only links after this number"), LIMIT],
        body: &[],
        gives: "audit",
        run: |ask| Box::pin(audit::list(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/audit/verify",
        role: Role::Operator,
        about: "Look at every link of the audit trail",
        query: &[],
        body: &[],
        gives: "verified",
        run: |ask| Box::pin(audit::verify(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/cases",
        role: Role::Viewer,
        about: "Cases, newest first, or how many there are of each cause",
        query: &LISTED,
        body: &[],
        gives: "cases",
        run: |ask| Box::pin(cases::list(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/cases/actions",
        role: Role::Operator,
        about: "Do something with many cases; the same `Idempotency-Key` does nothing twice",
        query: &[],
        body: &ACTED_ON_MANY,
        gives: "batch",
        run: |ask| Box::pin(act::on_cases(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/cases/{number}",
        role: Role::Viewer,
        about: "One case: its cause, what was sent and answered, runbook, clock, history, and what can be done",
        query: &[],
        body: &[],
        gives: "case_in_full",
        run: |ask| Box::pin(cases::show(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/cases/{number}/actions",
        role: Role::Operator,
        about: "Do something with a case",
        query: &[],
        body: &ACTED,
        gives: "done",
        run: |ask| Box::pin(act::on_case(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/config/history",
        role: Role::Viewer,
        about: "Generations that served, newest first",
        query: &[LIMIT],
        body: &[],
        gives: "generations",
        run: |ask| Box::pin(config::history(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/config/rollback",
        role: Role::Admin,
        about: "Serve a generation again that served before, until the project's files change",
        query: &[],
        body: &[Field::must("digest", Text, "of the generation, or how it begins"), REASON],
        gives: "report",
        run: |ask| Box::pin(config::rollback(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/events",
        role: Role::Viewer,
        about: "The event log in order",
        query: &[
            Field::new("event", Text, "of this name"),
            Field::new("key", Text, "about this"),
            Field::new("account", Text, "of this account"),
            LIMIT,
            Field::new("after", Whole, "only those after this number"),
        ],
        body: &[],
        gives: "events",
        run: |ask| Box::pin(events::list(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/events/{number}",
        role: Role::Viewer,
        about: "One event and what it says",
        query: &[],
        body: &[],
        gives: "event",
        run: |ask| Box::pin(events::show(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/instances",
        role: Role::Viewer,
        about: "Where work stands, by any reference, or oldest first",
        query: &[
            Field::new("reference", Text, "an id, a correlation id, a business key or any reference"),
            Field::new("flow", Text, "of this flow"),
            Field::new("status", Text, "`open`, or one status"),
            Field::new("account", Text, "of this account"),
            Field::new("digest", Text, "of this definition"),
            LIMIT,
            Field::new("after", Text, "only those after this id"),
        ],
        body: &[],
        gives: "instances",
        run: |ask| Box::pin(instances::list(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/instances/{id}",
        role: Role::Viewer,
        about: "One instance: where it stands, who has the next move, its open cases and what it did last",
        query: &[],
        body: &[],
        gives: "instance_in_full",
        run: |ask| Box::pin(instances::show(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/instances/{id}/actions",
        role: Role::Operator,
        about: "Do something with an instance",
        query: &[],
        body: &ACTED,
        gives: "done",
        run: |ask| Box::pin(act::on_instance(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/instances/{id}/trace",
        role: Role::Viewer,
        about: "The whole story of an instance, with whom it waited for",
        query: &[FORMAT, PAYLOADS],
        body: &[],
        gives: "stories",
        run: |ask| Box::pin(trace::of_instance(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/secrets",
        role: Role::Viewer,
        about: "Secrets in use: from where, since when and where they are referred to; never a value",
        query: &[],
        body: &[],
        gives: "secrets",
        run: |ask| Box::pin(secrets::list(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/store",
        role: Role::Viewer,
        about: "What is in the store, in numbers",
        query: &[],
        body: &[],
        gives: "store",
        run: |ask| Box::pin(store::status(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/store/backup",
        role: Role::Admin,
        about: "Copy the store into a directory of the gateway's machine, while work goes on",
        query: &[],
        body: &[Field::must("to", Text, "a directory that is empty or not there yet")],
        gives: "copied",
        run: |ask| Box::pin(store::backup(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/store/erase",
        role: Role::Admin,
        about: "Take the payloads of finished work of an account, or of all that a reference names, away for good",
        query: &[],
        body: &[
            Field::new("account", Text, "of this account"),
            Field::new("reference", Text, "an id, a correlation id, a business key or any reference"),
            REASON,
            PREVIEW,
        ],
        gives: "erased",
        run: |ask| Box::pin(erase::erase(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/store/verify",
        role: Role::Operator,
        about: "Look at everything in the store",
        query: &[],
        body: &[],
        gives: "verified",
        run: |ask| Box::pin(store::verify(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/subscribers",
        role: Role::Viewer,
        about: "How far each subscriber of events has come",
        query: &[],
        body: &[],
        gives: "subscribers",
        run: |ask| Box::pin(events::subscribers(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/subscribers/{name}/replay",
        role: Role::Operator,
        about: "Tell one subscriber again of every event since a time",
        query: &[],
        body: &[Field::must("since", Moment, "from when"), REASON],
        gives: "subscriber",
        run: |ask| Box::pin(events::replay(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/subscribers/{name}/resume",
        role: Role::Operator,
        about: "Let a subscriber that was stopped go on where it stopped",
        query: &[],
        body: &[REASON],
        gives: "subscriber",
        run: |ask| Box::pin(events::resume(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/systems",
        role: Role::Viewer,
        about: "Systems, and which are paused",
        query: &[],
        body: &[],
        gives: "systems",
        run: |ask| Box::pin(systems::list(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/systems/{name}/pause",
        role: Role::Operator,
        about: "Make no more attempts of durable flows at a system; work that needs it waits",
        query: &[],
        body: &[REASON],
        gives: "paused",
        run: |ask| Box::pin(systems::pause(ask)),
    },
    Endpoint {
        method: Method::POST,
        path: "/systems/{name}/resume",
        role: Role::Operator,
        about: "Let work go on at a system",
        query: &[],
        body: &[REASON],
        gives: "paused",
        run: |ask| Box::pin(systems::resume(ask)),
    },
    Endpoint {
        method: Method::GET,
        path: "/trace/{reference}",
        role: Role::Viewer,
        about: "The stories of all that a reference names, in the order in which they began",
        query: &[FORMAT, PAYLOADS, Field::new("account", Text, "only of this account")],
        body: &[],
        gives: "stories",
        run: |ask| Box::pin(trace::of_reference(ask)),
    },
];

const FORMAT: Field = Field::new("format", Text, "`json`, or `text` for a terminal");
const PAYLOADS: Field = Field::new("payloads", Truth, "in text: with what went in and came out");
