#include "console/http.hpp"

#include <map>

#include "huren/huren.h"

namespace huren::console {

int http_status(const Error& error) {
  static const std::map<std::string_view, int> special{
      {"console.not_signed_in", 401}, {"console.sign_in_failed", 401}, {"console.setup_token", 401}, {"console.panel_link", 401}, {"console.locked", 429}, {"console.busy", 429},
      {"console.csrf", 403},          {"console.not_allowed", 403},    {"console.unknown_route", 404}, {"console.unknown_object", 404}, {"console.method", 405},
      {"console.too_large", 413},     {"console.media_type", 415},     {"console.changed_meanwhile", 409}, {"console.not_live", 503}};
  if (const auto it = special.find(error.id); it != special.end()) return it->second;
  switch (status_of(error)) {
    case HUREN_E_DENIED: return 403;
    case HUREN_E_CONFLICT: return 409;
    case HUREN_E_BUSY:
    case HUREN_E_STORE:
    case HUREN_E_STORE_FULL: return 503;
    case HUREN_E_CONFIG:
    case HUREN_E_SYNTAX:
    case HUREN_E_ARGUMENT:
    case HUREN_E_TYPE: return 422;
    default: return 500;
  }
}

Json error_json(const Error& error) {
  return {{"id", error.id}, {"where", error.where}, {"zh", text(error, Language::zh)}, {"en", text(error, Language::en)}};
}

Answer failed(const Error& error, const Findings& findings) {
  auto list = Json::array();
  for (const auto& f : findings) {
    auto row = error_json(f.error);
    row["severity"] = f.severity == Severity::error ? "error" : f.severity == Severity::warning ? "warning" : "info";
    list.push_back(std::move(row));
  }
  return {.status = http_status(error), .body = Json{{"error", error_json(error)}, {"findings", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Answer ok(const Json& body) { return {.body = body.dump(-1, ' ', false, Json::error_handler_t::replace)}; }

}  // namespace huren::console
