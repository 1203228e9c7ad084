//! A reload: read the project off the path, then swap one pointer, or keep what serves.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use serde_json::{Value as Json, json};

use super::history::History;
use super::{Fresh, Gateway};
use crate::diagnostic::{Diagnostic, Severity, Sources, render};
use crate::http::{ServerTls, TlsError};
use crate::plan::{Settings, TlsFiles};
use crate::system::OperationName;

/// What reading the project gave: something to serve, or why not.
#[derive(Debug)]
pub struct Read {
    /// The project's digest, also when it is refused.
    pub digest: Arc<str>,
    /// `Err`: findings refuse it, or something it needs is missing (a sentence each).
    pub fresh: Result<Fresh, Vec<String>>,
    pub findings: Vec<Diagnostic>,
    /// The texts that findings point into.
    pub sources: Sources,
}

/// Reads the project from the start; may take long, so it never runs on a thread that serves.
pub type Reader = Arc<dyn Fn() -> Read + Send + Sync>;

/// How a reload ended, for the log, `GET /config` and who asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Whether the project as it now is serves.
    pub applied: bool,
    /// The generation that serves.
    pub generation: u64,
    pub digest: Arc<str>,
    /// Why it was refused, beyond findings.
    pub reasons: Vec<String>,
    /// Settings that changed but take effect at the next start.
    pub restart: Vec<String>,
    /// Findings as `check --format json` gives them.
    pub findings: Json,
    /// Errors as `check` prints them, and how many warnings there are besides; without errors, the warnings.
    pub text: String,
    /// When it ended.
    pub at: SystemTime,
}

impl Report {
    /// As `GET /config` and `POST /reload` show it.
    pub fn json(&self) -> Json {
        json!({
            "applied": self.applied,
            "generation": self.generation,
            "digest": &*self.digest,
            "reasons": self.reasons,
            "restart_needed": self.restart,
            "findings": self.findings,
            "at": httpdate::fmt_http_date(self.at),
        })
    }
}

/// The public listener's certificate and where it comes from.
#[derive(Debug)]
pub struct Certificate {
    pub tls: ServerTls,
    pub chain: PathBuf,
    pub key: PathBuf,
    pub client_ca: Option<PathBuf>,
}

impl Certificate {
    /// Reads the files that a project names, relative to its folder.
    ///
    /// # Errors
    /// Those of the files.
    pub fn read(project: &Path, files: &TlsFiles) -> Result<Certificate, TlsError> {
        let path = |name: &Arc<str>| project.join(&**name);
        let (chain, key, client_ca) =
            (path(&files.certificate), path(&files.key), files.client_ca.as_ref().map(path));
        let tls = ServerTls::load(&chain, &key, client_ca.as_deref())?;
        Ok(Certificate { tls, chain, key, client_ca })
    }

    fn again(&self) -> Result<ServerTls, TlsError> {
        ServerTls::load(&self.chain, &self.key, self.client_ca.as_deref())
    }
}

/// Reloads one gateway, one reload at a time.
pub struct Reloader {
    gateway: Arc<Gateway>,
    reader: Reader,
    /// What was in force at the start: what it says about listeners cannot change.
    started: Settings,
    one: tokio::sync::Mutex<()>,
    last: Mutex<Arc<Report>>,
    certificate: Mutex<Option<Certificate>>,
    history: OnceLock<History>,
}

impl std::fmt::Debug for Reloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloader").finish_non_exhaustive()
    }
}

/// Why a project is read again when nobody asked for it.
pub const FILES_CHANGED: &str = "files changed";

impl Reloader {
    /// A reloader for a gateway that serves what `first` describes.
    pub fn new(gateway: Arc<Gateway>, reader: Reader, first: Report) -> Reloader {
        let started = gateway.generation().plan.settings.clone();
        let last = Mutex::new(Arc::new(first));
        let (one, certificate) = (tokio::sync::Mutex::new(()), Mutex::default());
        Reloader { gateway, reader, started, one, last, certificate, history: OnceLock::new() }
    }

