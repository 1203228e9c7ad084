//! Generations that served are kept: gone back to, and started from when the project is broken.

use super::stage::{Stage, write};

const OTHER: &str = "flow: book\nowner: somebody_else\ninput: shop/booking@1 as booking\ndo:\n  \
     - order: { call: erp.create_order }\n";

fn flow(stage: &Stage) -> String {
    let (_, config) = stage.ask("eye", "GET /config", "");
    config["flows"][0]["owner"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_generation_is_gone_back_to_until_the_files_change() {
    let mut stage = Stage::start();
    let (_, first) = stage.ask("eye", "GET /config", "");
    let first = first["digest"].as_str().unwrap().to_owned();
    write(stage.project.path(), "flows/book.yaml", OTHER);
    assert_eq!(stage.ask("secret", "POST /reload", "").1["applied"], true);
    assert_eq!(flow(&stage), "somebody_else");

    let (code, said) =
        stage.crossdock("root", &["config", "rollback", &first[..8], "--reason", "the wrong flow"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(flow(&stage), "order_management");
    let (_, history) = stage.crossdock("eye", &["config", "history"]);
    assert!(
        history.contains("went back: the wrong flow") && history.contains("asked for by ann"),
        "{history}"
    );
    // A restart does not undo it: exactly these files were set aside.
    stage.kill();
    stage.serve();
    assert_eq!(flow(&stage), "order_management");
    assert_eq!(stage.ask("eye", "GET /config", "").1["kept_generation_serves"], true);
    assert_eq!(stage.ask("secret", "POST /reload", "").1["applied"], true);
    assert_eq!(flow(&stage), "somebody_else");
    let (code, said) = stage.crossdock("root", &["config", "rollback", "abcdef0", "--reason", "x"]);
    assert!(code == 2 && said.contains("no generation `abcdef0` has served"), "{said}");
}

#[test]
fn a_broken_project_starts_from_the_last_good_one_and_says_so() {
    let mut stage = Stage::start();
    stage.kill();
    write(stage.project.path(), "flows/book.yaml", "flow: book\nsurprise: 1\n");
    stage.serve();
    assert_eq!(flow(&stage), "order_management");
    assert!(
        stage.log().contains("the last good generation, kept in the store, serves instead"),
        "{}",
        stage.log()
    );
    let list = stage.until(&["case", "list"], "the project has errors");
    assert!(list.contains("open"), "{list}");
    let (_, config) = stage.ask("eye", "GET /config", "");
    assert_eq!(config["last_reload"]["applied"], false, "{config}");
    assert!(config["last_reload"]["findings"].to_string().contains("surprise"), "{config}");
    stage.book("BK-1", "PX");
    stage.until(&["trace", "BK-1"], "completed");

    write(stage.project.path(), "flows/book.yaml", OTHER);
    assert_eq!(stage.ask("secret", "POST /reload", "").1["applied"], true);
    assert_eq!(stage.until(&["case", "list"], "no cases"), "no cases\n");
}
