#include "adapters/his/cds_hooks/service.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/MediaType.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "adapters/his/cds_hooks/translate.hpp"
#include "core/base/text.hpp"

namespace huren::his_cds_hooks {
namespace {

using common::Deadline;
using End = common::HttpRead::End;

constexpr std::string_view kRoot = "/cds-services";
constexpr int kNoAnswer = 2, kBusy = -204, kDenied = -301;  // huren_status of an answer
constexpr int kArguments = -101, kTypes = -111;

// Takes as long whatever the first difference is.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[b.empty() ? 0 : i % b.size()]));
  return difference == 0;
}

bool is_json(const std::string& content_type) {
  const Poco::Net::MediaType media{content_type};
  const auto type = media.getType() + "/" + media.getSubType();
  if (!equal_ascii_nocase(type, "application/json")) return false;
  return !media.hasParameter("charset") || equal_ascii_nocase(media.getParameter("charset"), "utf-8");
}

}  // namespace

Service::Service(common::ConnectionServerSettings connections, ServiceSettings settings, std::string source, EngineServices& engine)
    : name_(connections.name),
      settings_(std::move(settings)),
      engine_(engine),
      server_(
          std::move(connections), [who = std::move(source)](const common::PeerCertificate&) { return who; }, [this](const common::Visit& visit) { talk(visit); }, engine) {}

void Service::talk(const common::Visit& visit) {
  common::HttpChannel channel(std::move(visit.stream));
  for (;;) {
    if (!channel.buffered()) {
      channel.stream.set_stop(&visit.idle_stop);
      if (channel.stream.wait_readable(Deadline(settings_.idle_timeout_ms)) != common::IoStatus::ok) return channel.stream.close();
    }
    channel.stream.set_stop(&visit.stop);
    if (!serve_one(channel)) return channel.stream.close_after_drain();
  }
}

Service::Answer Service::refused(int status, Error error) {
  engine_.log(Severity::warning, "https.request_refused", {{"name", name_}, {"source", std::string(error.id)}, {"status", std::to_string(status)}});
  return {status, faults_json({status, {std::move(error)}})};
}

bool Service::serve_one(common::HttpChannel& channel) {
  const Deadline deadline(settings_.request_timeout_ms);
  std::string head, body;
  auto read = channel.read_head(head, deadline);
  if (read.end == End::stream) return false;
  if (read.end != End::ok) return respond(channel, refused(read.end == End::too_large ? 431 : 400, {"cds.bad_request", "head", {}}), "", false);
  Poco::Net::HTTPRequest http;
  Request request;
  try {
    std::istringstream in(head);
    http.read(in);
    request = {.method = http.getMethod(), .path = http.getURI().substr(0, http.getURI().find('?')), .origin = http.get("Origin", ""),
               .authorization = http.get("Authorization", ""), .content_type = http.getContentType()};
  } catch (const Poco::Exception&) {
    return respond(channel, refused(400, {"cds.bad_request", "head", {}}), "", false);
  }
  // Who is not let in is told before a byte of the body is read.
  if (const auto verdict = admit(request); verdict.status != 200) {
    const bool preflight = verdict.status == 204;
    return respond(channel, verdict, preflight ? request.origin : "", preflight && http.getKeepAlive());
  }
  if (request.method == "POST") {
    if (!http.has("Content-Length") && !http.has("Transfer-Encoding")) return respond(channel, refused(411, {"cds.bad_request", "Content-Length", {}}), request.origin, false);
    if (equal_ascii_nocase(http.get("Expect", ""), "100-continue"))
      static_cast<void>(channel.stream.write("HTTP/1.1 100 Continue\r\n\r\n", Deadline(settings_.write_timeout_ms)));
    read = channel.read_body(http, false, settings_.max_body_bytes, body, deadline);
    if (read.end == End::stream) return false;
    if (read.end == End::too_large) return respond(channel, refused(413, {"cds.too_large", "body", {std::to_string(settings_.max_body_bytes)}}), request.origin, false);
    if (read.end != End::ok) return respond(channel, refused(400, {"cds.bad_request", "body", {}}), request.origin, false);
  } else if (http.has("Content-Length") || http.has("Transfer-Encoding")) {
    return respond(channel, refused(400, {"cds.bad_request", "Content-Length", {}}), request.origin, false);
  }
  Answer answer;
  try {
    answer = route(request, body);
  } catch (const std::exception&) {  // the wall; what() may quote the request
    answer = refused(500, {"engine.worker_threw", "cds", {}});
  }
  return respond(channel, answer, request.origin, http.getKeepAlive());
}

bool Service::token_fits(const std::string& authorization) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.size() <= kBearer.size() || !equal_ascii_nocase(authorization.substr(0, kBearer.size()), kBearer)) return false;
  bool fits = false;
  for (const auto& token : settings_.tokens) fits = same_secret(token, std::string_view(authorization).substr(kBearer.size())) || fits;
  return fits;
}

