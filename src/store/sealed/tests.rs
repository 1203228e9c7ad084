//! What only a sealed store promises: nothing readable on disk, nothing that opens elsewhere, keys that change.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use zeroize::Zeroizing;

use super::cipher::{Place, SealingKeys};
use super::{KEY_LEN, Sealed};
use crate::store::conformance::make::{begin, case, cases, entry, event, go_on, happen, id};
use crate::store::conformance::{Subject, conformance};
use crate::store::{Change, Memory, Options, Sqlite, Store, StoreError, Transition};

fn key(first: u8) -> Zeroizing<[u8; KEY_LEN]> {
    let mut key = Zeroizing::new([7; KEY_LEN]);
    key[0] = first;
    key
}

fn keys(all: &[u8]) -> SealingKeys {
    SealingKeys::new(&all.iter().copied().map(key).collect::<Vec<_>>())
}

fn open(dir: &Path, all: &[u8]) -> Sealed {
    let inner = Sqlite::open(dir, Options { reserve: 0 }).expect("a store");
    Sealed::new(Arc::new(inner), keys(all))
}

#[test]
fn a_sealed_store_does_what_a_store_must() {
    conformance(|| Subject::new(Arc::new(Sealed::new(Arc::new(Memory::new()), keys(&[1]))), |store| store));
    conformance(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let store: Arc<dyn Store> = Arc::new(open(dir.path(), &[1, 2]));
        Subject::new(store, move |store| {
            drop(store);
            // Another key is in use since.
            Arc::new(open(dir.path(), &[3, 2, 1]))
        })
    });
}

/// Says a word wherever a payload can be.
fn spoken(word: &str) -> Vec<Transition> {
    let bytes: Arc<[u8]> = format!("{{\"said\":\"{word}\"}}").into_bytes().into();
    let mut begun = begin(1);
    if let Some(Change::Begin(instance)) = &mut begun.change {
        (instance.state, instance.answer) = (bytes.clone(), Some(bytes.clone()));
    }
    let mut said = entry("accepted");
    said.body = bytes.clone();
    let (entries, blobs) = (vec![said], vec![(Arc::from("b1"), bytes.clone())]);
    let mut happened = event("e1", &[]);
    happened.body = bytes.clone();
    let mut opened = case(1, Some(1));
    opened.body = bytes;
    vec![Transition { entries, blobs, ..begun }, happen(vec![happened]), cases(vec![opened])]
}

/// Every payload that [`spoken`] wrote, as the store gives it.
fn heard(store: &dyn Store) -> Result<Vec<Vec<u8>>, StoreError> {
    let instance = store.instance(id(1))?.expect("the instance");
    let journal = store.journal(id(1), 0, 9)?;
    let events = store.events(&Default::default(), 9)?;
    let cases = store.cases(&Default::default(), 9)?;
    let mut all = vec![instance.state.to_vec(), instance.answer.expect("an answer").to_vec()];
    all.extend(journal.iter().map(|entry| entry.body.to_vec()));
    all.extend(events.iter().map(|event| event.body.to_vec()));
    all.extend(cases.iter().map(|case| case.body.to_vec()));
    all.extend(store.blob("b1")?);
    Ok(all)
}

fn is_on_disk(dir: &Path, word: &str) -> bool {
    let files = std::fs::read_dir(dir).expect("a directory").map(|file| file.expect("a file").path());
    let holds = |bytes: Vec<u8>| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    files.filter(|file| file.is_file()).any(|file| std::fs::read(file).is_ok_and(holds))
}

#[test]
fn nothing_that_was_said_can_be_read_from_the_disk() {
    for (all, there) in [(&[][..], true), (&[1][..], false)] {
        let dir = tempfile::tempdir().expect("a directory");
        let store = open(dir.path(), all);
        store.commit(&spoken("pan-audit-co")).expect("a store that works");
        assert_eq!(is_on_disk(dir.path(), "pan-audit-co"), there, "with {} keys", all.len());
        let heard = heard(&store).expect("what was said");
        assert!(
            heard.len() == 6 && heard.iter().all(|said| said == b"{\"said\":\"pan-audit-co\"}"),
            "{heard:?}"
        );
    }
}

#[test]
fn a_key_that_is_retired_still_opens_and_one_that_is_gone_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    open(dir.path(), &[1]).commit(&spoken("one")).expect("a store that works");
    let rotated = open(dir.path(), &[2, 1]);
    assert_eq!(heard(&rotated).expect("what was said").len(), 6);
    rotated.commit(&[go_on(1, 1)]).expect("a store that works");
    drop(rotated);
    let without = open(dir.path(), &[2]);
    // What was written since is under the new key, all else under the one that is missing.
    assert!(without.journal(id(1), 0, 9).is_err());
    let refused = without.events(&Default::default(), 9);
    assert!(
        matches!(&refused, Err(StoreError::Corrupt(why)) if why.contains("(event) is sealed with the key")),
        "{refused:?}"
    );
    let none = open_after(without, dir.path());
    assert!(none.instance(id(1)).is_err());
}

/// The same store without any key.
fn open_after(store: Sealed, dir: &Path) -> Sealed {
    drop(store);
    open(dir, &[])
}

#[test]
fn a_payload_does_not_open_in_the_place_of_another() {
    let keys = keys(&[1]);
    let sealed = keys.seal(&Place("case", b"1"), &b"{}"[..].into()).expect("sealed");
    assert_eq!(keys.open(&Place("case", b"1"), &sealed).expect("opened")[..], b"{}"[..]);
    for place in [Place("case", b"2"), Place("event", b"1"), Place("cas", b"e1")] {
        assert!(matches!(keys.open(&place, &sealed), Err(StoreError::Corrupt(_))), "{}", place.0);
    }
}

proptest! {
    /// Whatever is kept opens as what it was, with a key or without; whatever is changed does not open.
    #[test]
    fn what_goes_in_comes_out(payload in prop::collection::vec(any::<u8>(), 0..200), magic: bool, all in 0u8..3, at: usize, bit in 0u8..8) {
        let payload: Arc<[u8]> = match magic {
            true => [b"\xCDsealed\x01", &payload[..]].concat().into(),
            false => payload.into(),
        };
        let keys = keys(&(0..all).collect::<Vec<_>>());
        let place = Place("state", b"i");
        let kept = keys.seal(&place, &payload).expect("sealed");
        prop_assert_eq!(keys.open(&place, &kept).expect("opened"), payload.clone());
        if all > 0 && !payload.is_empty() {
            prop_assert!(kept.len() > payload.len());
            let mut changed = kept.to_vec();
            let at = 8 + at % (changed.len() - 8);
            changed[at] ^= 1 << bit;
            // No single bit makes a key's name the one that stands for plain bytes, but for a name of one bit.
            prop_assert!(keys.open(&place, &changed.into()).is_err());
        }
    }
}
