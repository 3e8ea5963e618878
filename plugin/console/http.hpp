// A request and its answer as the console's own code sees them: no sockets, no Poco, so that every route is testable by itself.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"

namespace huren::console {

using Json = nlohmann::ordered_json;

struct Request {
  std::string method = "GET", path;         // path without the query: nothing of ours stands in a query
  std::string body, content_type;
  std::string session, panel;               // cookies
  std::string csrf, origin, host, fetch_site;  // X-Huren-CSRF, Origin, Host, Sec-Fetch-Site
  bool secure = false;                      // came over TLS
  std::string address{};                    // of who asks
};

struct Answer {
  int status = 200;
  std::string body, type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers{};
};

// {"error": {id, where, zh, en}, "findings": [...]}: what went wrong and what to do next, in both languages.
Answer failed(const Error& error, const Findings& findings = {});
Answer ok(const Json& body);
Json error_json(const Error& error);
int http_status(const Error& error);

}  // namespace huren::console
