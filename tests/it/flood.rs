//! A flood against the real process: ten thousand connections that take what they can, while good requests go on being
//! answered.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::serving::Process;

/// Each wave comes from an address of its own.
const WAVES: u8 = 20;
const CONNECTIONS: usize = 500;
/// Connections that one address may have.
const ALLOWED: usize = 200;
const PATIENCE: Duration = Duration::from_secs(30);

/// What a caller who means harm sends: nothing, rubbish, a part of something, something that is owed an answer.
const HARM: [&[u8]; 10] = [
    b"",
    b"\x00\xff\xfe\x16\x03\x01rubbish\r\n\r\n",
    b"GET /v1/work HTTP/1.1\r\nhost: a\r\nx: ",
    b"G",
    b"POST /v1/work HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{",
    b"POST /v1/work HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish that is no frame at all",
    b"GET /v1/work HTTP/1.1\r\nhost: a\r\n\r\nGET /v1/work HTTP/1.1\r\nhost: a\r\n\r\nGET /v1/w",
    b"GET /nowhere HTTP/1.1\nhost: a\n\n",
];

fn from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0).into()).unwrap();
    socket.connect_timeout(&to.into(), PATIENCE).expect("the kernel takes the connection");
    let stream: TcpStream = socket.into();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn a_good_request_is_answered(process: &Process) {
    let mut stream = from(1, process.public);
    stream.write_all(b"GET /v1/work HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is answered");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
}

/// How many connections of a wave were told that there are too many.
fn told_off(wave: Vec<TcpStream>) -> usize {
    let told = wave.into_iter().filter(|stream| {
        let (mut stream, mut status) = (stream, [0; 12]);
        stream.set_nonblocking(true).unwrap();
        stream.read_exact(&mut status).is_ok() && status.ends_with(b"429")
    });
    told.count()
}

#[test]
fn good_requests_are_answered_in_the_middle_of_a_flood() {
    let limits =
        format!("limits: {{ connections: 1000, header_time: 2s, per_ip: {{ connections: {ALLOWED} }} }}\n");
    let process = Process::start(Duration::ZERO, &limits);
    for wave in 0..WAVES {
        let mut open = Vec::new();
        for (at, harm) in (0..CONNECTIONS).zip(HARM.iter().cycle()) {
            let mut stream = from(wave + 2, process.public);
            // Whoever is refused at once may not be able to write.
            let _ = stream.write_all(harm);
            open.push(stream);
            if at % 100 == 99 {
                a_good_request_is_answered(&process);
            }
        }
        let told = told_off(open);
        assert!(told > 0, "wave {wave}: one address has more connections than it may");
        a_good_request_is_answered(&process);
    }
}
