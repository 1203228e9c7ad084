//! The seam of transports: how a subscriber is told of one event, and what came of it.
//!
//! A transport is one file with a [`Sink`]. Whoever runs it reads the event log in order, tells it of each
//! event at least once, those of one key one after the other, keeps how far it has come, and deals with
//! failures as [`Pace`] says. Events are found and given, subscribers are paced and disabled outside.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::{BoxFuture, Moment};
use crate::codec::json;
use crate::mapping::{Context, Tables};
use crate::store::Event;
use crate::value::Value;

/// An event as many subscribers are told of it: decoded once.
#[derive(Debug)]
pub struct Notice {
    pub event: Event,
    payload: OnceLock<Option<Value>>,
}

impl Notice {
    /// An event of the log.
    pub fn new(event: Event) -> Notice {
        Notice { event, payload: OnceLock::new() }
    }

    /// What it says; `None`: what is kept cannot be read.
    pub fn payload(&self) -> Option<&Value> {
        let decode = || json::decode(&self.event.body, &json::Limits::default()).ok();
        self.payload.get_or_init(decode).as_ref()
    }
}

/// One event for one subscriber.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    pub notice: &'a Notice,
    pub now: Moment,
    pub tables: &'a Tables,
    /// How often somebody has had the subscriber told again from an earlier time.
    pub epoch: u64,
}

impl<'a> Delivery<'a> {
    /// What mappings of subscribers are evaluated in.
    pub fn context(&self) -> Context<'a> {
        Context::new(self.now, self.tables)
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// It was told, or the event is not for it.
    Done,
    /// What the subscriber says of this event cannot be evaluated: somebody must look, and it goes on.
    Unfit(String),
    /// Not now; perhaps not before so long.
    Later { why: String, after: Option<Duration> },
    /// It does not want to be told any more.
    Gone(String),
}

/// How fast and for how long a subscriber is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Events of different keys at once.
    pub at_once: usize,
    /// Events per second while it catches up.
    pub rate: u32,
    /// After so long without success it is disabled; `None`: it is tried for ever, each second.
    pub give_up: Option<Duration>,
}

/// A transport.
pub trait Sink: Send + Sync + std::fmt::Debug {
    /// Tells the subscriber of one event. Told again, it must be recognisable as the same.
    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Delivered>;

    /// How fast and for how long.
    fn pace(&self) -> Pace;
}

/// A subscriber with a cursor of its own.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Unique, and the same after a restart: what its cursor is kept by.
    pub name: Arc<str>,
    /// The event that it is told of.
    pub event: Arc<str>,
    /// Only of this account.
    pub account: Option<Arc<str>>,
    pub from_start: bool,
    /// Who must act when it is disabled.
    pub owner: Arc<str>,
    pub sink: Arc<dyn Sink>,
}
