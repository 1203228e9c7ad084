//! The command line: one thin file per command. Alone prints and exits.

mod asyncapi;
mod check;
mod dev;
mod explain;
mod fmt;
mod init;
mod key;
mod map;
mod operate;
mod output;
mod project;
mod schema;
mod serve;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Crossdock: the integration gateway for logistics.
///
/// A gateway project is a folder of text files: routes (what portals call), systems (the ERP, the
/// dispatch system), flows (what happens), mappings (how data is reshaped). Crossdock checks the folder
/// and runs it.
#[derive(Debug, Parser)]
#[command(name = "crossdock", version, max_term_width = 100, after_help = AFTER)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "Try:
  crossdock init my-project         writes a small working project
  crossdock check my-project        finds every mistake before anything runs
  crossdock test my-project         runs its tests, offline
  crossdock dev my-project          runs it with stand-ins for its systems
  crossdock serve my-project        runs it
  crossdock case list               shows what waits for people
  crossdock trace BK-1001           tells the story of a booking
  crossdock check --explain unknown-field

Exit codes: 0 all is well, 1 there are findings, 2 the command could not run.";

/// Every command, in the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Options),
    Check(check::Options),
    Test(test::Options),
    Dev(dev::Options),
    Serve(serve::Options),
    Map(map::Options),
    Fmt(fmt::Options),
    Explain(explain::Options),
    Schema(schema::Options),
    Asyncapi(asyncapi::Options),
    Key(key::Options),
    Case(Box<operate::case::Options>),
    Trace(operate::trace::Options),
    Events(operate::events::Options),
    System(operate::system::Options),
    Audit(operate::audit::Options),
    Store(operate::store::Options),
    Config(operate::config::Options),
    Secrets(operate::secrets::Options),
}

/// Reads and checks a project with its stubs and its tests: what `crossdock check` reports.
pub fn check(dir: &std::path::Path, environment: &crate::config::Environment) -> crate::plan::Checked {
    project::check(dir, environment).checked
}

/// Runs one command line and gives the exit code: 0 clean, 1 findings, 2 could not run.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => {
            // To a closed pipe there is nothing left to say.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { output::COULD_NOT_RUN } else { output::CLEAN });
        }
    };
    let code = match line.command {
        Command::Init(options) => init::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Dev(options) => dev::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Fmt(options) => fmt::run(&options),
        Command::Map(options) => map::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Schema(options) => schema::run(&options),
        Command::Asyncapi(options) => asyncapi::run(&options),
        Command::Key(options) => key::run(&options),
        Command::Case(options) => operate::case::run(&options),
        Command::Trace(options) => operate::trace::run(&options),
        Command::Events(options) => operate::events::run(&options),
        Command::System(options) => operate::system::run(&options),
        Command::Audit(options) => operate::audit::run(&options),
        Command::Store(options) => operate::store::run(&options),
        Command::Config(options) => operate::config::run(&options),
        Command::Secrets(options) => operate::secrets::run(&options),
    };
    ExitCode::from(output::unwritten().unwrap_or(code))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Words as a shell makes them: single quotes hold them together.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut quoted) = (vec![String::new()], false);
        for sign in line.trim().chars() {
            match sign {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                other => words.last_mut().expect("a word").push(other),
            }
        }
        words
    }

    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let own = help.lines().filter(|line| line.starts_with("  crossdock ")).map(str::to_owned);
        own.chain(command.get_subcommands().flat_map(examples)).collect()
    }

    #[test]
    fn examples_of_operators_are_commands() {
        let page = include_str!("../../docs/operations.md");
        let shown = page.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned);
        let names = ["case", "trace", "events", "system", "audit", "store", "config", "secrets"];
        let line = CommandLine::command();
        let helps = names.iter().flat_map(|name| examples(line.find_subcommand(name).expect("a command")));
        let all: Vec<String> = shown.chain(helps).collect();
        assert!(all.len() > 20, "{all:?}");
        for line in all {
            if let Err(error) = CommandLine::try_parse_from(words(&line)) {
                panic!("`{line}`: {error}");
            }
        }
    }
}
