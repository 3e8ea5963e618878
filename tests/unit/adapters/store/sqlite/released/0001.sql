-- schema: schemas/store/sqlite/0001_store.sql
-- Rows as version 1 wrote them. When 1 is released the line above gives way to that schema's text, and this file stays as
-- it is for ever: what opens today's store must open this one.
INSERT INTO patient(id, local_id, json) VALUES('p1', 'A-0001', '{"local_id":"A-0001","name":"测试甲"}');
INSERT INTO patient_identifier(type, value, patient_id) VALUES('resident_id', '11010519491231002X', 'p1');
INSERT INTO tie(patient_id, partner, basis, reference, from_ms, to_ms) VALUES('p1', 'city', 'referral', 'ZZ-1', 1, 0);
INSERT INTO report(seq, id, origin, number, version, status, source, patient_id, stored_ms, current, reported_ms, digest, brief, rest)
  VALUES(1, 'r1', 'HB-CITY-01', 'LIS-1', 1, 'final', 'city', 'p1', 5, 1, 4, '', x'', x'');
INSERT INTO report_text(seq, hl7, document) VALUES(1, CAST('MSH|' AS BLOB), CAST('<ClinicalDocument/>' AS BLOB));
INSERT INTO result(seq, owner, collected_ms, report_id, current, results)
  VALUES(1, 'p1', 4, 'r1', 1, x'0101010566696E616C0006474C5500');
INSERT INTO message(seq, message_id, type, content_type, control_id, body) VALUES(1, 'M1', 'ORU^R01', 'application/hl7-v2', 'M1', CAST('MSH|M1' AS BLOB));
INSERT INTO outbox(id, message, partner, order_key, subject, lane, state, gate, attempts, next_ms, created_ms, changed_ms, expires_ms, remark)
  VALUES(1, 1, 'city', 'p1', 'HB-A/LIS-9', 1, 0, 2, 0, 0, 3, 3, 0, '');
INSERT INTO notice(seq, id, topic, created_ms, leased_until_ms, acknowledged_ms, json) VALUES(1, 'n1', 'result.received/1', 6, 0, 0, '{"notice_id":"n1"}');
INSERT INTO cursor(name, value) VALUES('spool', 42);
