//! `crossdock test DIR`: plays the project's tests, offline, on a virtual clock.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::output::{self, Colour};
use super::project::{self, Whole};
use crate::codec;
use crate::config::Environment;
use crate::testing::{self, Coverage, Ended, Generated, Watcher};
use crate::value::Value;

/// Run a project's tests, offline
///
/// Each test in `tests/*.yaml` sends requests through the same code that serves, with stubs in place of the
/// systems and a clock that jumps, so that a minute's timeout takes no time. Nothing listens, nothing is called.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock test my-project
  crossdock test my-project --only credit
  crossdock test my-project --junit results.xml
  crossdock test my-project --coverage
  crossdock test my-project --min-coverage 80
  crossdock test my-project --generate 1000 --seed 7

Exit codes: 0 every test passed, 1 the project has errors, a test failed or too little is covered, 2 could not run.")]
pub(super) struct Options {
    /// The project: the folder that holds `gateway.yaml`
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Only tests whose name or file contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Write the results as JUnit XML too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Show what the tests cover of the mappings and tables, and what they do not
    #[arg(long)]
    coverage: bool,
    /// Fail when less of the mappings is covered: a number of percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Try every mapping on so many inputs made up from its schemas too
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    generate: Option<u32>,
    /// What is made up depends on this number and nothing else
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "generate")]
    seed: u64,
    /// How to print the results: for people, for scripts
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto")]
    color: Colour,
}

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    if let Err(why) = output::folder(&options.dir) {
        return output::could_not(why);
    }
    let Whole { checked, stubs, suite } = project::check(&options.dir, &Environment::of_process());
    let Some(mut plan) = checked.plan else {
        output::say_findings(&checked.diagnostics, &checked.project.sources, options.color);
        return output::FINDINGS;
    };
    let keys = plan.add_stand_in_keys();
    let plan = Arc::new(plan);
    let measured = options.coverage || options.min_coverage.is_some();
    let watcher = measured.then(|| Watcher::of(&plan));
    let ended = suite.run(&plan, &stubs, &keys, &options.only);
    // What is generated asserts little: it does not count as covered.
    let coverage = watcher.map(|watcher| Coverage::of(&plan, &checked.project.sources, &watcher));
    let generated =
        options.generate.map(|count| testing::generate(&plan, &options.only, count, options.seed));
    if ended.is_empty() && generated.as_ref().is_none_or(Vec::is_empty) {
        return output::could_not(match (options.only.as_str(), &generated) {
            ("", None) => "there are no tests: write some in `tests/*.yaml`".to_owned(),
            ("", Some(_)) => "there are no tests and no mappings".to_owned(),
            (only, _) => format!("no test's name or file contains `{only}`"),
        });
    }
    Results { ended, coverage, generated }.told(options)
}

/// How everything went.
struct Results {
    ended: Vec<Ended>,
    coverage: Option<Coverage>,
    generated: Option<Vec<Generated>>,
}

impl Results {
    fn told(&self, options: &Options) -> u8 {
        match options.format {
            Form::Text => output::say(&self.text(options)),
            Form::Json => output::say_json(&self.json()),
        }
        if let Some(file) = &options.junit
            && let Err(error) = std::fs::write(file, testing::junit(&self.ended))
        {
            return output::could_not(format!("`{}` cannot be written: {error}", file.display()));
        }
        let passed = self.ended.iter().all(|story| story.failures.is_empty());
        let held = self.generated.iter().flatten().all(Generated::held);
        if passed && held & self.enough(options) { output::CLEAN } else { output::FINDINGS }
    }

    fn text(&self, options: &Options) -> String {
        let mut parts = Vec::new();
        if !self.ended.is_empty() {
            parts.push(testing::text(&self.ended, options.color.wanted()));
        }
        parts.extend(self.coverage.as_ref().filter(|_| options.coverage).map(Coverage::text));
        parts.extend(self.generated.as_ref().map(|all| testing::generated_text(all, options.seed)));
        parts.join("\n")
    }

    fn json(&self) -> String {
        let tests = (Arc::from("tests"), testing::value(&self.ended));
        let coverage = self.coverage.as_ref().map(|coverage| (Arc::from("coverage"), coverage.value()));
        let generated =
            self.generated.as_ref().map(|all| (Arc::from("generated"), testing::generated_value(all)));
        let all: Value = [tests].into_iter().chain(coverage).chain(generated).collect();
        String::from_utf8_lossy(&codec::json::encode_pretty(&all)).into_owned() + "\n"
    }

    /// Whether as much is covered as was asked for; says so when not.
    fn enough(&self, options: &Options) -> bool {
        let (Some(least), Some(coverage)) = (options.min_coverage, &self.coverage) else { return true };
        let share = coverage.share();
        let enough = share.per_mille() >= usize::from(least) * 10;
        if !enough {
            let covered = testing::percent_text(share);
            let more = if options.coverage { "" } else { "; `--coverage` shows what is missing" };
            output::complain(&format!("{covered} of the mappings is covered, less than {least} %{more}\n"));
        }
        enough
    }
}
