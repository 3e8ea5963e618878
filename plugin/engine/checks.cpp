#include "engine/checks.hpp"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/pack.hpp"
#include "core/model/brief.hpp"
#include "core/model/event.hpp"
#include "engine/audit.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using Json = nlohmann::ordered_json;
using recognition::Candidate;
using recognition::Input;
using store::Reader;

constexpr std::size_t kLargestText = 64u << 20;

std::string unpacked(const std::string& bytes) {
  auto whole = unpack(bytes, kLargestText);
  return whole ? std::move(*whole) : std::string();
}

// The head of a report version; null: the report is gone.
Result<History::Head*> head_of(Reader& reader, const std::string& report_id, History& into) {
  const auto known = into.reports.find(report_id);
  if (known != into.reports.end()) return &known->second;
  auto held = reader.report_head(report_id);
  if (!held) return held.error();
  if (!*held) return static_cast<History::Head*>(nullptr);
  auto& head = into.reports[report_id];
  head.source = std::move((*held)->source);
  if (!head.source.empty()) {
    auto bar = reader.bar(head.source, subject_of((*held)->origin, (*held)->number));
    if (!bar) return bar.error();
    head.barred = bar->has_value();
  }
  if (!model::read_brief((*held)->brief, head.report)) return Error{"store.unreadable_report", report_id, {}};
  head.report.observations.reserve(16);
  return &head;
}

// Appends one result to its report in the history and a candidate for it. Positions count what was appended.
Result<void> add(Reader& reader, store::ResultRow&& row, History& into) {
  auto head = head_of(reader, row.report_id, into);
  if (!head) return head.error();
  if (!*head) return {};
  auto& [source, barred, report] = **head;
  auto& observation = report.observations.emplace_back();
  if (!model::read_brief(row.brief, observation)) return Error{"store.unreadable_report", row.report_id, {}};
  into.candidates.push_back({.result_id = std::move(row.id), .report_id = std::move(row.report_id), .source = source, .report = &report,
                             .position = report.observations.size() - 1, .current = row.current, .index_only = false, .barred = barred,
                             .link = recognition::Link::by_identity});
  return {};
}

// ---- what a check rests on, as text
Json hospital_json(const model::Hospital& h) { return {{"code", h.code}, {"name", h.name}, {"region", h.region}, {"level", h.level}, {"offset_minutes", h.offset_minutes}}; }

model::Hospital hospital_of(const Json& j) {
  return {.code = j.at("code"), .name = j.at("name"), .region = j.at("region"), .level = j.at("level"), .offset_minutes = j.at("offset_minutes")};
}

std::string setting_of(const Input& input) {
  Json agreements = Json::array();
  for (const auto& [a, partner] : input.agreements)
    agreements.push_back({{"id", a.id}, {"partner", a.partner}, {"from", to_iso_date(a.from)}, {"to", to_iso_date(a.to)}, {"send", a.send}, {"receive", a.receive},
                          {"mode", a.mode}, {"basis", a.basis}, {"all_items", a.all_items}, {"items", a.items}, {"window_days", a.window_days},
                          {"window_base", a.window_base}, {"min_level", a.min_level}, {"hospital", hospital_json(partner)}});
  return Json{{"asking", hospital_json(input.asking)}, {"agreements", std::move(agreements)}}.dump();
}

void read_setting(const std::string& text, Input& into) {
  const auto json = Json::parse(text);
  into.asking = hospital_of(json.at("asking"));
  for (const auto& j : json.at("agreements")) {
    model::Agreement a;
    a.id = j.at("id");
    a.partner = j.at("partner");
    a.from = parse_date(j.at("from").get<std::string>()).value_or(Date{});
    a.to = parse_date(j.at("to").get<std::string>()).value_or(Date{});
    a.send = j.at("send");
    a.receive = j.at("receive");
    a.mode = j.at("mode");
    a.basis = j.at("basis");
    a.all_items = j.at("all_items");
    a.items = j.at("items").get<std::vector<std::string>>();
    a.window_days = j.at("window_days").get<std::map<std::string, int>>();
    a.window_base = j.at("window_base");
    a.min_level = j.at("min_level");
    into.agreements.push_back({std::move(a), hospital_of(j.at("hospital"))});
  }
}

std::string tables_of(const terminology::Set& set) {
  Json tables = Json::object();
  for (const auto name : terminology::table_names()) tables[std::string(name)] = set.export_csv(name);
  return tables.dump();
}

Result<std::shared_ptr<const terminology::Set>> read_tables(const std::string& text, const std::string& version) {
  const auto json = Json::parse(text);
  std::deque<std::string> texts;
  std::vector<terminology::Table> tables;
  for (const auto& [name, csv] : json.items()) {
    const auto& held = texts.emplace_back(csv.get<std::string>());
    for (const auto known : terminology::table_names())
      if (known == name) tables.push_back({known, held});
  }
  auto loaded = terminology::load(tables);
  if (!loaded.set || loaded.set->version() != version) return Error{"replay.gone", "codes", {version}};
  return loaded.set;
}

