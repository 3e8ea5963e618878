// huren-ctl requests and patients: what hospitals asked each other, its figures, and the work list of doubtful patients.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/model/patient.hpp"
#include "core/referral/figures.hpp"
#include "ctl/place.hpp"
#include "engine/month.hpp"

namespace huren::ctl {
namespace {

namespace life = huren::referral;

// The first instant of a month in the hospital's zone, and of the one after it.
std::optional<std::pair<std::int64_t, std::int64_t>> month_range(const std::string& month, int offset) {
  const auto first = parse_iso_time(month, offset);
  if (!first || first->precision != Precision::month) return std::nullopt;
  const int year = std::stoi(month.substr(0, 4)), number = std::stoi(month.substr(5, 2));
  const int next_year = number == 12 ? year + 1 : year, next_month = number % 12 + 1;
  const auto next = parse_iso_time(std::to_string(next_year) + (next_month < 10 ? "-0" : "-") + std::to_string(next_month), offset);
  return std::pair(first->epoch_ms, next->epoch_ms);
}

}  // namespace

int request_list(Place& place, const std::string& kind, const std::string& state, int limit) {
  std::vector<store::ReferralRow> rows;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    store::ReferralFilter filter;
    filter.kind = kind;
    filter.state = state;
    filter.limit = limit;
    auto found = reader.referrals(filter);
    if (!found) return found.error();
    rows = std::move(*found);
    return {};
  });
  if (!read) return place.failed(read.error()), kUnusable;
  const int offset = place.config.hospital.offset_minutes;
  auto json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("编号", "request"), place.say("类别", "kind"), place.say("伙伴", "partner"), place.say("本院提出", "ours"), place.say("状态", "state"),
                                               place.say("优先级", "priority"), place.say("资料", "package"), place.say("变动时间", "changed"), place.say("提醒", "reminders")}};
  for (const auto& r : rows) {
    json.push_back({{"key", r.key}, {"kind", r.kind}, {"partner", r.partner}, {"ours", r.ours}, {"state", r.state}, {"priority", r.priority}, {"package", r.package},
                    {"changed_at", json_time(r.changed_ms, offset)}, {"due_at", json_time(r.due_ms, offset)}, {"reminders", r.told}, {"matched", !r.patient_id.empty()}});
    table.push_back({r.key, place.word(r.kind), r.partner, r.ours ? place.say("是", "yes") : place.say("否", "no"), place.word(r.state), place.word(r.priority), place.word(r.package), local_time(r.changed_ms, offset), std::to_string(r.told)});
  }
  return print_rows(place, json, table);
}

