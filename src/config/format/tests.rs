//! What the layout of YAML keeps, and what it puts right.

use super::*;

fn formatted(kind: Option<Kind>, text: &str) -> String {
    let once = format_yaml(kind, SourceId(0), text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
    let twice = format_yaml(kind, SourceId(0), &once).unwrap_or_else(|why| panic!("{once}: {why:?}"));
    assert_eq!(once, twice, "formatting twice is formatting once");
    once
}

fn plain(text: &str) -> String {
    formatted(None, text)
}

#[test]
fn indents_are_two() {
    assert_eq!(plain("a:\n    b:\n        c: 1\n    d: 2\n"), "a:\n  b:\n    c: 1\n  d: 2\n");
    assert_eq!(plain("a:\n- 1\n-   b: 2\n    c: 3\nd: 4\n"), "a:\n  - 1\n  - b: 2\n    c: 3\nd: 4\n");
    assert_eq!(
        plain("a:\n    - - 1\n      - 2\n    -\n        b: 1\n"),
        "a:\n  - - 1\n    - 2\n  -\n    b: 1\n"
    );
    assert_eq!(plain("a:\n    { b: 1,\n      c: 2 }\n"), "a:\n  { b: 1,\n    c: 2 }\n");
}

#[test]
fn comments_and_one_blank_line_stay() {
    assert_eq!(
        plain("\n\n# one\na:   \n    # two\n    b: 1   # three  \n\n\n    # four\nc: 2\n# five\n\n\n"),
        "# one\na:\n  # two\n  b: 1   # three\n\n  # four\nc: 2\n# five\n"
    );
}

#[test]
fn texts_of_several_lines_keep_what_they_say() {
    assert_eq!(
        plain("a:\n    b: |\n        one  \n\n\n          two\n    c: \"x\n      y\"\n"),
        "a:\n  b: |\n    one  \n\n\n      two\n  c: \"x\n    y\"\n"
    );
    assert_eq!(
        plain("a:\n    - >-\n        one\n        two\n\n\nb: 1"),
        "a:\n  - >-\n    one\n    two\n\nb: 1\n"
    );
    assert_eq!(plain("a:\n   b: |2\n       one\n   c: 1\n"), "a:\n  b: |2\n      one\n  c: 1\n");
    assert_eq!(plain("a: |+\n    one\n\n\n"), "a: |+\n  one\n\n\n");
    assert_eq!(plain("a: x\n   y\n   z\nb: 1\n"), "a: x\n   y\n   z\nb: 1\n");
}

#[test]
fn a_needless_sign_goes() {
    let flow = "flow: a\ndo:\n  - b:\n      require: =x == 1\n      else: { reject: c, facts: { d: =e } }\n  - f:\n      when: '=g == \"h\"'\n      set: { i: =j }\n";
    let bare = flow.replace("=x == 1", "x == 1").replace("'=g", "'g");
    assert_eq!(formatted(Some(Kind::Flow), flow), bare);
    let needed = "flow: a\ndo:\n  - b:\n      require: ='x'\n";
    assert_eq!(formatted(Some(Kind::Flow), needed), needed);
}

#[test]
fn what_cannot_be_read_is_not_written() {
    for text in ["a: [", "a: 1\na: 2\n", "a: &b 1\n"] {
        assert!(matches!(format_yaml(None, SourceId(0), text), Err(Unformatted::Findings(_))), "{text}");
    }
}
