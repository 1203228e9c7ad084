//! `exceptions.yaml`: rejections and exceptions with their texts, owners and runbooks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::{Findings, lacking};
use super::settings;
use crate::config::declarations::exception::{self, ExceptionFile};
use crate::config::declarations::{Localized, Name};
use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Exception, Rejection, Texts};

/// Every rejection by its code.
pub(super) fn rejections(file: &ExceptionFile, findings: &mut Findings) -> BTreeMap<Arc<str>, Rejection> {
    let link = |(name, declared): (&Name, &exception::Rejection)| {
        let rejection = rejection(name, declared, findings);
        (rejection.code.clone(), rejection)
    };
    file.rejections.iter().map(link).collect()
}

/// Every exception by its code.
pub(super) fn exceptions(file: &ExceptionFile, findings: &mut Findings) -> BTreeMap<Arc<str>, Exception> {
    let link = |(name, declared): (&Name, &exception::Exception)| {
        let exception = exception(name, declared, findings);
        (exception.code.clone(), exception)
    };
    file.exceptions.iter().map(link).collect()
}

fn rejection(name: &Name, declared: &exception::Rejection, findings: &mut Findings) -> Rejection {
    if let Some(status) = declared.status.as_ref().filter(|status| !(400..500).contains(&status.value)) {
        findings.add(
            Diagnostic::new(
                &codes::BAD_STATUS,
                status.span,
                format!("{} is not a status for a refusal", status.value),
            )
            .help("write 400 to 499, or leave it out for 422"),
        );
    }
    english(name, &declared.customer, findings);
    Rejection {
        code: name.value.as_str().into(),
        status: declared.status.as_ref().map_or(422, |status| status.value),
        customer: Texts::new(declared.customer.iter().map(|(tag, text)| (tag, text.value.as_str()))),
    }
}

fn exception(name: &Name, declared: &exception::Exception, findings: &mut Findings) -> Exception {
    let what = format!("the exception `{}`", name.value);
    if declared.owner.is_none() {
        findings.add(lacking(
            &codes::MISSING_OWNER,
            name.span,
            &what,
            "owner",
            "name the team that acts next: `owner: order_management`",
        ));
    }
    if declared.runbook.is_none() {
        findings.add(lacking(
            &codes::MISSING_RUNBOOK,
            name.span,
            &what,
            "runbook",
            "add the address of the page that says what to do: `runbook: https://wiki.example/…`",
        ));
    }
    if let Some(sla) = declared.sla.as_ref().filter(|sla| sla.resolve.value < sla.acknowledge.value) {
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, sla.resolve.span, "`resolve` is sooner than `acknowledge`")
                .related(sla.acknowledge.span, "to be acknowledged by then")
                .help("write a time to resolve that is at least the time to acknowledge"),
        );
    }
    english(name, &declared.customer, findings);
    Exception {
        code: name.value.as_str().into(),
        category: declared.category.value,
        severity: declared.severity.value,
        owner: declared.owner.as_ref().map(|owner| owner.value.as_str().into()),
        queues: declared.queues.iter().map(|queue| queue.value.as_str().into()).collect(),
        runbook: declared.runbook.as_ref().map(settings::shown),
        sla: declared.sla.as_ref().map(|sla| (sla.acknowledge.value.0, sla.resolve.value.0)),
        customer: Texts::new(declared.customer.iter().map(|(tag, text)| (tag, text.value.as_str()))),
    }
}

fn english(name: &Name, texts: &Localized, findings: &mut Findings) {
    if !texts.contains_key("en") {
        findings.add(
            Diagnostic::new(
                &codes::MISSING_TEXT,
                name.span,
                format!("the text of `{}` for customers has no English version", name.value),
            )
            .help("add `en`: `customer: { en: \"…\" }`; it stands in for every language that is not there"),
        );
    }
}
