// Takes HL7 v2 messages by POST (HL7 over HTTP): one message a request, its acknowledgement in the response.
// Promises: 200 with the acknowledgement whatever its code; the charset of Content-Type is handed on; connections are
//   kept. Refuses, each with its status: other methods 405, other media types 415, bodies over the limit 413, heads
//   that are not HTTP or have two lengths 400.
#pragma once
#include <functional>
#include <string>

#include "adapters/common/connection_server.hpp"
#include "adapters/common/http_channel.hpp"

namespace huren::partner_https {

struct HttpsServerSettings {
  std::size_t max_body_bytes = std::size_t{16} << 20;
  std::uint32_t idle_timeout_ms = 900'000, request_timeout_ms = 60'000, write_timeout_ms = 30'000;
};

class HttpsServer {
 public:
  using Handle = std::function<Reply(const Inbound&)>;
  HttpsServer(common::ConnectionServerSettings connections, HttpsServerSettings settings,
              common::ConnectionServer::Identify identify, Handle handle, EngineServices& engine);
  Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }

 private:
  void talk(const common::Visit& visit);
  bool serve_one(common::HttpChannel& channel, const common::Visit& visit);  // false: the connection is over
  bool respond(common::HttpChannel& channel, const common::Visit& visit, int status, const std::string& body, bool keep);

  std::string name_;
  HttpsServerSettings settings_;
  Handle handle_;
  EngineServices& engine_;
  common::ConnectionServer server_;  // last: its threads use the members above
};

}  // namespace huren::partner_https
