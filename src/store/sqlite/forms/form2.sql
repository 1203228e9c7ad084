-- A store of form 2, as it was written then. Not to be changed: every later form must be able to read it.
BEGIN TRANSACTION;
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
CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE TABLE blob (
  n INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  key_id TEXT,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE blob_use (
  digest TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (digest, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_queue (
  queue TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (queue, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "case_queue" VALUES('ops',1);
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
INSERT INTO "cases" VALUES(1,'outage',4,'',NULL,NULL,NULL,NULL,'erp','erp: connect','','ops',X'000000036F7073','','',1,2,NULL,NULL,NULL,50,NULL,X'7B7D');
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
INSERT INTO "claim" VALUES(1,5794685019954006675,'ACME',1,'booking','PO-1','',NULL,X'00000000000000000000000000000001');
INSERT INTO "claim" VALUES(2,-1602407411538635824,'ACME',0,'POST /v1','k','f',5000,X'00000000000000000000000000000001');
CREATE TABLE correlate (
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (account, name, field, value, event)
) STRICT, WITHOUT ROWID;
INSERT INTO "correlate" VALUES('ACME','milestone','about','K',1);
CREATE TABLE definition (
  digest TEXT PRIMARY KEY,
  flow TEXT NOT NULL,
  newest INTEGER NOT NULL,
  files BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE definition_file (
  blob TEXT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (blob, definition)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "event" VALUES(1,'ACME','dispatch','e1','milestone','K',9,10,100,1000,'c',NULL,X'0000000561626F7574000000014B',NULL,X'7B2261626F7574223A224B227D');
CREATE TABLE given (
  n INTEGER NOT NULL,
  event INTEGER NOT NULL,
  subscription INTEGER NOT NULL,
  PRIMARY KEY (n, event, subscription)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "instance" VALUES(1,X'00000000000000000000000000000001','ACME','portal','booking','d1','corr-1','PO-1',1,2,2,0,'order',500,NULL,1,NULL,X'7B7D',NULL);
INSERT INTO "instance" VALUES(2,X'00000000000000000000000000000002','ACME','portal','booking','d1','corr-2','PO-2',1,2,2,3,'order',NULL,1000,1,NULL,X'',NULL);
CREATE TABLE journal (
  place INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  key_id TEXT,
  body BLOB NOT NULL
) STRICT;
INSERT INTO "journal" VALUES(16777217,'ACME',1,'accepted','',NULL,X'7B7D');
INSERT INTO "journal" VALUES(33554433,'ACME',1,'accepted','',NULL,X'7B7D');
CREATE TABLE loose (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "mark" VALUES('herald',1);
CREATE TABLE pinned (
  digest TEXT PRIMARY KEY,
  open INTEGER NOT NULL,
  kept INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "pinned" VALUES('d1',1,2);
CREATE TABLE reference (
  value TEXT NOT NULL,
  name TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (value, name, n)
) STRICT, WITHOUT ROWID;
INSERT INTO "reference" VALUES('SO-1','order',1);
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
CREATE INDEX instance_correlation ON instance (correlation_id);
CREATE INDEX instance_business ON instance (business_key) WHERE business_key IS NOT NULL;
CREATE INDEX instance_open ON instance (id) WHERE status < 3;
CREATE INDEX instance_due ON instance (wake_at, id) WHERE status < 3 AND wake_at IS NOT NULL;
CREATE INDEX instance_ended ON instance (keep_until, id) WHERE status >= 3 AND keep_until IS NOT NULL;
CREATE INDEX claim_name ON claim (name);
CREATE INDEX claim_instance ON claim (instance) WHERE expires IS NULL;
CREATE INDEX reference_instance ON reference (n);
CREATE INDEX subscription_hook ON subscription (account, name, field, wanted);
CREATE INDEX event_buffered ON event (account, name, buffered_until);
CREATE INDEX event_keep ON event (keep_until);
CREATE INDEX event_instance ON event (instance) WHERE instance IS NOT NULL;
CREATE INDEX correlate_event ON correlate (event);
CREATE INDEX given_event ON given (event);
CREATE INDEX cases_open ON cases (number) WHERE state < 3;
CREATE INDEX cases_instance ON cases (instance) WHERE instance IS NOT NULL;
CREATE INDEX case_queue_of ON case_queue (number);
CREATE INDEX definition_newest ON definition (flow, newest);
CREATE INDEX definition_file_of ON definition_file (definition);
CREATE INDEX blob_use_instance ON blob_use (n);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',1);
INSERT INTO "sqlite_sequence" VALUES('cases',1);
CREATE INDEX instance_account ON instance (account, id);
CREATE INDEX instance_flow ON instance (flow, id);
CREATE INDEX event_key ON event (key, number);
CREATE INDEX cases_closed ON cases (closed_at, number) WHERE state >= 3 AND instance IS NULL;
COMMIT;
PRAGMA user_version=2;
