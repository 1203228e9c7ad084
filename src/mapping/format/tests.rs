//! What the layout keeps, and that it settles.

use super::*;

fn formatted(body: &str) -> String {
    let text = format!("map a\nfrom any as x\nto any\n\n{body}");
    let made = format_mapping(SourceId(0), &text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
    let again = format_mapping(SourceId(0), &made).unwrap_or_else(|why| panic!("{made}: {why:?}"));
    assert_eq!(made, again, "formatting twice is formatting once");
    made.strip_prefix("map a\nfrom any as x\nto   any\n\n").unwrap_or(&made).to_owned()
}

#[test]
fn values_of_neighbours_stand_in_one_column() {
    assert_eq!(formatted("a:1\nlonger :  x . y\n\nb: 2"), "a:      1\nlonger: x.y\n\nb: 2\n");
    assert_eq!(formatted("a:{b:1,\nc:2}\nd:3"), "a: {\n  b: 1\n  c: 2\n}\nd: 3\n");
}

#[test]
fn operators_and_brackets_have_their_spaces() {
    assert_eq!(formatted("a: - x.b+-1 ??( 2*3 )"), "a: -x.b + -1 ?? (2 * 3)\n");
    assert_eq!(formatted("a: f (x,[ 1,2, ])[ ] . b[0]"), "a: f(x, [1, 2])[].b[0]\n");
    assert_eq!(formatted("a: not(x.in in[1])"), "a: not (x.in in [1])\n");
    assert_eq!(formatted("a: filter(x,i->i.c>0)"), "a: filter(x, i -> i.c > 0)\n");
    assert_eq!(formatted("a: \"t { x.b??\"{ 1 }\" } \\{ {x}\""), "a: \"t {x.b ?? \"{1}\"} \\{ {x}\"\n");
}

#[test]
fn comments_stay_where_they_stand() {
    let text = "# first\na: 1     # one\nbb: 22  # two\n\n# alone\n\nc: f(  # open\n  1, # in\n  # before\n  2\n  # after\n)\n# end\n";
    let made = "# first\na:  1   # one\nbb: 22  # two\n\n# alone\n\nc: f(  # open\n  1,  # in\n  # before\n  2\n  # after\n)\n# end\n";
    assert_eq!(formatted(text), made);
    assert_eq!(formatted("a: x # c\n # d\n ?? 1"), "a: x  # c\n  # d\n  ?? 1\n");
}

#[test]
fn long_lines_break_at_operators_then_at_brackets() {
    let word = "x.".to_owned() + &"w".repeat(60);
    assert_eq!(formatted(&format!("a: {word} ?? {word} ?? 1")), format!("a: {word}\n  ?? {word}\n  ?? 1\n"));
    assert_eq!(formatted(&format!("a: f({word}, {word})")), format!("a: f(\n  {word},\n  {word}\n)\n"));
}

#[test]
fn blocks_that_the_author_opened_stay_open() {
    assert_eq!(formatted("a: if(x.b,{\n c: 1, d: 2 }, omit)"), "a: if(x.b, {\n  c: 1\n  d: 2\n}, omit)\n");
    assert_eq!(
        formatted("a: match x.b {\n\"a\"|\"b\" : 1\nelse:2}"),
        "a: match x.b {\n  \"a\" | \"b\": 1\n  else: 2\n}\n"
    );
    assert_eq!(formatted("a: match x.b { \"a\":1, else :2 }"), "a: match x.b { \"a\": 1, else: 2 }\n");
}

#[test]
fn the_header_has_a_clause_a_line() {
    let text = "map a from b/c-d@1 [] as x,\n  e as y optional # two\nto f using tables g ,h\ni: 1";
    let made = format_mapping(SourceId(0), text).expect("it reads");
    assert_eq!(
        made,
        "map a\nfrom b/c-d@1[] as x, e as y optional  # two\nto   f\nusing tables g, h\n\ni: 1\n"
    );
}

#[test]
fn what_cannot_be_read_is_not_written() {
    assert!(matches!(format_mapping(SourceId(0), "map a\nfrom b as"), Err(Unformatted::Findings(_))));
}

/// Laid out by its words alone, whether the grammar knows them or not.
fn laid_out(text: &str) -> String {
    let (prepared, comments) = prepare(text).expect("brackets fit");
    let header = Header { schemas: Vec::new(), words: BTreeSet::new() };
    layout::file(&group::items(text, &tokens::tokens(text, &prepared, &comments, &header.schemas), &header))
}

#[test]
fn forms_that_are_made_of_words_and_signs_need_no_printer() {
    assert_eq!(laid_out("a: {... x.b ,c:1}"), "a: { ...x.b, c: 1 }\n");
    assert_eq!(
        laid_out("a: match x {\n0 .. 9:1,\n.. -1|10.. :2,\nis text:3 }"),
        "a: match x {\n  0..9: 1\n  ..-1 | 10..: 2\n  is text: 3\n}\n"
    );
    assert_eq!(laid_out("def f(a : text,b:number ?)=a ?? b"), "def f(a: text, b: number?) = a ?? b\n");
}

#[test]
fn long_and_deep_texts_are_laid_out_at_once() {
    let started = std::time::Instant::now();
    let head = "map a\nfrom any as x\nto any\n";
    let comments = "# c\n".repeat(50_000);
    let sources: String = (0..2000).map(|at| format!(", any as x{at}")).collect();
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    for text in [
        format!("{head}a: f(\n1\n{comments})\n"),
        format!("{head}a: f(\n{comments}1)\n"),
        format!("map a\nfrom any as x{sources}\nto any\na: 1\n"),
        format!("{head}a: {deep}\n"),
        format!("{head}a: {}\n", "x.".repeat(30_000) + "x"),
        format!("{head}a: [{}]\n", "1, ".repeat(50_000)),
        (0..20_000).fold(head.to_owned(), |text, at| text + &format!("a{at}: 1 # c\n")),
    ] {
        assert!(format_mapping(SourceId(0), &text).is_ok(), "{}", &text[..80]);
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(120), "{:?}", started.elapsed());
}
