//! A request to the operations API, read and checked against its endpoint, and what is answered.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::super::Gateway;
use super::super::reload::Reloader;
use super::{Busy, Endpoint, Field, Kind};
use crate::codec::json;
use crate::flow::engine::Refused;
use crate::http::{BodyLimits, Request, StatusCode};
use crate::plan::{Bounds, Role};
use crate::store::{Millis, StoreError};
use crate::value::{Map, Number, Value};

/// A body of this API, at most.
const BODY: BodyLimits =
    BodyLimits { size: 4 << 20, time: Duration::from_secs(20), rate: 256, grace: Bounds::BODY_GRACE };

/// Who asks for what.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Ask {
    pub gateway: Arc<Gateway>,
    pub reloader: Arc<Reloader>,
    pub busy: Busy,
    pub who: Arc<str>,
    pub role: Role,
    pub parameters: Vec<String>,
    /// Query or body: an endpoint has one of the two.
    pub given: Map,
    pub key: Option<Arc<str>>,
}

/// What is answered.
#[derive(Debug)]
pub(in crate::gateway) enum Answer {
    Json(Value),
    Text(String),
    /// JSON that is written already.
    Raw(String),
}

/// Why it is not done.
#[derive(Debug)]
pub(in crate::gateway) struct Refusal {
    pub status: StatusCode,
    pub why: String,
}

pub(in crate::gateway) type Reply = Result<Answer, Refusal>;

impl Refusal {
    pub fn new(status: StatusCode, why: impl Into<String>) -> Refusal {
        Refusal { status, why: why.into() }
    }

    /// What was asked for is malformed.
    pub fn bad(why: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, why)
    }

    /// What was asked for is not there.
    pub fn missing(why: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, why)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        let status = match &refused {
            Refused::NoSuchCase => StatusCode::NOT_FOUND,
            Refused::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
            Refused::Unfit(_) | Refused::NoSuchStep => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        };
        Refusal::new(status, refused.to_string())
    }
}

/// Percent-decoded; what is no UTF-8 is replaced.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// What a request gives, checked against its endpoint.
pub(in crate::gateway) async fn given(endpoint: &Endpoint, request: Request) -> Result<Map, Refusal> {
    let mut given = query(endpoint, request.query().unwrap_or_default())?;
    if !endpoint.body.is_empty() {
        let bytes = request.body.read(&BODY).await.map_err(|error| Refusal::bad(error.to_string()))?;
        let body = match bytes.is_empty() {
            true => Value::object(Map::new()),
            false => json::decode(&bytes, &json::Limits::default())
                .map_err(|error| Refusal::bad(format!("the body is not JSON: {}", error.message)))?,
        };
        let Value::Object(body) = body else { return Err(Refusal::bad("the body must be an object")) };
        for (name, value) in body.iter() {
            field(endpoint.body, name)?.fits(value)?;
            given.insert(Arc::clone(name), value.clone());
        }
    }
    let needed = endpoint.query.iter().chain(endpoint.body).filter(|field| field.required);
    match needed.into_iter().find(|field| !given.contains_key(field.name)) {
        Some(field) => Err(Refusal::bad(format!("`{}` is missing: {}", field.name, field.about))),
        None => Ok(given),
    }
}

fn query(endpoint: &Endpoint, query: &str) -> Result<Map, Refusal> {
    let mut given = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, text) = (decoded(name), decoded(&text.replace('+', " ")));
        let value = field(endpoint.query, &name)?.read(&text)?;
        given.insert(name, value);
    }
    Ok(given)
}

fn field<'f>(fields: &'f [Field], name: &str) -> Result<&'f Field, Refusal> {
    fields.iter().find(|field| field.name == name).ok_or_else(|| {
        let known: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
        match known.is_empty() {
            true => Refusal::bad(format!("`{name}` is not asked for here")),
            false => Refusal::bad(format!("there is no `{name}` here, but {}", known.join(", "))),
        }
    })
}

impl Field {
    /// A value from a query's text.
    fn read(&self, text: &str) -> Result<Value, Refusal> {
        match self.kind {
            Kind::Whole => match text.parse::<i64>() {
                Ok(number) => Ok(Value::from(number)),
                Err(_) => Err(self.wrong()),
            },
            Kind::Truth => match text {
                "" | "true" | "yes" => Ok(Value::Bool(true)),
                "false" | "no" => Ok(Value::Bool(false)),
                _ => Err(self.wrong()),
            },
            _ => Ok(Value::from(text)),
        }
    }

    fn fits(&self, value: &Value) -> Result<(), Refusal> {
        let whole = |value: &Value| value.as_number().is_some_and(|number| number.to_i64().is_some());
        let fits = match self.kind {
            Kind::Text | Kind::Moment => value.as_str().is_some(),
            Kind::Whole => whole(value),
            Kind::Truth => value.as_bool().is_some(),
            Kind::Numbers => value.as_array().is_some_and(|items| items.iter().all(whole)),
            Kind::Object => value.as_object().is_some(),
            Kind::Any => true,
        };
        if fits { Ok(()) } else { Err(self.wrong()) }
    }

    fn wrong(&self) -> Refusal {
        Refusal::bad(format!("`{}` must be {}", self.name, self.kind.words()))
    }
}

impl Kind {
    /// For messages.
    fn words(self) -> &'static str {
        match self {
            Kind::Text => "a text",
            Kind::Whole => "a whole number",
            Kind::Truth => "`true` or `false`",
            Kind::Moment => "a moment such as `2026-05-07T08:00:00Z`",
            Kind::Numbers => "a list of whole numbers",
            Kind::Object => "an object",
            Kind::Any => "a value",
        }
    }
}

impl Ask {
    /// A text that was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name)?.as_str()
    }

    /// A shared text that was given and is not empty.
    pub fn shared(&self, name: &str) -> Option<Arc<str>> {
        self.text(name).filter(|text| !text.is_empty()).map(Arc::from)
    }

    /// A whole number that was given.
    pub fn whole(&self, name: &str) -> Option<u64> {
        self.given
            .get(name)?
            .as_number()
            .and_then(Number::to_i64)
            .and_then(|number| u64::try_from(number).ok())
    }

    /// Whether something is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.given.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// How many rows: `limit`, or so many, never more than a thousand.
    pub fn limit(&self, otherwise: usize) -> usize {
        self.whole("limit")
            .map_or(otherwise, |limit| usize::try_from(limit).unwrap_or(otherwise))
            .clamp(1, 1000)
    }

    /// The parameter of the path.
    pub fn parameter(&self) -> &str {
        self.parameters.first().map_or("", String::as_str)
    }

    /// Milliseconds since the epoch.
    pub fn now(&self) -> Millis {
        Millis::try_from(self.gateway.clock.now().0 / 1_000_000).unwrap_or(Millis::MAX)
    }

    /// A moment that was given.
    pub fn moment(&self, name: &str) -> Result<Option<Millis>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let moment: Result<jiff::Timestamp, _> = text.parse();
        moment
            .map(|moment| Some(moment.as_millisecond()))
            .map_err(|_| Refusal::bad(format!("`{name}` must be {}", Kind::Moment.words())))
    }
}
