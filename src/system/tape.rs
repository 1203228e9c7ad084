//! What one attempt put on the wire and what came back: for the journal, so that anybody can see later what was
//! said in the other side's own form (M78). Without secrets, and bounded.

use std::sync::{Arc, Mutex, PoisonError};

use super::decode::media_type;
use super::live::Connection;
use super::request::Built;
use super::said::without;
use super::{Operation, WireResponse};
use crate::http::{HeaderMap, Method};

/// Bytes of a body that are kept whole; of what is longer only the length.
const MOST: usize = 32 << 10;

/// Takes down one attempt. Empty: nothing was sent, or a cache answered.
#[derive(Debug, Default)]
pub struct Tape(Mutex<Option<Taken>>);

/// One exchange on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub method: Method,
    /// Path and query, below the system's `url`.
    pub path: String,
    pub request: Said,
    /// `None`: no answer came.
    pub answer: Option<(u16, Said)>,
    /// Mappings that made the request and read the answer, each with the beginning of its digest:
    /// `booking_to_sales_order@1f0c6a7e92b3`.
    pub mappings: Arc<[Arc<str>]>,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Nothing,
    /// JSON, as it was on the wire but for secrets.
    Json(String),
    /// What is no JSON, or too long, is described: nothing could be taken out of it.
    Other(String),
}

impl Tape {
    /// What was taken down.
    pub fn take(&self) -> Option<Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A request is about to be sent. What was sent before, under a proof of identity that was over, is forgotten.
    pub(super) fn sends(&self, connection: &Connection, operation: &Operation, built: &Built) {
        let words = connection.unspeakable();
        let taken = Taken {
            method: operation.method.clone(),
            path: without(&built.path, &words),
            request: said(&built.headers, &built.body, &words),
            answer: None,
            mappings: Arc::clone(&operation.mappings),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
    }

    /// An answer came. `shown`: what proved who we are, which may be good no more.
    pub(super) fn hears(&self, connection: &Connection, response: &WireResponse, shown: &[Arc<str>]) {
        let mut words = connection.unspeakable();
        words.extend_from_slice(shown);
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let said = said(&response.headers, &response.body, &words);
        if let Some(taken) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            taken.answer = Some((response.status.as_u16(), said));
        }
    }
}

fn said(headers: &HeaderMap, body: &[u8], words: &[Arc<str>]) -> Said {
    if body.is_empty() {
        return Said::Nothing;
    }
    let known = media_type(headers);
    let is_json = known.as_ref().is_none_or(|known| known.essence().ends_with("json"));
    match std::str::from_utf8(body) {
        Ok(text) if is_json && body.len() <= MOST => Said::Json(without(text, words)),
        _ => {
            let essence =
                known.map_or_else(|| "no media type".to_owned(), |known| known.essence().to_owned());
            Said::Other(format!("{essence}, {} bytes", body.len()))
        }
    }
}
