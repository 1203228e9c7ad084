//! Notices that a project's files changed: by the operating system's word and, because that word
//! can be missed (network folders, swapped symlinks), by looking every few seconds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::Notify;

/// How long files must be quiet before they are read: editors and deployments write many.
const QUIET: Duration = Duration::from_millis(200);

/// The longest that files may be busy before they are read nevertheless.
const BUSY: Duration = Duration::from_secs(2);

/// How often we look ourselves.
const LOOK: Duration = Duration::from_secs(3);

/// Files that are looked at in one project; a larger folder is no project.
const FILES: usize = 50_000;

/// What tells one state of a folder from another without reading its files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint(BTreeMap<PathBuf, (u64, Option<SystemTime>, PathBuf)>);

impl Fingerprint {
    /// The state of every file under `dirs`, or of a file that stands among them: size, time of change, and where
    /// links lead. Hidden
    /// folders are looked into only through links, as container platforms lay them out.
    pub fn of(dirs: &[PathBuf], except: &Path) -> Fingerprint {
        let mut looked = Fingerprint::default();
        for dir in dirs {
            match std::fs::metadata(dir) {
                Ok(state) if state.is_file() => looked.file(dir.clone(), &state),
                _ => looked.look(dir, except, 0),
            }
        }
        looked
    }

    fn look(&mut self, dir: &Path, except: &Path, depth: usize) {
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // A log is no part of a project: a line about its change would be the next one.
            if name.starts_with('.') || name.ends_with(".log") || self.0.len() >= FILES || depth > 16 {
                continue;
            }
            let Ok(state) = std::fs::metadata(&path) else { continue };
            let real = std::fs::canonicalize(&path).unwrap_or_default();
            if state.is_dir() && real != except {
                self.look(&path, except, depth + 1);
            } else if state.is_file() {
                self.file(path, &state);
            }
        }
    }

    fn file(&mut self, path: PathBuf, state: &std::fs::Metadata) {
        let real = std::fs::canonicalize(&path).unwrap_or_default();
        self.0.insert(path, (state.len(), state.modified().ok(), real));
    }
}

