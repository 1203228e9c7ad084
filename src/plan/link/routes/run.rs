//! What a route gives its flow: bound inputs, and those found by their name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Shop, parameters, path, shape};
use crate::config::declarations::{Data, Name, Written};
use crate::diagnostic::{Diagnostic, Span, codes, nearest};
use crate::flow::Input;
use crate::mapping::{self, Scope};
use crate::plan::link::findings::Findings;
use crate::plan::{Argument, NAMES, Parameter, Target};
use crate::schema::{Field, ObjectType, Type};

/// What a request brings.
pub(super) struct Ends<'a> {
    pub params: &'a [Parameter],
    pub query: &'a [Parameter],
    /// The canonical form of the body; `None`: the route takes none.
    pub body: Option<Type>,
    /// Whether there may be no client: anybody may call, or callers prove only that they know a secret.
    pub open: bool,
    /// Whether proofs say more of clients.
    pub claims: bool,
    /// Whether anybody may call.
    pub unproven: bool,
}

/// The flow of a route and what it gets. `None` when there is no such flow.
pub(super) fn link(
    name: &Name,
    with: &BTreeMap<Name, Data>,
    path: &Name,
    ends: &Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    let Some(flow) = shop.flows.get(name.value.as_str()).cloned() else {
        let known = shop.flows.keys().map(|flow| &**flow);
        findings.unknown(
            &codes::UNKNOWN_FLOW,
            "flow",
            name,
            known,
            "write the name at the head of a file in `flows/`",
        );
        return None;
    };
    let takes: Vec<Taken> = flow.inputs().iter().map(Taken::from).collect();
    let taker = Taker { what: format!("the flow `{}`", flow.name()), span: Some(flow.span()), takes };
    let inputs = bind(&taker, name, with, path, ends, shop, findings);
    Some(Target::Run { flow, inputs })
}

/// Who takes what: a flow, or an operation that requests are passed to.
pub(super) struct Taker {
    /// `the flow `read_booking``.
    pub what: String,
    pub span: Option<Span>,
    pub takes: Vec<Taken>,
}

/// One name that is taken.
pub(super) struct Taken {
    pub name: Arc<str>,
    pub ty: Type,
    pub required: bool,
    pub schema: Option<Arc<str>>,
}

impl From<&Input> for Taken {
    fn from(input: &Input) -> Taken {
        Taken {
            name: input.name.clone(),
            ty: input.ty.clone(),
            required: input.required,
            schema: input.schema.clone(),
        }
    }
}

/// Where each input comes from, in order; what is bound and not taken, taken and not bound, and which
/// path parameters reach nothing is found.
pub(super) fn bind(
    taker: &Taker,
    name: &Name,
    with: &BTreeMap<Name, Data>,
    path: &Name,
    ends: &Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Vec<Argument> {
    let missed = strangers(with, taker, findings);
    let scope = scope(ends);
    let leftover = leftover(taker, with, ends);
    let binder = Binder { name, with, path, ends, scope: &scope, shop, missed: &missed, leftover };
    let inputs: Vec<Argument> = taker.takes.iter().map(|input| binder.bind(input, taker, findings)).collect();
    let unread = |(at, parameter): &(usize, &Parameter)| {
        !inputs.iter().any(|input| reads(input, *at, &parameter.name))
            && !binder.is_meant(parameter, taker)
            && !with.values().any(|data| lacks_equals(data, &parameter.name))
    };
    for (_, parameter) in ends.params.iter().enumerate().filter(unread) {
        findings.add(
            Diagnostic::new(&codes::UNUSED_PARAMETER, path::span_of(path, &parameter.name), format!("{} gets nothing of the parameter `{}`", taker.what, parameter.name))
                .help(format!("take `{0}` in the flow's `input`, bind it (`with: {{ name: =path.{0} }}`), or remove it from the path", parameter.name)),
        );
    }
    inputs
}

/// Whether an argument reads the path parameter at a place.
fn reads(argument: &Argument, at: usize, parameter: &str) -> bool {
    match argument {
        Argument::Path(own) => *own == at,
        Argument::Computed(computed) => computed.reads.iter().any(|read| {
            read.slot == 0 && (read.path.is_empty() || read.path.split(['.', '[']).next() == Some(parameter))
        }),
        Argument::Absent | Argument::Query(_) | Argument::Body => false,
    }
}

/// Names that are bound and that nothing takes. Gives the inputs that they only just miss.
fn strangers<'t>(with: &BTreeMap<Name, Data>, taker: &'t Taker, findings: &mut Findings) -> Vec<&'t str> {
    let mut missed = Vec::new();
    let known: Vec<&str> = taker.takes.iter().map(|input| &*input.name).collect();
    for name in with.keys().filter(|name| !known.contains(&name.value.as_str())) {
        let finding = Diagnostic::new(
            &codes::UNKNOWN_INPUT,
            name.span,
            format!("{} takes no `{}`", taker.what, name.value),
        );
        missed.extend(nearest(&name.value, known.iter().copied()));
        let finding = finding.nearest(&name.value, known.iter().copied());
        findings.add(finding.help(match known.is_empty() {
            true => "remove it: it takes nothing".to_owned(),
            false => format!("it takes `{}`", known.join("`, `")),
        }));
    }
    missed
}

