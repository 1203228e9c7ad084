//! Which routes are served.

use crossdock::config::Environment;
use crossdock::plan;

const GATEWAY: &str = "edition: 2026\ngateway: test\nauth: { anybody: { scheme: none } }\n";
const FLOW: &str = "flow: echo\nowner: test\ninput: { reference: string }\ngives: string\ndo:\n  - answer: { set: =reference }\noutput: =answer\n";

fn route(status: &str) -> (String, String) {
    let text = format!(
        "api: {status}\nlayer: experience\nowner: test\nversion: 1\nstatus: {status}\nauth: anybody\nroutes:\n  \
         - get: /v1/{status}/{{reference}}\n    run: echo\n"
    );
    (format!("routes/{status}.yaml"), text)
}

#[test]
fn draft_and_retired_routes_are_not_served() {
    let files =
        [("gateway.yaml".to_owned(), GATEWAY.to_owned()), ("flows/echo.yaml".to_owned(), FLOW.to_owned())];
    let routes = ["draft", "active", "deprecated", "retired"].map(route);
    let checked = plan::check_texts(files.into_iter().chain(routes).collect(), &Environment::default());
    let plan = checked.plan.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let mut served: Vec<&str> = plan.routes.iter().map(|route| &*route.api).collect();
    served.sort_unstable();
    assert_eq!(served, ["active", "deprecated"]);
}
