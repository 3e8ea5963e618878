// What one hospital asks another and is answered on the same connection: QBP^Q11 and RSP^K11 with the alliance's own
// query names (ZHQ01 to ZHQ04), and the two messages that follow the same agreements: the index entry (ZIX^Z11) and the
// end or return of a consent (ZCN^Z12, Z13).
// Promises: reading what was written gives the same value; counts and lengths are bounded before anything is kept.
// Refuses: a question that names no person by an identifier, unknown query names, unknown parameters.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/decision_message.hpp"
#include "core/mapping/oru.hpp"

namespace huren::mapping {

enum class Asked {
  reports,   // ZHQ01: this person's reports; the answer holds whole ORU^R01 messages
  digests,   // ZHQ02: for each day of a stretch, a digest of the reports between the two hospitals
  listing,   // ZHQ03: the reports of one day as (number, version, digest)
  resend     // ZHQ04: send these reports again, by the ordinary way
};
// side of ZHQ02 and ZHQ03: "held" what the asked one holds of the asker, "given" what it gave to the asker.

struct Question {
  Asked asked = Asked::reports;
  std::string tag;                 // QPD-2
  model::Patient patient;          // reports: verified identifiers, name, birth date, sex; nothing else travels
  std::vector<std::string> items;  // standard items; empty: all of the agreement
  std::optional<std::int64_t> collected_since_ms;
  std::string side;                // held | given
  Date from, to;                   // days of release in the zone of the hospital that released, inclusive
  std::vector<std::string> numbers;  // resend
  friend bool operator==(const Question&, const Question&) = default;
};
inline constexpr std::size_t kMostIdentifiers = 10, kMostItems = 500, kMostNumbers = 1000, kMostDays = 400;

Result<std::string> write_question(const Question& question, const Envelope& envelope);
bool is_question(const hl7::Header& header);  // QBP^Q11
struct QuestionRead { std::optional<Question> question; Findings findings; };
QuestionRead read_question(const hl7::Message& message);

struct QuestionAnswer {
  std::string asked_id;                        // MSA-2
  std::string tag;
  Asked asked = Asked::reports;
  bool more = false;                           // a limit cut the answer
  std::vector<std::string> messages;           // reports: ORU^R01 as they stand
  std::vector<std::vector<std::string>> rows;  // digests: day, count, digest; listing: number, version, digest; resend: number, what
  friend bool operator==(const QuestionAnswer&, const QuestionAnswer&) = default;
};
Result<std::string> write_answer(const QuestionAnswer& answer, const Envelope& envelope);
// Error exchange.not_an_answer; exchange.asked_refused when the other side said AE or AR (its codes in the arguments).
Result<QuestionAnswer> read_answer(std::string_view bytes);

struct IndexMessage {
  std::string handle;               // names the report without saying which
  int version = 1;
  bool withdrawn = false;
  std::vector<std::string> tokens;  // of the person
  std::vector<std::string> items;
  Timestamp collected_at;
  friend bool operator==(const IndexMessage&, const IndexMessage&) = default;
};
Result<std::string> write_index(const IndexMessage& entry, const Envelope& envelope);
bool is_index(const hl7::Header& header);
struct IndexRead { std::optional<IndexMessage> entry; Findings findings; };
IndexRead read_index(const hl7::Message& message, int offset_minutes);

struct ConsentMessage {
  std::string id;
  bool given = false;
  Timestamp at;
  std::vector<ResultRef> reports;   // origin, number, version; of a shared summary also item: its kind (C0001, C0053)
  friend bool operator==(const ConsentMessage&, const ConsentMessage&) = default;
};
Result<std::string> write_consent(const ConsentMessage& consent, const Envelope& envelope);
bool is_consent(const hl7::Header& header);
struct ConsentRead { std::optional<ConsentMessage> consent; Findings findings; };
ConsentRead read_consent(const hl7::Message& message, int offset_minutes);

}  // namespace huren::mapping
