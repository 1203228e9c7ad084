//! As much of HTTP/1.1 as the tests speak, as server and as client.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request or an answer.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// `POST /v1/bookings HTTP/1.1` or `HTTP/1.1 201 Created`.
    pub first: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    /// The next message of a connection; `None` at its end.
    pub fn read(stream: &mut BufReader<TcpStream>) -> Result<Option<Message>> {
        let mut first = String::new();
        if stream.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut message = Message { first: first.trim_end().to_owned(), ..Message::default() };
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Err(Error::from(ErrorKind::UnexpectedEof));
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) => {
                    message.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                None => break,
            }
        }
        let length = message.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        message.body = vec![0; length];
        stream.read_exact(&mut message.body)?;
        Ok(Some(message))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Of an answer.
    pub fn status(&self) -> u16 {
        self.first.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default()
    }

    /// A member of the JSON body.
    pub fn member(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        body.get(name).and_then(|value| value.as_str()).map(str::to_owned)
    }
}

/// Writes an answer with a JSON body.
pub fn answer(stream: &mut TcpStream, status: u16, more: &str, body: &str) -> Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{more}content-length: {length}");
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())
}

/// How posting something went.
#[derive(Debug)]
pub enum Posted {
    Answer(Message),
    /// Nobody was there: it was certainly not sent.
    NotSent,
    /// It was sent, and nobody knows what became of it.
    Broken,
}

/// Posts JSON on a connection of its own.
pub fn post(to: SocketAddr, path: &str, correlation: &str, body: &str) -> Posted {
    let Ok(mut stream) = TcpStream::connect_timeout(&to, Duration::from_secs(2)) else {
        return Posted::NotSent;
    };
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-correlation-id: {correlation}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    if stream.write_all(request.as_bytes()).is_err() {
        return Posted::Broken;
    }
    match Message::read(&mut BufReader::new(stream)) {
        Ok(Some(answer)) => Posted::Answer(answer),
        Ok(None) | Err(_) => Posted::Broken,
    }
}
