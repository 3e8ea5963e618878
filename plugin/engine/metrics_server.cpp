#include "engine/metrics_server.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include "engine/threads.hpp"

namespace huren::engine {
namespace {

using Poco::Net::HTTPResponse;

class Handler final : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Handler(const MetricsServer::Sources& sources) : sources_(sources) {}
  void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override try {
    const auto& method = request.getMethod();
    response.setKeepAlive(false);
    if (method != "GET" && method != "HEAD") return refuse(response, HTTPResponse::HTTP_METHOD_NOT_ALLOWED);
    const auto path = request.getURI().substr(0, request.getURI().find('?'));
    std::string body;
    if (path == "/metrics") {
      response.setContentType("text/plain; version=0.0.4; charset=utf-8");
      body = sources_.metrics();
    } else if (path == "/health") {
      response.setContentType("application/json");
      body = sources_.health();
    } else {
      return refuse(response, HTTPResponse::HTTP_NOT_FOUND);
    }
    response.sendBuffer(body.data(), body.size());
  } catch (const std::exception&) {  // the peer went away, or no memory: the connection ends
  }

 private:
  static void refuse(Poco::Net::HTTPServerResponse& response, HTTPResponse::HTTPStatus status) {
    response.setStatusAndReason(status);
    response.sendBuffer("", 0);
  }
  const MetricsServer::Sources& sources_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(MetricsServer::Sources sources) : sources_(std::move(sources)) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override { return new Handler(sources_); }  // Poco deletes it

 private:
  const MetricsServer::Sources sources_;
};

}  // namespace

struct MetricsServer::Running {
  Poco::ThreadPool threads{"huren-metrics", 1, 4};
  std::unique_ptr<Poco::Net::HTTPServer> server;
};

MetricsServer::MetricsServer() = default;
MetricsServer::~MetricsServer() { stop(); }

Result<void> MetricsServer::start(const std::string& address, Sources sources) try {
  auto running = std::make_unique<Running>();
  Poco::Net::ServerSocket socket;
  socket.bind(Poco::Net::SocketAddress(address), true, false);  // a taken port is a fault, never shared
  socket.listen(16);
  Poco::AutoPtr<Poco::Net::HTTPServerParams> params(new Poco::Net::HTTPServerParams);
  params->setMaxThreads(4);
  params->setMaxQueued(16);
  params->setTimeout(Poco::Timespan(5, 0));
  params->setKeepAlive(false);
  // The threads of pool and server take no signal: made on a thread that does not.
  on_quiet_thread([&] {
    running->server = std::make_unique<Poco::Net::HTTPServer>(new Factory(std::move(sources)), running->threads, socket, params);
    running->server->start();
  });
  running_ = std::move(running);
  return {};
} catch (const std::exception&) {
  return Error{"engine.metrics_address", "metrics.listen", {address}};
}

int MetricsServer::port() const { return running_ ? running_->server->port() : 0; }

void MetricsServer::stop() noexcept try {
  if (!running_) return;
  running_->server->stopAll(true);
  running_->threads.joinAll();
  running_.reset();
} catch (const std::exception&) {
}

}  // namespace huren::engine
