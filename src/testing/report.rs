//! How the tests went: a line each for people, JUnit XML for CI.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::run::Ended;
use crate::value::Value;

/// A line per story, what differs below each that failed, and a sum at the end.
pub fn text(ended: &[Ended], colour: bool) -> String {
    let mut out = String::new();
    let mut file = "";
    for story in ended {
        if *story.file != *file {
            file = &story.file;
            let _ = writeln!(out, "{file}");
        }
        let verdict = if story.failures.is_empty() {
            paint("ok    ", "32", colour)
        } else {
            paint("failed", "31", colour)
        };
        let _ = writeln!(out, "  {verdict} {}", story.name);
        for failure in &story.failures {
            let _ = writeln!(out, "         {}", failure.replace('\n', "\n         "));
        }
    }
    let failed = ended.iter().filter(|story| !story.failures.is_empty()).count();
    let _ = writeln!(out, "\n{} passed, {failed} failed", ended.len() - failed);
    out
}

fn paint(word: &str, code: &str, colour: bool) -> String {
    if colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() }
}

/// Each story as data: where it stands, whether it passed, and what differs.
pub fn value(ended: &[Ended]) -> Value {
    let one = |story: &Ended| -> Value {
        let failures = story.failures.iter().map(|failure| Value::from(failure.as_str())).collect();
        let members: Vec<(Arc<str>, Value)> = vec![
            ("file".into(), Value::from(&*story.file)),
            ("line".into(), Value::from(story.line as i64)),
            ("test".into(), Value::from(&*story.name)),
            ("passed".into(), Value::Bool(story.failures.is_empty())),
            ("failures".into(), Value::array(failures)),
        ];
        members.into_iter().collect()
    };
    Value::array(ended.iter().map(one).collect())
}

/// JUnit XML, as CI servers read it: a suite per file, a case per story.
pub fn junit(ended: &[Ended]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites tests=\"{}\" failures=\"{}\">", ended.len(), failed(ended.iter()));
    for stories in ended.chunk_by(|one, next| one.file == next.file) {
        let Some(first) = stories.first() else { continue };
        let (tests, failures) = (stories.len(), failed(stories.iter()));
        let file = escaped(&first.file);
        let _ = writeln!(out, "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\">");
        stories.iter().for_each(|story| case(&mut out, &file, story));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn failed<'a>(stories: impl Iterator<Item = &'a Ended>) -> usize {
    stories.filter(|story| !story.failures.is_empty()).count()
}

fn case(out: &mut String, file: &str, story: &Ended) {
    let (name, seconds) = (escaped(&story.name), seconds(story.took));
    let _ = write!(
        out,
        "    <testcase classname=\"{file}\" name=\"{name}\" line=\"{}\" time=\"{seconds}\"",
        story.line
    );
    if story.failures.is_empty() {
        out.push_str("/>\n");
        return;
    }
    let message = escaped(story.failures.first().map_or("", String::as_str));
    let all = escaped(&story.failures.join("\n"));
    let _ = writeln!(out, ">\n      <failure message=\"{message}\">{all}</failure>\n    </testcase>");
}

fn seconds(took: Duration) -> String {
    format!("{:.3}", took.as_secs_f64())
}

/// Text for an XML attribute or element (XML 1.0 §2.4); characters that XML cannot carry become `?`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            control if (control as u32) < 0x20 || matches!(control, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(name: &str, failures: &[&str]) -> Ended {
        Ended {
            file: "tests/a.yaml".into(),
            name: name.into(),
            line: 3,
            failures: failures.iter().map(|failure| (*failure).to_owned()).collect(),
            took: Duration::from_millis(12),
            lasted: Duration::from_secs(1),
        }
    }

    #[test]
    fn junit_escapes_what_tests_are_called() {
        let out = junit(&[ended("a < b & \"c\"", &[]), ended("bad", &["expected 1\ngot \u{1}"])]);
        assert!(out.contains("<testsuites tests=\"2\" failures=\"1\">"), "{out}");
        assert!(out.contains("name=\"a &lt; b &amp; &quot;c&quot;\" line=\"3\" time=\"0.012\"/>"), "{out}");
        assert!(out.contains("<failure message=\"expected 1&#10;got ?\">"), "{out}");
    }

    #[test]
    fn text_says_what_differs_and_sums_up() {
        let out = text(&[ended("good", &[]), ended("bad", &["/a: expected 1, got 2"])], false);
        assert_eq!(
            out,
            "tests/a.yaml\n  ok     good\n  failed bad\n         /a: expected 1, got 2\n\n1 passed, 1 failed\n"
        );
    }
}
