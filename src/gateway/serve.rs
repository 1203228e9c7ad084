//! The process: start, listeners, reloads, signals, and an end that finishes what was begun.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::admin::Admin;
use super::history::{self, Again, Begun, History};
use super::keeping::open_store;
use super::reload::{Certificate, Read, Reader, Reloader, Report, report_of};
use super::signals::{Signals, reload_on_hangup};
use super::watching::Watching;
use super::{Connected, Fresh, Gateway, Watch};
use crate::clock::{BoxFuture, SystemClock};
use crate::event::{HttpPost, Outbox, Post};
use crate::http::{self, Fault, Handle, ListenOptions, Request, Response, Service, Workers};
use crate::plan::{self, Checked, Plan, Secrets, Settings, StoreSettings};
use crate::store;
use crate::system::{Live, Surroundings, System, Transport};
use crate::telemetry::Metrics;

/// Gives what carries requests to a system, by what stands around it: HTTP, or the simulator.
pub type Carrier =
    Arc<dyn Fn(&Arc<System>, &Surroundings) -> Result<Arc<dyn Transport>, String> + Send + Sync>;

/// How to serve a project.
#[derive(Clone)]
pub struct Options {
    /// The project's folder: watched, and where its secrets are unless it says otherwise.
    pub project: PathBuf,
    /// Reads and checks the project.
    pub check: Arc<dyn Fn() -> Checked + Send + Sync>,
    pub carrier: Carrier,
    /// Whether secrets that are missing get a stand-in: for `dev`, where stubs ask for none.
    pub stand_ins: bool,
    /// Whether changed files are reloaded.
    pub watch: bool,
    /// Threads that serve callers; one for each core unless said.
    pub threads: Option<usize>,
    /// Instead of `listen: public`.
    pub public: Option<String>,
    /// Instead of `listen: admin`.
    pub admin: Option<String>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("project", &self.project).finish_non_exhaustive()
    }
}

/// What runs, once it does.
#[derive(Debug)]
pub struct Started {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub gateway: Arc<Gateway>,
    pub reloader: Arc<Reloader>,
}

/// Why a gateway did not start.
#[derive(Debug)]
pub enum ServeError {
    /// The project is refused, or something it needs is missing: all of it.
    Refused(Box<Report>),
    /// An address cannot be had, a certificate cannot be read: in words.
    Start(String),
}

/// Serves until SIGTERM or SIGINT, then drains. `started` is called once callers can come.
/// Systems need not be up.
pub fn serve(options: &Options, started: impl FnOnce(&Started)) -> Result<(), ServeError> {
    let clock = SystemClock::shared();
    let metrics = Metrics::shared();
    let live = Live::new(Arc::clone(&clock), Arc::new(Watch::new(Arc::clone(&metrics))));
    let (again, reader) = (again(options, &live), reader(options, live));
    let mut first = reader();
    let mut report = report_of(&first, 1);
    let refused = |reasons, report: Report| ServeError::Refused(Box::new(Report { reasons, ..report }));
    let asked = std::mem::replace(&mut first.fresh, Err(Vec::new()));
    let broken = asked.as_ref().err().cloned();
    let settings = match &asked {
        Ok(fresh) => fresh.plan.settings.store.clone(),
        Err(_) => {
            kept_store(options).ok_or_else(|| refused(broken.clone().unwrap_or_default(), report.clone()))?
        }
    };
    let writer = open_store(options, &settings)?;
    let begun = match options.stand_ins {
        true => asked.map(|fresh| Begun { fresh, kept: None }),
        false => history::start(&**writer.store(), asked, &report.digest, &again),
    };
    let Begun { fresh, kept } = begun.map_err(|reasons| refused(reasons, report.clone()))?;
    let history = History::new(writer.clone(), again, &report.digest, kept.is_some());
    let gateway =
        Gateway::over(writer, fresh, clock, metrics).map_err(|reasons| refused(reasons, report.clone()))?;
    report.applied = kept.is_none();
    report.reasons = broken.clone().unwrap_or_default();
    let reloader = Arc::new(Reloader::new(Arc::clone(&gateway), reader, report));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("control")
        .enable_all()
        .build()
        .map_err(|error| ServeError::Start(format!("the control threads cannot start: {error}")))?;
    let ended = runtime.block_on(async {
        if !options.stand_ins {
            history.started(&gateway, kept.as_ref(), broken.is_some()).await;
            reloader.remembers(history);
        }
        run(options, gateway, reloader, started).await
    });
    runtime.shutdown_timeout(Duration::from_millis(500));
    ended
}

