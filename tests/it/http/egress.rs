//! A client that may not call everybody: what was checked is what is dialled.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::client::call;
use super::support::{options, serve};
use crossdock::clock::BoxFuture;
use crossdock::http::{
    Client, ClientOptions, EgressGuard, Method, Reach, Resolve, SendError, SendErrorKind, Target,
};

/// Leads the name `erp.example` to one address after the other.
#[derive(Debug)]
struct Led {
    to: Mutex<VecDeque<IpAddr>>,
    looked: AtomicUsize,
}

impl Led {
    fn to(addresses: &[&str]) -> Arc<Led> {
        let to = addresses.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Led { to: Mutex::new(to), looked: AtomicUsize::new(0) })
    }
}

impl Resolve for Led {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        assert_eq!(host, "erp.example");
        self.looked.fetch_add(1, Ordering::SeqCst);
        let next = self.to.lock().unwrap().pop_front().expect("it is looked up once for a connection");
        Box::pin(std::future::ready(Ok(vec![SocketAddr::new(next, port)])))
    }
}

fn client(url: &str, guard: EgressGuard, reach: Reach) -> Client {
    let egress = Some((Arc::new(guard), reach));
    // No connection is kept: each call looks the name up.
    let options = ClientOptions { egress, idle_connections: 0, ..ClientOptions::default() };
    Client::new(Target::parse(url).unwrap(), options).unwrap()
}

async fn refused(client: &Client) -> SendError {
    client.send(call(Method::GET, "/echo", "")).await.unwrap_err()
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_dialled_as_it_was_checked() {
    let handle = serve(options());
    let led = Led::to(&["127.0.0.1", "169.254.169.254"]);
    let guard = EgressGuard::default().resolving(Arc::clone(&led) as Arc<dyn Resolve>);
    let client = client(&format!("http://erp.example:{}", handle.address().port()), guard, Reach::Private);
    assert_eq!(client.send(call(Method::POST, "/echo", "here")).await.unwrap().body, "here");
    assert_eq!(led.looked.load(Ordering::SeqCst), 1);
    let error = refused(&client).await;
    assert_eq!((error.kind, error.sent), (SendErrorKind::Egress, false));
    assert!(error.message.starts_with("`erp.example` leads to `169.254.169.254`"), "{error}");
    assert_eq!(led.looked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_name_that_turns_to_this_machine_reaches_nobody() {
    let handle = serve(options());
    for address in ["127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"] {
        for reach in [Reach::Written, Reach::Public] {
            let guard = EgressGuard::default().resolving(Led::to(&[address]));
            let url = format!("http://erp.example:{}", handle.address().port());
            let error = refused(&client(&url, guard, reach)).await;
            assert_eq!(error.kind, SendErrorKind::Egress, "{address}");
        }
    }
    assert_eq!(handle.open(), 0);
}

#[tokio::test]
async fn a_redirect_to_this_machine_is_an_answer_like_others() {
    let inner = serve(options());
    let answer = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://{}/echo\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        inner.address()
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = io::Read::read(&mut stream, &mut [0; 4096]);
        let _ = io::Write::write_all(&mut stream, answer.as_bytes());
    });
    let client = client(&format!("http://{address}"), EgressGuard::default(), Reach::Written);
    assert_eq!(client.send(call(Method::GET, "/", "")).await.unwrap().status, 302);
    assert_eq!(inner.open(), 0);
}
