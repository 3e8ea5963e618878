// The queries that run for every event, message and order. Tests assert the plan of each: none scans a table.
#pragma once
#include <string_view>

namespace huren::store::sqlite::sql {

// patients
inline constexpr std::string_view kPatientByLocalId = "SELECT id, local_id, json FROM patient WHERE local_id=?";
inline constexpr std::string_view kPatientById = "SELECT id, local_id, json FROM patient WHERE id=?";
inline constexpr std::string_view kPatientsByVerifiedId =
    "SELECT p.id, p.local_id, p.json FROM patient_identifier i JOIN patient p ON p.id = i.patient_id "
    "WHERE i.type=? AND i.value=? ORDER BY i.patient_id";
inline constexpr std::string_view kIdentifiersOf =
    "SELECT type, value FROM patient_identifier WHERE patient_id=? ORDER BY type, value";
inline constexpr std::string_view kTie =
    "SELECT patient_id, partner, basis, reference, from_ms, to_ms FROM tie WHERE patient_id=? AND partner=? AND basis=? AND reference=?";
inline constexpr std::string_view kTies =
    "SELECT patient_id, partner, basis, reference, from_ms, to_ms FROM tie WHERE patient_id=?";

// reports and results
inline constexpr std::string_view kReportVersions =
    "SELECT r.seq, r.id, r.origin, r.number, r.version, r.status, r.source, r.patient_id, r.stored_ms, r.current, "
    "r.brief, r.rest, r.reported_ms, r.digest, "
    "iif(t.inbox=0, t.hl7, (SELECT b.body FROM inbox_body b WHERE b.id = t.inbox)), t.document, t.inbox, t.document_at, t.document_size FROM report r JOIN report_text t ON t.seq = r.seq "
    "WHERE r.origin=? AND r.number=? ORDER BY r.version, r.seq";
inline constexpr std::string_view kReportById =
    "SELECT r.seq, r.id, r.origin, r.number, r.version, r.status, r.source, r.patient_id, r.stored_ms, r.current, "
    "r.brief, r.rest, r.reported_ms, r.digest, "
    "iif(t.inbox=0, t.hl7, (SELECT b.body FROM inbox_body b WHERE b.id = t.inbox)), t.document, t.inbox, t.document_at, t.document_size FROM report r JOIN report_text t ON t.seq = r.seq WHERE r.id=?";
inline constexpr std::string_view kInboxBody = "SELECT body FROM inbox_body WHERE id=?";
inline constexpr std::string_view kReportHead =
    "SELECT seq, id, origin, number, version, status, source, patient_id, stored_ms, current, brief FROM report WHERE id=?";
inline constexpr std::string_view kReportsOf =
    "SELECT seq, id, origin, number, version, status, source, patient_id, stored_ms, current, brief, rest, reported_ms, digest FROM report "
    "WHERE id IN (SELECT report_id FROM result WHERE owner=?) ORDER BY stored_ms DESC, seq DESC";
inline constexpr std::string_view kUnmatched =
    "SELECT r.seq, r.id, r.origin, r.number, r.version, r.status, r.source, r.patient_id, r.stored_ms, r.current, "
    "r.brief, r.rest, r.reported_ms, r.digest, "
    "iif(t.inbox=0, t.hl7, (SELECT b.body FROM inbox_body b WHERE b.id = t.inbox)), t.document, t.inbox, t.document_at, t.document_size FROM unmatched u JOIN report r ON r.seq = u.report JOIN report_text t ON t.seq = r.seq "
    "WHERE u.type=? AND u.value=? ORDER BY u.report";
inline constexpr std::string_view kReportIdentifiers =
    "SELECT type, value FROM report_identifier WHERE report=? ORDER BY type, value";
inline constexpr std::string_view kResultsSince =
    "SELECT report_id, collected_ms, current, results FROM result "
    "WHERE owner=? AND collected_ms>=? AND current=1 ORDER BY collected_ms DESC, report_id DESC";
inline constexpr std::string_view kResultsIn =
    "SELECT r.report_id, r.collected_ms, r.current, r.results, p.patient_id FROM report p "
    "CROSS JOIN result r ON r.owner = iif(p.patient_id='', '?'||p.id, p.patient_id) AND r.report_id = p.id WHERE p.id=?";
inline constexpr std::string_view kResultsOfOne = "SELECT report_id, results FROM result WHERE owner=? AND report_id=?";
inline constexpr std::string_view kResultsOfAll = "SELECT report_id, results FROM result WHERE owner=?";
inline constexpr std::string_view kRetireResults =
    "UPDATE result SET current=0 WHERE owner=(SELECT iif(patient_id='', '?'||id, patient_id) FROM report WHERE id=?1) AND report_id=?1";
inline constexpr std::string_view kMoveResults = "UPDATE result SET owner=? WHERE owner=? AND report_id=?";
inline constexpr std::string_view kDropResults = "DELETE FROM result WHERE owner=? AND report_id=?";

// outbox
inline constexpr std::string_view kMessage = "SELECT seq, type, content_type, body, control_id FROM message WHERE message_id=?";
// A row of a key that has an open one waits behind it with its gate closed (?7: the gate that its time gives it).
inline constexpr std::string_view kEnqueue =
    "INSERT INTO outbox(message, partner, order_key, subject, lane, state, gate, attempts, next_ms, created_ms, changed_ms, remark, expires_ms) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, iif(?7>0 AND ?3<>'' AND EXISTS(SELECT 1 FROM outbox WHERE partner=?2 AND order_key=?3 AND state<3), 0, ?7), "
    "?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT(message, partner) DO NOTHING";
inline constexpr std::string_view kKeyIsOpen =
    "SELECT 1 FROM outbox WHERE partner=? AND order_key=? AND state<3 LIMIT 1";
inline constexpr std::string_view kKeyInFlight =
    "SELECT 1 FROM outbox WHERE partner=? AND order_key=? AND state<3 AND state>0 LIMIT 1";
inline constexpr std::string_view kOldestOfKey =
    "SELECT id, next_ms, changed_ms, gate, state FROM outbox WHERE partner=? AND order_key=? AND state<3 ORDER BY id LIMIT 1";
inline constexpr std::string_view kCloseKey =
    "UPDATE outbox SET gate=0 WHERE partner=? AND order_key=? AND state<3 AND gate>0";
inline constexpr std::string_view kIsDue = "SELECT 1 FROM outbox WHERE partner=? AND gate=1 AND next_ms<=? LIMIT 1";
inline constexpr std::string_view kBecomeDue = "UPDATE outbox SET gate=2 WHERE partner=? AND gate=1 AND next_ms<=?";
inline constexpr std::string_view kHurry = "UPDATE outbox SET gate=2 WHERE partner=? AND gate=1 AND next_ms>?";
inline constexpr std::string_view kDueFirst =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, "
    "o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id, m.body FROM outbox o JOIN message m ON m.seq = o.message "
    "WHERE o.partner=? AND o.gate=2 AND o.lane=0 ORDER BY o.id LIMIT ?";
inline constexpr std::string_view kDueOthers =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, "
    "o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id, m.body FROM outbox o JOIN message m ON m.seq = o.message "
    "WHERE o.partner=? AND o.gate=2 AND o.lane>0 ORDER BY o.lane, o.id LIMIT ? OFFSET ?";
// What stands before something critical of the same patient must not hold it up.
inline constexpr std::string_view kHurryKey = "UPDATE outbox SET lane=0 WHERE partner=? AND order_key=? AND state<3 AND lane>0";
inline constexpr std::string_view kTake =
    "UPDATE outbox SET state=?, gate=0, attempts=attempts+1, changed_ms=? WHERE id=?";
inline constexpr std::string_view kInFlight =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, "
    "o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id, m.body FROM outbox o JOIN message m ON m.seq = o.message "
    "WHERE o.partner=? AND o.state<3 AND o.state>0 ORDER BY o.id";
inline constexpr std::string_view kOutboxRow =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, "
    "o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id FROM message m JOIN outbox o ON o.message = m.seq "
    "WHERE m.message_id=? AND o.partner=?";
inline constexpr std::string_view kOutboxEntry =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, "
    "o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id FROM outbox o JOIN message m ON m.seq = o.message WHERE o.id=?";
inline constexpr std::string_view kOverdue =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, "
    "o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id FROM outbox o JOIN message m ON m.seq = o.message "
    "WHERE o.state=8 AND o.partner=? AND o.next_ms<=? ORDER BY o.next_ms LIMIT ?";
inline constexpr std::string_view kSettle =
    "UPDATE outbox SET state=?, gate=?, next_ms=?, remark=?, changed_ms=?, attempts=max(attempts-?, 0), "
    "expires_ms=iif(?, 0, expires_ms) WHERE id=?";
inline constexpr std::string_view kReceivers =
    "SELECT partner FROM outbox WHERE subject=?1 AND subject<>'' AND NOT (state=7 AND attempts=0) UNION ALL "
    "SELECT partner FROM disclosure WHERE subject=?1 AND how='pull'";

inline constexpr std::string_view kOutboxOf =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, "
    "o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id FROM outbox o JOIN message m ON m.seq = o.message "
    "WHERE o.subject=? AND o.subject<>'' AND o.partner=? ORDER BY o.id";

// exchange
inline constexpr std::string_view kDisclosed = "SELECT 1 FROM disclosure WHERE subject=? AND partner=? AND how=?";
inline constexpr std::string_view kBar = "SELECT partner, subject, removed, at_ms FROM bar WHERE partner=? AND subject=?";
inline constexpr std::string_view kIndexReport = "SELECT version, held FROM index_report WHERE partner=? AND handle=?";
inline constexpr std::string_view kIndexEntries =
    "SELECT r.partner, r.handle, i.item, r.version, r.collected_ms, r.at_ms FROM index_token t "
    "JOIN index_report r ON r.partner = t.partner AND r.handle = t.handle "
    "JOIN index_item i ON i.partner = r.partner AND i.handle = r.handle "
    "WHERE t.token=? AND r.held<r.version AND r.collected_ms>=? ORDER BY r.collected_ms DESC, r.handle, i.item LIMIT ?";
inline constexpr std::string_view kDropTokens = "DELETE FROM index_token WHERE partner=? AND handle=?";
inline constexpr std::string_view kDropItems = "DELETE FROM index_item WHERE partner=? AND handle=?";
inline constexpr std::string_view kFetchesDue =
    "SELECT id, partner, patient_id, reason, reference, doctor_id, asked_ms, next_ms, until_ms, attempts FROM fetch "
    "WHERE partner=?1 AND (next_ms<=?2 OR next_ms>?2+3600000) ORDER BY next_ms, id LIMIT ?3";  // an hour ahead: the clock went back
inline constexpr std::string_view kHeld =
    "SELECT r.origin, r.number, r.id, r.digest, r.version, r.reported_ms FROM report r WHERE r.source=? AND r.reported_ms>=? "
    "AND r.reported_ms<? AND NOT EXISTS(SELECT 1 FROM report n WHERE n.origin=r.origin AND n.number=r.number "
    "AND n.version>r.version) ORDER BY r.number, r.origin";
inline constexpr std::string_view kOwnReports =
    "SELECT seq, id, origin, number, version, status, source, patient_id, stored_ms, current, brief, rest, reported_ms, digest "
    "FROM report WHERE seq>? AND source='' AND current=1 AND stored_ms>=? ORDER BY seq LIMIT ?";

// retention: (after, limit, before_ms) → the last of the next rows that is not too young, 0: all are, the walk is over;
// (after, last, before_ms) drops what may go of them. Found by walking each table in order of age, so that no index is
// carried through every delivery for a walk that runs once an hour. A row later than the newest one is from when the clock
// was ahead: it says nothing about those behind it.
inline constexpr std::string_view kNextMessages =
    "SELECT coalesce(max(n.seq), 0) FROM (SELECT seq FROM message WHERE seq>? ORDER BY seq LIMIT ?) n "
    "WHERE (SELECT o.created_ms FROM outbox o WHERE o.message = n.seq ORDER BY o.partner LIMIT 1) "
    "NOT BETWEEN ? AND (SELECT created_ms FROM outbox ORDER BY id DESC LIMIT 1)";
// A body stays while any partner has yet to get it or a person has yet to decide: only 3 delivered, 7 cancelled end it.
inline constexpr std::string_view kDropMessages =
    "UPDATE message SET body=x'' WHERE seq>? AND seq<=? AND length(body)>0 "
    "AND EXISTS(SELECT 1 FROM outbox o WHERE o.message = message.seq) "
    "AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.message = message.seq AND (o.state NOT IN (3, 7) OR o.changed_ms>=?))";
inline constexpr std::string_view kNextInbox =
    "SELECT coalesce(max(n.id), 0) FROM (SELECT id FROM inbox_body WHERE id>? ORDER BY id LIMIT ?) n "
    "WHERE (SELECT i.received_ms FROM inbox i WHERE i.id = n.id) NOT BETWEEN ? AND (SELECT received_ms FROM inbox ORDER BY id DESC LIMIT 1)";
// The row, its hash and its answer stay: a repetition is still known. A report's message stays as long as the report.
inline constexpr std::string_view kDropInbox =
    "DELETE FROM inbox_body WHERE id>? AND id<=? AND (SELECT i.state IN ('applied', 'refused') AND i.received_ms<? "
    "FROM inbox i WHERE i.id = inbox_body.id) AND NOT EXISTS(SELECT 1 FROM report_text t WHERE t.inbox = inbox_body.id AND t.inbox > 0)";
inline constexpr std::string_view kNextNotices =
    "SELECT coalesce(max(n.seq), 0) FROM (SELECT seq, created_ms FROM notice WHERE seq>? ORDER BY seq LIMIT ?) n "
    "WHERE n.created_ms NOT BETWEEN ? AND (SELECT created_ms FROM notice ORDER BY seq DESC LIMIT 1)";
inline constexpr std::string_view kDropNotices = "DELETE FROM notice WHERE seq>? AND seq<=? AND acknowledged_ms>0 AND acknowledged_ms<?";

// inbox, notices, views
inline constexpr std::string_view kInboxKnows = "SELECT 1 FROM inbox WHERE source=? AND control_id=? LIMIT 1";
inline constexpr std::string_view kInboxSame =
    "SELECT id, source, control_id, content_hash, verdict, ack, state, remark, received_ms FROM inbox "
    "WHERE source=? AND control_id=? AND content_hash=?";
inline constexpr std::string_view kInboxSameId =
    "SELECT id, source, control_id, content_hash, verdict, ack, state, remark, received_ms FROM inbox "
    "WHERE source=? AND control_id=? AND content_hash<>? AND state<>'refused' LIMIT 1";
inline constexpr std::string_view kForgetInbox =
    "DELETE FROM inbox_body WHERE id IN (SELECT id FROM inbox WHERE source=? AND control_id=? AND content_hash=? AND state='applied') "
    "AND NOT EXISTS(SELECT 1 FROM report_text t WHERE t.inbox = inbox_body.id AND t.inbox > 0)";
inline constexpr std::string_view kInboxNext =
    "SELECT i.id, i.source, i.control_id, i.content_hash, i.verdict, i.ack, i.state, i.remark, i.received_ms, "
    "b.content_type, b.body FROM inbox i JOIN inbox_body b ON b.id = i.id WHERE i.state='received' ORDER BY i.id LIMIT ?";
inline constexpr std::string_view kInboxStopped =
    "SELECT id, source, control_id, content_hash, verdict, '', state, remark, received_ms FROM inbox WHERE state IN ('refused', 'parked') ORDER BY id DESC LIMIT ?";
inline constexpr std::string_view kInboxWhole =
    "SELECT i.id, i.source, i.control_id, i.content_hash, i.verdict, i.ack, i.state, i.remark, i.received_ms, coalesce(b.content_type, ''), "
    "coalesce(b.body, '') FROM inbox i LEFT JOIN inbox_body b ON b.id = i.id WHERE i.id=?";
inline constexpr std::string_view kOutboxWhole =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, o.next_ms, o.created_ms, "
    "o.changed_ms, o.remark, o.expires_ms, m.control_id, m.body FROM outbox o JOIN message m ON m.seq = o.message WHERE o.id=?";
inline constexpr std::string_view kOutboxNewest =
    "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, o.attempts, o.next_ms, o.created_ms, "
    "o.changed_ms, o.remark, o.expires_ms, m.control_id FROM outbox o JOIN message m ON m.seq = o.message "
    "WHERE (?1='' OR o.partner=?1) AND (?2<0 OR o.state=?2) ORDER BY o.id DESC LIMIT ?3";
inline constexpr std::string_view kNoticeToLease =
    "SELECT id, topic, json, created_ms, leased_until_ms, acknowledged_ms FROM notice "
    "WHERE acknowledged_ms=0 AND (leased_until_ms<=? OR leased_until_ms>?) ORDER BY seq LIMIT 1";
inline constexpr std::string_view kOpenRetractions =
    "SELECT notice_id, report_id, doctor_id, at_ms, acknowledged_ms, escalated_ms FROM retraction "
    "WHERE acknowledged_ms=0 ORDER BY at_ms, notice_id, doctor_id";
inline constexpr std::string_view kAudience =
    "SELECT v.report_id, v.doctor_id, v.kind, v.at_ms, v.patient_id FROM report r JOIN viewing v ON v.report_id = r.id "
    "WHERE r.origin=? AND r.number=? ORDER BY v.at_ms, v.doctor_id";
inline constexpr std::string_view kOutboxDepth = "SELECT count(*), coalesce(min(created_ms), 0) FROM outbox WHERE state<3";
inline constexpr std::string_view kPartnerDepth =
    "SELECT partner, count(*), coalesce(min(created_ms), 0) FROM outbox INDEXED BY outbox_open WHERE state<3 GROUP BY partner";
inline constexpr std::string_view kPartnerStuck =
    "SELECT partner, count(*) FROM outbox INDEXED BY outbox_stuck WHERE state > 3 AND state < 7 GROUP BY partner";
inline constexpr std::string_view kStuckDepth = "SELECT count(*) FROM outbox WHERE state > 3 AND state < 7";
inline constexpr std::string_view kCommittedDepth = "SELECT count(*) FROM outbox WHERE state=8";
inline constexpr std::string_view kInboxDepth = "SELECT count(*) FROM inbox WHERE state='received'";
inline constexpr std::string_view kNoticeDepth = "SELECT count(*) FROM notice WHERE acknowledged_ms=0";
inline constexpr std::string_view kRetractionDepth = "SELECT count(*) FROM retraction WHERE acknowledged_ms=0";
inline constexpr std::string_view kEscalatedDepth = "SELECT count(*) FROM retraction WHERE acknowledged_ms=0 AND escalated_ms>0";
inline constexpr std::string_view kNotice =
    "SELECT id, topic, json, created_ms, leased_until_ms, acknowledged_ms FROM notice WHERE id=?";
inline constexpr std::string_view kUnmatchedDepth = "SELECT count(*) FROM report WHERE patient_id=''";
inline constexpr std::string_view kInboxNewest = "SELECT coalesce(max(id), 0) FROM inbox WHERE state='received'";

// decisions, suggestions, audit
inline constexpr std::string_view kDecisions =
    "SELECT id, suggestion_id, order_id, order_item, outcome, reason, note, patient_id, doctor_id, department, result_ids, "
    "result_refs, source, at_ms, saved_cents, item, partner FROM decision WHERE at_ms>=? AND at_ms<? ORDER BY at_ms, rowid";
inline constexpr std::string_view kShownTo = "SELECT id FROM suggestion WHERE patient_id=? AND doctor_id=?";
inline constexpr std::string_view kShowings =
    "SELECT id, doctor_id, accepting, patient_id, department, order_item, item, outcome, partner, check_seq, shown_ms "
    "FROM suggestion WHERE id=?1 OR (accepting=?1 AND accepting<>'') ORDER BY shown_ms, id, doctor_id";
inline constexpr std::string_view kSuggestions =
    "SELECT id, doctor_id, accepting, patient_id, department, order_item, item, outcome, partner, check_seq, shown_ms "
    "FROM suggestion WHERE shown_ms>=? AND shown_ms<? ORDER BY shown_ms, id, doctor_id";
inline constexpr std::string_view kOldChecks = "DELETE FROM order_check WHERE seq IN (SELECT seq FROM order_check WHERE at_ms<? ORDER BY at_ms LIMIT ?)";
inline constexpr std::string_view kChecksWith =
    "DELETE FROM order_check WHERE seq IN (SELECT s.check_seq FROM report r JOIN suggestion s ON s.patient_id = r.patient_id "
    "WHERE r.seq=? AND instr('+' || s.partner || '+', '+' || r.source || '+') > 0)";
inline constexpr std::string_view kAudit =
    "SELECT seq, at_ms, event, who, object, outcome, fields, hash FROM audit WHERE seq>? ORDER BY seq LIMIT ?";
inline constexpr std::string_view kAuditHead =
    "SELECT seq, at_ms, event, who, object, outcome, fields, hash FROM audit ORDER BY seq DESC LIMIT 1";

// decisions, suggestions, merged records, orders
inline constexpr std::string_view kDecisionsOn =
    "SELECT DISTINCT d.id, d.suggestion_id, d.order_id, d.order_item, d.outcome, d.reason, d.note, d.patient_id, d.doctor_id, "
    "d.department, d.result_ids, d.result_refs, d.source, d.at_ms, d.saved_cents, d.item, d.partner FROM decision_use u JOIN decision d ON d.id = u.decision_id "
    "WHERE u.report_id=? ORDER BY d.at_ms, d.id";
inline constexpr std::string_view kDecisionsOfOrder =
    "SELECT id, suggestion_id, order_id, order_item, outcome, reason, note, patient_id, doctor_id, department, "
    "result_ids, result_refs, source, at_ms, saved_cents, item, partner FROM decision "
    "WHERE patient_id=? AND order_id=? AND source='' ORDER BY at_ms, id";
inline constexpr std::string_view kUsesAfter =
    "SELECT u.seq, u.decision_id, u.result_id, u.report_id, u.quality FROM decision_use u CROSS JOIN decision d ON d.id = u.decision_id "
    "WHERE u.seq>? AND d.outcome='accepted' ORDER BY u.seq LIMIT ?";
inline constexpr std::string_view kOffer =
    "SELECT id, card_id, patient_id, encounter_id, doctor_id, department, order_id, order_item, result_ids, state, "
    "decision_id, shown_ms, changed_ms FROM offer WHERE id=?";
inline constexpr std::string_view kOfferOfCard =
    "SELECT id, card_id, patient_id, encounter_id, doctor_id, department, order_id, order_item, result_ids, state, "
    "decision_id, shown_ms, changed_ms FROM offer WHERE card_id=? LIMIT 1";
inline constexpr std::string_view kOffersOpen =
    "SELECT id, card_id, patient_id, encounter_id, doctor_id, department, order_id, order_item, result_ids, state, "
    "decision_id, shown_ms, changed_ms FROM offer WHERE state='open' AND shown_ms<? ORDER BY shown_ms LIMIT ?";
inline constexpr std::string_view kIsMerged =
    "SELECT EXISTS(SELECT 1 FROM merge WHERE prior_id=?1 AND to_ms=0) OR EXISTS(SELECT 1 FROM merge WHERE patient_id=?1 AND to_ms=0)";
inline constexpr std::string_view kSamePerson =
    "WITH RECURSIVE linked(id) AS (SELECT ? UNION "
    "SELECT m.patient_id FROM linked l JOIN merge m INDEXED BY merge_from ON m.prior_id = l.id WHERE m.to_ms=0 UNION "
    "SELECT m.prior_id FROM linked l JOIN merge m INDEXED BY merge_into ON m.patient_id = l.id WHERE m.to_ms=0) "
    "SELECT l.id FROM linked l ORDER BY EXISTS(SELECT 1 FROM merge m WHERE m.prior_id = l.id AND m.to_ms=0), l.id";
inline constexpr std::string_view kMerges =
    "SELECT prior_id, patient_id, from_ms, to_ms FROM merge WHERE prior_id=? ORDER BY from_ms DESC";
inline constexpr std::string_view kOrder = "SELECT id, patient_id, json, state, at_ms FROM lab_order WHERE id=?";

// referrals, documents, doubtful patients
inline constexpr std::string_view kFacts =
    "SELECT referral, fact_id, source, json, at_ms, stored_ms FROM referral_fact WHERE referral=? ORDER BY fact_id, seq";
inline constexpr std::string_view kSameFact = "SELECT json FROM referral_fact WHERE referral=? AND fact_id=?";
inline constexpr std::string_view kReferral =
    "SELECT key, kind, partner, patient_id, their_patient, state, priority, ours, asked_ms, changed_ms, due_ms, told, package FROM referral WHERE key=?";
inline constexpr std::string_view kReferralsOf =
    "SELECT key, kind, partner, patient_id, their_patient, state, priority, ours, asked_ms, changed_ms, due_ms, told, package FROM referral "
    "WHERE patient_id=? AND changed_ms>=? ORDER BY changed_ms DESC";
inline constexpr std::string_view kReferralsChanged =
    "SELECT key, kind, partner, patient_id, their_patient, state, priority, ours, asked_ms, changed_ms, due_ms, told, package FROM referral "
    "WHERE changed_ms>=? ORDER BY changed_ms DESC";
inline constexpr std::string_view kReferralsAsked =
    "SELECT key, kind, partner, patient_id, their_patient, state, priority, ours, asked_ms, changed_ms, due_ms, told, package FROM referral "
    "WHERE asked_ms>=? AND asked_ms<? ORDER BY asked_ms, key";
inline constexpr std::string_view kReferralsDue =
    "SELECT key, kind, partner, patient_id, their_patient, state, priority, ours, asked_ms, changed_ms, due_ms, told, package FROM referral "
    "WHERE due_ms>0 AND due_ms<=? ORDER BY due_ms LIMIT ?";
inline constexpr std::string_view kRecord =
    "SELECT r.id, r.referral, r.kind, r.origin, r.number, r.version, r.source, r.patient_id, r.status, r.stored_ms, r.current, r.json, r.control_id, r.content_hash, t.document "
    "FROM record r JOIN record_text t ON t.seq = r.seq WHERE r.id=?";
inline constexpr std::string_view kRecordsOf =
    "SELECT id, referral, kind, origin, number, version, source, patient_id, status, stored_ms, current, json, control_id, content_hash FROM record "
    "WHERE patient_id=? AND patient_id<>'' ORDER BY stored_ms DESC, seq DESC";
inline constexpr std::string_view kRecordsWith =
    "SELECT id, referral, kind, origin, number, version, source, patient_id, status, stored_ms, current, json, control_id, content_hash FROM record "
    "WHERE referral=? AND referral<>'' ORDER BY seq";
inline constexpr std::string_view kRecordVersions =
    "SELECT id, referral, kind, origin, number, version, source, patient_id, status, stored_ms, current, json, control_id, content_hash FROM record "
    "WHERE kind=? AND origin=? AND number=? ORDER BY version, seq";
inline constexpr std::string_view kPatientsLike =
    "SELECT p.id, p.local_id, p.json FROM patient_hint h JOIN patient p ON p.id = h.patient_id WHERE h.hint=? ORDER BY h.patient_id LIMIT 50";
inline constexpr std::string_view kDoubts =
    "SELECT id, partner, their_id, patient_id, theirs, evidence, score, state, decided_by, at_ms, decided_ms FROM doubt WHERE state=? ORDER BY at_ms, id LIMIT ?";
inline constexpr std::string_view kDoubtsAbout =
    "SELECT id, partner, their_id, patient_id, theirs, evidence, score, state, decided_by, at_ms, decided_ms FROM doubt WHERE partner=? AND their_id=? ORDER BY id";

inline constexpr std::string_view kHot[] = {
    kDecisionsOn, kDecisionsOfOrder, kUsesAfter, kOffer, kOfferOfCard, kOffersOpen, kMerges, kOrder, kNotice, kEscalatedDepth,
    kPatientByLocalId, kPatientById, kPatientsByVerifiedId, kIdentifiersOf, kTie, kTies, kReportVersions, kReportById, kReportHead,
    kReportsOf, kUnmatched, kReportIdentifiers, kResultsSince, kResultsIn, kResultsOfOne, kResultsOfAll, kRetireResults, kMoveResults, kDropResults,
    kMessage, kEnqueue, kKeyIsOpen, kKeyInFlight, kOldestOfKey, kCloseKey, kIsDue, kBecomeDue, kHurry, kDueFirst, kDueOthers, kHurryKey, kTake, kInFlight, kOutboxRow, kOutboxEntry, kOverdue, kSettle,
    kReceivers, kOutboxOf, kDisclosed, kBar, kIndexReport, kIndexEntries, kDropTokens, kDropItems, kFetchesDue, kHeld,
    kOwnReports, kInboxKnows, kInboxSame, kInboxSameId, kForgetInbox, kInboxNext, kInboxWhole, kOutboxWhole, kNoticeToLease, kOpenRetractions, kAudience, kOutboxDepth, kPartnerDepth, kPartnerStuck, kStuckDepth, kCommittedDepth,
    kInboxDepth, kNoticeDepth, kRetractionDepth, kUnmatchedDepth, kInboxNewest,
    kDecisions, kShownTo, kShowings, kSuggestions, kOldChecks, kChecksWith, kAudit, kFacts, kSameFact,
    kReferral, kReferralsOf, kReferralsChanged, kReferralsAsked, kReferralsDue, kRecord, kRecordsOf, kRecordsWith, kRecordVersions, kPatientsLike, kDoubts,
    kDoubtsAbout};

}  // namespace huren::store::sqlite::sql
