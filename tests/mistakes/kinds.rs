//! The kinds of mistakes, and a mapping with each of them at each place where it can be made.

use super::sites::{Call, Range, Sites, sites};

/// A kind of mistake.
pub struct Kind {
    pub name: &'static str,
    pub example: (&'static str, &'static str),
    edits: fn(&str, &Sites) -> Vec<(Range, String)>,
}

/// A mapping with one mistake.
pub struct Mutant {
    /// Which of [`KINDS`].
    pub kind: usize,
    pub text: String,
    was: String,
    now: String,
}

impl Mutant {
    /// `was` becomes `now`.
    pub fn change(&self) -> String {
        let short = |text: &str| {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let cut: String = line.chars().take(60).collect();
            if cut.len() < line.len() { format!("{cut}…") } else { cut }
        };
        format!("`{}` becomes `{}`", short(&self.was), short(&self.now))
    }
}

/// Every mapping that has one mistake of some kind.
pub fn mutants(text: &str) -> Vec<Mutant> {
    let sites = sites(text);
    let mut found = Vec::new();
    for (kind, known) in KINDS.iter().enumerate() {
        for (range, now) in (known.edits)(text, &sites) {
            let was = text[range.clone()].to_owned();
            if was != now {
                let text = format!("{}{now}{}", &text[..range.start], &text[range.end..]);
                found.push(Mutant { kind, text, was, now });
            }
        }
    }
    found
}

/// A word with a slip: its second letter is missing.
fn slipped(word: &str) -> String {
    let plain = word.trim_matches('"');
    let at = plain.char_indices().nth(1).map_or(plain.len(), |(at, _)| at);
    let rest: String = plain[at..].chars().skip(1).collect();
    let slip = if rest.is_empty() { format!("{plain}x") } else { format!("{}{rest}", &plain[..at]) };
    if word.starts_with('"') { format!("\"{slip}\"") } else { slip }
}

fn words(text: &str, ranges: &[Range]) -> Vec<(Range, String)> {
    ranges.iter().map(|range| (range.clone(), slipped(&text[range.clone()]))).collect()
}

/// Each value of an entry put into other words.
fn values(text: &str, sites: &Sites, other: impl Fn(&str) -> String) -> Vec<(Range, String)> {
    sites.entries.iter().map(|(_, value)| (value.clone(), other(&text[value.clone()]))).collect()
}

fn calls<'s>(sites: &'s Sites, names: &'s [&'s str]) -> impl Iterator<Item = &'s Call> {
    sites.calls.iter().filter(move |call| names.contains(&call.word.as_str()))
}

/// Calls of some functions become their first argument.
fn unwrapped(text: &str, sites: &Sites, names: &[&str]) -> Vec<(Range, String)> {
    let made = calls(sites, names).filter(|call| !call.arguments.is_empty());
    made.map(|call| (call.whole.clone(), text[call.arguments[0].clone()].to_owned())).collect()
}

/// The whole statement of an entry, its line break with it.
fn statement(text: &str, entry: &(Range, Range)) -> Range {
    let mut end = entry.1.end;
    while matches!(text.as_bytes().get(end), Some(b')' | b' ' | b',')) {
        end += 1;
    }
    entry.0.start..end
}

/// A list, told apart from its items.
fn at<const N: usize>(ranges: &[Range], now: [&str; N]) -> Vec<(Range, String)> {
    ranges.iter().flat_map(|range| now.map(|now| (range.clone(), now.to_owned()))).collect()
}

