-- How far each subscriber has come.
CREATE TABLE cursor (
  name TEXT PRIMARY KEY,
  next INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  failing_since INTEGER,
  retry_at INTEGER,
  disabled INTEGER NOT NULL,
  problem TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a subscriber that is behind reads: events of one name in their order.
CREATE INDEX event_name ON event (name);

-- What events fold into.
CREATE TABLE entity (
  account TEXT NOT NULL,
  entity TEXT NOT NULL,
  key TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  keep_until INTEGER NOT NULL,
  key_id TEXT,
  body BLOB NOT NULL,
  PRIMARY KEY (account, entity, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_keep ON entity (keep_until);
