//! A service that does what its path says, and a caller that writes and reads raw bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossdock::clock::BoxFuture;
use crossdock::http::{
    BodyError, BodyLimits, Fault, Handle, HeaderValue, ListenOptions, Request, Response, Service, StatusCode,
    header, listen,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bodies of up to this size are taken.
pub const SIZE: u64 = 10_000;

/// `/echo` gives the body back, `/unread` answers without reading it, `/slow` takes 300 ms, `/long`
/// half a minute, `/panic` and `/panic-early` panic, `/big` answers 5,000 bytes of JSON, `/who` what the caller's certificate
/// says.
#[derive(Default)]
pub struct Paths {
    pub handled: Arc<AtomicUsize>,
    pub faults: Arc<AtomicUsize>,
}

impl Service for Paths {
    fn fault(&self, fault: Fault) -> Response {
        self.faults.fetch_add(1, Ordering::SeqCst);
        let mut said = Response::new(fault.status(), "text/plain", format!("fault {fault:?}"));
        if fault == Fault::Full {
            said.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        said
    }

    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        self.handled.fetch_add(1, Ordering::SeqCst);
        let path = request.path().to_owned();
        if path == "/panic-early" {
            panic!("as the test asked for");
        }
        Box::pin(async move {
            match path.as_str() {
                "/echo" => echo(request).await,
                "/unread" => Response::empty(StatusCode::UNAUTHORIZED),
                "/slow" => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    text("slow")
                }
                "/long" => {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    text("long")
                }
                "/panic" => {
                    tokio::task::yield_now().await;
                    panic!("as the test asked for")
                }
                "/big" => Response::new(StatusCode::OK, "application/json", vec![b' '; 5000]),
                "/who" => text(&who(&request)),
                "/nothing" => Response::empty(StatusCode::NO_CONTENT),
                _ => text(&format!("{} {}", request.host().unwrap_or("-"), request.uri)),
            }
        })
    }
}

/// What a caller's certificate says.
fn who(request: &Request) -> String {
    let Some(certificate) = &request.certificate else { return "nobody".to_owned() };
    let said = |attributes: &[(String, String)]| {
        attributes.iter().map(|(kind, value)| format!("{kind}={value}")).collect::<Vec<_>>().join(",")
    };
    format!(
        "{} by {}: {}",
        said(&certificate.subject),
        said(&certificate.issuer),
        certificate.names.join(" ")
    )
}

async fn echo(request: Request) -> Response {
    let rate = if request.headers.contains_key("x-paced") { 1_000 } else { 0 };
    let (time, grace) = (Duration::from_millis(400) * (rate / 50 + 1), Duration::from_millis(200));
    let limits = BodyLimits { size: SIZE, time, rate: rate.into(), grace };
    match request.body.read(&limits).await {
        Ok(body) => Response::new(StatusCode::OK, "application/octet-stream", body),
        Err(error) => Response::empty(status(&error))
            .with(header::WARNING, HeaderValue::from_str(&error.to_string()).unwrap()),
    }
}

fn status(error: &BodyError) -> StatusCode {
    match error {
        BodyError::TooLarge | BodyError::Inflated => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::Slow => StatusCode::REQUEST_TIMEOUT,
        BodyError::UnknownEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BodyError::BrokenEncoding | BodyError::Broken(_) => StatusCode::BAD_REQUEST,
    }
}

fn text(body: &str) -> Response {
    Response::new(StatusCode::OK, "text/plain", body.to_owned())
}

/// Options of a listener for a test: any port, short times.
pub fn options() -> ListenOptions {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    ListenOptions { header_time: Duration::from_millis(300), ..ListenOptions::new(any) }
}

/// Serves [`Paths`].
pub fn serve(options: ListenOptions) -> Handle {
    listen(options, Arc::new(Paths::default())).unwrap()
}

/// A caller who writes what he likes.
pub struct Raw(pub TcpStream);

impl Raw {
    pub async fn to(handle: &Handle) -> Raw {
        Raw(TcpStream::connect(handle.address()).await.unwrap())
    }

    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything until the other side closes; fails the test after three seconds.
    pub async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(3), self.0.read_to_end(&mut all)).await;
        read.expect("the connection was to be closed").expect("the answer was to arrive");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Reads until `end` came.
    pub async fn until(&mut self, end: &str) -> String {
        let mut all = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&all).contains(end) {
                if self.0.read_buf(&mut all).await.unwrap() == 0 {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(3), reading).await;
        let all = String::from_utf8_lossy(&all).into_owned();
        assert!(all.contains(end), "{all:?} has no {end:?}");
        all
    }
}

/// Writes one thing, reads all there is.
pub async fn ask(handle: &Handle, bytes: impl AsRef<[u8]>) -> String {
    let mut raw = Raw::to(handle).await;
    raw.write(bytes).await;
    raw.rest().await
}

/// The status of an answer.
pub fn code(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
