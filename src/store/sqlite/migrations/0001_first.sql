-- The first form. Whatever holds payload names its account and the key it is enciphered with (none yet).

-- A number in this store stands for an instance in what goes with it. Status: the place in `Status::ALL`;
-- below 3 an instance is open.
CREATE TABLE instance (
  n INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  account TEXT NOT NULL,
  client TEXT NOT NULL,
  flow TEXT NOT NULL,
  digest TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  business_key TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  status INTEGER NOT NULL,
  stage TEXT NOT NULL,
  wake_at INTEGER,
  keep_until INTEGER,
  entries INTEGER NOT NULL,
  key_id TEXT,
  state BLOB NOT NULL,
  answer BLOB
) STRICT;
CREATE INDEX instance_correlation ON instance (correlation_id);
CREATE INDEX instance_business ON instance (business_key) WHERE business_key IS NOT NULL;
CREATE INDEX instance_open ON instance (id) WHERE status < 3;
CREATE INDEX instance_due ON instance (wake_at, id) WHERE status < 3 AND wake_at IS NOT NULL;
CREATE INDEX instance_ended ON instance (keep_until, id) WHERE status >= 3 AND keep_until IS NOT NULL;

-- Append-only. `place` is the instance's number times 2^24 and the entry's: one tree, no index.
CREATE TABLE journal (
  place INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  key_id TEXT,
  body BLOB NOT NULL
) STRICT;

-- Kind: 0 the key of a request, 1 a business key. `name` is a digest of account, kind, scope and key: names
-- come in no order, and each would touch a page of its own; so the index is small and the rest is appended.
CREATE TABLE claim (
  n INTEGER PRIMARY KEY,
  name INTEGER NOT NULL,
  account TEXT NOT NULL,
  kind INTEGER NOT NULL,
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  expires INTEGER,
  instance BLOB NOT NULL
) STRICT;
CREATE INDEX claim_name ON claim (name);
CREATE INDEX claim_instance ON claim (instance) WHERE expires IS NULL;

CREATE TABLE reference (
  value TEXT NOT NULL,
  name TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (value, name, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_instance ON reference (n);

-- `field` and `wanted` are the first of the subscription's wants: how an event finds it. Empty: it has none.
CREATE TABLE subscription (
  n INTEGER NOT NULL,
  id INTEGER NOT NULL,
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  field TEXT NOT NULL,
  wanted TEXT NOT NULL,
  since INTEGER NOT NULL,
  wants BLOB NOT NULL,
  PRIMARY KEY (n, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_hook ON subscription (account, name, field, wanted);

CREATE TABLE event (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  buffered_until INTEGER NOT NULL,
  keep_until INTEGER NOT NULL,
  correlation_id TEXT NOT NULL,
  instance BLOB,
  correlates BLOB NOT NULL,
  key_id TEXT,
  body BLOB NOT NULL,
  UNIQUE (account, source, id)
) STRICT;
CREATE INDEX event_buffered ON event (account, name, buffered_until);
CREATE INDEX event_keep ON event (keep_until);
CREATE INDEX event_instance ON event (instance) WHERE instance IS NOT NULL;

-- How a subscription that is opened later finds an event.
CREATE TABLE correlate (
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (account, name, field, value, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX correlate_event ON correlate (event);

-- Given to a subscription and not taken.
CREATE TABLE given (
  n INTEGER NOT NULL,
  event INTEGER NOT NULL,
  subscription INTEGER NOT NULL,
  PRIMARY KEY (n, event, subscription)
) STRICT, WITHOUT ROWID;
CREATE INDEX given_event ON given (event);

-- State: the place in `CaseState::ALL`; below 3 somebody must still act.
CREATE TABLE cases (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  code TEXT NOT NULL,
  state INTEGER NOT NULL,
  account TEXT NOT NULL,
  instance BLOB,
  park INTEGER,
  flow TEXT,
  step TEXT,
  system TEXT,
  cause TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  queues BLOB NOT NULL,
  severity TEXT NOT NULL,
  assignee TEXT,
  opened_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  acknowledge_by INTEGER,
  resolve_by INTEGER,
  snoozed_until INTEGER,
  closed_at INTEGER,
  key_id TEXT,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX cases_open ON cases (number) WHERE state < 3;
CREATE INDEX cases_instance ON cases (instance) WHERE instance IS NOT NULL;

CREATE TABLE case_queue (
  queue TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (queue, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_queue_of ON case_queue (number);

CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  who TEXT NOT NULL,
  account TEXT NOT NULL,
  about TEXT NOT NULL,
  body BLOB NOT NULL,
  before BLOB NOT NULL,
  digest BLOB NOT NULL
) STRICT;

-- One row: the last link, so that a trail cut off at its end is found.
CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  digest TEXT NOT NULL
) STRICT;

-- `newest`: of two definitions of a flow, the one with the higher number was said later.
CREATE TABLE definition (
  digest TEXT PRIMARY KEY,
  flow TEXT NOT NULL,
  newest INTEGER NOT NULL,
  files BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX definition_newest ON definition (flow, newest);

CREATE TABLE definition_file (
  blob TEXT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (blob, definition)
) STRICT, WITHOUT ROWID;
CREATE INDEX definition_file_of ON definition_file (definition);

-- How many instances are pinned to a definition: open ones, and all that are kept.
CREATE TABLE pinned (
  digest TEXT PRIMARY KEY,
  open INTEGER NOT NULL,
  kept INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
  n INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  key_id TEXT,
  bytes BLOB NOT NULL
) STRICT;

-- Which instances brought a blob.
CREATE TABLE blob_use (
  digest TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (digest, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_use_instance ON blob_use (n);

-- Blobs that perhaps nothing refers to any more.
CREATE TABLE loose (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- How far readers of the event log, schedules and the like have come.
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