/// Sorted as an analyst meets them: names, values, what may be missing, lists, functions, tables, forms.
pub static KINDS: &[Kind] = &[
    Kind {
        name: "wrong field name",
        example: ("booking.reference", "booking.rference"),
        edits: |text, sites| words(text, &sites.fields),
    },
    Kind {
        name: "wrong name of an input or a `let`",
        example: ("booking.note", "boking.note"),
        edits: |text, sites| words(text, &sites.names),
    },
    Kind {
        name: "wrong name of a target field",
        example: ("orderNo: x", "oderNo: x"),
        edits: |text, sites| {
            sites.entries.iter().map(|(key, _)| (key.clone(), slipped(&text[key.clone()]))).collect()
        },
    },
    Kind {
        name: "wrong binder",
        example: ("each rows as row", "each rows as rw"),
        edits: |text, sites| words(text, &sites.each_names),
    },
    Kind {
        name: "unknown schema",
        example: ("to t/order@1", "to t/order@2"),
        edits: |text, sites| {
            let all = sites.sources.iter().chain([&sites.target]);
            all.map(|range| (range.clone(), text[range.clone()].replacen("@1", "@2", 1))).collect()
        },
    },
    Kind {
        name: "missing `??` default",
        example: ("x.note ?? \"none\"", "x.note"),
        edits: |_, sites| {
            sites.elses.iter().map(|(left, _, right)| (left.end..right.end, String::new())).collect()
        },
    },
    Kind {
        name: "dropped entry",
        example: ("orderNo: x", ""),
        edits: |text, sites| {
            sites.entries.iter().map(|entry| (statement(text, entry), String::new())).collect()
        },
    },
    Kind {
        name: "duplicated entry",
        example: ("note: x", "note: x, note: x"),
        edits: |text, sites| {
            let twice = |entry| {
                let range = statement(text, entry);
                let was = text[range.clone()].trim_end_matches([',', ' ']).to_owned();
                (range.clone(), format!("{was}\n{}", &text[range]))
            };
            sites.entries.iter().map(twice).collect()
        },
    },
    Kind {
        name: "`omit` for a value",
        example: ("orderNo: x", "orderNo: omit"),
        edits: |text, sites| values(text, sites, |_| "omit".to_owned()),
    },
    Kind {
        name: "`null` for a value",
        example: ("orderNo: x", "orderNo: null"),
        edits: |text, sites| values(text, sites, |_| "null".to_owned()),
    },
    Kind {
        name: "another kind of value",
        example: ("orderNo: x", "orderNo: true"),
        edits: |text, sites| {
            let mut found = values(text, sites, |was| {
                if was == "true" || was == "false" { "7".to_owned() } else { "true".to_owned() }
            });
            found.extend(values(text, sites, |_| "{ a: 1 }".to_owned()));
            found
        },
    },
    Kind {
        name: "text for a value",
        example: ("count: x", "count: \"some words\""),
        edits: |text, sites| values(text, sites, |_| "\"some words\"".to_owned()),
    },
    Kind {
        name: "number as text",
        example: ("count: x", "count: \"{x}\""),
        edits: |text, sites| {
            values(text, sites, |was| {
                if was.contains(['\n', '"', '{']) { was.to_owned() } else { format!("\"{{{was}}}\"") }
            })
        },
    },
    Kind {
        name: "list for an item",
        example: ("note: x", "note: [x]"),
        edits: |text, sites| values(text, sites, |was| format!("[{was}]")),
    },
    Kind {
        name: "item for a list",
        example: ("each rows as", "each rows[0] as"),
        edits: |text, sites| {
            sites
                .each_lists
                .iter()
                .map(|range| (range.clone(), format!("({})[0]", &text[range.clone()])))
                .collect()
        },
    },
    Kind {
        name: "forgotten `[]`",
        example: ("charges[].amount", "charges.amount"),
        edits: |_, sites| at(&sites.items, [""]),
    },
    Kind {
        name: "swapped values of neighbours",
        example: ("a: x, b: y", "a: y, b: x"),
        edits: |text, sites| {
            let pairs = sites.entries.windows(2).filter(|pair| pair[0].1.end <= pair[1].0.start);
            pairs
                .map(|pair| {
                    let (one, two) = (&pair[0].1, &pair[1].1);
                    (
                        one.start..two.end,
                        format!("{}{}{}", &text[two.clone()], &text[one.end..two.start], &text[one.clone()]),
                    )
                })
                .collect()
        },
    },
    Kind {
        name: "text that is not cut",
        example: ("left(x, 35)", "x"),
        edits: |text, sites| unwrapped(text, sites, &["left"]),
    },
    Kind {
        name: "text cut too late",
        example: ("left(x, 35)", "left(x, 350)"),
        edits: |text, sites| {
            let made = calls(sites, &["left"]).filter_map(|call| call.arguments.get(1));
            made.map(|range| (range.clone(), format!("{}0", &text[range.clone()]))).collect()
        },
    },
    Kind {
        name: "dropped `round`",
        example: ("round(x / 3, 2)", "x / 3"),
        edits: |text, sites| unwrapped(text, sites, &["round"]),
    },
    Kind {
        name: "rounded to too many places",
        example: ("round(x, 2)", "round(x, 5)"),
        edits: |_, sites| {
            calls(sites, &["round"])
                .filter_map(|call| Some((call.arguments.get(1)?.clone(), "5".to_owned())))
                .collect()
        },
    },
    Kind {
        name: "local time as an instant",
        example: ("instant(x, zone)", "x"),
        edits: |text, sites| unwrapped(text, sites, &["instant"]),
    },
    Kind {
        name: "instant as a date",
        example: ("date(x)", "x"),
        edits: |text, sites| unwrapped(text, sites, &["date"]),
    },
    Kind {
        name: "wrong word in a comparison or a case",
        example: ("\"express\": 1", "\"epress\": 1"),
        edits: |text, sites| words(text, &sites.patterns),
    },
    Kind {
        name: "wrong member of an enumeration",
        example: ("orderType: \"ZS01\"", "orderType: \"Z01\""),
        edits: |text, sites| {
            let word = |range: &&Range| text[(*range).clone()].starts_with("\"Z");
            sites
                .texts
                .iter()
                .filter(word)
                .map(|range| (range.clone(), slipped(&text[range.clone()])))
                .collect()
        },
    },
    Kind {
        name: "missing case of a `match`",
        example: ("\"a\": 1, \"b\": 2", "\"a\": 1"),
        edits: |_, sites| at(&sites.arms, [""]),
    },
    Kind {
        name: "missing `else` of a `match`",
        example: ("\"a\": 1, else: 2", "\"a\": 1"),
        edits: |_, sites| at(&sites.others, [""]),
    },
    Kind {
        name: "condition that is none",
        example: ("where row.count > 0", "where row.count"),
        edits: |text, sites| {
            sites
                .comparisons
                .iter()
                .map(|(left, _, right)| (left.start..right.end, text[left.clone()].to_owned()))
                .collect()
        },
    },
    Kind {
        name: "number compared with a text",
        example: ("count > 0", "count > \"0\""),
        edits: |text, sites| {
            let numbers = sites
                .comparisons
                .iter()
                .map(|(_, _, right)| right)
                .filter(|range| text.as_bytes()[range.start].is_ascii_digit());
            numbers.map(|range| (range.clone(), format!("\"{}\"", &text[range.clone()]))).collect()
        },
    },
    Kind {
        name: "`+` between texts",
        example: ("note: x", "note: x + \"!\""),
        edits: |text, sites| {
            let texts = sites.texts.iter().filter(|range| !sites.patterns.contains(range));
            texts.map(|range| (range.clone(), format!("{} + \"!\"", &text[range.clone()]))).collect()
        },
    },
    Kind {
        name: "unknown function",
        example: ("upper(x)", "uper(x)"),
        edits: |text, sites| {
            sites.calls.iter().map(|call| (call.name.clone(), slipped(&text[call.name.clone()]))).collect()
        },
    },
    Kind {
        name: "argument too few",
        example: ("left(x, 3)", "left(x)"),
        edits: |_, sites| {
            let several = sites.calls.iter().filter(|call| call.arguments.len() > 1);
            several
                .map(|call| {
                    let last = call.arguments.len() - 1;
                    (call.arguments[last - 1].end..call.arguments[last].end, String::new())
                })
                .collect()
        },
    },
    Kind {
        name: "argument too many",
        example: ("upper(x)", "upper(x, 1)"),
        edits: |_, sites| {
            let made = sites.calls.iter().filter_map(|call| call.arguments.last());
            made.map(|last| (last.end..last.end, ", 1".to_owned())).collect()
        },
    },
    Kind {
        name: "wrong symbol",
        example: ("half_even", "half_evn"),
        edits: |text, sites| {
            let symbols = ["half_even", "half_up", "reject", "earlier", "descending"];
            let is_symbol = |range: &&Range| symbols.contains(&&text[(*range).clone()]);
            let word = |range: &Range| {
                let word = &text[range.clone()];
                (range.clone(), format!("{}x", &word[..word.len() - 1]))
            };
            sites.names.iter().filter(is_symbol).map(word).collect()
        },
    },
    Kind {
        name: "unknown rejection",
        example: ("reject(\"unmapped\", ...)", "reject(\"umapped\", ...)"),
        edits: |text, sites| {
            calls(sites, &["reject"])
                .map(|call| (call.arguments[0].clone(), slipped(&text[call.arguments[0].clone()])))
                .collect()
        },
    },
    Kind {
        name: "wrong table",
        example: ("lookup(uom, x)", "lookup(um, x)"),
        edits: |text, sites| {
            calls(sites, &["lookup"])
                .map(|call| (call.arguments[0].clone(), slipped(&text[call.arguments[0].clone()])))
                .collect()
        },
    },
    Kind {
        name: "wrong column of a table",
        example: ("lookup(uom, x).erp", "lookup(uom, x).ep"),
        edits: |text, sites| {
            let columns = calls(sites, &["lookup"])
                .filter_map(|call| sites.fields.iter().find(|field| field.start == call.whole.end + 1));
            columns.map(|range| (range.clone(), slipped(&text[range.clone()]))).collect()
        },
    },
    Kind {
        name: "whole row for a cell",
        example: ("lookup(uom, x).erp", "lookup(uom, x)"),
        edits: |_, sites| {
            let columns = calls(sites, &["lookup"])
                .filter_map(|call| sites.fields.iter().find(|field| field.start == call.whole.end + 1));
            columns.map(|range| (range.start - 1..range.end, String::new())).collect()
        },
    },
    Kind {
        name: "forgotten guard",
        example: ("if(x is present, x.a, omit)", "x.a"),
        edits: |text, sites| {
            calls(sites, &["if"])
                .filter_map(|call| {
                    Some((call.whole.clone(), text[call.arguments.get(1)?.clone()].to_owned()))
                })
                .collect()
        },
    },
    Kind {
        name: "bracket that is not closed",
        example: ("upper(x)", "upper(x"),
        edits: |_, sites| {
            sites.calls.iter().map(|call| (call.whole.end - 1..call.whole.end, String::new())).collect()
        },
    },
    Kind {
        name: "`=` for `==`, `:` for `=`",
        example: ("a == b", "a = b"),
        edits: |text, sites| {
            let equal = sites.comparisons.iter().filter(|(_, operator, _)| text[operator.clone()] == *"==");
            let mut found: Vec<(Range, String)> =
                equal.map(|(_, operator, _)| (operator.clone(), "=".to_owned())).collect();
            found.extend(
                sites
                    .entries
                    .iter()
                    .map(|(key, value)| (key.end..value.start, " = ".to_owned()))
                    .filter(|(range, _)| text[range.clone()].trim() == ":"),
            );
            found
        },
    },
];
