//! A booking that was begun is finished, whoever hangs up (M24): a real gateway, real sockets, a caller who
//! does not wait for the answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::running::copy;
use super::shop::{Shop, order};

const BOOKING: &str = r#"{"reference":"BK-1","accountRef":"C-1002","serviceLevel":"express","shipper":{"name":"Bring IKT"},"consignee":{"name":"Pan Audit Co"},"pickup":{"location":{"name":"Backers Corner","address":{"line1":"Ravnkroken 12","city":"Oslo","postalCode":"1254","country":"NO"}},"window":{"start":"2026-05-07T08:00","end":"2026-05-07T12:00","timeZone":"Europe/Oslo"}},"delivery":{"location":{"name":"Pan Audit Co","address":{"line1":"Hallingkastet 6","city":"Bergen","postalCode":"5000","country":"NO"}},"window":{"start":"2026-05-08T08:00","end":"2026-05-08T16:00","timeZone":"Europe/Oslo"}},"packages":[{"count":1,"type":"PX"}],"charges":[{"code":"FRT","amount":"1250.00","currency":"NOK","basis":"agreed"}]}"#;

/// The example with its stand-ins, served by the real program.
struct Gateway {
    child: Child,
    address: String,
    out: BufReader<ChildStdout>,
    err: ChildStderr,
    _project: tempfile::TempDir,
}

impl Gateway {
    /// Every answer of the ERP takes `delay`.
    fn start(delay: &str) -> Gateway {
        let project = tempfile::tempdir().expect("a folder");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/logistics"), project.path());
        let stub = project.path().join("stubs/erp.yaml");
        let text = std::fs::read_to_string(&stub).expect("the ERP's stub");
        std::fs::write(&stub, text.replacen("delay: 15ms", &format!("delay: {delay}"), 1)).expect("a stub");
        let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .args(["dev", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", "json"])
            .arg(project.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("crossdock dev");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let err = child.stderr.take().expect("its log");
        let mut first = String::new();
        out.read_line(&mut first).expect("a line that says where it listens");
        let address = first.split("http://").nth(1).and_then(|rest| rest.split(' ').next());
        let address = address.expect(&first).to_owned();
        Gateway { child, address, out, err, _project: project }
    }

    fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nhost: x\r\nx-api-key: dev-bring_portal\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("a request that goes out");
        stream
    }

    /// Asks for the booking until it is there.
    fn booking(&self) -> String {
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            let mut answer = String::new();
            self.send("GET /v1/bookings/BK-1", "").read_to_string(&mut answer).expect("an answer");
            if answer.starts_with("HTTP/1.1 200") || Instant::now() > until {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Tells it to end; gives its exit code and what it logged.
    fn end(mut self) -> (Option<i32>, String) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.expect("kill").success());
        let mut log = String::new();
        self.err.read_to_string(&mut log).expect("its log");
        let code = self.child.wait().expect("its end").code();
        self.out.read_to_string(&mut String::new()).expect("the rest of its output");
        (code, log)
    }
}

#[test]
fn a_caller_who_hangs_up_leaves_no_order_without_its_job() {
    let gateway = Gateway::start("100ms");
    let caller = gateway.send("POST /v1/bookings", BOOKING);
    std::thread::sleep(Duration::from_millis(150));
    drop(caller);
    let answer = gateway.booking();
    assert!(answer.contains(r#""shipmentNumber":"S-SO-"#), "{answer}");
    let (code, log) = gateway.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the caller went away before the answer"), "{log}");
}

#[test]
fn what_one_process_began_the_next_one_finishes() {
    let shop = Shop::start();
    let caller = shop.send("POST /v1/orders", &[("x-api-key", "acme")], &order("A-600ms", "now"));
    while shop.erp.asked("post /orders ") == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(caller);
    let shop = shop.crash();
    let shown = shop.until("/v1/orders/A-600ms", "completed");
    assert_eq!(shown.json()["result"]["number"], "SO-A-600ms");
    assert_eq!(shop.erp.asked("/confirm"), 1);
}
