// The doctor's panel: what panel.link/1 lets one doctor see of one encounter, through the same queries and events as the
// HIS's own screens, so that every rule of access, noting and auditing holds here too.
#include <algorithm>
#include <array>

#include "console/console.hpp"
#include "console/secret.hpp"
#include "core/base/time.hpp"
#include "engine/audit.hpp"

namespace huren::console {
namespace {

constexpr std::uint32_t kDeadlineMs = 2000;

Json asking(const engine::PanelPass& pass) {
  Json out{{"patient_id", pass.patient_id}, {"encounter_id", pass.encounter_id}, {"doctor", {{"id", pass.doctor_id}}}};
  if (!pass.doctor_name.empty()) out["doctor"]["name"] = pass.doctor_name;
  if (!pass.department.empty()) out["department"] = pass.department;
  return out;
}

Answer answer_of(const QueryAnswer& answer) {
  if (answer.status != 0) return failed(answer.error.id.empty() ? Error{"console.not_live", "", {}} : answer.error);
  return {.status = 200, .body = answer.json};
}

Answer open(Call& call) {
  const auto& context = call.context();
  const auto link = call.text("link");
  const auto pass = engine::unseal(link, context.panel_key);
  // One answer for a link that is old, used or not ours: which, is nobody's business.
  if (!pass || pass->until_ms < context.clock.now_ms() || !call.console.sessions.first_use(link, pass->until_ms)) return failed({"console.panel_link", "", {}});
  Session session{.user = pass->doctor_id, .display = pass->doctor_name.empty() ? pass->doctor_id : pass->doctor_name, .csrf = "", .role = Role::reader, .panel = *pass};
  auto cookie = call.console.sessions.open(session);
  if (!cookie) return failed(cookie.error());
  auto noted = context.store.transact([&](store::Unit& unit) {
    return engine::audit(unit, context.clock.now_ms(), "access.panel_opened", {"doctor:" + pass->doctor_id, "", "opened"}, {{"encounter", engine::opaque(pass->encounter_id)}});
  });
  if (!noted) return failed(noted.error());
  const auto held = call.console.sessions.find(*cookie, 1);
  auto answer = ok({{"doctor", held->display}, {"department", pass->department}, {"hospital", context.config.hospital.name}, {"csrf", held->csrf}});
  answer.headers.emplace_back("Set-Cookie", session_cookie(call.request, "huren_panel", *cookie));
  return answer;
}

// A page that is loaded again finds its session.
Answer session(Call& call) {
  return ok({{"doctor", call.session.display}, {"department", call.session.panel->department}, {"hospital", call.context().config.hospital.name}, {"csrf", call.session.csrf}});
}

// Results, suggestions that wait for this doctor in this encounter, and reasons for declining.
Answer results(Call& call) {
  const auto& pass = *call.session.panel;
  const auto& context = call.context();
  auto request = asking(pass);
  request["limit"] = 500;
  auto answer = call.engine->query("results.list/1", request.dump(), kDeadlineMs);
  if (answer.status != 0) return answer_of(answer);
  auto out = Json::parse(answer.json);
  auto offers = Json::array();
  auto notices = Json::array();
  auto read = context.store.read([&](store::Reader& reader) -> Result<void> {
    auto open = reader.offers_open(context.clock.now_ms() + 1, 10'000);
    if (!open) return open.error();
    for (const auto& o : *open) {
      if (o.encounter_id != pass.encounter_id || o.doctor_id != pass.doctor_id) continue;
      const auto* local = context.codes->local_item(o.order_item, context.today());
      offers.push_back({{"suggestion_id", o.id}, {"order_id", o.order_id}, {"order_item", o.order_item}, {"name", local ? local->name : o.order_item}, {"result_ids", o.result_ids}, {"shown_at", at(call, o.shown_ms)}});
    }
    auto retractions = reader.open_retractions();
    if (!retractions) return retractions.error();
    std::vector<std::string> here;  // of other patients the panel says nothing
    for (const auto& row : out["results"]) here.push_back(row["report_number"].get<std::string>());
    for (const auto& r : *retractions) {
      if (r.doctor_id != pass.doctor_id) continue;
      auto report = reader.report_head(r.report_id);
      if (!report) return report.error();
      if (*report && std::find(here.begin(), here.end(), (*report)->number) != here.end())
        notices.push_back({{"notice", r.notice_id}, {"number", (*report)->number}, {"told_at", at(call, r.at_ms)}});
    }
    return {};
  });
  if (!read) return failed(read.error());
  auto reasons = Json::array();
  for (const auto& r : context.codes->reasons())
    if (terminology::holds(r.period, context.today())) reasons.push_back({{"code", r.code}, {"zh", r.zh}, {"en", r.en}, {"requires_note", r.requires_note}});
  auto names = Json::object();
  for (const auto& row : out["results"])
    if (row.contains("item") && row["item"].contains("code"))
      if (const auto code = row["item"]["code"].get<std::string>(); const auto* item = context.codes->item(code, context.today())) names[code] = {{"zh", item->zh}, {"en", item->en}};
  return ok({{"list", std::move(out)}, {"offers", std::move(offers)}, {"retractions", std::move(notices)}, {"reasons", std::move(reasons)}, {"names", std::move(names)}, {"own_code", context.config.hospital.code}});
}

// Referrals of this patient to us, with their packages.
Answer referrals(Call& call) {
  const auto& pass = *call.session.panel;
  Json request{{"patient_id", pass.patient_id}, {"doctor", {{"id", pass.doctor_id}}}, {"limit", 50}};
  if (!pass.doctor_name.empty()) request["doctor"]["name"] = pass.doctor_name;
  auto rows = Json::array();
  const auto answer = call.engine->query("referral.list/1", request.dump(), kDeadlineMs);
  if (answer.status != 0) return answer_of(answer);
  auto told = Json::parse(answer.json);
  for (auto& r : told.at("referrals"))
    if (!r.value("ours", true)) rows.push_back(std::move(r));
  return ok({{"referrals", std::move(rows)}});
}

Answer trend(Call& call) {
  auto request = asking(*call.session.panel);
  request["item"] = call.text("item");
  return answer_of(call.engine->query("results.trend/1", request.dump(), kDeadlineMs));
}

Answer report(Call& call) {
  auto request = asking(*call.session.panel);
  request["report_id"] = call.text("report_id");
  request["want"] = {"page"};
  return answer_of(call.engine->query("result.open/1", request.dump(), kDeadlineMs));
}

// An event as the HIS would submit it. The key follows from what was decided, so that a double click is one decision.
Answer submit(Call& call, const char* type, const std::string& key, const Json& event) {
  if (auto r = call.engine->submit(type, key, event.dump()); !r) return failed(r.error());
  return ok({{"accepted", true}});
}

Answer decide(Call& call) {
  const auto& pass = *call.session.panel;
  const auto outcome = call.text("outcome");
  if (outcome != "accepted" && outcome != "declined") return failed({"console.bad_body", "/outcome", {}});
  if (!call.body.contains("result_ids") || !call.body["result_ids"].is_array() || call.body["result_ids"].empty()) return failed({"console.bad_body", "/result_ids", {}});
  if (outcome == "declined") {
    const auto* reason = call.context().codes->reason(call.text("reason"), call.context().today());
    if (!reason) return failed({"console.reason_needed", "/reason", {}});
    if (reason->requires_note && call.text("note").empty()) return failed({"console.note_needed", "/note", {}});
  }
  auto event = asking(pass);
  event["outcome"] = outcome;
  event["result_ids"] = call.body["result_ids"];
  for (const char* key : {"suggestion_id", "order_id", "order_item", "reason", "note"})
    if (!call.text(key).empty()) event[key] = call.text(key);
  const auto what = digest(event.dump()).substr(0, 32);
  // To the minute: a second click is the same event byte for byte.
  const auto minute = call.context().clock.now_ms() / 60'000;
  const std::string key = "panel-" + what + "-" + std::to_string(minute);
  event["decision_id"] = key;
  event["at"] = to_iso_time(from_epoch_ms(minute * 60'000, call.context().config.hospital.offset_minutes));
  return submit(call, "recognition.decided/1", key, event);
}

Answer acknowledge(Call& call) {
  const auto& pass = *call.session.panel;
  Json doctor{{"id", pass.doctor_id}};
  if (!pass.doctor_name.empty()) doctor["name"] = pass.doctor_name;
  const Json event{{"notice_id", call.text("notice")}, {"doctor", doctor}, {"at", to_iso_time(call.context().now())}};
  return submit(call, "result.retraction_acknowledged/1", "panel-" + digest(call.text("notice") + pass.doctor_id).substr(0, 32), event);
}

constexpr std::array kRoutes{
    Route{"POST", "/panel/open", Right::open, true, &open},
    Route{"GET", "/panel/session", Right::panel, true, &session},
    Route{"POST", "/panel/results", Right::panel, true, &results},
    Route{"POST", "/panel/referrals", Right::panel, true, &referrals},
    Route{"POST", "/panel/trend", Right::panel, true, &trend},
    Route{"POST", "/panel/report", Right::panel, true, &report},
    Route{"POST", "/panel/decide", Right::panel, true, &decide},
    Route{"POST", "/panel/acknowledge", Right::panel, true, &acknowledge},
};

}  // namespace

std::span<const Route> panel_routes() { return kRoutes; }

}  // namespace huren::console
