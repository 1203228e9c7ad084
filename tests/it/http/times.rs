//! Calling out: systems that take no connection, say nothing, or never end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::client::{call, client};
use crossdock::http::{Call, Client, ClientOptions, Method, SendErrorKind, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A socket that takes no connection: nobody accepts, and its queue is full.
#[cfg(target_os = "linux")]
fn full() -> (socket2::Socket, SocketAddr, Vec<std::net::TcpStream>) {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue does not fill");
    }
    (socket, address, waiting)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_system_that_takes_no_connection_costs_the_time_to_connect() {
    let (_socket, address, _waiting) = full();
    let options = ClientOptions { connect: Duration::from_millis(250), ..ClientOptions::default() };
    let start = Instant::now();
    let error = client(address, options).send(call(Method::POST, "/", "x")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::ConnectTimeout, false), "{error}");
    assert!((240..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    // The whole time is shorter than the time to connect: it counts.
    let options = ClientOptions { connect: Duration::from_secs(9), ..ClientOptions::default() };
    let short = Call { whole: Duration::from_millis(200), ..call(Method::POST, "/", "x") };
    let start = Instant::now();
    let error = client(address, options).send(short).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::ConnectTimeout, false), "{error}");
    assert!((190..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_handshake_that_does_not_end_costs_the_time_to_connect() {
    // The kernel accepts for it; nobody ever reads.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target::parse(&format!("https://{}", silent.local_addr().unwrap())).unwrap();
    let ca = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls/ca.pem");
    let connect = Duration::from_millis(250);
    let client =
        Client::new(target, ClientOptions { connect, ca: Some(ca), ..ClientOptions::default() }).unwrap();
    let start = Instant::now();
    let error = client.send(call(Method::POST, "/", "x")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::ConnectTimeout, false), "{error}");
    assert!((240..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

/// A server that sends one piece after another, with a pause before each.
async fn trickling(pieces: &'static [&'static str], pause: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 4096];
            let _ = stream.read(&mut buffer).await;
            for piece in pieces.iter().cycle().take(200) {
                tokio::time::sleep(pause).await;
                if stream.write_all(piece.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    address
}

#[tokio::test]
async fn an_answer_in_drops_has_no_more_time_than_another() {
    // A head that never ends, a byte at a time: no first byte of an answer is there until its head is.
    let address = trickling(&["HTTP/1.1 200 OK\r\nx: ", "y", "y"], Duration::from_millis(60)).await;
    let start = Instant::now();
    let error = client(address, ClientOptions::default()).send(call(Method::GET, "/", "")).await.unwrap_err();
    assert!(error.sent, "{error}");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    // A body that goes on and on.
    let address =
        trickling(&["HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"], Duration::from_millis(60)).await;
    let start = Instant::now();
    let error = client(address, ClientOptions::default()).send(call(Method::GET, "/", "")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::WholeTimeout, true), "{error}");
    assert!((780..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}
