//! Secrets in files that change.

use super::*;

fn names(names: &[&str]) -> BTreeSet<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

fn value(secrets: &Secrets, name: &str) -> String {
    secrets.get(name).expect("it is known").reveal().to_owned()
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("erp"), "s3cret\n").unwrap();
    std::fs::write(dir.path().join("empty"), "\n").unwrap();
    let secrets = Secrets::read(dir.path(), &names(&["erp"])).unwrap();
    assert_eq!(value(&secrets, "erp"), "s3cret");
    assert!(!format!("{secrets:?} {:?}", secrets.states()).contains("s3cret"));
    let missing = Secrets::read(dir.path(), &names(&["erp", "empty", "none", "../etc"])).unwrap_err();
    assert_eq!(missing.len(), 3, "{missing:?}");
}

#[test]
fn a_file_that_changes_gives_its_new_value() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("erp"), "old").unwrap();
    std::fs::write(at("other"), "same").unwrap();
    let secrets = Secrets::read(dir.path(), &names(&["erp", "other"])).unwrap();
    let before = secrets.states();
    secrets.refresh();
    assert_eq!(secrets.version(), 0, "nothing changed");
    std::fs::write(at(".new"), "newer\n").unwrap();
    std::fs::rename(at(".new"), at("erp")).unwrap();
    secrets.refresh();
    assert_eq!((value(&secrets, "erp").as_str(), secrets.version()), ("newer", 1));
    let now = secrets.states();
    assert!(now[0].since > before[0].since, "{now:?}");
    assert_eq!(now[1], before[1]);
}

#[test]
fn half_a_change_leaves_the_value_from_before() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("erp");
    std::fs::write(&file, "old").unwrap();
    let secrets = Secrets::read(dir.path(), &names(&["erp"])).unwrap();
    std::fs::write(&file, "").unwrap();
    secrets.refresh();
    assert_eq!((value(&secrets, "erp").as_str(), secrets.version()), ("old", 0));
    assert_eq!(secrets.states()[0].trouble.as_deref(), Some("is empty"));
    std::fs::remove_file(&file).unwrap();
    secrets.refresh();
    assert!(secrets.states()[0].trouble.as_deref().is_some_and(|why| why.starts_with("is not there")));
    std::fs::write(&file, "new").unwrap();
    secrets.refresh();
    assert_eq!((value(&secrets, "erp").as_str(), secrets.states()[0].trouble.as_deref()), ("new", None));
}

#[test]
fn a_new_generation_goes_on_with_what_did_not_change() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("erp"), "same").unwrap();
    std::fs::write(dir.path().join("dispatch"), "old").unwrap();
    let first = Secrets::read(dir.path(), &names(&["dispatch", "erp"])).unwrap();
    std::fs::write(dir.path().join("dispatch"), "new").unwrap();
    let second = Secrets::read(dir.path(), &names(&["dispatch", "erp"])).unwrap();
    second.go_on_from(&first);
    let since = |secrets: &Secrets| secrets.states().into_iter().map(|state| state.since).collect::<Vec<_>>();
    assert_eq!(since(&second)[1], since(&first)[1]);
    assert!(since(&second)[0] > since(&first)[0]);
}
