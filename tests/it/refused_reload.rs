//! Reloads that would break what serves: the whole generation is refused, and the reasons are told.
#![cfg(unix)]

use std::time::Duration;

use crate::serving::{Process, pem, rest, send};

/// The digest is that of the token `secret`.
const OPERATOR: &str = "admin: { tokens: { op: { role: operator, key: \"sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\" } } }\n";

fn asked(process: &Process, line: &str) -> serde_json::Value {
    let head =
        format!("{line} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer secret\r\nconnection: close\r\n\r\n");
    let answer = rest(send(process.admin, &head));
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn write(process: &Process, path: &str, text: &str) {
    let path = process.project.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_certificate_that_is_none_refuses_the_whole_reload() {
    let tls = "listen: { tls: { certificate: tls/chain.pem, key: tls/key.pem } }\n";
    let process = Process::start(Duration::ZERO, &format!("{tls}{OPERATOR}"));
    write(&process, "tls/chain.pem", "garbage");
    let report = asked(&process, "POST /reload");
    assert_eq!((&report["applied"], &report["generation"]), (&false.into(), &1.into()), "{report}");
    assert!(report["reasons"][0].as_str().unwrap().contains("chain.pem"), "{report}");
    std::fs::copy(pem("localhost.pem"), process.project.path().join("tls/chain.pem")).unwrap();
    assert_eq!(asked(&process, "POST /reload")["applied"], true);
}

#[test]
fn a_secret_that_no_header_can_hold_refuses_the_whole_reload() {
    let process = Process::start(Duration::ZERO, OPERATOR);
    let path = process.project.path().join("systems/erp.yaml");
    let system = std::fs::read_to_string(&path).unwrap();
    write(&process, "secrets/erp", "a\r\nX-Evil: 1");
    write(
        &process,
        "systems/erp.yaml",
        &format!("{system}auth: {{ scheme: bearer, token: \"${{secret:erp}}\" }}\n"),
    );
    let report = asked(&process, "POST /reload");
    assert_eq!(report["applied"], false, "{report}");
    let reason = report["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("`erp`: `token` holds a line break") && !reason.contains("Evil"), "{reason}");
    write(&process, "secrets/erp", "good\n");
    assert_eq!(asked(&process, "POST /reload")["applied"], true);
}

#[test]
fn addresses_of_the_command_line_are_those_in_force() {
    let process = Process::start(Duration::ZERO, OPERATOR);
    let config = asked(&process, "GET /config");
    assert_eq!(config["listen"]["public"], process.public.to_string(), "{config}");
    assert_eq!(config["listen"]["admin"], process.admin.to_string(), "{config}");
    let path = process.project.path().join("gateway.yaml");
    let gateway = std::fs::read_to_string(&path).unwrap();
    write(&process, "gateway.yaml", &format!("{gateway}listen: {{ public: 127.0.0.1:7777 }}\n"));
    let report = asked(&process, "POST /reload");
    assert_eq!((&report["applied"], report["restart_needed"].as_array().unwrap().len()), (&true.into(), 0));
}
