-- What waits to be processed. seq never repeats: the engine's cursor counts on it.
CREATE TABLE waiting(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  content_type TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

-- What was ever accepted: identity and XXH3-128 of content type and body, kept after the body has gone.
CREATE TABLE seen(
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY(type, key)
) STRICT, WITHOUT ROWID;