/// The one input that gets the body: the only one that nothing else gives.
fn leftover(taker: &Taker, with: &BTreeMap<Name, Data>, ends: &Ends<'_>) -> Option<Arc<str>> {
    let given = |input: &Taken| {
        with.keys().any(|name| *name.value == *input.name)
            || ends.params.iter().chain(ends.query).any(|parameter| parameter.name == input.name)
    };
    let mut left = taker.takes.iter().filter(|input| !given(input));
    let first = left.next()?;
    (left.next().is_none() && ends.body.is_some()).then(|| first.name.clone())
}

/// The names that expressions of a route see, in the order of [`NAMES`].
pub(super) fn scope(ends: &Ends<'_>) -> Scope {
    let field = |name: &str, ty: Type| (Arc::from(name), Field { ty, required: true });
    let mut client = vec![
        field("name", Type::text()),
        field("account", Type::text()),
        field("scopes", Type::list(Type::text())),
    ];
    if ends.claims {
        let open = Type::Object(Arc::new(ObjectType { rest: Some(Type::Any), ..ObjectType::default() }));
        client.push((Arc::from("claims"), Field { ty: open, required: false }));
    }
    let headers = Type::Object(Arc::new(ObjectType { rest: Some(Type::text()), ..ObjectType::default() }));
    let scope = Scope::new()
        .with(NAMES[0], parameters::object(ends.params))
        .with(NAMES[1], parameters::object(ends.query))
        .with(NAMES[2], headers);
    let scope = match &ends.body {
        Some(body) => scope.with(NAMES[3], body.clone()),
        None => scope.with_optional(NAMES[3], Type::Null),
    };
    let client = Type::object(client);
    if ends.open { scope.with_optional(NAMES[4], client) } else { scope.with(NAMES[4], client) }
}

/// Whether a text is a parameter without its `=`, which has been said.
fn lacks_equals(data: &Data, parameter: &str) -> bool {
    let Data::Literal(value, Written::Bare) = data else { return false };
    value.as_str().is_some_and(|text| {
        text.strip_prefix(NAMES[0]).and_then(|rest| rest.strip_prefix('.')) == Some(parameter)
    })
}

fn is_near(parameter: &Parameter, input: &Taken) -> bool {
    nearest(&parameter.name, [&*input.name]).is_some()
}

/// What one input is bound with.
struct Binder<'a> {
    name: &'a Name,
    with: &'a BTreeMap<Name, Data>,
    path: &'a Name,
    ends: &'a Ends<'a>,
    scope: &'a Scope,
    shop: &'a Shop<'a>,
    /// Inputs that a name in `with` only just misses: nothing more is said of them.
    missed: &'a [&'a str],
    leftover: Option<Arc<str>>,
}

