//! `crossdock dev DIR`: the project with stand-ins for its systems, for trying things out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use super::output;
use super::project::{self, Whole};
use super::serve::{self, Place};
use crate::clock::SystemClock;
use crate::config::Environment;
use crate::gateway::{self, Started};
use crate::plan::{Checked, Plan};
use crate::simulator::Simulator;
use crate::system::{Surroundings, System, Transport};
use crate::testing::{Exchange, Happens, Suite};

/// So many requests are proposed.
const PROPOSED: usize = 8;

/// Serve a project with stand-ins for its systems
///
/// Stubs from `stubs/*.yaml` answer for the ERP, dispatch and every other system, and remember what they were
/// told. Files are watched: save one and see the change, break one and see where. Only this machine can call,
/// and each client has a key, `dev-` and its name.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock dev examples/logistics
  crossdock dev my-project --public 127.0.0.1:8090")]
pub(super) struct Options {
    /// The project: the folder that holds `gateway.yaml`
    #[arg(default_value = ".")]
    dir: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// What the generations share: stubs keep their memory when a file changes.
#[derive(Default)]
struct Stage {
    simulator: Option<Arc<Simulator>>,
    proposals: Vec<Proposal>,
}

/// A request worth trying: one that a test of the project expects to succeed.
struct Proposal {
    words: String,
    method: String,
    path: String,
    header: Option<(Arc<str>, String)>,
    body: Option<String>,
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
    let stage = Arc::new(Mutex::new(Stage::default()));
    let serving = match serving(options, &stage) {
        Ok(serving) => serving,
        Err(why) => return output::could_not(why),
    };
    let ended = gateway::serve(&serving, |started| output::say(&welcome(started, &stage)));
    drop(log);
    match ended {
        Ok(()) => output::CLEAN,
        Err(error) => serve::not_started(&error),
    }
}

fn serving(options: &Options, stage: &Arc<Mutex<Stage>>) -> Result<gateway::Options, String> {
    let (dir, checking, carrying) = (options.dir.clone(), Arc::clone(stage), Arc::clone(stage));
    let first = project::check(&options.dir, &Environment::of_process()).checked;
    let settings =
        first.plan.as_ref().map(|plan| (plan.settings.public.clone(), plan.settings.admin.clone()));
    let (public, admin) = settings.unzip();
    Ok(gateway::Options {
        project: options.dir.clone(),
        check: Arc::new(move || check(&dir, &checking)),
        carrier: Arc::new(move |_: &Arc<System>, _: &Surroundings| match &lock(&carrying).simulator {
            Some(simulator) => Ok(Arc::clone(simulator) as Arc<dyn Transport>),
            None => Err("the stubs are not ready".to_owned()),
        }),
        stand_ins: true,
        watch: true,
        threads: options.place.threads.or(Some(1)),
        public: Some(loopback(options.place.public.as_deref().or(public.as_deref()), 8080)?),
        admin: Some(loopback(options.place.admin.as_deref().or(admin.as_deref()), 9090)?),
    })
}

/// The address, on this machine only: the keys of `dev` are no secrets.
fn loopback(address: Option<&str>, otherwise: u16) -> Result<String, String> {
    let port = match address.and_then(|address| address.rsplit_once(':')) {
        Some((_, port)) => port.parse().map_err(|_| format!("`{port}` is no port"))?,
        None => otherwise,
    };
    Ok(format!("127.0.0.1:{port}"))
}

fn lock(stage: &Mutex<Stage>) -> std::sync::MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the project anew; the stubs of the new generation remember what those of the last did.
fn check(dir: &std::path::Path, stage: &Mutex<Stage>) -> Checked {
    let Whole { mut checked, stubs, suite } = project::check(dir, &Environment::of_process());
    if let Some(plan) = &mut checked.plan {
        let keys = plan.add_stand_in_keys();
        let mut stage = lock(stage);
        let tables = Arc::clone(&plan.tables);
        stage.proposals = proposals(&suite, plan, &keys);
        stage.simulator = Some(match &stage.simulator {
            Some(old) => Simulator::renew(old, stubs, tables),
            None => Simulator::new(stubs, tables, SystemClock::shared()),
        });
    }
    checked
}

/// The first exchange of each story that is expected to succeed, a route at most once; what takes something away
/// comes last, so that the lines can be pasted from the top.
fn proposals(suite: &Suite, plan: &Plan, keys: &BTreeMap<Arc<str>, String>) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    for story in &suite.stories {
        for step in story.steps.iter().filter(|_| story.answers.is_empty()) {
            let Happens::Asked(exchange) = &step.happens else { continue };
            let succeeds = step.expect.status.is_some_and(|status| (200..300).contains(&status));
            let key = |proposal: &Proposal| {
                proposal.method == exchange.method.as_str() && proposal.path == exchange.uri.path()
            };
            if !succeeds || proposals.len() == PROPOSED || proposals.iter().any(key) {
                continue;
            }
            proposals.push(Proposal::of(&story.name, exchange, plan, keys));
        }
    }
    proposals.sort_by_key(|proposal| proposal.method == "DELETE");
    proposals
}

impl Proposal {
    fn of(words: &str, exchange: &Exchange, plan: &Plan, keys: &BTreeMap<Arc<str>, String>) -> Proposal {
        let named = plan
            .routes
            .iter()
            .filter(|route| route.auth.knows_clients())
            .find_map(|route| route.auth.key_header())
            .map(|name| name.as_str().into());
        let key = exchange.client.as_ref().and_then(|client| keys.get(client));
        Proposal {
            words: words.to_owned(),
            method: exchange.method.to_string(),
            path: exchange.uri.to_string(),
            header: named.zip(key.cloned()),
            body: exchange.body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned()),
        }
    }

    /// The request as a line for a shell.
    fn curl(&self, address: &str) -> String {
        let mut line = String::from("curl -s");
        if !matches!((self.method.as_str(), &self.body), ("GET", None) | ("POST", Some(_))) {
            let _ = write!(line, " -X {}", self.method);
        }
        let _ = write!(line, " http://{address}{}", self.path);
        if let Some((header, key)) = &self.header {
            let _ = write!(line, " -H {}", quoted(&format!("{header}: {key}")));
        }
        if let Some(body) = &self.body {
            let _ = write!(line, " -H 'content-type: application/json' -d {}", quoted(body));
        }
        line
    }
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn welcome(started: &Started, stage: &Mutex<Stage>) -> String {
    let address = started.public.to_string();
    let mut out = format!(
        "serving http://{address} with stand-ins for every system; operators: http://{}\n",
        started.admin
    );
    for proposal in &lock(stage).proposals {
        let Proposal { words, method, path, .. } = proposal;
        let _ = write!(out, "\n# {method} {path}: {words}\n{}\n", proposal.curl(&address));
    }
    out.push_str("\nEdit a file and ask again: the change is live once it checks. Ctrl-C ends.\n");
    out
}
