#include "console/server.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPCookie.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NameValueCollection.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include <array>
#include <map>

#include "console/secret.hpp"
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/cda/page.hpp"
#include "engine/threads.hpp"

namespace huren::embedded {
std::span<const File> web();
}

namespace huren::console {
namespace {

using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr std::size_t kMostBody = 8 * 1024 * 1024;
constexpr int kThreads = 16;

// The report page brings its own style sheet; its hash is the only inline style that is let in.
const std::string& policy() {
  static const std::string text = [] {
    const auto page = cda::lab_page({}, {});
    const auto begin = page.find("<style>"), end = page.find("</style>");
    std::string style = begin == page.npos ? "" : page.substr(begin + 7, end - begin - 7);
    const auto hex = digest(style);
    std::string raw;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) raw += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-" + base64_encode(raw) +
           "'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; frame-src 'self' about:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }();
  return text;
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

const embedded::File* page_of(std::string_view path) {
  std::string_view name = path == "/" ? "index.html" : path == "/panel" ? "panel.html" : path.substr(1);
  for (const auto& file : embedded::web())
    if (file.name == name) return &file;
  return nullptr;
}

void common_headers(HTTPServerResponse& response, bool secure) {
  response.set("Content-Security-Policy", policy());
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("X-Frame-Options", "DENY");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  response.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
  if (secure) response.set("Strict-Transport-Security", "max-age=31536000");
}

class Handler final : public Poco::Net::HTTPRequestHandler {
 public:
  Handler(Console& console, bool secure) : console_(console), secure_(secure) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override try {
    common_headers(response, secure_);
    const auto& uri = request.getURI();
    const auto path = uri.substr(0, uri.find('?'));
    if (!path.starts_with("/api/")) return page(request, response, path);
    Request r{.method = request.getMethod(), .path = path, .body = "", .content_type = request.getContentType(), .session = "", .panel = "",
              .csrf = request.get("X-Huren-CSRF", ""), .origin = request.get("Origin", ""), .host = request.getHost(), .fetch_site = request.get("Sec-Fetch-Site", ""), .secure = secure_,
              .address = request.clientAddress().host().toString()};
    Poco::Net::NameValueCollection cookies;
    request.getCookies(cookies);
    r.session = cookies.get("huren_session", "");
    r.panel = cookies.get("huren_panel", "");
    if (uri.find('?') != uri.npos) return send(response, failed({"console.no_query", "", {}}));  // bodies carry what is asked: URLs end up in logs
    if (r.method == "POST" && !read(request.stream(), r.body)) {
      response.setKeepAlive(false);
      return send(response, failed({"console.too_large", "", {std::to_string(kMostBody / 1024 / 1024)}}));
    }
    send(response, console_.handle(r));
  } catch (const std::exception&) {  // the peer went away, or no memory: the connection ends
  }

 private:
  static bool read(std::istream& in, std::string& body) {
    std::array<char, 16384> buffer{};
    while (in) {
      in.read(buffer.data(), buffer.size());
      body.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
      if (body.size() > kMostBody) return false;
    }
    return true;
  }

  static void send(HTTPServerResponse& response, const Answer& answer) {
    response.setStatusAndReason(static_cast<HTTPResponse::HTTPStatus>(answer.status));
    response.setContentType(answer.type);
    response.set("Cache-Control", "no-store");
    for (const auto& [name, value] : answer.headers) response.add(name, value);
    response.sendBuffer(answer.body.data(), answer.body.size());
  }

  void page(HTTPServerRequest& request, HTTPServerResponse& response, const std::string& path) {
    if (request.getMethod() != "GET" && request.getMethod() != "HEAD") return send(response, failed({"console.method", "", {}}));
    const auto* file = page_of(path);
    if (!file) return send(response, failed({"console.unknown_route", "", {}}));
    const std::string tag = "\"" + digest(file->text).substr(0, 24) + "\"";
    response.set("ETag", tag);
    response.set("Cache-Control", "no-cache");
    if (request.get("If-None-Match", "") == tag) {
      response.setStatusAndReason(HTTPResponse::HTTP_NOT_MODIFIED);
      response.setContentLength(0);
      response.send();
      return;
    }
    response.setContentType(std::string(type_of(file->name)));
    response.sendBuffer(file->text.data(), file->text.size());
  }

  Console& console_;
  const bool secure_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  Factory(Console& console, bool secure) : console_(console), secure_(secure) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override { return new Handler(console_, secure_); }  // Poco deletes it

 private:
  Console& console_;
  const bool secure_;
};

}  // namespace

struct Server::Running {
  Poco::ThreadPool threads{"huren-console", 2, kThreads};
  std::unique_ptr<Poco::Net::HTTPServer> server;
};

Server::Server() = default;
Server::~Server() { stop(); }

Result<void> Server::start(const Wish& wish, Console& console) try {
  auto running = std::make_unique<Running>();
  const bool secure = !wish.certificate.empty();
  Poco::AutoPtr<Poco::Net::HTTPServerParams> params(new Poco::Net::HTTPServerParams);
  params->setMaxThreads(kThreads);
  params->setMaxQueued(64);
  params->setTimeout(Poco::Timespan(20, 0));
  params->setKeepAlive(true);
  params->setKeepAliveTimeout(Poco::Timespan(5, 0));
  const Poco::Net::SocketAddress address(wish.address);
  // The threads of pool and server take no signal: made on a thread that does not.
  engine::on_quiet_thread([&] {
    std::unique_ptr<Poco::Net::ServerSocket> socket;
    if (secure) {
      Poco::Net::Context::Ptr context = new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, wish.private_key, wish.certificate, "", Poco::Net::Context::VERIFY_NONE, 9, false,
                                                               "HIGH:!aNULL:!MD5:!SHA1:@STRENGTH");
      context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
      context->disableStatelessSessionResumption();
      auto tls = std::make_unique<Poco::Net::SecureServerSocket>(context);
      tls->bind(address, true, false);
      tls->listen(64);
      socket = std::move(tls);
    } else {
      socket = std::make_unique<Poco::Net::ServerSocket>();
      socket->bind(address, true, false);
      socket->listen(64);
    }
    running->server = std::make_unique<Poco::Net::HTTPServer>(new Factory(console, secure), running->threads, *socket, params);
    running->server->start();
  });
  running_ = std::move(running);
  return {};
} catch (const std::exception&) {
  return Error{"console.not_served", "console.listen", {wish.address}};
}

int Server::port() const { return running_ ? running_->server->port() : 0; }

void Server::stop() noexcept try {
  if (!running_) return;
  running_->server->stopAll(true);
  running_->threads.joinAll();
  running_.reset();
} catch (const std::exception&) {
}

}  // namespace huren::console
