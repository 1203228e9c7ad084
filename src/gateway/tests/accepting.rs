//! Work that is accepted, and streams that are bounded, over a project of texts.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::bench::{Answered, Echo};
use crate::clock::SystemClock;
use crate::gateway::{Fresh, Gateway};
use crate::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use crate::plan::{Secrets, check_texts};
use crate::store::{InstanceFilter, Memory, Status, Store, Writer};
use crate::telemetry::Metrics;

const GATEWAY: &str = "edition: 2026\ngateway: naps\nauth: { anybody: { scheme: none } }\n";
const FLOW: &str = "flow: nap\nowner: operations\ninput: { who: string }\nkeep: 1d\ndo:\n  - rest: { wait: 5ms }\noutput: =who\n";
const LONG: &str =
    "flow: sleep\nowner: operations\ninput: { who: string }\ndo:\n  - rest: { wait: 14d }\noutput: =who\n";
const ROUTES: &str = "api: naps\nlayer: system\nowner: operations\nversion: 1\nstatus: active\nauth: anybody\nroutes:\n  - post: /naps/{who}\n    run: nap\n  - get: /naps/{id}\n    status_of: nap\n  - post: /sleeps/{who}\n    run: sleep\n  - get: /sleeps/{id}\n    status_of: sleep\n";

/// A gateway over a store in memory whose commits are a thread's.
fn gateway() -> (Arc<Gateway>, Arc<Memory>) {
    let files = [
        ("gateway.yaml", GATEWAY),
        ("flows/nap.yaml", FLOW),
        ("flows/sleep.yaml", LONG),
        ("routes/naps.yaml", ROUTES),
    ];
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let checked = check_texts(files, &Default::default());
    let plan = Arc::new(checked.plan.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)));
    let store = Arc::new(Memory::new());
    let writer = Writer::start(store.clone(), 16).unwrap();
    let fresh = Fresh {
        plan,
        secrets: Secrets::default(),
        systems: Arc::new(Echo::default()),
        root: Default::default(),
        keys_only: false,
        post: Arc::new(crate::event::Outbox::default()),
    };
    let gateway = Gateway::over(writer, fresh, SystemClock::shared(), Metrics::shared());
    (gateway.unwrap(), store)
}

fn request(method: Method, target: &str, headers: &[(&'static str, &'static str)]) -> Request {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    Request::new(method, target.parse().unwrap(), headers, Default::default())
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_it_is_written_has_it_run_at_once() {
    let (gateway, store) = gateway();
    let mut answer = Box::pin(gateway.answer(request(Method::POST, "/naps/ann", &[])));
    poll_fn(|cx| {
        assert!(answer.as_mut().poll(cx).is_pending(), "it is on its way to the store");
        Poll::Ready(())
    })
    .await;
    drop(answer);
    // Nobody looks after instances here: only the one that was begun can bring it to its end.
    loop {
        let found = store.instances(&InstanceFilter::default(), None, 2).unwrap();
        if let [only] = found.as_slice()
            && only.status == Status::Completed
        {
            let day = only.keep_until.unwrap() - only.updated_at;
            // The clock may have gone on between the two.
            assert!((86_400_000..86_401_000).contains(&day), "the flow says how long it is kept: {day}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn streams_are_bounded_and_end_when_their_reader_goes() {
    let (gateway, _store) = gateway();
    let accepted = Answered(gateway.answer(request(Method::POST, "/sleeps/ann", &[])).await);
    assert_eq!(accepted.status(), 202);
    let target = accepted.header("location").to_owned();
    let stream = || gateway.answer(request(Method::GET, &target, &[("accept", "text/event-stream")]));
    let room = gateway.streams.available_permits();
    let rest = gateway.streams.clone().try_acquire_many_owned(room as u32 - 1).unwrap();
    let mut first = stream().await;
    let event = first.feed.as_mut().unwrap().next().await.unwrap();
    let text = String::from_utf8(event.to_vec()).unwrap();
    assert!(text.starts_with("id: 1\nevent: status\ndata: {") && text.ends_with("}\n\n"), "{text}");
    let second = Answered(stream().await);
    assert_eq!((second.status(), second.problem().as_str()), (503, "busy"));
    assert_ne!(second.header("retry-after"), "");
    drop(first);
    while gateway.streams.available_permits() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(stream().await.status, 200);
    drop(rest);
}
