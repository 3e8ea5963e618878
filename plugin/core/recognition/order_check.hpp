// The decision at order time: which earlier result would do, why, and what is missing (domain.md §5, 办法 art. 2, 14).
// Promises: a pure function of its input, the same answer for ever for the same input and terminology version; every check
//   is told with pass, advise or fail, a reason and the facts used; what is unknown never passes as good.
// Refuses: to recognise, cancel or block anything (I11: the treating doctor decides); results whose person did not match (I12).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/model/agreement.hpp"
#include "core/model/lab_report.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::recognition {

// ---- what the HIS asks: order.check/1 (schemas/query/order.check.1.request.schema.json)
struct OrderedItem { std::string order_id; model::Code item; };  // item: the hospital's own, or LOINC where system is "LN"
struct OrderCheckRequest {
  std::string patient_id, encounter_id, department;
  model::Person doctor;
  std::vector<std::string> situation;  // "emergency", "pre_operative", "pre_transfusion", "forensic", "paediatric", "pregnancy", ...
  std::optional<Timestamp> at;         // absent: now
  std::vector<OrderedItem> orders;
};
struct ParsedOrderCheck { std::optional<OrderCheckRequest> request; Findings findings; };  // absent when has_error(findings)
// Locations are JSON pointers. assumed_offset_minutes: the asking hospital's zone, for a time without an offset.
ParsedOrderCheck parse_order_check(std::string_view json, int assumed_offset_minutes);

// ---- what the decision rests on
struct PartnerAgreement { model::Agreement agreement; model::Hospital partner; };

// How the result came to this patient besides its own identifiers.
enum class Link { by_identity, merged, unmerged, by_token };  // merged: a person confirmed that both records are one; by_token: an index entry

// One observation of one report: report->observations[position]. The report outlives the decision.
struct Candidate {
  std::string result_id, report_id;  // huren's own ids
  std::string source;                // partner code (Agreement::partner); "" : our own laboratory
  const model::LabReport* report = nullptr;
  std::size_t position = 0;
  bool current = true;               // false: superseded or withdrawn since
  bool index_only = false;           // known from an index entry, document not fetched: at most advisory
  bool barred = false;               // consent ended: stays in the record, not for new use
  Link link = Link::by_identity;
};

struct Input {
  model::Hospital asking;
  std::vector<PartnerAgreement> agreements;
  model::Patient patient;
  std::string encounter_id, department;
  std::vector<std::string> situation;
  Timestamp at;                      // time of order
  std::vector<OrderedItem> orders;
  std::vector<Candidate> candidates; // any order; of this patient, any item
  std::shared_ptr<const terminology::Set> terminology;
};

// Fills what the request says; the caller adds asking, agreements, patient, candidates, terminology, and at when absent.
Input input_of(const OrderCheckRequest& request);
// Standard items that the orders need, panels opened: what to ask the store for. since_ms: the oldest collection worth reading.
std::vector<std::string> answering(const terminology::Set& set, std::string_view item, const Date& on);  // items whose results answer this one
struct Wanted { std::vector<std::string> items; std::int64_t since_ms = 0; };
Wanted wanted(const Input& input);

// ---- the answer
enum class Verdict { pass, advise, fail };
enum class Outcome { recognised, partial, advisory, none };
enum class Aspect { identity, status, item, specimen, window, quality, method, unit, level, situation, abnormal, agreement };
const char* word(Verdict verdict);
const char* word(Outcome outcome);
const char* word(Aspect aspect);

struct Fact {                 // name: a literal; no names or numbers of persons
  std::string_view name;
  std::string value;
  friend bool operator==(const Fact&, const Fact&) = default;
};
struct Check {
  Aspect aspect = Aspect::item;
  Verdict verdict = Verdict::pass;
  std::string_view reason;    // catalogue id, always a literal: "window.exceeded"
  std::vector<Fact> facts;    // fill {0} {1}... of the reason's sentence in this order
  friend bool operator==(const Check&, const Check&) = default;
};

struct Considered {           // one candidate, judged under one agreement
  std::size_t candidate = 0;  // index into Input::candidates
  std::string agreement;      // id; empty: our own laboratory, or none
  Verdict verdict = Verdict::fail;
  std::vector<Check> checks;  // in the order of Aspect
};

// changed false: the same unit, perhaps printed otherwise; the original may be shown as it stands.
struct Converted { double value = 0; std::string unit; bool changed = false; };

struct AnalyteDecision {
  std::string item;                   // standard item
  bool required = true;
  Verdict verdict = Verdict::fail;
  std::optional<std::size_t> chosen;  // index into considered; absent: there is no result at all
  std::vector<Considered> considered; // newest first, down to the first that passes
  std::optional<Converted> display;   // the chosen value in this hospital's unit; the original stays in the report
  std::vector<Check> otherwise;       // the checks where they are not those of the chosen one
  // Those of the chosen one, unless a newer result warns; item.no_result when there is none.
  [[nodiscard]] std::span<const Check> checks() const { return otherwise.empty() && chosen ? considered[*chosen].checks : otherwise; }
};

struct OrderDecision {
  std::string order_id, local_code, local_name;
  std::string item, panel;            // what the local code means; both empty: unmapped
  Outcome outcome = Outcome::none;
  std::string_view reason;            // "order.recognised", "order.partial", "order.advisory", "order.no_result", "order.unmapped", ...
  bool critical = false;              // a critical result is among those shown
  std::vector<AnalyteDecision> analytes;
  std::vector<std::string> missing;   // required items that do not pass and so need the test
};

struct Decision {
  std::string terminology_version;
  Timestamp at;
  std::vector<OrderDecision> orders;
};

Decision decide(const Input& input);
// How the quality of one candidate stands for its own item, under the agreement that treats it best: what may end afterwards,
// when a mark or an EQA pass is withdrawn for the day of collection.
Verdict quality_of(const Input& input, std::size_t candidate);

// ---- shapes for others
struct CardOptions {
  Language language = Language::zh;   // of summary, detail and labels; both languages stand in the extension
  std::string source_label = "huren 互认";
};
// What a card is about, for those who keep that it was shown.
struct CardRef {
  std::string uuid;
  std::string accepting;                // uuid of its suggestion; empty: it only informs
  std::size_t order = 0;                // index into Decision::orders
  std::vector<std::string> result_ids;  // what accepting means
};
// {"cards": [...]} as CDS Hooks has it (schemas/query/order.check.1.answer.schema.json). No card for an order that no
// earlier result improves; critical ones first. uuids follow from the content alone.
// refs: one a card, in their order.
std::string to_cards(const Input& input, const Decision& decision, const CardOptions& options = {}, std::vector<CardRef>* refs = nullptr);
// The whole decision with every check of every candidate, for --explain and the audit trail.
std::string to_json(const Input& input, const Decision& decision);

}  // namespace huren::recognition