async fn run(
    options: &Options,
    gateway: Arc<Gateway>,
    reloader: Arc<Reloader>,
    started: impl FnOnce(&Started),
) -> Result<(), ServeError> {
    let settings = gateway.generation().plan.settings.clone();
    gateway.engine().runs_on(tokio::runtime::Handle::current());
    gateway.engine().watch_over();
    let mut signals =
        Signals::new().map_err(|error| ServeError::Start(format!("signals cannot be caught: {error}")))?;
    let public = listen_public(options, &settings, &gateway, &reloader)?;
    let admin = listen_admin(&settings, &gateway, &reloader)?;
    let _ = gateway.listening.set((public.address(), admin.address()));
    let background = [
        tokio::spawn(reload_on_hangup(Arc::clone(&reloader))),
        tokio::spawn(watch(watching(options, &gateway), Arc::clone(&reloader))),
        tokio::spawn(housekeeping(Arc::clone(&gateway))),
        tokio::spawn(rotation(Arc::clone(&gateway))),
    ];
    tracing::info!(target: "crossdock::serve", gateway = &*settings.name, public = %public.address(), admin = %admin.address(),
        digest = &*gateway.generation().plan.digest, "serving");
    started(&Started {
        public: public.address(),
        admin: admin.address(),
        gateway: Arc::clone(&gateway),
        reloader,
    });
    signals.end().await;
    gateway.drain();
    let limit = gateway.generation().plan.settings.bounds.drain;
    tracing::info!(target: "crossdock::serve", in_flight = gateway.in_flight(), "draining");
    tokio::select! {
        drained = public.drain(limit) => tracing::info!(target: "crossdock::serve", cut = drained.cut, "drained"),
        () = signals.end() => tracing::warn!(target: "crossdock::serve", "told to end a second time; not waiting"),
    }
    gateway.engine().drain(limit).await;
    background.iter().for_each(tokio::task::JoinHandle::abort);
    admin.drain(Duration::from_millis(200)).await;
    Ok(())
}

fn listen_public(
    options: &Options,
    settings: &Settings,
    gateway: &Arc<Gateway>,
    reloader: &Reloader,
) -> Result<Handle, ServeError> {
    let address = address(&settings.public, "listen: public")?;
    let certificate = certificate(options, settings)?;
    let tls = certificate.as_ref().map(|certificate| certificate.tls.clone());
    reloader.keeps(certificate);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let listening = ListenOptions {
        workers: Workers::Threads(options.threads.unwrap_or(cores)),
        tls,
        header_size: settings.bounds.header_size as usize,
        header_time: settings.bounds.header_time,
        write_time: settings.bounds.write_time,
        connections: settings.bounds.connections as usize,
        per_address: settings.per_ip.connections.map(|count| count as usize),
        proxies: Arc::clone(&settings.proxies.networks),
        ..ListenOptions::new(address)
    };
    http::listen(listening, Arc::new(Callers(Arc::clone(gateway))))
        .map_err(|error| cannot_listen(address, &error))
}

fn listen_admin(
    settings: &Settings,
    gateway: &Arc<Gateway>,
    reloader: &Arc<Reloader>,
) -> Result<Handle, ServeError> {
    let address = address(&settings.admin, "listen: admin")?;
    let admin = Admin::new(Arc::clone(gateway), Arc::clone(reloader));
    let listening = ListenOptions { connections: 256, ..ListenOptions::new(address) };
    http::listen(listening, Arc::new(Operators(Arc::new(admin))))
        .map_err(|error| cannot_listen(address, &error))
}

fn address(text: &str, what: &str) -> Result<SocketAddr, ServeError> {
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| {
        ServeError::Start(format!("`{what}` is `{text}`: write a host and a port, such as `127.0.0.1:8080`"))
    })
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> ServeError {
    ServeError::Start(format!(
        "cannot listen on `{address}`: {error}; `--public` and `--admin` choose other addresses"
    ))
}

/// The certificate that the project declares; read again at every reload.
fn certificate(options: &Options, settings: &Settings) -> Result<Option<Certificate>, ServeError> {
    let Some(files) = &settings.tls else { return Ok(None) };
    let read = Certificate::read(&options.project, files);
    read.map(Some).map_err(|error| ServeError::Start(error.to_string()))
}

/// Reads the project, its secrets and connects its systems.
fn reader(options: &Options, live: Arc<Live>) -> Reader {
    let options = options.clone();
    Arc::new(move || {
        let checked = (options.check)();
        let digest = checked.project.digest.as_str().into();
        let fresh = match checked.plan {
            Some(plan) => fresh(&options, placed(plan, &options), &live),
            None => Err(vec!["the project has errors".to_owned()]),
        };
        Read { digest, fresh, findings: checked.diagnostics, sources: checked.project.sources }
    })
}

/// Makes a generation of kept files, as it was when they served.
fn again(options: &Options, live: &Arc<Live>) -> Again {
    let (options, live) = (options.clone(), Arc::clone(live));
    Arc::new(move |files, digest: Arc<str>| {
        let checked = plan::check_kept(files);
        let fresh = match checked.plan {
            Some(plan) => {
                let plan = Plan { digest: Arc::clone(&digest), ..plan };
                fresh(&options, placed(plan, &options), &live)
            }
            None => Err(vec!["this version does not take it any more".to_owned()]),
        };
        Read { digest, fresh, findings: checked.diagnostics, sources: checked.project.sources }
    })
}

