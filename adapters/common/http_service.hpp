// An HTTP/1.1 server for one kind of request with a body: the loop over a connection, limits and deadlines; what a request
// means is the caller's.
// Promises: heads and bodies are bounded before they are read whole; who admit() refuses is answered before a byte of the body
//   is read; an exception of the caller is a 500 that quotes nothing.
#pragma once
#include <functional>
#include <string>

#include "adapters/common/connection_server.hpp"
#include "adapters/common/http_channel.hpp"

namespace huren::common {

struct HttpRequest {
  std::string method, path, query;  // path without the query
  std::string content_type, authorization, body;
};
struct HttpAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8", body{};
};
struct HttpServiceSettings {
  std::size_t max_body_bytes = std::size_t{8} << 20;
  std::uint32_t idle_timeout_ms = 900'000, request_timeout_ms = 60'000, write_timeout_ms = 30'000;
};

class HttpService {
 public:
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;
  using Admit = std::function<int(const HttpRequest&)>;  // without the body; 200: let in, else the status
  HttpService(ConnectionServerSettings connections, HttpServiceSettings settings, Admit admit, Handler handler, EngineServices& engine);
  Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }

 private:
  void talk(const Visit& visit);
  bool serve_one(HttpChannel& channel);
  bool respond(HttpChannel& channel, const HttpAnswer& answer, bool keep);

  HttpServiceSettings settings_;
  Admit admit_;
  Handler handler_;
  ConnectionServer server_;
};

bool loopback(const std::string& host);
bool same_secret(std::string_view a, std::string_view b);  // takes as long whatever the first difference is

}  // namespace huren::common
