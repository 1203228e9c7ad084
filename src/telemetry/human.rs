//! The fields of a log line as people read them: `name=value`, and findings below the line as they are.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

/// The field whose text is a page of its own: lines, carets and all.
pub const PAGE: &str = "findings";

/// Writes fields for people.
#[derive(Debug, Clone, Copy)]
pub struct Human;

impl<'w> FormatFields<'w> for Human {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut line = Line { writer, page: String::new(), empty: true, written: Ok(()) };
        fields.record(&mut line);
        line.end()
    }
}

struct Line<'w> {
    writer: Writer<'w>,
    page: String,
    empty: bool,
    written: fmt::Result,
}

impl Line<'_> {
    fn put(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let gap = if std::mem::replace(&mut self.empty, false) { "" } else { " " };
        let (on, off) = if self.writer.has_ansi_escapes() { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
        let written = match field.name() {
            "message" => write!(self.writer, "{gap}{value}"),
            name => write!(self.writer, "{gap}{on}{name}={off}{value}"),
        };
        self.written = self.written.and(written);
    }

    fn end(mut self) -> fmt::Result {
        self.written?;
        if self.page.is_empty() {
            return Ok(());
        }
        write!(self.writer, "\n\n{}", self.page)
    }
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == PAGE {
            value.clone_into(&mut self.page);
        } else {
            self.put(field, format_args!("{value:?}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("a test's lock").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Kept {
        type Writer = Kept;
        fn make_writer(&'a self) -> Kept {
            self.clone()
        }
    }

    #[test]
    fn findings_stand_below_the_line_as_they_are() {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(kept.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .fmt_fields(Human)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(
                why = "files changed",
                findings = "error[x]: `a`\n  ^^^\n",
                generation = 2,
                "refused"
            );
            tracing::info!(cut = 0, "drained");
        });
        let said = String::from_utf8(kept.0.lock().expect("a test's lock").clone()).expect("UTF-8");
        assert_eq!(
            said,
            "ERROR refused why=\"files changed\" generation=2\n\nerror[x]: `a`\n  ^^^\n\n INFO drained cut=0\n"
        );
    }
}
