// The figures of one month: what was shown, what doctors decided, what was not repeated, what was saved, and every share
// with its numerator and denominator.
// Promises: the same facts give the same figures in whatever order they come (the last word on a decision counts, 国卫办
//   monthly analysis); the month, its days and weeks are those of the hospital's own zone; definitions stand in the output.
// Refuses: names and numbers of patients (there are none in the facts); a share without a denominator.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::recognition {

// [from_ms, to_ms) of "2026-11" in a zone.
struct Month { std::string name; std::int64_t from_ms = 0, to_ms = 0; int offset_minutes = 480; };
std::optional<Month> month_of(std::string_view text, int offset_minutes);
Month month_of(std::int64_t epoch_ms, int offset_minutes);

struct DecisionFact {
  std::string id;           // the last word of one id counts
  bool there = false;       // decided by a partner about our result
  std::string partner;      // there: who decided; here: whose results were used, "own" for ours, "a+b" for both; "" not known
  std::string outcome;      // accepted | declined | revoked | ignored
  std::string reason, department, item, suggestion;
  std::int64_t at_ms = 0, saved_cents = 0;
};
struct ShownFact {
  std::string id;           // the card
  std::string accepting;    // uuid that a decision names; "": it only informs and waits for no answer
  std::string outcome, department, item, partner;
  std::int64_t at_ms = 0;
};

struct Tally {
  std::int64_t shown = 0;                 // cards that suggested a result, each counted once
  std::int64_t informed = 0;              // cards that only informed
  std::int64_t taken = 0, refused = 0, taken_back = 0, ignored = 0, unanswered = 0;  // what became of shown, whenever it was answered
  std::int64_t accepted = 0, declined = 0, not_counted = 0, revoked = 0;  // decisions of the month
  std::int64_t saved_cents = 0;
  // Monthly recognition rate: accepted over accepted + declined. not_counted: declined for a reason that the tables do
  // not count as a decline; like revoked and unanswered, outside.
  [[nodiscard]] std::int64_t denominator() const { return accepted + declined; }
};

enum class By { item, department, partner, reason, day, week };
std::optional<By> by_word(std::string_view word);

class Figures {
 public:
  // codes: names of items and reasons, and which reasons count; may be null: then every reason counts.
  Figures(Month month, const terminology::Set* codes) : month_(std::move(month)), codes_(codes) {}
  void add(DecisionFact fact);
  void add(ShownFact fact);
  void ignored(std::string accepting) { ignored_.insert(std::move(accepting)); }  // nobody answered it in its time

  struct Row { std::string side, key; Tally tally; };
  [[nodiscard]] Tally total(bool there) const;
  [[nodiscard]] std::vector<Row> rows(By by) const;  // here before there, then by key; reasons: declines alone
  // Every section; both languages in the definitions.
  [[nodiscard]] std::string to_json(std::string_view hospital_code) const;
  // One section, or all of them one below the other; the definitions as lines that begin with "#".
  [[nodiscard]] std::string to_csv(std::optional<By> by) const;
  [[nodiscard]] const Month& month() const { return month_; }

 private:
  template <class Each>
  void walk(Each each) const;
  [[nodiscard]] bool counts(const DecisionFact& fact) const;
  Month month_;
  const terminology::Set* codes_;
  std::map<std::string, DecisionFact> decisions_;          // by id
  std::set<std::string> ignored_;
  std::map<std::string, ShownFact> shown_;                 // by card, the first showing of the month
};

// The definitions that stand with the figures.
struct Definition { std::string_view name, zh, en; };
std::span<const Definition> definitions();

}  // namespace huren::recognition
