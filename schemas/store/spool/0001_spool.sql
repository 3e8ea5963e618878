-- What waits to be processed. seq never repeats, because the store's cursor counts on it: not after rows have gone
-- (AUTOINCREMENT), and not when a lost or damaged spool is replaced by a new one, whose numbers start at the second
-- of its creation times a million, beyond all that an older file can have given out.
CREATE TABLE waiting(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  content_type TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
INSERT INTO sqlite_sequence(name, seq) VALUES('waiting', CAST(strftime('%s', 'now') AS INTEGER) * 1000000);

-- What was ever accepted: identity and XXH3-128 of content type and body, kept after the body has gone.
CREATE TABLE seen(
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY(type, key)
) STRICT, WITHOUT ROWID;