Service::Answer Service::admit(const Request& r) const {
  const auto refuse = [&](int status, Error error) { return const_cast<Service*>(this)->refused(status, std::move(error)); };
  const bool listed = std::find(settings_.origins.begin(), settings_.origins.end(), r.origin) != settings_.origins.end();
  if (!r.origin.empty() && !listed) return refuse(403, {"cds.origin", "Origin", {}});
  if (r.method == "OPTIONS" && !r.origin.empty()) return {204, ""};
  if (!settings_.tokens.empty() && !token_fits(r.authorization)) return refuse(401, {"cds.unauthorized", "Authorization", {}});
  return {};
}

Service::Answer Service::route(const Request& r, const std::string& body) {
  if (r.path == kRoot) {
    if (r.method != "GET") return refused(405, {"cds.method", r.path, {"GET"}});
    return {200, discovery(settings_.language)};
  }
  if (!r.path.starts_with(std::string(kRoot) + "/")) return refused(404, {"cds.unknown_service", "path", {}});
  auto service = r.path.substr(kRoot.size() + 1);
  constexpr std::string_view kFeedback = "/feedback";
  const bool is_feedback = service.ends_with(kFeedback);
  if (is_feedback) service.resize(service.size() - kFeedback.size());
  if (!known_service(service)) return refused(404, {"cds.unknown_service", "path", {}});
  if (r.method != "POST") return refused(405, {"cds.method", "path", {"POST"}});
  if (!is_json(r.content_type)) return refused(415, {"cds.media_type", "Content-Type", {}});
  return is_feedback ? feedback(body) : hook(service, body);
}

Service::Answer Service::hook(const std::string& service, const std::string& body) {
  const auto read = read_hook(service, body, engine_.now_ms());
  if (const auto* fault = std::get_if<Fault>(&read)) return {fault->status, faults_json(*fault)};
  const auto& asked = std::get<Asked>(read);
  if (asked.topic.empty()) return {200, quiet()};
  const auto answer = engine_.query(asked.topic, asked.request, settings_.deadline_ms);
  if (answer.status == kNoAnswer) return {200, quiet()};
  if (answer.status < 0) {
    const int status = answer.status == kDenied ? 403 : answer.status == kBusy ? 503 : answer.status <= kArguments && answer.status >= kTypes ? 400 : 500;
    return refused(status, answer.error);
  }
  return {200, asked.topic == "order.check/1" ? order_cards(asked, answer.json, settings_.language) : view_cards(answer.json, settings_.language)};
}

// Each entry on its own: one that is at fault is told, the others take effect; sent again they change nothing.
Service::Answer Service::feedback(const std::string& body) {
  const auto read = read_feedback(body);
  if (const auto* fault = std::get_if<Fault>(&read)) return {fault->status, faults_json(*fault)};
  Fault faults{200, {}};
  const auto add = [&](int status, Error error) {
    faults.status = std::max(faults.status, status);
    faults.errors.push_back(std::move(error));
  };
  for (const auto& entry : std::get<std::vector<Feedback>>(read)) {
    const auto known = engine_.query("suggestion.open/1", card_request(entry.card), settings_.deadline_ms);
    if (known.status != 0) {
      const bool none = known.error.id == "query.unknown_suggestion";
      if (none && !entry.accepted) continue;  // a card that suggested nothing may be put aside without a word
      add(none ? 404 : 503, none ? Error{"cds.unknown_card", entry.where + "/card", {}} : known.error);
      continue;
    }
    const auto decided = decision_of(entry, known.json);
    if (const auto* fault = std::get_if<Fault>(&decided)) {
      for (const auto& e : fault->errors) add(fault->status, e);
      continue;
    }
    const auto& decision = std::get<Decision>(decided);
    if (decision.type.empty()) continue;
    if (auto done = engine_.submit(decision.type, decision.key, decision.event); !done) add(503, done.error());
  }
  if (faults.errors.empty()) return {200, "{}"};
  return {faults.status, faults_json(faults)};
}

bool Service::respond(common::HttpChannel& channel, const Answer& answer, const std::string& origin, bool keep) {
  Poco::Net::HTTPResponse response(Poco::Net::HTTPMessage::HTTP_1_1, static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
  response.set("Date", Poco::DateTimeFormatter::format(Poco::Timestamp(engine_.now_ms() * 1'000), Poco::DateTimeFormat::HTTP_FORMAT));
  response.set("Cache-Control", "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (!origin.empty()) {
    response.set("Access-Control-Allow-Origin", origin);
    response.set("Vary", "Origin");
  }
  if (answer.status == 204) {
    response.set("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    response.set("Access-Control-Allow-Headers", "authorization, content-type");
    response.set("Access-Control-Max-Age", "600");
  } else {
    response.setContentType("application/json; charset=utf-8");
    response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
  }
  if (answer.status == 401) response.set("WWW-Authenticate", "Bearer");
  if (answer.status == 405) response.set("Allow", "GET, POST, OPTIONS");
  response.setKeepAlive(keep);
  std::ostringstream out;
  response.write(out);
  out << answer.body;
  const auto io = channel.stream.write(out.str(), Deadline(settings_.write_timeout_ms));
  return io.status == common::IoStatus::ok && keep;
}

}  // namespace huren::his_cds_hooks
