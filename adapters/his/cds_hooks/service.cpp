#include "adapters/his/cds_hooks/service.hpp"

#include <Poco/Net/MediaType.h>

#include <algorithm>
#include <utility>

#include "adapters/his/cds_hooks/translate.hpp"
#include "core/base/text.hpp"

namespace huren::his_cds_hooks {
namespace {

constexpr std::string_view kRoot = "/cds-services";
constexpr int kNoAnswer = 2, kBusy = -204, kDenied = -301;  // huren_status of an answer
constexpr int kArguments = -101, kTypes = -111;

bool is_json(const std::string& content_type) {
  const Poco::Net::MediaType media{content_type};
  const auto type = media.getType() + "/" + media.getSubType();
  if (!equal_ascii_nocase(type, "application/json")) return false;
  return !media.hasParameter("charset") || equal_ascii_nocase(media.getParameter("charset"), "utf-8");
}

common::HttpAnswer json(int status, std::string body) { return {.status = status, .content_type = "application/json; charset=utf-8", .body = std::move(body)}; }

// Of a page whose origin was admitted (https://fetch.spec.whatwg.org/#http-cors-protocol).
common::HttpAnswer for_page(common::HttpAnswer answer, const std::string& origin) {
  if (!origin.empty()) answer.headers.insert(answer.headers.end(), {{"Access-Control-Allow-Origin", origin}, {"Vary", "Origin"}});
  return answer;
}

}  // namespace

Service::Service(common::HttpServiceSettings http, ServiceSettings settings, EngineServices& engine)
    : name_(http.connections.name),
      max_body_bytes_(http.max_body_bytes),
      settings_(std::move(settings)),
      engine_(engine),
      server_(std::move(http),
              {.answer = [this](const Request& r) { return for_page(route(r), r.origin); },
               .admit = [this](const Request& r) { return admit(r); },
               .refuse = [this](int status, const char* where, const Request& r) { return for_page(refused_by_loop(status, where, r), r.origin); }},
              engine) {}

Service::Answer Service::refused(int status, Error error) {
  engine_.log(Severity::warning, "https.request_refused", {{"name", name_}, {"source", std::string(error.id)}, {"status", std::to_string(status)}});
  auto answer = json(status, faults_json({status, {std::move(error)}}));
  if (status == 405) answer.headers.emplace_back("Allow", "GET, POST, OPTIONS");
  return answer;
}

Service::Answer Service::refused_by_loop(int status, const char* where, const Request&) {
  if (status == 401) return refused(status, {"cds.unauthorized", where, {}});
  if (status == 413) return refused(status, {"cds.too_large", where, {std::to_string(max_body_bytes_)}});
  if (status == 500) return refused(status, {"engine.worker_threw", "cds", {}});
  return refused(status, {"cds.bad_request", where, {}});
}

std::optional<Service::Answer> Service::admit(const Request& r) {
  const bool listed = std::find(settings_.origins.begin(), settings_.origins.end(), r.origin) != settings_.origins.end();
  if (!r.origin.empty() && !listed) return refused(403, {"cds.origin", "Origin", {}});
  if (r.method != "OPTIONS" || r.origin.empty()) return std::nullopt;
  Answer preflight{.status = 204};
  preflight.headers = {{"Access-Control-Allow-Methods", "GET, POST, OPTIONS"}, {"Access-Control-Allow-Headers", "authorization, content-type"}, {"Access-Control-Max-Age", "600"}};
  return for_page(std::move(preflight), r.origin);
}

Service::Answer Service::route(const Request& r) {
  if (r.path == kRoot) {
    if (r.method != "GET") return refused(405, {"cds.method", r.path, {"GET"}});
    return json(200, discovery(settings_.language));
  }
  if (!r.path.starts_with(std::string(kRoot) + "/")) return refused(404, {"cds.unknown_service", "path", {}});
  auto service = r.path.substr(kRoot.size() + 1);
  constexpr std::string_view kFeedback = "/feedback";
  const bool is_feedback = service.ends_with(kFeedback);
  if (is_feedback) service.resize(service.size() - kFeedback.size());
  if (!known_service(service)) return refused(404, {"cds.unknown_service", "path", {}});
  if (r.method != "POST") return refused(405, {"cds.method", "path", {"POST"}});
  if (!is_json(r.content_type)) return refused(415, {"cds.media_type", "Content-Type", {}});
  return is_feedback ? feedback(r.body) : hook(service, r.body);
}

Service::Answer Service::hook(const std::string& service, const std::string& body) {
  const auto read = read_hook(service, body, engine_.now_ms());
  if (const auto* fault = std::get_if<Fault>(&read)) return json(fault->status, faults_json(*fault));
  const auto& asked = std::get<Asked>(read);
  if (asked.topic.empty()) return json(200, quiet());
  const auto answer = engine_.query(asked.topic, asked.request, settings_.deadline_ms);
  if (answer.status == kNoAnswer) return json(200, quiet());
  if (answer.status < 0) {
    const int status = answer.status == kDenied ? 403 : answer.status == kBusy ? 503 : answer.status <= kArguments && answer.status >= kTypes ? 400 : 500;
    auto error = answer.error;  // the place in what the caller sent, not in what was made of it
    if (error.where == "/patient_id") error.where = "/context/patientId";
    if (error.where == "/encounter_id") error.where = "/context/encounterId";
    return refused(status, error);
  }
  return json(200, asked.topic == "order.check/1" ? order_cards(asked, answer.json, settings_.language) : view_cards(answer.json, settings_.language));
}

// Each entry on its own: one that is at fault is told, the others take effect; sent again they change nothing.
Service::Answer Service::feedback(const std::string& body) {
  const auto read = read_feedback(body);
  if (const auto* fault = std::get_if<Fault>(&read)) return json(fault->status, faults_json(*fault));
  Fault faults{200, {}};
  const auto add = [&](int status, Error error) {
    faults.status = std::max(faults.status, status);
    faults.errors.push_back(std::move(error));
  };
  for (const auto& entry : std::get<std::vector<Feedback>>(read)) {
    const auto known = engine_.query("suggestion.open/1", card_request(entry.card), settings_.deadline_ms);
    if (known.status != 0) {
      const bool none = known.error.id == "query.unknown_suggestion";
      if (none && !entry.accepted && entry.reason.empty() && entry.comment.empty()) continue;  // a card that suggested nothing may be put aside without a word
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
  if (faults.errors.empty()) return json(200, "{}");
  return json(faults.status, faults_json(faults));
}

}  // namespace huren::his_cds_hooks
