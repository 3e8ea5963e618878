#include "core/cda/lab_read_parts.hpp"

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

std::string_view data_element(Node observation) {
  const auto code = observation.child("code");
  const std::string_view value = code.attribute("code");
  return value.starts_with("DE") ? value : std::string_view{};
}

std::string value_text(Walk& w, Node v) {
  const auto a = attributes(v);
  auto text = w.text(v);
  if (!text.empty()) return text;
  if (!a.display.empty()) return std::string(trim(a.display));
  if (!a.value.empty()) return std::string(trim(a.value));
  return std::string(trim(a.code));
}

bool exact_status(Walk& w, Node observation, Status& into) {
  if (observation.child("code").attribute("code") != "33999-4") return false;
  const auto value = observation.child("value");
  if (!value) return false;
  into = model::status_from_hl7(value.attribute("code"));
  w.each(observation, [](Node c) { return is(c, "code") || is(c, "statusCode") || is(c, "value"); });
  return true;
}

bool read_reason(Walk& w, Node act, std::string& reason) {
  if (!reason.empty()) return false;
  w.each(act, [&](Node c) {
    if (is(c, "code")) return w.label(c);
    if (!is(c, "text")) return false;
    reason = w.text(c);
    return true;
  });
  return true;
}

bool read_comment(Walk& w, Node act, std::vector<std::string>& notes) {
  if (act.child("code").attribute("code") != "48767-8") return false;
  w.each(act, [&](Node x) {
    if (is(x, "code")) return w.label(x);
    if (is(x, "templateId")) return true;
    if (is(x, "statusCode")) return plainly_done(x);
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
