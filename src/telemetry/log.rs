//! Log lines to stderr, written by a thread of their own so that no request waits for a terminal.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::human::Human;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for collectors.
    Json,
    /// For people; coloured when stderr is a terminal.
    Human,
}

/// Lines waiting to be written; what comes beyond is counted and dropped, never waited for.
const QUEUE: usize = 8192;

/// How long lines gather before they are written together: waking the thread for each would cost the
/// requests more than their lines.
const GATHER: Duration = Duration::from_millis(5);

/// Keeps the writing thread; dropping it writes out what waits.
#[derive(Debug)]
pub struct LogGuard {
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    End,
}

/// Starts logging for the whole process. `filter` is in `tracing`'s syntax (`info,crossdock=debug`);
/// `None` reads `CROSSDOCK_LOG`, or logs at `info`. A filter that cannot be read is an error in words.
/// When logging is already started, this changes nothing.
pub fn init(format: LogFormat, filter: Option<&str>) -> Result<LogGuard, String> {
    let declared = filter.map(str::to_owned).or_else(|| std::env::var("CROSSDOCK_LOG").ok());
    let filter = EnvFilter::try_new(declared.as_deref().unwrap_or("info")).map_err(|error| {
        format!("the log filter `{}` cannot be read: {error}", declared.unwrap_or_default())
    })?;
    let (sender, receiver) = sync_channel(QUEUE);
    let lines = Lines { sender: sender.clone(), dropped: Arc::default() };
    let dropped = Arc::clone(&lines.dropped);
    let thread = std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write_out(&receiver, &dropped))
        .map_err(|error| format!("the log thread cannot start: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
    // A second start (a test's) keeps the first.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Human => {
            let ansi = io::IsTerminal::is_terminal(&io::stderr());
            builder.with_ansi(ansi).fmt_fields(Human).try_init()
        }
    };
    Ok(LogGuard { sender: Some(sender), thread: Some(thread) })
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            let _ = sender.send(Message::End);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_out(receiver: &Receiver<Message>, dropped: &AtomicU64) {
    let mut batch = Vec::with_capacity(16 << 10);
    while let Ok(Message::Line(line)) = receiver.recv() {
        batch.clear();
        batch.extend_from_slice(&line);
        let mut ended = false;
        while batch.len() < 64 << 10 {
            match receiver.try_recv() {
                Ok(Message::Line(line)) => batch.extend_from_slice(&line),
                Ok(Message::End) => ended = true,
                Err(_) => break,
            }
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(batch, "{{\"level\":\"WARN\",\"message\":\"{lost} log lines were dropped\"}}");
        }
        let _ = io::stderr().lock().write_all(&batch);
        if ended {
            break;
        }
        std::thread::sleep(GATHER);
    }
}

/// Gives each event a buffer that is queued as one line.
#[derive(Debug, Clone)]
struct Lines {
    sender: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Line<'a> {
    lines: &'a Lines,
    bytes: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, bytes: Vec::with_capacity(256) }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.bytes);
        if let Err(TrySendError::Full(_)) = self.lines.sender.try_send(Message::Line(line)) {
            self.lines.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_said_in_words() {
        let error = init(LogFormat::Json, Some("crossdock=loudest")).unwrap_err();
        assert!(error.contains("crossdock=loudest"), "{error}");
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let (sender, _receiver) = sync_channel(1);
        let lines = Lines { sender, dropped: Arc::default() };
        for _ in 0..3 {
            lines.make_writer().write_all(b"x\n").unwrap();
        }
        assert_eq!(lines.dropped.load(Ordering::Relaxed), 2);
    }
}
