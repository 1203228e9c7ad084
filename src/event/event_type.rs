//! One event type, checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Fold, Subscriber, Visibility, canonical};
use crate::diagnostic::Span;
use crate::schema::{Schema, Type};
use crate::value::Value;

/// Every event type by its name.
pub type EventTypes = BTreeMap<Arc<str>, Arc<EventType>>;

/// Something that happens: immutable, every name resolved.
#[derive(Debug, Clone)]
pub struct EventType {
    /// `delivery.milestone`
    pub name: Arc<str>,
    /// What an event says.
    pub schema: Arc<Schema>,
    pub owner: Option<Arc<str>>,
    /// What an event is about: always there, a text or a number.
    pub key: FieldPath,
    /// Every field that a listen may correlate by, the key first; each a text or a number, all but the
    /// key perhaps absent.
    pub correlates: Vec<FieldPath>,
    /// What says which event it is; empty: each emit is one.
    pub id: Vec<FieldPath>,
    /// What names the account that an event belongs to, when a flow of no account emits it.
    pub account: Option<FieldPath>,
    pub visibility: Visibility,
    /// How long an event is kept; not shorter than `buffer`.
    pub retain: Duration,
    /// How long a listen that is opened later still gets an event.
    pub buffer: Duration,
    /// The record that events fold into.
    pub fold: Option<Arc<Fold>>,
    /// In the order written.
    pub subscribers: Vec<Subscriber>,
    /// Where its name is declared.
    pub span: Span,
}

/// A field of an event, with dots between names: `shipment.reference`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath(pub Arc<str>);

impl FieldPath {
    /// The value of the field in what an event says.
    pub fn of<'v>(&self, payload: &'v Value) -> Option<&'v Value> {
        self.0.split('.').try_fold(payload, |at, name| at.get(name))
    }

    /// The canonical text of the field.
    pub fn text_of(&self, payload: &Value) -> Option<Arc<str>> {
        canonical(self.of(payload)?)
    }
}

impl EventType {
    /// The type of what an event says.
    pub fn ty(&self) -> &Type {
        &self.schema.ty
    }

    /// What an event is about; `None` when it does not fit its schema.
    pub fn key_of(&self, payload: &Value) -> Option<Arc<str>> {
        self.key.text_of(payload)
    }

    /// The fields that listens may ask for, with their canonical texts; those that are absent are left out.
    pub fn correlates_of(&self, payload: &Value) -> Vec<(Arc<str>, Arc<str>)> {
        let fields = self.correlates.iter();
        fields.filter_map(|field| Some((field.0.clone(), field.text_of(payload)?))).collect()
    }

    /// Which event it is, when its type says so: the same texts are the same event.
    pub fn id_of(&self, payload: &Value) -> Option<Arc<str>> {
        let texts: Option<Vec<Arc<str>>> = self.id.iter().map(|field| field.text_of(payload)).collect();
        texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("|").into())
    }

    /// The account that it belongs to, when it says so.
    pub fn account_of(&self, payload: &Value) -> Option<Arc<str>> {
        self.account.as_ref()?.text_of(payload)
    }

    /// The field called `name`, if a listen may correlate by it.
    pub fn correlate(&self, name: &str) -> Option<&FieldPath> {
        self.correlates.iter().find(|field| &*field.0 == name)
    }
}
