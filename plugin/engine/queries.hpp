// What the HIS asks and gets at once from local data: results.list/1, result.open/1, order.check/1,
//   results.trend/1, panel.link/1; and for adapters suggestion.open/1 and recognitions.since/1, which huren.h does not offer.
// Promises: reading needs a doctor and an encounter that is open for this patient; what was shown, to whom and when is
//   on disk before the answer leaves (I10). Refuses: patients who did not match (I12), partners as sources of an answer.
// Shapes: schemas/query.
#pragma once
#include <map>
#include <utility>

#include "core/base/link.hpp"
#include "engine/checks.hpp"
#include "engine/context.hpp"

namespace huren::engine {

class Queries {
 public:
  explicit Queries(const Context& context) : context_(context), checks_(context) {}
  // [thread: any] May throw std::bad_alloc only; the caller is the wall.
  QueryAnswer answer(std::string_view topic, std::string_view json);

 private:
  Result<std::string> open_entry(store::Unit& unit, const std::string& patient_id, const model::Patient& person, const std::string& partner,
                                 const std::string& handle, const std::string& doctor_id);
  Result<std::string> results_list(std::string_view json);
  Result<std::string> result_open(std::string_view json);
  Result<std::string> order_check(std::string_view json);
  Result<std::string> results_trend(std::string_view json);
  Result<std::string> panel_link(std::string_view json);
  Result<std::string> suggestion_open(std::string_view json);
  // Error query.changed_meanwhile: what it rested on was corrected before it could be noted as shown.
  Result<std::string> decide_once(recognition::Input& input, const recognition::OrderCheckRequest& request, std::string_view json);
  Error refused(const Error& why, std::string_view topic, const std::string& doctor_id);
  const Context& context_;
  Checks checks_;
};

}  // namespace huren::engine
