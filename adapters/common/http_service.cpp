#include "adapters/common/http_service.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/base/text.hpp"

namespace huren::common {
namespace {

using End = HttpRead::End;

constexpr std::size_t kShortestToken = 32;

// Takes as long whatever the first difference is.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? '\0' : b[i % b.size()]));
  return difference == 0;
}

Result<std::vector<std::string>> read_tokens(const std::string& path, const std::string& where) {
  std::ifstream in(path);
  std::vector<std::string> out;
  for (std::string row; std::getline(in, row);) {
    const auto token = trim(row);
    if (token.empty() || token.front() == '#') continue;
    if (token.size() < kShortestToken || !printable_ascii(token)) return Error{"transport.token_short", where, {std::to_string(kShortestToken)}};
    out.emplace_back(token);
  }
  if (out.empty()) return Error{"transport.token_file", where, {}};
  return out;
}

bool announces_body(const Poco::Net::HTTPRequest& http) { return http.has("Content-Length") || http.has("Transfer-Encoding"); }

}  // namespace

bool loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

Result<HttpServiceSettings> http_settings(OptionReader& options, const std::string& section, std::size_t most_body_bytes) {
  HttpServiceSettings out{.connections = {.name = section, .listen = options.address("listen"), .tls = nullptr,
                                          .max_connections = static_cast<std::size_t>(options.integer("max_connections", 1, 10'000))},
                          .tokens = {}};
  out.max_body_bytes = std::min(most_body_bytes, static_cast<std::size_t>(options.integer("max_frame_bytes", 1024, 1 << 30)));
  out.idle_timeout_ms = static_cast<std::uint32_t>(options.integer("idle_timeout_ms", 100, 86'400'000));
  out.request_timeout_ms = static_cast<std::uint32_t>(options.integer("frame_timeout_ms", 100, 3'600'000));
  if (options.has("certificate")) {
    TlsSettings tls;
    tls.server = true;
    tls.certificate = options.path("certificate");
    tls.private_key = options.path("private_key");
    tls.trust = options.path("trust");
    tls.peer_required = !tls.trust.empty();
    out.connections.tls = std::make_shared<TlsSource>(std::move(tls));
  }
  if (options.fault()) return *options.fault();
  if (options.has("token_file")) {
    auto tokens = read_tokens(options.path("token_file"), section + ".token_file");
    if (!tokens) return tokens.error();
    out.tokens = std::move(*tokens);
  }
  if (!loopback(out.connections.listen.host)) {
    if (!out.connections.tls) return Error{"transport.plain_not_loopback", section + ".listen", {}};
    if (out.tokens.empty() && !options.has("trust")) return Error{"transport.no_authentication", section, {}};
  }
  return out;
}

HttpService::HttpService(HttpServiceSettings settings, HttpCalls calls, EngineServices& engine)
    : settings_(std::move(settings)),
      calls_(std::move(calls)),
      engine_(engine),
      server_(
          settings_.connections, [who = settings_.source](const PeerCertificate&) { return who; }, [this](const Visit& visit) { talk(visit); }, engine) {}

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

bool HttpService::token_fits(std::string_view authorization) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.size() <= kBearer.size() || !equal_ascii_nocase(authorization.substr(0, kBearer.size()), kBearer)) return false;
  bool fits = false;
  for (const auto& token : settings_.tokens) fits = same_secret(token, authorization.substr(kBearer.size())) || fits;
  return fits;
}

HttpAnswer HttpService::refused(int status, const char* where, const HttpRequest& request) const {
  return calls_.refuse ? calls_.refuse(status, where, request) : HttpAnswer{.status = status};
}

bool HttpService::serve_one(HttpChannel& channel) {
  const Deadline deadline(settings_.request_timeout_ms);
  std::string head;
  HttpRequest request;
  auto read = channel.read_head(head, deadline);
  if (read.end == End::stream) return false;
  if (read.end != End::ok) return respond(channel, refused(read.end == End::too_large ? 431 : 400, "head", request), false);
  Poco::Net::HTTPRequest http;
  try {
    std::istringstream in(head);
    http.read(in);
    const auto uri = http.getURI();
    const auto mark = uri.find('?');
    request = {.method = http.getMethod(), .path = uri.substr(0, mark), .query = mark == std::string::npos ? "" : uri.substr(mark + 1),
               .content_type = http.getContentType(), .authorization = http.get("Authorization", ""), .origin = http.get("Origin", ""), .body = ""};
  } catch (const Poco::Exception&) {
    return respond(channel, refused(400, "head", {}), false);
  }
  if (const auto turned = calls_.admit ? calls_.admit(request) : std::nullopt)
    return respond(channel, *turned, turned->status < 400 && !announces_body(http) && http.getKeepAlive());
  if (!settings_.tokens.empty() && !token_fits(request.authorization)) return respond(channel, refused(401, "Authorization", request), false);
  if (request.method == "POST") {
    if (!announces_body(http)) return respond(channel, refused(411, "Content-Length", request), false);
    if (equal_ascii_nocase(http.get("Expect", ""), "100-continue")) static_cast<void>(channel.stream.write("HTTP/1.1 100 Continue\r\n\r\n", Deadline(settings_.write_timeout_ms)));
    read = channel.read_body(http, false, settings_.max_body_bytes, request.body, deadline);
    if (read.end == End::stream) return false;
    if (read.end != End::ok) return respond(channel, refused(read.end == End::too_large ? 413 : 400, "body", request), false);
  } else if (announces_body(http)) {
    return respond(channel, refused(400, "Content-Length", request), false);
  }
  HttpAnswer answer;
  try {
    answer = calls_.answer(request);
  } catch (const std::exception&) {  // the wall; what() may quote the request
    answer = refused(500, "handler", request);
  }
  return respond(channel, answer, http.getKeepAlive(), request.method != "HEAD");
}

bool HttpService::respond(HttpChannel& channel, const HttpAnswer& answer, bool keep, bool with_body) {
  Poco::Net::HTTPResponse response(Poco::Net::HTTPMessage::HTTP_1_1, static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
  response.set("Date", Poco::DateTimeFormatter::format(Poco::Timestamp(engine_.now_ms() * 1'000), Poco::DateTimeFormat::HTTP_FORMAT));
  response.set("Cache-Control", "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  if (answer.status != 204) {
    response.setContentType(answer.content_type);
    response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
  }
  if (answer.status == 401) response.set("WWW-Authenticate", "Bearer");
  response.setKeepAlive(keep);
  std::ostringstream out;
  response.write(out);
  if (with_body && answer.status != 204) out << answer.body;
  const auto io = channel.stream.write(out.str(), Deadline(settings_.write_timeout_ms));
  return io.status == IoStatus::ok && keep;
}

}  // namespace huren::common
