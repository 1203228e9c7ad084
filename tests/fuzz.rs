//! Fuzz targets of the mapping language: read, check, evaluate, format and read again. A smoke run is part of every
//! `cargo test`; `CROSSDOCK_FUZZ=200000 cargo test --release --test fuzz` runs that many rounds of each, and
//! `CROSSDOCK_FUZZ_SEED=N` begins elsewhere. A failure names its seed.

#[path = "support/agree.rs"]
mod agree;
#[path = "fuzz/mutations.rs"]
mod mutations;
#[path = "support/programs.rs"]
mod programs;

use std::sync::atomic::Ordering::Relaxed;

use crossdock::clock::Moment;
use crossdock::config::Unformatted;
use crossdock::diagnostic::{Severity, SourceId};
use crossdock::mapping::{Context, Error, Limits, Shared, format_mapping, meaning, parse_mapping};
use crossdock::value::Value;
use programs::chance::Chance;
use programs::{Compiled, Program, program};

const NOW: Moment = Moment(1_772_366_400_000_000_000);

/// Rounds of a target, unless `CROSSDOCK_FUZZ` says otherwise.
const SMOKE: u64 = 120;

/// Runs a target for each seed, and says for which it failed.
fn rounds(target: impl Fn(u64) + std::panic::RefUnwindSafe) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("CROSSDOCK_FUZZ_SEED").unwrap_or(0);
    for seed in first..first + number("CROSSDOCK_FUZZ").unwrap_or(SMOKE) {
        if let Err(panic) = std::panic::catch_unwind(|| target(seed)) {
            eprintln!("seed {seed}: `CROSSDOCK_FUZZ_SEED={seed} CROSSDOCK_FUZZ=1` repeats it");
            std::panic::resume_unwind(panic);
        }
    }
}

/// Every finding stands in the text, and a refusal has one.
fn told(text: &str, made: bool, findings: &[crossdock::diagnostic::Diagnostic]) {
    let errors = findings.iter().filter(|finding| finding.severity() == Severity::Error);
    assert_eq!(made, errors.count() == 0, "{text}\n{findings:?}");
    for span in findings.iter().filter_map(|finding| finding.span) {
        assert!(span.start <= span.end && span.end as usize <= text.len().max(1), "{span:?}\n{text}");
    }
}

fn eval(compiled: &Compiled, input: &Value) -> Result<Option<Value>, Error> {
    let limits = Limits { steps: 200_000, output: 1 << 20 };
    let context = Context { limits, ..Context::new(NOW, &compiled.tables) };
    compiled.mapping.as_ref().expect("it compiled").program.eval(&[Some(input.clone())], &context)
}

/// Whether a text that can be read is formatted, to the same meaning, and settles.
fn formats(text: &str) -> Option<String> {
    let made = match format_mapping(SourceId(0), text) {
        Ok(made) => made,
        Err(Unformatted::Findings(findings)) => {
            assert!(!findings.is_empty(), "refused without a word:\n{text}");
            return None;
        }
        Err(Unformatted::Changed) => panic!("formatting would change the meaning of\n{text}"),
    };
    // Of a file of definitions the formatter itself compares the trees.
    let tree = |text: &str| match Shared::is_shared(text) {
        true => String::new(),
        false => meaning(&parse_mapping(SourceId(0), text).0.expect("it reads")),
    };
    assert_eq!(tree(text), tree(&made), "{text}\nformatted:\n{made}");
    assert_eq!(format_mapping(SourceId(0), &made).expect("it reads"), made, "formatting twice");
    Some(made)
}

#[test]
fn mutated_texts_are_read_and_checked() {
    let corpus = mutations::corpus();
    rounds(|seed| {
        let text = mutations::mutated(&corpus, &mut Chance::new(seed));
        let (mapping, findings) = parse_mapping(SourceId(0), &text);
        assert!(mapping.is_some() || !findings.is_empty(), "refused without a word:\n{text}");
        let compiled = program(seed % 64).compile_as(&text);
        let own =
            |finding: &&crossdock::diagnostic::Diagnostic| finding.span.is_none_or(|span| span.source.0 == 3);
        told(
            &text,
            compiled.mapping.is_some(),
            &compiled.findings.iter().filter(own).cloned().collect::<Vec<_>>(),
        );
    });
}

