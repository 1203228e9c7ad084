//! `crossdock serve DIR`: the gateway, until it is told to end.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::output;
use crate::config::Environment;
use crate::gateway::{self, Carrier, ServeError, Started};
use crate::plan;
use crate::system::{HttpTransport, Surroundings, System, Transport};
use crate::telemetry::{self, LogFormat, LogGuard};

/// Serve a project
///
/// Listens for callers and for operators, reloads when files change, on SIGHUP and on `POST /reload`, and
/// ends on SIGTERM once the requests in flight are answered. A project with errors never takes effect: at
/// the start it is refused, later the last good one serves on. Systems need not be up.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock serve my-project
  crossdock serve my-project --public 0.0.0.0:8080 --log json

Secrets are read from files in the project's folder `secrets/`, or where `secrets: { dir: … }` says.
CROSSDOCK_LOG filters the log: CROSSDOCK_LOG=debug, CROSSDOCK_LOG=warn,crossdock::reload=info")]
pub(super) struct Options {
    /// The project: the folder that holds `gateway.yaml`
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub place: Place,
    /// Do not reload when files change
    #[arg(long)]
    no_watch: bool,
}

/// Where and how a gateway runs: what `serve` and `dev` share.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Listen here for callers, instead of `listen: { public: … }`
    #[arg(long, value_name = "ADDRESS")]
    pub public: Option<String>,
    /// Listen here for operators, instead of `listen: { admin: … }`
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<String>,
    /// Threads that serve callers; one for each core unless said
    #[arg(long)]
    pub threads: Option<usize>,
    /// How log lines look: for people on a terminal, JSON elsewhere unless said
    #[arg(long, value_enum)]
    pub log: Option<Log>,
}

/// Forms of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Log {
    Human,
    Json,
}

impl Place {
    /// Starts the log.
    pub fn start_log(&self) -> Result<LogGuard, String> {
        let format = match self.log {
            Some(Log::Human) => LogFormat::Human,
            Some(Log::Json) => LogFormat::Json,
            None if std::io::stderr().is_terminal() => LogFormat::Human,
            None => LogFormat::Json,
        };
        telemetry::init(format, None)
    }
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    if let Err(why) = output::folder(&options.dir) {
        return output::could_not(why);
    }
    let log = match options.place.start_log() {
        Ok(log) => log,
        Err(why) => return output::could_not(why),
    };
    let dir = options.dir.clone();
    let serving = gateway::Options {
        project: options.dir.clone(),
        check: Arc::new(move || plan::check(&dir, &Environment::of_process())),
        carrier: over_http(),
        stand_ins: false,
        watch: !options.no_watch,
        threads: options.place.threads,
        public: options.place.public.clone(),
        admin: options.place.admin.clone(),
    };
    let ended = gateway::serve(&serving, started);
    drop(log);
    match ended {
        Ok(()) => output::CLEAN,
        Err(error) => not_started(&error),
    }
}

/// Carries requests to systems over HTTP.
fn over_http() -> Carrier {
    Arc::new(|system: &Arc<System>, around: &Surroundings| {
        HttpTransport::new(system, around).map(|transport| Arc::new(transport) as Arc<dyn Transport>)
    })
}

fn started(started: &Started) {
    let secure = started.gateway.generation().plan.settings.tls.is_some();
    let scheme = if secure { "https" } else { "http" };
    output::say(&format!(
        "serving callers on {scheme}://{}, operators on http://{}\n",
        started.public, started.admin
    ));
}

/// Prints why a gateway did not start; all of it.
pub(super) fn not_started(error: &ServeError) -> u8 {
    match error {
        ServeError::Start(why) => output::could_not(why),
        ServeError::Refused(report) => {
            output::say(&report.text);
            for reason in &report.reasons {
                output::could_not(reason);
            }
            if report.text.is_empty() { output::COULD_NOT_RUN } else { output::FINDINGS }
        }
    }
}
