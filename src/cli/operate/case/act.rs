//! Doing something with one case, or with many.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::super::super::output;
use super::super::client::Gateway;
use super::super::show::word;
use super::{Act, Amend, Skip};
use crate::codec::json as exact;
use crate::value::{Map, Value};

/// Goes on behind a step.
pub(super) fn skip(options: &Skip) -> Result<u8, String> {
    let result = options.result.as_deref().map(read).transpose()?;
    act(&options.act, "skip", result.map_or_else(Map::new, |result| with("result", result)))
}

/// Changes an input.
pub(super) fn amend(options: &Amend) -> Result<u8, String> {
    let mut more = Map::new();
    if let Some(input) = &options.input {
        more.insert("input", Value::from(input.as_str()));
    }
    if let Some(file) = &options.value {
        more.insert("value", read(file)?);
    }
    if !options.set.is_empty() {
        let mut places = Map::new();
        for set in &options.set {
            let (pointer, text) =
                set.split_once('=').ok_or_else(|| format!("`--set {set}`: write `POINTER=VALUE`"))?;
            let value = exact::decode(text.as_bytes(), &exact::Limits::default());
            places.insert(pointer, value.unwrap_or_else(|_| Value::from(text)));
        }
        more.insert("set", Value::object(places));
    }
    act(&options.act, "amend", more)
}

/// JSON of a file, or of standard input, with its numbers as they are written.
fn read(file: &Path) -> Result<Value, String> {
    let text = match file.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?;
    exact::decode(text.as_bytes(), &exact::Limits::default())
        .map_err(|error| format!("`{}` is not JSON: {}", file.display(), error.message))
}

/// One member.
pub(super) fn with(name: &str, value: Value) -> Map {
    let mut map = Map::new();
    map.insert(name, value);
    map
}

fn written(body: &Map) -> String {
    String::from_utf8_lossy(&exact::encode(&Value::object(body.clone()))).into_owned()
}

/// One case is acted on at once; of several, or of a filter, it is shown first what would happen.
pub(super) fn act(options: &Act, action: &str, more: Map) -> Result<u8, String> {
    let gateway = options.place.open()?;
    let mut body = more;
    body.insert("action", Value::from(action));
    body.insert("reason", Value::from(options.reason.as_str()));
    if let [one] = *options.cases {
        body.insert("preview", Value::Bool(options.preview));
        let done = gateway.once(&format!("/cases/{one}/actions"), &written(&body))?;
        output::say(&format!("{}\n", line(&done)));
        return Ok(output::CLEAN);
    }
    many(&gateway, options, body)
}

fn many(gateway: &Gateway, options: &Act, mut body: Map) -> Result<u8, String> {
    let given = options
        .filter
        .members()
        .into_iter()
        .filter_map(|(name, value)| Some((name.into(), Value::from(value?))));
    let filter: Map = given.collect();
    match (options.cases.is_empty(), filter.is_empty()) {
        (true, true) => {
            return Err("name cases by their numbers, or give a filter such as `--cause`".to_owned());
        }
        (false, _) => {
            let numbers =
                options.cases.iter().map(|number| Value::from(i64::try_from(*number).unwrap_or(i64::MAX)));
            body.insert("cases", Value::array(numbers.collect()));
        }
        (true, false) => _ = body.insert("filter", Value::object(filter)),
    }
    body.insert("preview", Value::Bool(!options.yes));
    let done = match options.yes {
        true => gateway.once("/cases/actions", &written(&body))?,
        false => gateway.post("/cases/actions", &written(&body))?,
    };
    let mut out = String::new();
    for item in done["results"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "{}", line(item));
    }
    let (well, refused) = (word(&done, "ok"), word(&done, "refused"));
    let said = if options.yes { "done" } else { "would be done" };
    let _ = writeln!(out, "{well} {said}, {refused} refused");
    if done["more"] == json!(true) {
        out += "there are more than one batch takes: say it again for the rest\n";
    }
    if !options.yes {
        out += "nothing was done; --yes does it\n";
    }
    output::say(&out);
    Ok(if refused == "0" { output::CLEAN } else { output::FINDINGS })
}

fn line(done: &Json) -> String {
    let step = done["step"].as_str().map_or_else(String::new, |step| format!(" at `{step}`"));
    let said = match (done["ok"] == json!(true), done["would"].as_str()) {
        (false, _) => word(done, "why"),
        (true, Some(would)) => would.to_owned(),
        (true, None) => match done["stage"].as_str() {
            Some(stage) => format!("{} at `{stage}`", word(done, "status")),
            None => word(done, "status"),
        },
    };
    format!("case {}{step}: {said}", word(done, "case"))
}
