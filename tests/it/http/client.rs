//! Calling out: reuse, times, what was sent, what comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::support::{gzip, options, serve};
use crossdock::http::{
    Answer, Call, Client, ClientOptions, HeaderMap, HeaderValue, Method, SendError, SendErrorKind,
    StatusCode, Target,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub fn call(method: Method, path: &str, body: &str) -> Call {
    Call {
        method,
        path: path.to_owned(),
        headers: HeaderMap::new(),
        body: body.to_owned().into(),
        first_byte: Duration::from_millis(400),
        whole: Duration::from_millis(800),
        repeatable: false,
        as_is: false,
    }
}

pub fn client(address: SocketAddr, options: ClientOptions) -> Client {
    Client::new(Target::parse(&format!("http://{address}")).unwrap(), options).unwrap()
}

/// A server that answers every connection with a script: each request gets the next answer, and after the
/// last the connection is closed. Counts connections.
async fn scripted(answers: Vec<Vec<u8>>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answers = answers.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 64 << 10];
                for answer in answers {
                    if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                        return;
                    }
                    stream.write_all(&answer).await.unwrap();
                }
            });
        }
    });
    (address, connections)
}

async fn once(answer: impl AsRef<[u8]>) -> Result<Answer, SendError> {
    let (address, _) = scripted(vec![answer.as_ref().to_vec()]).await;
    client(address, ClientOptions::default()).send(call(Method::GET, "/", "")).await
}

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).as_bytes(), body].concat()
}

#[tokio::test]
async fn connections_are_kept() {
    let answers = vec![
        ok("", b"one"),
        ok("", b"two"),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nthr\r\n2\r\nee\r\n0\r\n\r\n".to_vec(),
        ok("", b"four"),
    ];
    let (address, connections) = scripted(answers).await;
    let client = client(address, ClientOptions::default());
    for expected in ["one", "two", "three", "four"] {
        let answer = client.send(call(Method::POST, "/", "body")).await.unwrap();
        assert_eq!(answer.body, expected);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    // The server closed after the last answer: noticed before the next request is lost on it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(client.send(call(Method::POST, "/", "")).await.unwrap().body, "one");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn against_our_own_listener() {
    let handle = serve(options());
    let client = client(handle.address(), ClientOptions::default());
    for _ in 0..3 {
        let answer = client.send(call(Method::POST, "/echo", "words")).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"words"[..]));
    }
    assert_eq!(handle.open(), 1, "one connection served all");
    let answer = client.send(call(Method::GET, "/big", "")).await.unwrap();
    assert_eq!(answer.body.len(), 5000);
    assert!(!answer.headers.contains_key("content-encoding"));
    let as_is = Call { as_is: true, ..call(Method::GET, "/big", "") };
    let asking = Call {
        headers: [("accept-encoding".parse().unwrap(), HeaderValue::from_static("gzip"))]
            .into_iter()
            .collect(),
        ..as_is
    };
    let answer = client.send(asking).await.unwrap();
    assert_eq!(answer.headers["content-encoding"], "gzip");
    assert!(answer.body.len() < 500);
    let many = (0..40).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.send(call(Method::GET, "/slow", "")).await.unwrap().body })
    });
    for answer in many.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap(), "slow");
    }
}

#[tokio::test]
async fn a_prefix_and_the_host() {
    let handle = serve(options());
    let url = format!("http://localhost:{}/api/", handle.address().port());
    let client = Client::new(Target::parse(&url).unwrap(), ClientOptions::default()).unwrap();
    let answer = client.send(call(Method::GET, "/v1/x?y=%20", "")).await.unwrap();
    assert_eq!(answer.body, format!("localhost:{} /api/v1/x?y=%20", handle.address().port()));
    for bad in ["x", "/a b", "/\u{7f}", "http://other/"] {
        let error = client.send(call(Method::GET, bad, "")).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (SendErrorKind::Request, false), "{bad:?}");
    }
}