impl Binder<'_> {
    fn bind(&self, input: &Taken, taker: &Taker, findings: &mut Findings) -> Argument {
        if let Some((_, data)) = self.with.iter().find(|(name, _)| *name.value == *input.name) {
            let what = format!("`{}` of {}", input.name, taker.what);
            let target = mapping::Target { ty: input.ty.clone(), required: input.required, what };
            let compiled =
                findings.take(mapping::compile_data_to(data, &target, self.scope, &self.shop.language));
            return compiled.map_or(Argument::Absent, Argument::Computed);
        }
        let place =
            |parameters: &[Parameter]| parameters.iter().position(|parameter| parameter.name == input.name);
        let (argument, ty, absent) = if let Some(at) = place(self.ends.params) {
            (Argument::Path(at), parameters::ty(self.ends.params[at].kind), false)
        } else if let Some(at) = place(self.ends.query) {
            (Argument::Query(at), parameters::ty(self.ends.query[at].kind), self.ends.query[at].optional)
        } else if let Some(body) =
            self.ends.body.as_ref().filter(|_| self.leftover.as_ref() == Some(&input.name))
        {
            (Argument::Body, body.clone(), false)
        } else {
            if input.required && !self.missed.contains(&&*input.name) {
                findings.add(self.unbound(input, taker));
            }
            return Argument::Absent;
        };
        self.check_found(input, &ty, absent, taker, findings);
        argument
    }

    /// Whether what was found by its name fits.
    fn check_found(&self, input: &Taken, ty: &Type, absent: bool, taker: &Taker, findings: &mut Findings) {
        if absent && input.required {
            let what = format!("{} needs `{}`, and the query may leave it out", taker.what, input.name);
            findings.add(Diagnostic::new(&codes::UNBOUND_INPUT, self.name.span, what).help(format!(
                "require it in the query (no `?` behind its type), or give a value: `with: {{ {0}: '=query.{0} ?? …' }}`",
                input.name
            )));
        }
        let what = format!("`{ty}` of this route");
        shape::report(
            ty.fits(&input.ty),
            self.name.span,
            &what,
            &format!("`{}` of {}, which is `{}`", input.name, taker.what, input.ty),
            findings,
        );
    }

    /// Whether a path parameter only just misses an input that nothing gives.
    fn is_meant(&self, parameter: &Parameter, taker: &Taker) -> bool {
        let given = |input: &Taken| {
            let mut parameters = self.ends.params.iter().chain(self.ends.query);
            self.with.keys().any(|name| *name.value == *input.name)
                || parameters.any(|parameter| parameter.name == input.name)
                || self.leftover.as_ref() == Some(&input.name)
        };
        taker.takes.iter().any(|input| input.required && !given(input) && is_near(parameter, input))
    }

    fn unbound(&self, input: &Taken, taker: &Taker) -> Diagnostic {
        let what = format!("{} takes `{}`, and this route does not give it", taker.what, input.name);
        let finding = Diagnostic::new(&codes::UNBOUND_INPUT, self.name.span, what);
        let finding =
            taker.span.into_iter().fold(finding, |finding, span| finding.related(span, "declared here"));
        let near = self.ends.params.iter().find(|parameter| is_near(parameter, input));
        let finding = near.into_iter().fold(finding, |finding, parameter| {
            let span = path::span_of(self.path, &parameter.name);
            finding.related(span, format!("did you mean `{}` here?", input.name))
        });
        finding.help(match (&input.schema, &self.ends.body) {
            (Some(schema), None) => format!(
                "say that the route has a body, `body: {schema}`, or bind it: `with: {{ {}: =… }}`",
                input.name
            ),
            _ => {
                format!("bind it, `with: {{ {0}: =… }}`, or name a path or query parameter `{0}`", input.name)
            }
        })
    }
}
