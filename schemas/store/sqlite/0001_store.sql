-- The store of one hospital. Times are epoch milliseconds UTC; ids are huren's own texts; "" means none.

CREATE TABLE patient(
  id TEXT NOT NULL UNIQUE,
  local_id TEXT NOT NULL UNIQUE,
  json TEXT NOT NULL
) STRICT;

CREATE TABLE patient_identifier(
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  PRIMARY KEY(type, value, patient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_identifier_of ON patient_identifier(patient_id);

CREATE TABLE tie(
  patient_id TEXT NOT NULL,
  partner TEXT NOT NULL,
  basis TEXT NOT NULL,
  reference TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  PRIMARY KEY(patient_id, partner, basis, reference)
) STRICT, WITHOUT ROWID;

-- One row a version. Its observations lie in result, each once; what is large and seldom read lies in report_text.
CREATE TABLE report(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  origin TEXT NOT NULL,
  number TEXT NOT NULL,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  source TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  stored_ms INTEGER NOT NULL,
  current INTEGER NOT NULL,
  reported_ms INTEGER NOT NULL,
  digest TEXT NOT NULL,
  brief BLOB NOT NULL,
  rest BLOB NOT NULL
) STRICT;
CREATE INDEX report_of_day ON report(source, reported_ms);
CREATE INDEX report_version ON report(origin, number, version);
CREATE INDEX report_unmatched ON report(seq) WHERE patient_id = '';

-- What a message of the inbox brought lies there alone: hl7 is its body, the document a stretch of that in base64 (from 1 on, as
-- substr counts; 0: in document itself, for the message spells it otherwise). The body stays as long as a row here names it.
CREATE TABLE report_text(
  seq INTEGER PRIMARY KEY REFERENCES report(seq) ON DELETE CASCADE,
  hl7 BLOB NOT NULL,
  document BLOB NOT NULL,
  inbox INTEGER NOT NULL DEFAULT 0,
  document_at INTEGER NOT NULL DEFAULT 0,
  document_size INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX report_text_inbox ON report_text(inbox) WHERE inbox > 0;

CREATE TABLE report_identifier(
  report INTEGER NOT NULL REFERENCES report(seq) ON DELETE CASCADE,
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(report, type, value)
) STRICT, WITHOUT ROWID;

-- The identifiers of reports that no patient owns yet: rows leave when the report is matched.
CREATE TABLE unmatched(
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  report INTEGER NOT NULL REFERENCES report(seq) ON DELETE CASCADE,
  PRIMARY KEY(type, value, report)
) STRICT, WITHOUT ROWID;
CREATE INDEX unmatched_of ON unmatched(report);

-- What order.check reads: one stretch of the index a patient, in order of collection. What a report has of one time of collection
-- is one row: results holds them all (adapters/store/sqlite/result_pack.hpp), so that storing a report adds one row and one
-- entry of one index. owner: the patient, or '?' and the report's id while it is nobody's. The index is how a patient's reports
-- are found, too, so a report without results has a row of none.
CREATE TABLE result(
  seq INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  collected_ms INTEGER NOT NULL,
  report_id TEXT NOT NULL,
  current INTEGER NOT NULL,
  results BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX result_of ON result(owner, collected_ms, report_id);

-- Bytes to send, once a message whatever the number of partners.
CREATE TABLE message(
  seq INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  content_type TEXT NOT NULL,
  control_id TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;

-- state: 0 waiting 1 claimed 2 on_wire 3 delivered 4 refused 5 doubtful 6 parked 7 cancelled 8 committed; below 3 it is open.
-- gate: 0 closed (not the oldest open row of its order_key, or not waiting), 1 waits for next_ms, 2 may be claimed.
-- The gate moves with the row, so that a claim looks at nothing but rows that it takes, however long the queue is.
-- No row of outbox or inbox is ever deleted, so ids never repeat.
CREATE TABLE outbox(
  id INTEGER PRIMARY KEY,
  message INTEGER NOT NULL REFERENCES message(seq),
  partner TEXT NOT NULL,
  order_key TEXT NOT NULL,
  subject TEXT NOT NULL,
  lane INTEGER NOT NULL,
  state INTEGER NOT NULL,
  gate INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_ms INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  remark TEXT NOT NULL,
  UNIQUE(message, partner)
) STRICT;
CREATE INDEX outbox_due ON outbox(partner, lane, id) WHERE gate = 2;
CREATE INDEX outbox_later ON outbox(partner, next_ms) WHERE gate = 1;
CREATE INDEX outbox_open ON outbox(partner, order_key, id, created_ms, state) WHERE state < 3;
CREATE INDEX outbox_stuck ON outbox(state, partner) WHERE state > 3 AND state < 7;  -- 4, 5, 6; a list would be a table of its own at every write
CREATE INDEX outbox_committed ON outbox(state, partner, next_ms) WHERE state = 8;
CREATE INDEX outbox_subject ON outbox(subject, partner) WHERE subject <> '';  -- what is only passed on has none

CREATE TABLE inbox(
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  control_id TEXT NOT NULL,
  content_hash BLOB NOT NULL,
  verdict TEXT NOT NULL,
  state TEXT NOT NULL,
  remark TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  ack BLOB NOT NULL,
  UNIQUE(source, control_id, content_hash)
) STRICT;
CREATE INDEX inbox_to_apply ON inbox(id) WHERE state = 'received';
CREATE INDEX inbox_stopped ON inbox(id) WHERE state IN ('refused', 'parked');

CREATE TABLE inbox_body(
  id INTEGER PRIMARY KEY REFERENCES inbox(id) ON DELETE CASCADE,
  content_type TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE parked_event(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  remark TEXT NOT NULL,
  parked_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE notice(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  leased_until_ms INTEGER NOT NULL,
  acknowledged_ms INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX notice_open ON notice(seq) WHERE acknowledged_ms = 0;

CREATE TABLE decision(
  id TEXT NOT NULL UNIQUE,
  suggestion_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  order_item TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  department TEXT NOT NULL,
  result_ids TEXT NOT NULL,
  result_refs TEXT NOT NULL,
  source TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  saved_cents INTEGER NOT NULL,
  item TEXT NOT NULL,
  partner TEXT NOT NULL
) STRICT;
CREATE INDEX decision_at ON decision(at_ms);
CREATE INDEX decision_of_order ON decision(patient_id, order_id) WHERE source = '';

-- The results that a decision of this hospital rests on. quality: how their mark stood when it was last judged.
CREATE TABLE decision_use(
  seq INTEGER PRIMARY KEY,
  decision_id TEXT NOT NULL,
  result_id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  quality TEXT NOT NULL,
  UNIQUE(decision_id, result_id)
) STRICT;
CREATE INDEX decision_use_of ON decision_use(report_id);

-- The life of a suggestion: what accepting it means, and what came of it. state: open | accepted | declined | ignored.
CREATE TABLE offer(
  id TEXT NOT NULL UNIQUE,
  card_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  encounter_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  department TEXT NOT NULL,
  order_id TEXT NOT NULL,
  order_item TEXT NOT NULL,
  result_ids TEXT NOT NULL,
  state TEXT NOT NULL,
  decision_id TEXT NOT NULL,
  shown_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX offer_of_card ON offer(card_id);
CREATE INDEX offer_open ON offer(shown_ms) WHERE state = 'open';

-- Two records of one person, as the HIS told. to_ms 0: still so.
CREATE TABLE merge(
  prior_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  PRIMARY KEY(prior_id, from_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX merge_into ON merge(patient_id) WHERE to_ms = 0;
CREATE INDEX merge_from ON merge(prior_id) WHERE to_ms = 0;

CREATE TABLE lab_order(
  id TEXT NOT NULL UNIQUE,
  patient_id TEXT NOT NULL,
  state TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;

-- What order.check showed: one row a card and doctor, and the whole check that it was part of.
CREATE TABLE suggestion(
  id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  accepting TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  department TEXT NOT NULL,
  order_item TEXT NOT NULL,
  item TEXT NOT NULL,
  outcome TEXT NOT NULL,
  partner TEXT NOT NULL,
  check_seq INTEGER NOT NULL,
  shown_ms INTEGER NOT NULL,
  PRIMARY KEY(id, doctor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX suggestion_shown ON suggestion(shown_ms);
CREATE INDEX suggestion_of_patient ON suggestion(patient_id);
CREATE INDEX suggestion_accepting ON suggestion(accepting) WHERE accepting <> '';

CREATE TABLE order_check(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  patient_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  codes TEXT NOT NULL,
  setting TEXT NOT NULL,
  basis BLOB NOT NULL,
  answer BLOB NOT NULL
) STRICT;
CREATE INDEX order_check_at ON order_check(at_ms);

-- Texts that many rows rest on, each once under the name of its content: code tables, agreements.
CREATE TABLE kept(
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE(kind, key)
) STRICT;

-- Append only: the triggers stop a slip, the chain of hashes shows intent.
CREATE TABLE audit(
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  who TEXT NOT NULL,
  object TEXT NOT NULL,
  outcome TEXT NOT NULL,
  fields TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append only'); END;

CREATE TABLE viewing(
  report_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY(report_id, doctor_id, kind, patient_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE retraction(
  notice_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  acknowledged_ms INTEGER NOT NULL,
  escalated_ms INTEGER NOT NULL,
  PRIMARY KEY(notice_id, doctor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX retraction_open ON retraction(at_ms) WHERE acknowledged_ms = 0;

-- Who was given a subject otherwise than by the outbox: "pull" in an answer, "index" an entry without values.
CREATE TABLE disclosure(
  subject TEXT NOT NULL,
  partner TEXT NOT NULL,
  how TEXT NOT NULL,
  query TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY(subject, partner, how)
) STRICT, WITHOUT ROWID;

-- Consent ended: our subjects that a partner was told of, and a partner's that it told us of.
CREATE TABLE bar(
  partner TEXT NOT NULL,
  subject TEXT NOT NULL,
  removed INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY(partner, subject)
) STRICT, WITHOUT ROWID;

-- What partners say that they hold. held: the version that came whole, 0 none.
CREATE TABLE index_report(
  partner TEXT NOT NULL,
  handle TEXT NOT NULL,
  version INTEGER NOT NULL,
  held INTEGER NOT NULL,
  collected_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY(partner, handle)
) STRICT, WITHOUT ROWID;

CREATE TABLE index_token(
  token TEXT NOT NULL,
  partner TEXT NOT NULL,
  handle TEXT NOT NULL,
  PRIMARY KEY(token, partner, handle)
) STRICT, WITHOUT ROWID;
CREATE INDEX index_token_of ON index_token(partner, handle);

CREATE TABLE index_item(
  partner TEXT NOT NULL,
  handle TEXT NOT NULL,
  item TEXT NOT NULL,
  PRIMARY KEY(partner, handle, item)
) STRICT, WITHOUT ROWID;

-- Questions to partners that wait to be asked.
CREATE TABLE fetch(
  id INTEGER PRIMARY KEY,
  partner TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  reference TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  asked_ms INTEGER NOT NULL,
  next_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  UNIQUE(partner, patient_id, reason, reference)
) STRICT;
CREATE INDEX fetch_due ON fetch(partner, next_ms);
-- What hospitals ask each other for a patient: steps are added and never changed; the row beside them is what they amount to.
CREATE TABLE referral_fact(
  seq INTEGER PRIMARY KEY,
  referral TEXT NOT NULL,
  fact_id TEXT NOT NULL,
  source TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  stored_ms INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX referral_fact_of ON referral_fact(referral, fact_id);

CREATE TABLE referral(
  key TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  partner TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  their_patient TEXT NOT NULL,
  state TEXT NOT NULL,
  priority TEXT NOT NULL,
  ours INTEGER NOT NULL,
  asked_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  told INTEGER NOT NULL,
  package TEXT NOT NULL
) STRICT;
CREATE INDEX referral_of_patient ON referral(patient_id, changed_ms);
CREATE INDEX referral_changed ON referral(changed_ms);
CREATE INDEX referral_asked ON referral(asked_ms);
CREATE INDEX referral_due ON referral(due_ms) WHERE due_ms > 0;

CREATE TABLE record(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  referral TEXT NOT NULL,
  kind TEXT NOT NULL,
  origin TEXT NOT NULL,
  number TEXT NOT NULL,
  version INTEGER NOT NULL,
  source TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  status TEXT NOT NULL,
  stored_ms INTEGER NOT NULL,
  current INTEGER NOT NULL,
  json TEXT NOT NULL,
  control_id TEXT NOT NULL,
  content_hash BLOB NOT NULL
) STRICT;
CREATE INDEX record_version ON record(kind, origin, number, version);
CREATE INDEX record_of_patient ON record(patient_id, stored_ms) WHERE patient_id <> '';
CREATE INDEX record_of_referral ON record(referral, seq) WHERE referral <> '';

CREATE TABLE record_text(
  seq INTEGER PRIMARY KEY REFERENCES record(seq) ON DELETE CASCADE,
  document BLOB NOT NULL
) STRICT;

-- By what a person may be found again without a verified identifier: digests, never names in the clear.
CREATE TABLE patient_hint(
  hint TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  PRIMARY KEY(hint, patient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_hint_of ON patient_hint(patient_id);

CREATE TABLE doubt(
  id TEXT NOT NULL PRIMARY KEY,
  partner TEXT NOT NULL,
  their_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  theirs TEXT NOT NULL,
  evidence TEXT NOT NULL,
  score INTEGER NOT NULL,
  state TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  decided_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX doubt_about ON doubt(partner, their_id);
CREATE INDEX doubt_state ON doubt(state, at_ms);

CREATE TABLE cursor(
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
