//! What changes at a vendor changes the vendor's own files, and nothing else (M33, M35).

use std::path::Path;
use std::process::Command;

use super::running::copy;

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

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_field_that_the_erp_renames_touches_the_erp_s_files_only() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/logistics");
    let renamed = tempfile::tempdir().expect("a folder");
    copy(&example, renamed.path());
    std::fs::remove_dir_all(renamed.path().join("alternatives")).expect("no alternatives");
    let mut touched = Vec::new();
    for file in files(renamed.path()) {
        let text = std::fs::read_to_string(&file).expect("a text");
        if text.contains("soldTo") {
            std::fs::write(&file, text.replace("soldTo", "soldToParty")).expect("a changed file");
            let path = file.strip_prefix(renamed.path()).expect("a file of the project");
            touched.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    touched.sort();
    // The mapping, the ERP's own schemas and its stand-in; the tests say what the ERP is sent.
    let vendors = ["mappings/", "specs/erp/", "stubs/erp.yaml", "systems/erp.yaml", "tests/"];
    let foreign = touched.iter().find(|path| !vendors.iter().any(|own| path.starts_with(own)));
    assert_eq!(foreign, None, "{touched:?}");
    assert!(touched.iter().any(|path| path.starts_with("mappings/")), "{touched:?}");
    crossdock("check", renamed.path());
    crossdock("test", renamed.path());
}
