#include "core/model/json_fields.hpp"
#include "core/recognition/order_check.hpp"

namespace huren::recognition {
namespace {

using model::Fields;
using model::Need;
using model::Source;

constexpr std::size_t kMaxOrders = 200;
constexpr std::size_t kMaxSituations = 20;

void read_doctor(const model::Json& value, const model::JsonPlace& path, Source& source, model::Person& into) {
  Fields f(value, path, source);
  f.code("id", into.id, Need::required);
  f.text("name", into.name, Need::optional, model::kMaxCode);
  f.finish();
}

void read_item(const model::Json& value, const model::JsonPlace& path, Source& source, model::Code& into) {
  Fields f(value, path, source);
  f.code("code", into.code, Need::required);
  f.text("name", into.name, Need::optional, model::kMaxText);
  f.word("system", into.system, {"", "L", "LN"});
  f.finish();
}

void read_order(const model::Json& value, const model::JsonPlace& path, Source& source, OrderedItem& into) {
  Fields f(value, path, source);
  f.code("order_id", into.order_id, Need::required);
  f.object("item", into.item, read_item, Need::required);
  f.finish();
}

// A situation is a word of the rules (rules.csv): lower case, digits and underscores.
bool situation_word(const std::string& s) {
  return !s.empty() && s.size() <= 64 && s.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

}  // namespace

ParsedOrderCheck parse_order_check(std::string_view json, int assumed_offset_minutes) {
  ParsedOrderCheck out;
  const auto tree = model::parse_tree(json, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes};
  OrderCheckRequest request;
  Timestamp at;
  Fields f(*tree, "", source);
  f.code("patient_id", request.patient_id, Need::required);
  f.code("encounter_id", request.encounter_id);
  f.text("department", request.department, Need::optional, model::kMaxCode);
  f.object("doctor", request.doctor, read_doctor, Need::required);
  f.texts("situation", request.situation, kMaxSituations, model::Lines::one);
  f.time("at", at);
  f.list("orders", request.orders, kMaxOrders, read_order, Need::required);
  f.finish();
  for (std::size_t i = 0; i < request.situation.size(); ++i)
    if (!situation_word(request.situation[i]))
      f.fault("order.situation_word", f.at("situation") + '/' + std::to_string(i));
  if (at.present() && at.precision < Precision::minute) f.fault("order.time_too_coarse", f.at("at"));
  for (std::size_t i = 0; i < request.orders.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (!request.orders[i].order_id.empty() && request.orders[i].order_id == request.orders[j].order_id)
        f.fault("order.id_twice", f.at("orders") + '/' + std::to_string(i) + "/order_id", {std::to_string(j)});
  if (has_error(out.findings)) return out;
  if (at.present()) request.at = at;
  out.request = std::move(request);
  return out;
}

Input input_of(const OrderCheckRequest& request) {
  Input input;
  input.encounter_id = request.encounter_id;
  input.department = request.department;
  input.situation = request.situation;
  if (request.at) input.at = *request.at;
  input.orders = request.orders;
  return input;
}

}  // namespace huren::recognition