/// Watches folders for as long as it lives.
#[derive(Debug)]
pub struct Watching {
    dirs: Vec<PathBuf>,
    /// A folder among them whose files are none of the project's: the store's.
    except: Arc<Path>,
    seen: Fingerprint,
    woken: Arc<Notify>,
    /// `None` where the operating system offers no watching: then we only look.
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Watching {
    /// Begins to watch `dirs` from the state they are in; what happens under `except` is no change.
    pub fn new(dirs: Vec<PathBuf>, except: &Path) -> Watching {
        let woken = Arc::new(Notify::new());
        let except: Arc<Path> = real(except).into();
        let seen = Fingerprint::of(&dirs, &except);
        let watcher = watcher(&dirs, Arc::clone(&except), Arc::clone(&woken));
        if let Err(error) = &watcher {
            tracing::warn!(target: "crossdock::reload", %error, "files cannot be watched; they are looked at every few seconds");
        }
        Watching { dirs, except, seen, woken, _watcher: watcher.ok() }
    }

    /// Waits until files changed and are quiet again.
    pub async fn changed(&mut self) {
        loop {
            tokio::select! {
                () = self.woken.notified() => self.settle().await,
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = self.state().await;
            if now != self.seen {
                self.seen = now;
                return;
            }
        }
    }

    /// Waits until nothing has been said for a while, or it goes on for too long.
    async fn settle(&self) {
        let end = tokio::time::Instant::now() + BUSY;
        while tokio::time::Instant::now() < end {
            if tokio::time::timeout(QUIET, self.woken.notified()).await.is_err() {
                return;
            }
        }
    }

    async fn state(&self) -> Fingerprint {
        let (dirs, except) = (self.dirs.clone(), Arc::clone(&self.except));
        tokio::task::spawn_blocking(move || Fingerprint::of(&dirs, &except))
            .await
            .unwrap_or_else(|_| self.seen.clone())
    }
}

/// Where a folder really is, or would be.
fn real(dir: &Path) -> PathBuf {
    let beside = || Some(dir.parent()?.canonicalize().ok()?.join(dir.file_name()?));
    dir.canonicalize().ok().or_else(beside).unwrap_or_else(|| dir.to_owned())
}

fn watcher(
    dirs: &[PathBuf],
    except: Arc<Path>,
    woken: Arc<Notify>,
) -> notify::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is no change of it, and the store writes all the time.
        let ours = |event: &notify::Event| {
            event.paths.is_empty() || event.paths.iter().any(|path| !path.starts_with(&*except))
        };
        if event.is_ok_and(|event| !event.kind.is_access() && ours(&event)) {
            woken.notify_one();
        }
    })?;
    for dir in dirs.iter().filter(|dir| dir.is_dir()) {
        watcher.watch(dir, RecursiveMode::Recursive)?;
    }
    Ok(watcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn soon(watching: &mut Watching) -> bool {
        tokio::time::timeout(Duration::from_secs(10), watching.changed()).await.is_ok()
    }

    #[tokio::test]
    async fn a_file_that_lies_elsewhere_is_looked_at_alone() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let certificate = elsewhere.path().join("chain.pem");
        std::fs::write(&certificate, "old").unwrap();
        let dirs = vec![dir.path().to_owned(), certificate.clone()];
        let mut watching = Watching::new(dirs.clone(), &dir.path().join("store"));
        std::fs::write(elsewhere.path().join("other.pem"), "none of ours").unwrap();
        assert_eq!(Fingerprint::of(&dirs, Path::new("")), watching.seen);
        std::fs::write(elsewhere.path().join("next.pem"), "renewed").unwrap();
        std::fs::rename(elsewhere.path().join("next.pem"), &certificate).unwrap();
        assert!(soon(&mut watching).await);
    }

    #[tokio::test]
    async fn writes_and_renames_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("flows")).unwrap();
        std::fs::write(dir.path().join("flows/a.yaml"), "a: 1").unwrap();
        let mut watching = Watching::new(vec![dir.path().to_owned()], &dir.path().join("store"));
        std::fs::write(dir.path().join(".a.yaml.swp"), "a: 22").unwrap();
        std::fs::rename(dir.path().join(".a.yaml.swp"), dir.path().join("flows/a.yaml")).unwrap();
        assert!(soon(&mut watching).await);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn swapped_links_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for version in ["..v1", "..v2"] {
            std::fs::create_dir(at(version)).unwrap();
            std::fs::write(at(version).join("gateway.yaml"), "same").unwrap();
        }
        std::os::unix::fs::symlink("..v1", at("..data")).unwrap();
        std::os::unix::fs::symlink("..data/gateway.yaml", at("gateway.yaml")).unwrap();
        let mut watching = Watching::new(vec![dir.path().to_owned()], &dir.path().join("store"));
        std::os::unix::fs::symlink("..v2", at("..tmp")).unwrap();
        std::fs::rename(at("..tmp"), at("..data")).unwrap();
        assert!(soon(&mut watching).await);
    }

    #[test]
    fn a_log_is_no_change() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = [dir.path().to_owned()];
        let before = Fingerprint::of(&dirs, Path::new(""));
        std::fs::write(dir.path().join("serve.log"), "a line").unwrap();
        assert_eq!(before, Fingerprint::of(&dirs, Path::new("")));
        std::fs::write(dir.path().join("token"), "a secret").unwrap();
        assert_ne!(before, Fingerprint::of(&dirs, Path::new("")));
    }

    #[test]
    fn what_the_store_writes_is_no_change() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("data");
        std::fs::create_dir(&store).unwrap();
        let (dirs, store) = ([dir.path().to_owned()], store.canonicalize().unwrap());
        let before = Fingerprint::of(&dirs, &store);
        std::fs::write(store.join("crossdock.db"), "a row").unwrap();
        assert_eq!(before, Fingerprint::of(&dirs, &store));
        assert_ne!(before, Fingerprint::of(&dirs, Path::new("")));
    }

    #[test]
    fn a_folder_that_did_not_change_looks_the_same() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.yaml"), "a").unwrap();
        let dirs = [dir.path().to_owned()];
        let before = Fingerprint::of(&dirs, Path::new(""));
        assert_eq!(before, Fingerprint::of(&dirs, Path::new("")));
        std::fs::remove_file(dir.path().join("a.yaml")).unwrap();
        assert_ne!(before, Fingerprint::of(&dirs, Path::new("")));
    }
}