    /// Reads this certificate again with every reload.
    pub fn keeps(&self, certificate: Option<Certificate>) {
        *self.certificate.lock().unwrap_or_else(PoisonError::into_inner) = certificate;
    }

    /// Keeps every generation from now on. Once.
    pub fn remembers(&self, history: History) {
        let _ = self.history.set(history);
    }

    /// What is kept of generations; nothing, unless told to.
    pub fn history(&self) -> Option<&History> {
        self.history.get()
    }

    /// How the last reload ended.
    pub fn last(&self) -> Arc<Report> {
        Arc::clone(&self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the project and, when it is good and not what serves already, serves it. Waits for a
    /// reload that is under way. `why` goes into the log.
    pub async fn reload(&self, why: &str) -> Arc<Report> {
        self.reload_for("gateway", why).await
    }

    /// As [`Reloader::reload`], for somebody whose name goes into the audit trail.
    pub async fn reload_for(&self, who: &str, why: &str) -> Arc<Report> {
        let _one = self.one.lock().await;
        let before = Arc::clone(&self.gateway.generation().plan.digest);
        let reader = Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || reader()).await;
        let report = match read {
            Ok(read) if why == FILES_CHANGED && self.sets_aside(&read.digest) => return self.last(),
            Ok(read) => {
                let read = self.fit_for_work(read).await;
                self.apply(read)
            }
            Err(_) => self.failed_to_read(),
        };
        // Some file that is no part of the project, a log of ours perhaps: a line about it would be the next change.
        let idle = why == FILES_CHANGED && report.applied && report.digest == before;
        if idle {
            tracing::debug!(target: "crossdock::reload", "files changed, and the project says the same");
        } else {
            self.tell(&report, why);
            if let Some(history) = self.history.get() {
                history.reloaded(&self.gateway, &report.digest, report.applied, who, why).await;
            }
        }
        let report = Arc::new(report);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&report);
        report
    }

    /// Refuses a project that takes away what work needs that is not over.
    async fn fit_for_work(&self, read: Read) -> Read {
        let Ok(fresh) = &read.fresh else { return read };
        let systems = &fresh.plan.systems;
        let contract = |name: &OperationName| {
            let operation = systems.get(&name.system)?.operation(&name.operation)?;
            Some(Arc::clone(&operation.contract))
        };
        match self.gateway.engine().unmet(contract).await {
            Ok(unmet) if unmet.is_empty() => read,
            Ok(unmet) => Read { fresh: Err(unmet), ..read },
            Err(error) => Read { fresh: Err(vec![error.to_string()]), ..read },
        }
    }

