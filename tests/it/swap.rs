//! Another dispatch product changes one system file, its mappings and its schemas, and nothing else (M33).

use std::path::Path;
use std::process::Command;

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}

fn crossdock(command: &str, project: &Path) {
    let run =
        Command::new(env!("CARGO_BIN_EXE_crossdock")).arg(command).arg(project).output().expect("crossdock");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "crossdock {command}:\n{said}");
}

#[test]
fn another_dispatch_product_passes_the_same_tests() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/logistics");
    let other = example.join("alternatives/roadrunner");
    for changed in ["flows", "routes", "exceptions.yaml", "gateway.yaml", "tests/booking.yaml"] {
        assert!(!other.join(changed).exists(), "the other product changes {changed}");
    }
    let swapped = tempfile::tempdir().expect("a folder");
    copy(&example, swapped.path());
    std::fs::remove_dir_all(swapped.path().join("alternatives")).expect("no alternatives");
    for part in ["mappings", "specs", "stubs", "systems", "tests"] {
        copy(&other.join(part), &swapped.path().join(part));
    }
    crossdock("check", swapped.path());
    crossdock("test", swapped.path());
}
