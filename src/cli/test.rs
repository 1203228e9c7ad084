//! `crossdock test DIR`: plays the project's tests, offline, on a virtual clock.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::output::{self, Colour};
use super::project::{self, Whole};
use crate::config::Environment;
use crate::testing::{self, Ended};

/// Run a project's tests, offline
///
/// Each test in `tests/*.yaml` sends requests through the same code that serves, with stubs in place of the
/// systems and a clock that jumps, so that a minute's timeout takes no time. Nothing listens, nothing is called.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock test my-project
  crossdock test my-project --only credit
  crossdock test my-project --junit results.xml

Exit codes: 0 every test passed, 1 the project has errors or a test failed, 2 could not run.")]
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
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto")]
    color: Colour,
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
    let ended = suite.run(&Arc::new(plan), &stubs, &keys, &options.only);
    if ended.is_empty() {
        return output::could_not(match options.only.as_str() {
            "" => "there are no tests: write some in `tests/*.yaml`".to_owned(),
            only => format!("no test's name or file contains `{only}`"),
        });
    }
    told(options, &ended)
}

fn told(options: &Options, ended: &[Ended]) -> u8 {
    output::say(&testing::text(ended, options.color.wanted()));
    if let Some(file) = &options.junit
        && let Err(error) = std::fs::write(file, testing::junit(ended))
    {
        return output::could_not(format!("`{}` cannot be written: {error}", file.display()));
    }
    let passed = ended.iter().all(|story| story.failures.is_empty());
    if passed { output::CLEAN } else { output::FINDINGS }
}