// The trail of a figure: each step, the event or the message that brought it. No names, no reasons: those are the HIS's to show.
int request_show(Place& place, const std::string& key) {
  const int offset = place.config.hospital.offset_minutes;
  std::vector<store::FactRow> facts;
  std::optional<store::ReferralRow> row;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto found = reader.referral(key);
    if (!found) return found.error();
    row = std::move(*found);
    auto all = reader.facts(key);
    if (!all) return all.error();
    facts = std::move(*all);
    return {};
  });
  if (!read) return place.failed(read.error()), kUnusable;
  if (!row) return place.failed({"referral.no_such_request", key, {key}}), kUnusable;
  std::stable_sort(facts.begin(), facts.end(), [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
  auto json = nlohmann::ordered_json{{"key", row->key}, {"kind", row->kind}, {"state", row->state}, {"priority", row->priority}, {"package", row->package}, {"steps", nlohmann::ordered_json::array()}};
  std::vector<std::vector<std::string>> table{{place.say("时间", "time"), place.say("机构", "by"), place.say("步骤", "step"), place.say("步骤编号", "step id"), place.say("来源", "brought by")}};
  for (const auto& f : facts) {
    const auto parsed = model::step_from_json(f.json, offset);
    if (!parsed.step) continue;
    const auto& s = *parsed.step;
    json["steps"].push_back({{"at", to_iso_time(s.at)}, {"by", s.by}, {"step", s.step}, {"outcome", s.outcome}, {"version", s.version}, {"id", s.fact_id}, {"source", f.source}});
    table.push_back({local_time(f.at_ms, offset), s.by, s.outcome.empty() ? s.step : s.step + " " + s.outcome, s.fact_id, f.source});
  }
  if (place.json) {
    place.out << json.dump(2) << "\n";
    return kOk;
  }
  place.out << row->key << " " << place.word(row->kind) << " " << place.word(row->state) << "\n";
  print_table(place.out, table);
  return kOk;
}

int request_figures(Place& place, const std::string& what, const std::string& from, const std::string& to) {
  const int offset = place.config.hospital.offset_minutes;
  const auto this_month = to_iso_time(from_epoch_ms(engine::Clock().now_ms(), offset)).substr(0, 7);
  const auto first = month_range(from.empty() ? this_month : from, offset), last = month_range(to.empty() ? (from.empty() ? this_month : from) : to, offset);
  if (!first || !last) return place.failed({"referral.month", first ? "--to" : "--from", {first ? to : from}}), kUnusable;
  std::vector<life::Counted> counted;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto found = engine::counted_requests(reader, place.config, first->first, last->second, engine::Clock().now_ms());
    if (!found) return found.error();
    counted = std::move(*found);
    return {};
  });
  if (!read) return place.failed(read.error()), kUnusable;
  const auto rows = what == "readings" ? life::reading_figures(counted) : what == "outflow" ? life::outflow_figures(counted) : life::referral_figures(counted);
  place.out << (place.json ? life::to_json(rows) + "\n" : life::to_csv(rows, what));
  return kOk;
}

int doubts_list(Place& place, const std::string& state) {
  std::vector<store::DoubtRow> rows;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto found = reader.doubts(state, 1000);
    if (!found) return found.error();
    rows = std::move(*found);
    return {};
  });
  if (!read) return place.failed(read.error()), kUnusable;
  const int offset = place.config.hospital.offset_minutes;
  auto json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{"id", place.say("机构", "hospital"), place.say("对方患者号", "their number"), place.say("分数", "score"), place.say("状态", "state"), place.say("时间", "since"), place.say("证据", "evidence")}};
  for (const auto& r : rows) {
    const auto evidence = nlohmann::ordered_json::parse(r.evidence, nullptr, false);
    std::string words;
    if (evidence.is_array())
      for (const auto& e : evidence) words += (words.empty() ? "" : "; ") + e.value(place.language == Language::zh ? "zh" : "en", "");
    json.push_back({{"id", r.id}, {"organisation", r.partner}, {"their_id", r.their_id}, {"patient", r.patient_id}, {"score", r.score}, {"state", r.state}, {"at", json_time(r.at_ms, offset)}, {"decided_by", r.decided_by}, {"evidence", evidence}});
    table.push_back({r.id, r.partner, r.their_id, std::to_string(r.score), place.word(r.state), local_time(r.at_ms, offset), words});
  }
  return print_rows(place, json, table);
}

// The word is noted here and takes effect in the running engine, which alone changes what patients show.
int doubt_decide(Place& place, const std::string& id, bool same, const std::string& who) {
  auto done = place.store->transact([&](store::Unit& unit) -> Result<void> {
    auto rows = unit.doubts("", 100'000);
    if (!rows) return rows.error();
    for (auto& d : *rows) {
      if (d.id != id) continue;
      if ((same && d.state == "confirmed") || (!same && d.state == "rejected")) return Error{"patient.doubt_decided", id, {d.state}};
      d.state = same ? "confirm" : "reject";
      d.decided_by = who;
      d.decided_ms = engine::Clock().now_ms();
      return unit.put_doubt(d);
    }
    return Error{"patient.unknown_doubt", "", {id}};
  });
  if (!done) return place.failed(done.error()), kUnusable;
  place.out << id << " " << (same ? place.say("已确认为同一人，引擎运行时即生效", "noted as the same person; the running engine applies it") : place.say("已记为不同的人，引擎运行时即生效", "noted as two persons; the running engine applies it")) << "\n";
  return kOk;
}

}  // namespace huren::ctl
