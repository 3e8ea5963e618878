#include "core/cda/lab_read_parts.hpp"

#include <cstring>
#include <utility>

#include "core/base/text.hpp"

namespace huren::cda {

using model::Status;

Status status_of_act(const Attributes& a) {
  if (a.code == "completed") return Status::final_result;
  if (a.code == "active" || a.code == "new" || a.code == "held") return Status::preliminary;
  if (a.code == "aborted" || a.code == "cancelled" || a.code == "suspended") return Status::cannot_obtain;
  if (a.code == "nullified" || a.code == "obsolete") return Status::withdrawn;
  return Status::unknown;
}

std::string_view data_element(pugi::xml_node observation) {
  const auto code = observation.child("code");
  const std::string_view value = code.attribute("code").value();
  return value.starts_with("DE") ? value : std::string_view{};
}

std::string value_text(Walk& w, pugi::xml_node v) {
  const auto a = attributes(v);
  auto text = w.text(v);
  if (!text.empty()) return text;
  if (!a.display.empty()) return std::string(trim(a.display));
  if (!a.value.empty()) return std::string(trim(a.value));
  return std::string(trim(a.code));
}

bool exact_status(pugi::xml_node observation, Status& into) {
  if (std::strcmp(observation.child("code").attribute("code").value(), "33999-4") != 0) return false;
  const auto value = observation.child("value");
  if (!value) return false;
  into = model::status_from_hl7(value.attribute("code").value());
  return true;
}

bool read_comment(Walk& w, pugi::xml_node act, std::vector<std::string>& notes) {
  if (std::strcmp(act.child("code").attribute("code").value(), "48767-8") != 0) return false;
  w.each(act, [&](pugi::xml_node x) {
    if (is(x, "templateId") || is(x, "code") || is(x, "statusCode")) return true;
    if (!is(x, "text")) return false;
    notes.push_back(w.text(x));
    return true;
  });
  return true;
}

bool put_once(std::string& into, std::string value) {
  if (!into.empty()) return into == value;
  into = std::move(value);
  return true;
}

}  // namespace huren::cda
