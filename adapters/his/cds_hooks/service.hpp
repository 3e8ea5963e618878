// The CDS Hooks service: what is asked at which path, what is refused and how, and the way to the engine.
// Promises: GET /cds-services, POST /cds-services/{id} and /cds-services/{id}/feedback; every refusal is JSON with the place of
//   the fault; slow engine, empty list: the doctor never waits (fail open). Web pages of other origins than those configured
//   are refused, also where no token is asked for, so that a page in the doctor's browser cannot reach a loopback service.
// Refuses: bodies over the limit 413, other media types 415, other methods 405, callers without a token 401.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "adapters/common/http_service.hpp"

namespace huren::his_cds_hooks {

struct ServiceSettings {
  std::vector<std::string> origins;  // "https://his.example"
  Language language = Language::zh;
  std::uint32_t deadline_ms = 500;
};

class Service {
 public:
  Service(common::HttpServiceSettings http, ServiceSettings settings, EngineServices& engine);
  Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }

 private:
  using Request = common::HttpRequest;
  using Answer = common::HttpAnswer;
  // A refusal as JSON, logged.
  Answer refused(int status, Error error);
  Answer refused_by_loop(int status, const char* where, const Request& request);
  std::optional<Answer> admit(const Request& request);
  Answer route(const Request& request);
  Answer hook(const std::string& service, const std::string& body);
  Answer feedback(const std::string& body);

  std::string name_;
  std::size_t max_body_bytes_;
  ServiceSettings settings_;
  EngineServices& engine_;
  common::HttpService server_;  // last: its threads use the members above
};

}  // namespace huren::his_cds_hooks