std::string basis_of(const Input& input, const Shown& shown) {
  Json candidates = Json::array();
  for (const auto& c : input.candidates) {
    candidates.push_back({c.result_id, c.source, c.current, c.index_only, c.barred, static_cast<int>(c.link)});
    if (!c.index_only) continue;  // the store keeps every version of a report; an entry of the index may go
    candidates.back().push_back(hex(model::brief_of(*c.report)));
    candidates.back().push_back(hex(model::brief_of(c.report->observations[c.position])));
  }
  return Json{{"request", shown.request_json}, {"at_ms", input.at.epoch_ms}, {"patient", shown.patient_json}, {"candidates", std::move(candidates)}}.dump();
}

std::string unhex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}

// Whose results a card would have the doctor use.
std::string partners_of(const Input& input, const recognition::OrderDecision& order) {
  std::set<std::string> partners;
  for (const auto& a : order.analytes)
    if (a.chosen && a.verdict != recognition::Verdict::fail) {
      const auto& source = input.candidates[a.considered[*a.chosen].candidate].source;
      partners.insert(source.empty() ? "own" : source);
    }
  std::string out;
  for (const auto& p : partners) out += (out.empty() ? "" : "+") + p;
  return out;
}

}  // namespace

Result<void> gather(Reader& reader, const std::string& patient_id, const std::vector<std::string>& records,
                    const std::vector<std::string>& items, std::int64_t since_ms, History& into) {
  for (const auto& record : records) {
    auto rows = reader.results_of(record, items, since_ms);
    if (!rows) return rows.error();
    into.candidates.reserve(into.candidates.size() + rows->size());
    for (auto& row : *rows) {
      const auto before = into.candidates.size();
      if (auto r = add(reader, std::move(row), into); !r) return r;
      if (record != patient_id && into.candidates.size() > before) into.candidates.back().link = recognition::Link::merged;
    }
  }
  return {};
}

Result<std::vector<recognition::CardRef>> Checks::fresh(Reader& reader, std::vector<recognition::CardRef> cards, const std::string& patient_id, const std::string& doctor_id) {
  auto known = reader.shown_to(patient_id, doctor_id);
  if (!known) return known.error();
  std::erase_if(cards, [&](const auto& card) { return std::find(known->begin(), known->end(), card.uuid) != known->end(); });
  return cards;
}

// What accepting the card means, open until it is answered. The same suggestion shown to another doctor: feedback on it is
// of who saw it last.
Result<void> Checks::put_offer(store::Unit& unit, const recognition::OrderDecision& order, const recognition::CardRef& card, const Shown& shown) {
  if (card.accepting.empty()) return {};
  auto known = unit.offer(card.accepting);
  if (!known) return known.error();
  if (*known && (*known)->id == card.accepting) {
    auto& again = **known;
    if (again.doctor_id == shown.doctor_id || again.state == "accepted" || again.state == "declined") return {};
    again.doctor_id = shown.doctor_id;
    again.department = shown.department;
    return unit.put_offer(again);
  }
  return unit.put_offer({.id = card.accepting, .card_id = card.uuid, .patient_id = shown.patient_id, .encounter_id = shown.encounter_id, .doctor_id = shown.doctor_id,
                         .department = shown.department, .order_id = order.order_id, .order_item = order.local_code, .result_ids = card.result_ids,
                         .state = "open", .decision_id = "", .shown_ms = context_.clock.now_ms(), .changed_ms = context_.clock.now_ms()});
}

// The tables and agreements are written with the first check that rests on them.
Result<void> Checks::keep_basis(store::Unit& unit, const Input& input, store::CheckRow& row) {
  row.codes = input.terminology->version();
  const auto setting = setting_of(input);
  row.setting = opaque(setting);
  const std::lock_guard lock(mutex_);
  if (kept_codes_ != row.codes)
    if (auto r = unit.keep("codes", row.codes, pack(tables_of(*input.terminology))); !r) return r;
  if (kept_setting_ != row.setting) return unit.keep("setting", row.setting, pack(setting));
  return {};
}