/// Where a broken project's store is, if it has one that a kept generation may be in.
fn kept_store(options: &Options) -> Option<StoreSettings> {
    let settings = plan::store_settings(&(options.check)().project);
    let there = options.project.join(&settings.dir).join(store::FILE).exists();
    (there && !options.stand_ins).then_some(settings)
}

/// A plan that listens where the options say: what the file says then changes nothing, and asks for nothing.
fn placed(mut plan: Plan, options: &Options) -> Plan {
    let settings = &mut plan.settings;
    for (place, chosen) in [(&mut settings.public, &options.public), (&mut settings.admin, &options.admin)] {
        if let Some(chosen) = chosen {
            *place = chosen.as_str().into();
        }
    }
    plan
}

/// What a plan needs to serve; the error has a sentence for everything that is missing, all at once.
fn fresh(options: &Options, plan: Plan, live: &Arc<Live>) -> Result<Fresh, Vec<String>> {
    let dir = options.project.join(&plan.secrets_dir);
    let (secrets, mut missing) = match Secrets::read(&dir, &plan.secrets) {
        Ok(secrets) => (secrets, Vec::new()),
        Err(_) if options.stand_ins => (Secrets::stand_ins(&dir, &plan), Vec::new()),
        Err(missing) => (Secrets::default(), missing),
    };
    let unset = plan
        .variables
        .iter()
        .map(|(name, place)| format!("the variable `{name}` has no value; `{place}` needs it"));
    missing.extend(unset);
    if !missing.is_empty() {
        return Err(missing);
    }
    let around = Surroundings {
        project: options.project.clone(),
        egress: Arc::clone(&plan.settings.egress),
        vault: Some(Arc::new(secrets.clone())),
    };
    let carrier = |system: &Arc<System>| (options.carrier)(system, &around);
    let systems = Connected::new(Arc::clone(live), &plan, &carrier, &secrets)?;
    // Where systems are stubs, nobody outside is told either.
    let post: Arc<dyn Post> = match options.stand_ins {
        true => Arc::new(Outbox::default()),
        false => Arc::new(HttpPost::new(Arc::clone(&plan.settings.egress))),
    };
    let root = options.project.clone();
    Ok(Fresh {
        plan: Arc::new(plan),
        secrets,
        systems: Arc::new(systems),
        post,
        root,
        keys_only: options.stand_ins,
    })
}

/// Watches the folders whose files make a generation: the project's, and its secrets' and the listener's
/// certificates when they lie elsewhere. `None` when nobody wants it.
fn watching(options: &Options, gateway: &Gateway) -> Option<Watching> {
    let plan = &gateway.generation().plan;
    let secrets = options.project.join(&plan.secrets_dir);
    let inside = secrets.starts_with(&options.project);
    let dirs = [Some(options.project.clone()), (!inside).then_some(secrets)];
    let tls = plan.settings.tls.iter();
    let files =
        tls.flat_map(|tls| [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()]).flatten();
    let files = files.map(|file| options.project.join(&**file));
    let outside = files.filter(|file| !file.starts_with(&options.project));
    let store = options.project.join(&plan.settings.store.dir);
    options.watch.then(|| Watching::new(dirs.into_iter().flatten().chain(outside).collect(), &store))
}

async fn watch(watching: Option<Watching>, reloader: Arc<Reloader>) {
    let Some(mut watching) = watching else { return };
    loop {
        watching.changed().await;
        reloader.reload(super::reload::FILES_CHANGED).await;
    }
}

/// Forgets now and then what no caller needs any more.
async fn housekeeping(gateway: Arc<Gateway>) {
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let gateway = Arc::clone(&gateway);
        let _ = tokio::task::spawn_blocking(move || gateway.sweep()).await;
    }
}

/// Notices secrets that change, whether or not files are watched.
async fn rotation(gateway: Arc<Gateway>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let secrets = gateway.generation().secrets.clone();
        let _ = tokio::task::spawn_blocking(move || secrets.refresh()).await;
    }
}

/// The public listener's side of a gateway.
#[derive(Debug)]
struct Callers(Arc<Gateway>);

impl Service for Callers {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        let gateway = Arc::clone(&self.0);
        Box::pin(async move { gateway.answer(request).await })
    }

    fn fault(&self, fault: Fault) -> Response {
        self.0.fault(fault)
    }
}

/// The operators' listener's side.
#[derive(Debug)]
struct Operators(Arc<Admin>);

impl Service for Operators {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        let admin = Arc::clone(&self.0);
        Box::pin(async move { admin.answer(request).await })
    }
}