    /// Serves a generation again that served before, until the project's files change or are loaded again.
    /// `digest` is its digest, or how it begins.
    ///
    /// # Errors
    /// In words, when there is none; then nothing changes.
    pub async fn go_back(&self, digest: &str, who: &str, why: &str) -> Result<Arc<Report>, String> {
        let history = self.history.get().ok_or("generations are not kept")?;
        let _one = self.one.lock().await;
        let read = self.fit_for_work(history.read(digest).await?).await;
        let report = self.apply(read);
        self.tell(&report, &format!("{who} went back: {why}"));
        if !report.applied {
            return Err(report.reasons.first().cloned().unwrap_or_else(|| "it has errors now".to_owned()));
        }
        history.went_back(&self.gateway, who, why).await;
        let report = Arc::new(report);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&report);
        Ok(report)
    }

    fn sets_aside(&self, folder: &str) -> bool {
        self.history.get().is_some_and(|history| history.sets_aside(folder))
    }

    fn apply(&self, read: Read) -> Report {
        let serving = self.gateway.generation();
        let mut report = report_of(&read, serving.number);
        let outcome = read.fresh.and_then(|fresh| {
            report.restart = restart_needed(&self.started, &fresh.plan.settings);
            let renewed = self.read_certificate(&fresh.plan.settings)?;
            Ok((self.gateway.replace(fresh)?, renewed))
        });
        match outcome {
            Ok((generation, renewed)) => {
                (report.applied, report.generation) = (true, generation.number);
                self.renew(renewed);
                self.gateway.metrics.reloaded_at.set(now_seconds());
            }
            Err(reasons) => report.reasons = reasons,
        }
        self.gateway.metrics.reloaded(report.applied);
        report
    }

    /// Reads the certificate again, before anything changes: a project whose certificate is no good is
    /// refused whole. Other files than at the start are for the next start.
    fn read_certificate(&self, now: &Settings) -> Result<Option<ServerTls>, Vec<String>> {
        let certificate = self.certificate.lock().unwrap_or_else(PoisonError::into_inner);
        match certificate.as_ref() {
            Some(certificate) if self.started.tls == now.tls => {
                certificate.again().map(Some).map_err(|error| vec![format!("`listen: tls`: {error}")])
            }
            _ => Ok(None),
        }
    }

    fn renew(&self, read: Option<ServerTls>) {
        let certificate = self.certificate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((certificate, read)) = certificate.as_ref().zip(read) {
            certificate.tls.renew(&read);
        }
    }

    /// The reader broke an invariant of its own: what serves goes on serving.
    fn failed_to_read(&self) -> Report {
        self.gateway.metrics.reloaded(false);
        let serving = self.gateway.generation();
        Report {
            applied: false,
            generation: serving.number,
            digest: Arc::clone(&serving.plan.digest),
            reasons: vec!["reading the project failed inside Crossdock; please report this".to_owned()],
            restart: Vec::new(),
            findings: Json::Array(Vec::new()),
            text: String::new(),
            at: SystemTime::now(),
        }
    }

    fn tell(&self, report: &Report, why: &str) {
        let (generation, digest) = (report.generation, &*report.digest);
        if report.applied {
            tracing::info!(target: "crossdock::reload", why, generation, digest, "the project was reloaded");
        } else {
            tracing::error!(target: "crossdock::reload", why, generation, digest, reasons = report.reasons.join("; "),
                findings = report.text.as_str(), "the project was refused; the last good generation serves on");
        }
        for setting in &report.restart {
            tracing::warn!(target: "crossdock::reload", setting = setting.as_str(), "takes effect at the next start");
        }
    }
}

/// What a reading is, before it is known whether it serves.
pub fn report_of(read: &Read, generation: u64) -> Report {
    let text = told(&read.findings, &read.sources);
    let findings = render::json::render(&read.findings, &read.sources);
    Report {
        applied: false,
        generation,
        digest: Arc::clone(&read.digest),
        reasons: Vec::new(),
        restart: Vec::new(),
        findings: serde_json::from_str(&findings).unwrap_or_default(),
        text,
        at: SystemTime::now(),
    }
}

/// Findings for whoever changed a file: what refuses the project, and not what was there before.
fn told(findings: &[Diagnostic], sources: &Sources) -> String {
    let of = |severity| -> Vec<Diagnostic> {
        findings.iter().filter(|finding| finding.severity() == severity).cloned().collect()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    if errors.is_empty() {
        return render::text::render(&warnings, sources, false);
    }
    let text = render::text::render(&errors, sources, false);
    match warnings.len() {
        0 => text,
        1 => format!("{text}\n1 warning besides; `crossdock check` prints it\n"),
        more => format!("{text}\n{more} warnings besides; `crossdock check` prints them\n"),
    }
}

fn now_seconds() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// What changed that only a restart can bring into force.
fn restart_needed(started: &Settings, now: &Settings) -> Vec<String> {
    let changed = |what: &str, from: &str, to: &str| {
        (from != to)
            .then(|| format!("`listen: {what}` changed from `{from}` to `{to}`: restart to listen there"))
    };
    let moved = (started.tls != now.tls).then(|| "`listen: tls` changed: restart to use it".to_owned());
    let bounds = |settings: &Settings| {
        let bounds = &settings.bounds;
        (bounds.header_size, bounds.header_time, bounds.connections, bounds.body_time)
    };
    let bounded = (bounds(started) != bounds(now))
        .then(|| "`limits` of connections, headers or body time changed: restart to use them".to_owned());
    let addresses =
        [changed("public", &started.public, &now.public), changed("admin", &started.admin, &now.admin)];
    addresses.into_iter().flatten().chain(moved).chain(bounded).collect()
}
