// One self-contained case as JSON: who asks, agreements, patient, situation, history, orders, time of order, own tables.
// Shape: schemas/query/recognise.case.1.schema.json. For huren-ctl recognise, the dry run and the tests.
// Promises: all faults at their JSON pointers. Refuses: unknown members; guesses beyond the defaults that the schema states.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/recognition/order_check.hpp"

namespace huren::recognition {

struct Case {
  Input input;
  std::deque<model::LabReport> reports;         // what input.candidates point to
  std::vector<std::optional<Timestamp>> times;  // one an order: its own time of order, for dry runs
};
struct ParsedCase { std::shared_ptr<const Case> value; Findings findings; };  // value absent when has_error(findings)
ParsedCase parse_case(std::string_view json);

// What would have been suggested, by standard item or panel: the admin's look at a month of orders before anything is switched on.
struct DryRunRow {
  std::string item;                             // standard item or panel; the local code when unmapped
  std::int64_t orders = 0, recognised = 0, partial = 0, advisory = 0, none = 0;
  std::map<std::string, std::int64_t> reasons;  // what stood in the way: reason code → orders
};
class DryRun {
 public:
  // Each order at its own time, with only those results that had been released by then.
  void add(const Case& month);
  [[nodiscard]] std::vector<DryRunRow> rows() const;  // by item
  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] std::string to_csv() const;

 private:
  std::map<std::string, DryRunRow> rows_;
};

// The reason codes of an order that are not pass, each once, in the order of the checks; the order's own reason first.
std::vector<std::string> reasons_of(const OrderDecision& order);

}  // namespace huren::recognition