#[tokio::test]
async fn whether_anything_was_sent() {
    // Nobody listens.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = client(closed, ClientOptions::default()).send(call(Method::GET, "/", "")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Connect, false));
    // Closed without an answer.
    let error = once("").await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Broken, true), "{error}");
    // No answer at all.
    let (address, _) = scripted(vec![Vec::new(), Vec::new()]).await;
    let start = Instant::now();
    let error =
        client(address, ClientOptions::default()).send(call(Method::POST, "/", "x")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::FirstByteTimeout, true));
    assert!((380..700).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    // An answer that does not end.
    let (address, _) =
        scripted(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123".to_vec(), Vec::new()]).await;
    let error = client(address, ClientOptions::default()).send(call(Method::GET, "/", "")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::WholeTimeout, true));
    // No such name.
    let nowhere =
        Client::new(Target::parse("http://nowhere.invalid").unwrap(), ClientOptions::default()).unwrap();
    let error = nowhere.send(call(Method::GET, "/", "")).await.unwrap_err();
    assert!(!error.sent, "{error}");
}

#[tokio::test]
async fn what_is_no_good_answer() {
    let kind = |result: Result<Answer, SendError>| result.unwrap_err().kind;
    assert_eq!(kind(once("nonsense\r\n\r\n").await), SendErrorKind::Protocol);
    assert_eq!(kind(once("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123").await), SendErrorKind::Broken);
    let broken = ok("content-encoding: gzip\r\n", &gzip(b"hello hello hello")[..15]);
    assert_eq!(kind(once(broken).await), SendErrorKind::Encoding);
    let bomb = ok("content-encoding: gzip\r\n", &gzip(&vec![0; 10 << 20]));
    assert_eq!(kind(once(bomb).await), SendErrorKind::TooLarge);
    let (address, _) = scripted(vec![ok("", &[b'x'; 101])]).await;
    let small = ClientOptions { response_size: 100, ..ClientOptions::default() };
    assert_eq!(kind(client(address, small).send(call(Method::GET, "/", "")).await), SendErrorKind::TooLarge);
}

#[tokio::test]
async fn gzip_that_is_gzip_and_gzip_that_is_not() {
    let answer = once(ok("content-encoding: gzip\r\n", &gzip(b"{\"result\":1}"))).await.unwrap();
    assert_eq!(answer.body, "{\"result\":1}");
    let answer = once(ok("content-encoding: gzip\r\n", b"{\"result\":2}")).await.unwrap();
    assert_eq!(answer.body, "{\"result\":2}");
    assert!(!answer.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn redirects_are_answers() {
    let answer =
        once("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(answer.unwrap().status, StatusCode::FOUND);
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_costs_a_repeatable_call_nothing() {
    // The server reads the second request before it closes: it may have acted on it.
    let (address, connections) = scripted(vec![ok("", b"one"), Vec::new()]).await;
    let client = client(address, ClientOptions::default());
    client.send(call(Method::GET, "/", "")).await.unwrap();
    let repeatable = Call { repeatable: true, ..call(Method::GET, "/", "") };
    assert_eq!(client.send(repeatable).await.unwrap().body, "one");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    let error = client.send(call(Method::POST, "/", "x")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Broken, true));
    assert_eq!(connections.load(Ordering::SeqCst), 2, "it is not sent again");
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    let handle = serve(options());
    let client = client(handle.address(), ClientOptions::default());
    let long = Call {
        whole: Duration::from_secs(9),
        first_byte: Duration::from_secs(9),
        ..call(Method::GET, "/long", "")
    };
    let sending = tokio::spawn({
        let client = client.clone();
        async move { client.send(long).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(handle.open(), 1);
    sending.abort();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(handle.open(), 0, "a caller who is gone frees his connection");
}

#[test]
fn runtimes_do_not_share_connections() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let handle = server.block_on(async { serve(options()) });
    let client = client(handle.address(), ClientOptions::default());
    let (first, second) = (runtime(), runtime());
    for runtime in [&first, &second, &first] {
        let answer = runtime.block_on(client.send(call(Method::POST, "/echo", "x"))).unwrap();
        assert_eq!(answer.body, "x");
    }
    drop(first);
    assert_eq!(second.block_on(client.send(call(Method::POST, "/echo", "y"))).unwrap().body, "y");
}