Result<void> Checks::note(const Input& input, const recognition::Decision& decision, const Shown& shown) {
  const std::int64_t now = context_.clock.now_ms();
  store::CheckRow check{.seq = 0, .at_ms = now, .patient_id = shown.patient_id, .doctor_id = shown.doctor_id, .codes = "", .setting = "",
                        .basis = pack(basis_of(input, shown)), .answer = pack(shown.answer)};
  auto noted = context_.store.transact([&](store::Unit& unit) -> Result<void> {
    std::set<std::string> reports;
    for (const auto& card : shown.fresh)
      for (const auto& analyte : decision.orders[card.order].analytes)
        if (analyte.chosen)
          if (const auto& c = input.candidates[analyte.considered[*analyte.chosen].candidate]; !c.index_only) reports.insert(c.report_id);
    for (const auto& id : reports) {
      auto held = unit.report_head(id);
      if (!held) return held.error();
      if (!*held || !(*held)->current) return Error{"query.changed_meanwhile", "/orders", {}};
      if (auto r = unit.put_view({.report_id = id, .doctor_id = shown.doctor_id, .kind = "shown", .at_ms = now, .patient_id = shown.patient_id}); !r) return r;
    }
    if (auto r = keep_basis(unit, input, check); !r) return r;
    auto seq = unit.put_check_record(check);
    if (!seq) return seq.error();
    for (const auto& card : shown.fresh) {
      const auto& order = decision.orders[card.order];
      const store::SuggestionRow row{.id = card.uuid, .doctor_id = shown.doctor_id, .accepting = card.accepting, .patient_id = shown.patient_id,
                                     .department = shown.department, .order_item = order.local_code, .item = order.panel.empty() ? order.item : order.panel,
                                     .outcome = recognition::word(order.outcome), .partner = partners_of(input, order), .check = *seq, .shown_ms = now};
      if (auto r = unit.put_suggestion(row); !r) return r;
      if (auto r = put_offer(unit, order, card, shown); !r) return r;
      if (auto r = audit(unit, now, "suggestion.shown", {"doctor:" + row.doctor_id, "suggestion:" + row.id, row.outcome},
                         {{"accepting", row.accepting}, {"patient", row.patient_id}, {"department", row.department}, {"order_item", row.order_item},
                          {"item", row.item}, {"partner", row.partner}}); !r)
        return r;
    }
    return {};
  });
  if (!noted) return noted;
  const std::lock_guard lock(mutex_);
  kept_codes_ = check.codes;
  kept_setting_ = check.setting;
  return {};
}

Result<Replay> replay(Reader& reader, const std::string& uuid, const std::vector<recognition::PartnerAgreement>* instead) try {
  auto showings = reader.showings(uuid);
  if (!showings) return showings.error();
  if (showings->empty()) return Error{"replay.unknown", "", {uuid}};
  auto record = reader.check_record(showings->front().check);
  if (!record) return record.error();
  if (!*record) return Error{"replay.gone", "check", {std::to_string(showings->front().check)}};
  const auto& check = **record;
  auto tables = reader.kept("codes", check.codes);
  if (!tables) return tables.error();
  auto setting = reader.kept("setting", check.setting);
  if (!setting) return setting.error();
  if (!*tables) return Error{"replay.gone", "codes", {check.codes}};
  if (!*setting) return Error{"replay.gone", "setting", {check.setting}};

  const auto basis = Json::parse(unpacked(check.basis));
  Input settings;
  read_setting(unpacked(**setting), settings);
  const auto request = recognition::parse_order_check(basis.at("request").get<std::string>(), settings.asking.offset_minutes);
  const auto patient = model::patient_from_json(basis.at("patient").get<std::string>());
  if (!request.request || !patient) return Error{"replay.gone", "basis", {std::to_string(check.seq)}};
  Input input = recognition::input_of(*request.request);
  input.asking = settings.asking;
  input.agreements = instead ? *instead : std::move(settings.agreements);
  input.patient = *patient;
  if (!request.request->at) input.at = from_epoch_ms(basis.at("at_ms").get<std::int64_t>(), input.asking.offset_minutes);
  auto codes = read_tables(unpacked(**tables), check.codes);
  if (!codes) return codes.error();
  input.terminology = *codes;

  History history;
  for (const auto& c : basis.at("candidates")) {
    const auto id = c.at(0).get<std::string>();
    if (c.at(3).get<bool>()) {
      auto& entry = history.entries.emplace_back();
      if (!model::read_brief(unhex(c.at(6).get<std::string>()), entry) || !model::read_brief(unhex(c.at(7).get<std::string>()), entry.observations.emplace_back()))
        return Error{"replay.gone", "basis", {id}};
      history.candidates.push_back({.result_id = id, .report_id = id, .source = "", .report = &entry, .position = 0});
    } else {
      auto row = reader.result(id);
      if (!row) return row.error();
      if (!*row) return Error{"replay.gone", "result", {id}};
      (*row)->current = c.at(2).get<bool>();
      if (auto r = add(reader, std::move(**row), history); !r) return r.error();
    }
    auto& candidate = history.candidates.back();
    candidate.source = c.at(1).get<std::string>();
    candidate.index_only = c.at(3).get<bool>();
    candidate.barred = c.at(4).get<bool>();
    candidate.link = static_cast<recognition::Link>(c.at(5).get<int>());
  }
  input.candidates = std::move(history.candidates);
  const auto decision = recognition::decide(input);
  return Replay{.recorded = unpacked(check.answer), .again = recognition::to_cards(input, decision), .codes = check.codes, .at_ms = check.at_ms,
                .explanation = recognition::to_json(input, decision)};
} catch (const nlohmann::json::exception&) {  // a damaged record; what() may quote it
  return Error{"replay.gone", "basis", {uuid}};
}

}  // namespace huren::engine