#[test]
fn mutated_texts_keep_their_meaning_when_formatted() {
    let corpus = mutations::corpus();
    rounds(|seed| {
        formats(&mutations::mutated(&corpus, &mut Chance::new(seed)));
    });
}

#[test]
fn random_programs_check_nearly_all() {
    let seeds = 0..400;
    let refused: Vec<(u64, String)> = seeds
        .clone()
        .filter_map(|seed| {
            let made = program(seed);
            let compiled = made.compile();
            let errors: Vec<String> =
                compiled.findings.iter().map(|finding| finding.message.clone()).collect();
            compiled.mapping.is_none().then(|| (seed, format!("{}\n{}", made.text, errors.join("\n"))))
        })
        .collect();
    if std::env::var_os("CROSSDOCK_FUZZ_SHOW").is_some() {
        refused.iter().for_each(|(seed, why)| eprintln!("seed {seed}\n{why}\n"));
    }
    assert!(
        refused.len() * 10 < seeds.count(),
        "{} programs do not check; one:\n{}",
        refused.len(),
        refused[0].1
    );
}

#[test]
fn both_evaluators_say_the_same_of_random_programs() {
    rounds(|seed| {
        let made = program(seed);
        let compiled = made.compile();
        let Some(mapping) = &compiled.mapping else { return };
        let context = Context::new(NOW, &compiled.tables);
        for input in made.values() {
            if let Err(why) = agree::agree(&mapping.program, &[Some(input.clone())], &context) {
                panic!("{}\n{input:?}\n{why}", made.text);
            }
        }
    });
    let (fast, reference) = (agree::FAST.load(Relaxed), agree::REFERENCE.load(Relaxed));
    println!("the fast evaluator ran {fast} programs and left {reference} to the reference");
    assert!(fast > 0, "what is meant to be compared is never compared");
}

#[test]
fn random_programs_run_and_fit_their_target() {
    rounds(|seed| {
        let made = program(seed);
        let compiled = made.compile();
        if compiled.mapping.is_none() {
            return;
        }
        let schema = |name: &str| compiled.schemas.get(name).expect("the program's own schema");
        for input in made.values() {
            assert!(schema("g/source@1").violations(&input, 1).is_empty(), "{input:?}");
            let result = eval(&compiled, &input);
            assert!(
                result.is_ok() || compiled.mapping.as_ref().is_some_and(|mapping| mapping.fallible),
                "seed {}",
                made.seed
            );
            assert_eq!(format!("{result:?}"), format!("{:?}", eval(&compiled, &input)), "the same again");
            // What is not left to the runtime is proven.
            if let (Ok(Some(value)), true) = (&result, compiled.findings.is_empty()) {
                let violations = schema("g/target@1").violations(value, 3);
                assert!(violations.is_empty(), "{}\n{value:?}\n{violations:?}", made.text);
            }
        }
    });
}

#[test]
fn random_programs_mean_the_same_when_formatted() {
    rounds(|seed| {
        let made = program(seed);
        let Some(text) = formats(&made.text) else { panic!("it does not read:\n{}", made.text) };
        let typed = mutations::retyped(&made.text, &mut Chance::new(seed));
        formats(&typed);
        same_results(&made, &text);
    });
}

/// The program and its formatted text come to the same.
fn same_results(made: &Program, text: &str) {
    let (before, after) = (made.compile(), made.compile_as(text));
    assert_eq!(before.mapping.is_some(), after.mapping.is_some());
    if before.mapping.is_none() {
        return;
    }
    let shown = |result: Result<Option<Value>, Error>| match result {
        Ok(value) => format!("{value:?}"),
        Err(Error::Rejected(rejected)) => format!("rejected {}", rejected.code),
        Err(Error::Failed(failed)) => format!("failed {}", failed.message),
    };
    for input in made.values() {
        assert_eq!(shown(eval(&before, &input)), shown(eval(&after, &input)), "{}\n{text}", made.text);
    }
}
