// One order.check/1 from the store's compact records: gathered, noted as shown (I10), and decided again years later.
// Promises: what was shown, to whom and on which basis is on disk before the answer leaves, once for the same card and
//   doctor; replay() gives the same bytes from the recorded request, patient, agreements, code tables and results.
// Refuses: recording what showed nothing; a replay whose tables or results are gone (it says which).
#pragma once
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/recognition/order_check.hpp"
#include "engine/context.hpp"

namespace huren::engine {

// The results that a decision may rest on; candidates point into reports and entries.
struct History {
  // report: its head, and of its observations those asked for; barred: consent ended.
  struct Head { std::string source; bool barred = false; model::LabReport report; };
  std::map<std::string, Head> reports;      // by report id
  std::deque<model::LabReport> entries;     // of the index, without values
  std::vector<recognition::Candidate> candidates;
};
// The current results of all records of one person; what came by a merge says so.
Result<void> gather(store::Reader& reader, const std::string& patient_id, const std::vector<std::string>& records,
                    const std::vector<std::string>& items, std::int64_t since_ms, History& into);

// What one order.check showed, ready to be noted.
struct Shown {
  std::string request_json, patient_json, patient_id, encounter_id, doctor_id, department;
  std::vector<recognition::CardRef> fresh;  // cards that this doctor was not shown before
  std::string answer;
};

class Checks {
 public:
  explicit Checks(const Context& context) : context_(context) {}
  // The cards that are not noted for this doctor yet.
  Result<std::vector<recognition::CardRef>> fresh(store::Reader& reader, std::vector<recognition::CardRef> cards, const std::string& patient_id,
                                                          const std::string& doctor_id);
  // Views, showings, offers, the record of the check and its audit in one transaction.
  // Error query.changed_meanwhile: what it rests on was corrected after it was read.
  Result<void> note(const recognition::Input& input, const recognition::Decision& decision, const Shown& shown);

 private:
  Result<void> put_offer(store::Unit& unit, const recognition::OrderDecision& order, const recognition::CardRef& card, const Shown& shown);
  Result<void> keep_basis(store::Unit& unit, const recognition::Input& input, store::CheckRow& row);
  const Context& context_;
  std::mutex mutex_;
  std::string kept_codes_, kept_setting_;  // on disk already
};

// A recorded check, decided again. recorded: the bytes that the doctor was answered.
struct Replay {
  std::string recorded, again, codes;
  std::int64_t at_ms = 0;
  std::string explanation;  // every check of every candidate, as JSON
};
// uuid: of a card or of its suggestion. Errors replay.unknown, replay.gone. instead: other agreements than the recorded
// ones, to see what they would have made of the order.
Result<Replay> replay(store::Reader& reader, const std::string& uuid, const std::vector<recognition::PartnerAgreement>* instead = nullptr);

}  // namespace huren::engine
