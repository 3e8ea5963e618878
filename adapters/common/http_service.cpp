#include "adapters/common/http_service.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <sstream>
#include <utility>

#include "core/base/text.hpp"

namespace huren::common {
namespace {

using End = HttpRead::End;

}  // namespace

bool loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? '\0' : b[i % b.size()]));
  return difference == 0;
}

HttpService::HttpService(ConnectionServerSettings connections, HttpServiceSettings settings, Admit admit, Handler handler, EngineServices& engine)
    : settings_(settings),
      admit_(std::move(admit)),
      handler_(std::move(handler)),
      server_(
          std::move(connections), [](const PeerCertificate&) { return std::string("caller"); }, [this](const Visit& visit) { talk(visit); }, engine) {}

void HttpService::talk(const Visit& visit) {
  HttpChannel channel(std::move(visit.stream));
  for (;;) {
    if (!channel.buffered()) {
      channel.stream.set_stop(&visit.idle_stop);
      if (channel.stream.wait_readable(Deadline(settings_.idle_timeout_ms)) != IoStatus::ok) return channel.stream.close();
    }
    channel.stream.set_stop(&visit.stop);
    if (!serve_one(channel)) return channel.stream.close_after_drain();
  }
}

bool HttpService::serve_one(HttpChannel& channel) {
  const Deadline deadline(settings_.request_timeout_ms);
  std::string head;
  auto read = channel.read_head(head, deadline);
  if (read.end == End::stream) return false;
  if (read.end != End::ok) return respond(channel, {.status = read.end == End::too_large ? 431 : 400}, false);
  Poco::Net::HTTPRequest http;
  HttpRequest request;
  try {
    std::istringstream in(head);
    http.read(in);
    const auto uri = http.getURI();
    const auto mark = uri.find('?');
    request = {.method = http.getMethod(), .path = uri.substr(0, mark), .query = mark == std::string::npos ? "" : uri.substr(mark + 1),
               .content_type = http.getContentType(), .authorization = http.get("Authorization", ""), .body = ""};
  } catch (const Poco::Exception&) {
    return respond(channel, {.status = 400}, false);
  }
  if (const int verdict = admit_(request); verdict != 200) return respond(channel, {.status = verdict}, false);
  if (request.method == "POST") {
    if (!http.has("Content-Length") && !http.has("Transfer-Encoding")) return respond(channel, {.status = 411}, false);
    if (equal_ascii_nocase(http.get("Expect", ""), "100-continue")) static_cast<void>(channel.stream.write("HTTP/1.1 100 Continue\r\n\r\n", Deadline(settings_.write_timeout_ms)));
    read = channel.read_body(http, false, settings_.max_body_bytes, request.body, deadline);
    if (read.end == End::stream) return false;
    if (read.end != End::ok) return respond(channel, {.status = read.end == End::too_large ? 413 : 400}, false);
  } else if (http.has("Content-Length") || http.has("Transfer-Encoding")) {
    return respond(channel, {.status = 400}, false);
  }
  HttpAnswer answer;
  try {
    answer = handler_(request);
  } catch (const std::exception&) {  // the wall; what() may quote the request
    answer = {.status = 500};
  }
  return respond(channel, answer, http.getKeepAlive());
}

bool HttpService::respond(HttpChannel& channel, const HttpAnswer& answer, bool keep) {
  Poco::Net::HTTPResponse response(Poco::Net::HTTPMessage::HTTP_1_1, static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
  response.set("Cache-Control", "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.setContentType(answer.content_type);
  response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
  if (answer.status == 401) response.set("WWW-Authenticate", "Bearer");
  response.setKeepAlive(keep);
  std::ostringstream out;
  response.write(out);
  out << answer.body;
  const auto io = channel.stream.write(out.str(), Deadline(settings_.write_timeout_ms));
  return io.status == IoStatus::ok && keep;
}

}  // namespace huren::common
