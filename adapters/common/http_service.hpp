// An HTTP/1.1 server: the loop over a connection, limits and deadlines; what a request means is the caller's.
// Promises: heads and bodies are bounded before they are read whole; who admit() turns away is answered before a byte of the
//   body is read; an exception of the caller is a 500 that quotes nothing.
// Refuses: a listener beyond the machine itself without TLS, or that everybody could call.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/common/connection_server.hpp"
#include "adapters/common/http_channel.hpp"
#include "adapters/common/options.hpp"

namespace huren::common {

struct HttpRequest {
  std::string method, path, query;  // path without the query
  std::string content_type, authorization, origin, body;
};
struct HttpAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8", body{};
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones
};
struct HttpServiceSettings {
  ConnectionServerSettings connections;
  std::string source = "caller";    // who a caller is, for the log
  std::vector<std::string> tokens;  // bearer tokens; empty: none is asked for
  std::size_t max_body_bytes = std::size_t{8} << 20;
  std::uint32_t idle_timeout_ms = 900'000, request_timeout_ms = 60'000, write_timeout_ms = 30'000;
};
struct HttpCalls {
  std::function<HttpAnswer(const HttpRequest&)> answer;
  std::function<std::optional<HttpAnswer>(const HttpRequest&)> admit{};  // without the body; nothing: let in
  // What the loop itself refuses, and where: "head", "Content-Length", "body", "Authorization", "handler". Unset: the bare status.
  std::function<HttpAnswer(int status, const char* where, const HttpRequest&)> refuse{};
};

class HttpService {
 public:
  HttpService(HttpServiceSettings settings, HttpCalls calls, EngineServices& engine);
  Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }

 private:
  void talk(const Visit& visit);
  bool serve_one(HttpChannel& channel);  // false: the connection is over
  bool respond(HttpChannel& channel, const HttpAnswer& answer, bool keep, bool with_body = true);
  [[nodiscard]] HttpAnswer refused(int status, const char* where, const HttpRequest& request) const;
  [[nodiscard]] bool token_fits(std::string_view authorization) const;

  HttpServiceSettings settings_;
  HttpCalls calls_;
  EngineServices& engine_;
  ConnectionServer server_;  // last: its threads use the members above
};

// The settings of a section with listen, certificate, private_key, trust, token_file, max_connections, max_frame_bytes,
// idle_timeout_ms and frame_timeout_ms. Errors transport.plain_not_loopback, .no_authentication, .token_file, .token_short.
Result<HttpServiceSettings> http_settings(OptionReader& options, const std::string& section, std::size_t most_body_bytes);

bool loopback(const std::string& host);

}  // namespace huren::common
