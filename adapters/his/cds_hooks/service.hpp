// The CDS Hooks service over HTTP: who may ask, what is refused and how, and the way to the engine.
// Promises: GET /cds-services, POST /cds-services/{id} and /cds-services/{id}/feedback; every refusal is JSON with the place of
//   the fault; slow engine, empty list: the doctor never waits (fail open). Web pages of other origins than those configured
//   are refused, also where no token is asked for, so that a page in the doctor's browser cannot reach a loopback service.
// Refuses: bodies over the limit 413, other media types 415, other methods 405, callers without a token 401.
#pragma once
#include <string>
#include <vector>

#include "adapters/common/connection_server.hpp"
#include "adapters/common/http_channel.hpp"

namespace huren::his_cds_hooks {

struct ServiceSettings {
  std::vector<std::string> tokens;   // empty: none is asked for (loopback, or a client certificate)
  std::vector<std::string> origins;  // "https://his.example"
  Language language = Language::zh;
  std::uint32_t deadline_ms = 500;
  std::size_t max_body_bytes = std::size_t{1} << 20;
  std::uint32_t idle_timeout_ms = 900'000, request_timeout_ms = 60'000, write_timeout_ms = 30'000;
};

class Service {
 public:
  Service(common::ConnectionServerSettings connections, ServiceSettings settings, std::string source, EngineServices& engine);
  Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  struct Request { std::string method, path, origin, authorization, content_type; };
  struct Answer { int status = 200; std::string body; };
  void talk(const common::Visit& visit);
  bool serve_one(common::HttpChannel& channel);  // false: the connection is over
  bool respond(common::HttpChannel& channel, const Answer& answer, const std::string& origin, bool keep);
  Answer refused(int status, Error error);
  Answer admit(const Request& request) const;    // status 200: go on
  Answer route(const Request& request, const std::string& body);
  Answer hook(const std::string& service, const std::string& body);
  Answer feedback(const std::string& body);
  [[nodiscard]] bool token_fits(const std::string& authorization) const;

  std::string name_;
  ServiceSettings settings_;
  EngineServices& engine_;
  common::ConnectionServer server_;  // last: its threads use the members above
};

}  // namespace huren::his_cds_hooks
