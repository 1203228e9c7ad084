//! `docs/mistakes.md`: what became of the mistakes.

use std::collections::BTreeMap;

use super::Verdict;
use super::kinds::KINDS;

/// The mistakes of one kind.
#[derive(Default)]
pub struct Count {
    pub errors: usize,
    pub warnings: usize,
    pub listed: usize,
    pub fits: usize,
    pub missed: Vec<String>,
}

impl Count {
    pub fn add(&mut self, verdict: Verdict, change: impl FnOnce() -> String) {
        match verdict {
            Verdict::Error => self.errors += 1,
            Verdict::Warning => self.warnings += 1,
            Verdict::Listed => self.listed += 1,
            Verdict::Fits => self.fits += 1,
            Verdict::Missed => self.missed.push(change()),
        }
    }

    fn findable(&self) -> usize {
        self.errors + self.warnings + self.listed + self.missed.len()
    }

    fn total(&self) -> usize {
        self.findable() + self.fits
    }
}

const HEAD: &str = "# Which mistakes `check` finds

Made by `tests/mistakes.rs`; `BLESS=1 cargo test --test mistakes` writes this page anew. Every clean mapping of the conformance
cases whose target has a schema gets one mistake at a time, by a rule and wherever the rule has a place. Then `check` reads it; and
where `check` says nothing, it runs on the case's input and on every valid change of it (a field left out, null, an edge of a
number, a long text).

- **refused**, **warned**: `check` finds it.
- **listed**: some input does fail, and `check --strict` lists a place that only data can show to be right, or a call that may fail,
  which it does not list of the clean mapping. Whether that is a mistake is the analyst's to say: `check` alone passes it.
- **fits**: no input gives a result that breaks the target's schema, so no schema can tell. That a value is the wrong one of two,
  tests of the mapping show.
- **missed**: some valid input fails or gives a result that breaks the target's schema, and neither said anything.
";

/// The whole page.
pub fn page(counts: &BTreeMap<usize, Count>, cases: usize, inputs: usize) -> String {
    let sum = |what: fn(&Count) -> usize| counts.values().map(what).sum::<usize>();
    let (findable, missed) = (sum(Count::findable), sum(|count| count.missed.len()));
    let listed = sum(|count| count.listed);
    let found = findable - missed - listed;
    let share = |of: usize| format!("{}.{} %", of * 100 / findable.max(1), of * 1000 / findable.max(1) % 10);
    let mut page = HEAD.to_owned();
    page += &format!(
        "\n{} mistakes of {} kinds in {cases} mappings, {inputs} inputs: {} fit their schema all the same.\n\n",
        sum(Count::total),
        KINDS.len(),
        sum(|count| count.fits),
    );
    page += &format!(
        "Of the {findable} others `check` finds {found} ({}), `check --strict` lists {listed} more ({}), and {missed} are missed.\n",
        share(found),
        share(listed),
    );
    page += "\n| mistake | for example | becomes | made | refused | warned | listed | fits | missed |\n|---|---|---|---|---|---|---|---|---|\n";
    for (at, count) in counts {
        let kind = &KINDS[*at];
        let code = |text: &str| {
            if text.is_empty() { "nothing".to_owned() } else { format!("`{}`", text.replace('|', "\\|")) }
        };
        page += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            kind.name,
            code(kind.example.0),
            code(kind.example.1),
            count.total(),
            count.errors,
            count.warnings,
            count.listed,
            count.fits,
            count.missed.len()
        );
    }
    if missed > 0 {
        page += "\n## What is missed\n\n";
        for (at, count) in counts.iter().filter(|(_, count)| !count.missed.is_empty()) {
            page += &format!("{}:\n\n", KINDS[*at].name);
            page.extend(count.missed.iter().map(|change| format!("- {change}\n")));
            page.push('\n');
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
    }
    page
}
