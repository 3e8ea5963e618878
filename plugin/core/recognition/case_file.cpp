#include "core/recognition/case_file.hpp"

#include <algorithm>

#include "core/base/csv.hpp"
#include "core/model/report_json.hpp"
#include "core/recognition/judge.hpp"

namespace huren::recognition {
namespace {

using model::Fields;
using model::Json;
using model::Lines;
using model::Need;
using model::Source;
using nlohmann::json;

constexpr std::size_t kMaxHistory = 2000;
constexpr std::size_t kMaxOrders = 2000;
constexpr std::size_t kMaxRows = 5000;

// A copy that can be added to, its members in the order of their names.
json plain(const Json& value) {
  switch (value.kind()) {
    case model::JsonKind::null: return nullptr;
    case model::JsonKind::boolean: return value.node().boolean;
    case model::JsonKind::integer: return value.node().integer;
    case model::JsonKind::natural: return value.node().natural;
    case model::JsonKind::real: return value.node().real;
    case model::JsonKind::string: return std::string(value.string());
    case model::JsonKind::array: {
      auto out = json::array();
      for (const auto element : value) out.push_back(plain(element));
      return out;
    }
    case model::JsonKind::object: break;
  }
  auto out = json::object();
  for (const auto member : value) out[std::string(member.key())] = plain(member);
  return out;
}

// Reads what was added to.
template <class T>
void read_changed(const json& value, const std::string& path, Source& source, T& into, void (*read)(const Json&, const model::JsonPlace&, Source&, T&)) {
  Findings none;
  if (const auto tree = model::parse_tree(value.dump(), none)) read(*tree, path, source, into);
}

// "+08:00" → 480.
std::optional<int> zone_minutes(const std::string& text) {
  const auto moment = parse_iso_time("2026-01-01T00:00" + text, 0);
  if (!moment || !moment->has_offset) return std::nullopt;
  return moment->offset_minutes;
}

void read_hospital(const Json& value, const std::string& path, Source& source, model::Hospital& into) {
  Fields f(value, path, source);
  std::string zone;
  f.code("code", into.code, Need::required);
  f.text("name", into.name);
  f.code("region", into.region);
  f.integer("level", into.level, 0, 3);
  f.code("zone", zone);
  f.finish();
  if (zone.empty()) return;
  const auto minutes = zone_minutes(zone);
  if (minutes) into.offset_minutes = *minutes;
  else f.fault("case.zone", f.at("zone"));
}

void read_windows(const Json& value, const std::string& path, Source& source, std::map<std::string, int>& into) {
  if (!value.is_object()) {
    source.findings.push_back({Severity::error, {"model.wrong_type", path, {"object"}}});
    return;
  }
  const auto windows = plain(value);
  for (const auto& [scope, days] : windows.items()) {
    if (days.is_number_integer() && days.get<std::int64_t>() >= 0 && days.get<std::int64_t>() <= 36500) into[scope] = days.get<int>();
    else source.findings.push_back({Severity::error, {"model.out_of_range", path + '/' + scope, {"0", "36500"}}});
  }
}

void read_agreement(const Json& value, const std::string& path, Source& source, PartnerAgreement& into) {
  Fields f(value, path, source);
  auto& a = into.agreement;
  f.code("id", a.id, Need::required);
  f.code("partner", a.partner, Need::required);
  f.object("hospital", into.partner, read_hospital, Need::required);
  f.date("from", a.from);
  f.date("to", a.to);
  f.boolean("send", a.send);
  f.boolean("receive", a.receive);
  f.word("mode", a.mode, {"push", "pull", "index"});
  f.word("basis", a.basis, {"", "referral", "contract", "consent"});
  f.boolean("all_items", a.all_items);
  f.texts("items", a.items, kMaxRows, Lines::one);
  f.object("window_days", a.window_days, read_windows);
  f.word("window_base", a.window_base, {"collected", "reported"});
  f.integer("min_level", a.min_level, 0, 3);
  f.finish();
}

// An order of a case may say at once what the local item means; else the tables of the case do.
struct CaseOrder { OrderedItem ordered; std::string unit, method_group, specimen; Timestamp at; };

void read_item(const Json& value, const std::string& path, Source& source, model::Code& into) {
  Fields f(value, path, source);
  f.code("code", into.code, Need::required);
  f.text("name", into.name);
  f.finish();
}

void read_order(const Json& value, const std::string& path, Source& source, CaseOrder& into) {
  Fields f(value, path, source);
  f.code("order_id", into.ordered.order_id);
  f.object("item", into.ordered.item, read_item, Need::required);
  f.code("unit", into.unit);
  f.code("method_group", into.method_group);
  f.code("specimen", into.specimen);
  f.time("at", into.at);
  f.finish();
}

// One piece of history: a whole report, or one result with what the decision needs of its report.
struct Piece {
  std::string source, result_id, link = "by_identity";
  bool current = true, index_only = false, barred = false;
  model::LabReport report;
};

void read_code_words(Fields& f, const char* name, model::Code& into) {
  std::string word;
  f.text(name, word);
  if (!word.empty()) into = {word, word, ""};
}

void read_result(const Json& value, const std::string& path, Source& source, model::LabReport& report) {
  Fields f(value, path, source);
  model::Observation o;
  f.code("item", o.standard.code);
  f.code("loinc", o.loinc);
  f.prose("value", o.value);
  f.word("comparator", o.comparator, {"", "<", ">", "<=", ">="});
  f.code("unit", o.unit);
  f.code("range", o.range.text);
  f.texts("flags", o.flags, 16, Lines::one);
  std::string status = "final";
  f.word("status", status, {"final", "corrected", "preliminary", "cannot_obtain", "withdrawn", "unknown"});
  o.status = model::status_from_word(status);
  read_code_words(f, "method", o.method);
  f.code("method_group", o.method_group);
  f.code("instrument", o.instrument);
  f.code("laboratory", o.performer.code);
  f.texts("marks", o.marks, 64, Lines::one);
  f.time("observed_at", o.observed_at);
  f.time("collected_at", report.specimen.collected_at);
  f.time("reported_at", report.reported_at);
  read_code_words(f, "specimen", report.specimen.type);
  f.finish();
  report.observations.push_back(std::move(o));
}

// Members that the event needs and a decision does not are filled in for reading and taken out again.
void read_whole_report(const Json& given, const std::string& path, Source& source, model::LabReport& into, const Json& patient) {
  if (!given.is_object()) {
    source.findings.push_back({Severity::error, {"model.wrong_type", path, {"object"}}});
    return;
  }
  auto value = plain(given);
  const bool no_time = !value.contains("reported_at");
  if (no_time) value["reported_at"] = "2000-01-01";
  if (!value.contains("number")) value["number"] = path.substr(1);
  if (!value.contains("patient")) value["patient"] = patient ? plain(patient) : json::object();
  auto& person = value["patient"];
  const bool no_name = person.is_object() && !person.contains("name");
  if (no_name) person["name"] = "-";
  if (person.is_object() && !person.contains("local_id")) person["local_id"] = "-";
  read_changed(value, path, source, into, model::read_report);
  if (no_time) into.reported_at = {};
  if (no_name) into.patient.name.clear();
}

void read_case_patient(const Json& given, const std::string& path, Source& source, model::Patient& into) {
  if (!given.is_object() || given.find("local_id")) return model::read_patient(given, path, source, into);
  auto value = plain(given);
  value["local_id"] = "-";
  read_changed(value, path, source, into, model::read_patient);
}

// The tables of a case as CSV text: rows are objects by column.
void read_tables(const Json& given, const std::string& path, Source& source, std::map<std::string, std::string>& into) {
  const auto fault = [&](std::string_view id, const std::string& where, std::vector<std::string> args) {
    source.findings.push_back({Severity::error, {id, where, std::move(args)}});
  };
  if (!given.is_object()) return fault("model.wrong_type", path, {"object"});
  const auto value = plain(given);
  for (const auto& [name, rows] : value.items()) {
    const std::string table = name + ".csv", where = path + '/' + name;
    const auto columns = terminology::columns_of(table);
    if (columns.empty()) {
      fault("terminology.table_unknown", where, {""});
      continue;
    }
    if (!rows.is_array() || rows.size() > kMaxRows) {
      fault("model.wrong_type", where, {"array"});
      continue;
    }
    std::string text;
    for (const auto column : columns) text += (text.empty() ? "" : ",") + std::string(column);
    text += '\n';
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i].is_object()) {
        fault("model.wrong_type", where + '/' + std::to_string(i), {"object"});
        continue;
      }
      for (const auto& [key, cell] : rows[i].items())
        if (std::find(columns.begin(), columns.end(), key) == columns.end()) fault("terminology.column_unknown", where + '/' + std::to_string(i) + '/' + key, {key, ""});
      std::string line;
      for (const auto column : columns) {
        const auto cell = rows[i].find(std::string(column));
        std::string field;
        if (cell != rows[i].end()) field = cell->is_string() ? cell->get<std::string>() : cell->is_boolean() ? (cell->get<bool>() ? "yes" : "no") : cell->dump();
        line += (column == columns.front() ? "" : ",") + to_csv_field(field);
      }
      text += line + '\n';
    }
    into[table] = std::move(text);
  }
}

Link link_of(const std::string& word) {
  if (word == "merged") return Link::merged;
  return word == "unmerged" ? Link::unmerged : Link::by_identity;
}

struct Reader {
  Case out;
  Findings findings;
  std::vector<CaseOrder> orders;
  std::map<std::string, std::string> tables;

  void read_history(const Json& history, const Json& patient) {
    if (!history) return;
    if (!history.is_array() || history.size() > kMaxHistory) {
      findings.push_back({Severity::error, {"model.wrong_type", "/history", {"array"}}});
      return;
    }
    std::size_t i = 0;
    for (const auto piece : history) {
      read_piece(piece, "/history/" + std::to_string(i), i, patient);
      ++i;
    }
  }

  void read_piece(const Json& value, const std::string& path, std::size_t i, const Json& patient) {
    Piece piece;
    if (const auto from = value.find("source"); from.is_string()) piece.source = from.string();
    if (piece.source == "own") piece.source.clear();
    // A time without an offset is in the partner's zone.
    const PartnerAgreement* partner = nullptr;
    for (const auto& a : out.input.agreements)
      if (a.agreement.partner == piece.source) partner = &a;
    Source source{findings, partner ? partner->partner.offset_minutes : out.input.asking.offset_minutes};
    Fields f(value, path, source);
    std::string ignored;
    auto& report = piece.report;
    f.code("source", ignored);
    f.code("result_id", piece.result_id);
    f.word("link", piece.link, {"by_identity", "merged", "unmerged"});
    f.boolean("current", piece.current);
    f.boolean("index_only", piece.index_only);
    f.boolean("barred", piece.barred);
    if (f.has("report") == f.has("result")) f.fault("case.report_or_result", path);
    f.object("report", report, [&](const Json& v, const std::string& p, Source& s, model::LabReport& r) { read_whole_report(v, p, s, r, patient); });
    f.object("result", report, read_result);
    std::string origin;
    f.code("origin", origin);
    bool other_person = false;
    f.object("patient", report.patient, [&](const Json& v, const std::string& p, Source& s, model::Patient& into) {
      other_person = true;
      read_case_patient(v, p, s, into);
    });
    f.finish();
    const auto& hospital = partner ? partner->partner : out.input.asking;
    if (f.has("result")) {
      if (!other_person) report.patient = out.input.patient;
      if (!piece.source.empty() && !other_person) report.patient.local_id.clear();
      report.number = std::to_string(i + 1);
    }
    if (report.origin.code.empty()) report.origin = {hospital.code, hospital.name};
    if (!origin.empty()) report.origin = {origin, origin};
    out.reports.push_back(std::move(report));
    const auto& kept = out.reports.back();
    for (std::size_t n = 0; n < kept.observations.size(); ++n) {
      Candidate c;
      c.report_id = "report-" + std::to_string(i + 1);
      c.result_id = piece.result_id.empty() || kept.observations.size() > 1 ? "result-" + std::to_string(i + 1) + "." + std::to_string(n + 1) : piece.result_id;
      c.source = piece.source;
      c.report = &kept;
      c.position = n;
      c.current = piece.current;
      c.index_only = piece.index_only;
      c.barred = piece.barred;
      c.link = link_of(piece.link);
      out.input.candidates.push_back(std::move(c));
    }
  }

  // The packaged set, the case's own tables, and orders that name a standard item or panel outright.
  void build_terminology() {
    const auto base = terminology::packaged();
    const Date today = terminology::day_of(out.input.at.epoch_ms, out.input.asking.offset_minutes);
    std::vector<terminology::Table> given;
    for (const auto& [name, text] : tables) given.push_back({name, text});
    auto loaded = given.empty() ? terminology::Loaded{base, {}} : terminology::extend(*base, given);
    if (loaded.set) {
      std::string direct = "code,name,item,panel,unit,specimen,method_group\n";
      std::vector<std::string> added;
      for (const auto& order : orders) {
        const auto& code = order.ordered.item.code;
        const bool item = loaded.set->item(code, today), panel = loaded.set->panel(code, today);
        if (loaded.set->local_item(code, today) || (!item && !panel) || std::find(added.begin(), added.end(), code) != added.end()) continue;
        added.push_back(code);
        const auto& name = order.ordered.item.name.empty() ? (item ? loaded.set->item(code, today)->zh : loaded.set->panel(code, today)->zh) : order.ordered.item.name;
        direct += code + "," + to_csv_field(name) + "," + (item ? code + "," : "," + code) + "," + to_csv_field(order.unit) + "," + order.specimen + "," + order.method_group + "\n";
      }
      const terminology::Table more{"local_items.csv", direct};
      auto findings_before = std::move(loaded.findings);
      if (!added.empty()) loaded = terminology::extend(*loaded.set, {&more, 1});
      loaded.findings.insert(loaded.findings.begin(), findings_before.begin(), findings_before.end());
    }
    for (auto& f : loaded.findings) f.error.where = "/tables: " + f.error.where;
    findings.insert(findings.end(), loaded.findings.begin(), loaded.findings.end());
    out.input.terminology = loaded.set;
  }
};

}  // namespace

ParsedCase parse_case(std::string_view text) {
  Reader r;
  const auto tree = model::parse_tree(text, r.findings);
  if (!tree) return {nullptr, std::move(r.findings)};
  auto& input = r.out.input;
  Source source{r.findings, 480};
  Fields f(*tree, "", source);
  std::string title;
  std::vector<std::string> notes;
  f.text("title", title);
  f.texts("notes", notes, model::kMaxText, Lines::many);
  f.object("hospital", input.asking, read_hospital, Need::required);
  source.offset_minutes = input.asking.offset_minutes;
  f.code("department", input.department);
  f.code("encounter_id", input.encounter_id);
  f.texts("situation", input.situation, 20, Lines::one);
  f.time("at", input.at, Need::required);
  f.object("patient", input.patient, read_case_patient, Need::required);
  f.list("agreements", input.agreements, 1000, read_agreement);
  f.list("orders", r.orders, kMaxOrders, read_order, Need::required);
  Json history;
  f.object("history", history, [](const Json& v, const std::string&, Source&, Json& into) { into = v; });
  f.object("tables", r.tables, read_tables);
  f.finish();
  if (input.at.present() && input.at.precision < Precision::minute) f.fault("order.time_too_coarse", "/at");
  for (std::size_t i = 0; i < r.orders.size(); ++i) {
    auto& order = r.orders[i];
    if (order.ordered.order_id.empty()) order.ordered.order_id = std::to_string(i + 1);
    input.orders.push_back(order.ordered);
    r.out.times.push_back(order.at.present() ? std::optional(order.at) : std::nullopt);
  }
  if (!has_error(r.findings)) r.read_history(history, Json(*tree).find("patient"));
  if (!has_error(r.findings)) r.build_terminology();
  if (has_error(r.findings)) return {nullptr, std::move(r.findings)};
  auto value = std::make_shared<Case>();
  // Candidates point into the deque; moving a deque keeps its elements where they are.
  value->reports = std::move(r.out.reports);
  value->input = std::move(r.out.input);
  value->times = std::move(r.out.times);
  return {value, std::move(r.findings)};
}

std::vector<std::string> reasons_of(const OrderDecision& order) {
  std::vector<std::string> out{std::string(order.reason)};
  for (const auto& analyte : order.analytes)
    for (const auto& check : analyte.checks())
      if (check.verdict != Verdict::pass && (analyte.required || analyte.chosen) && std::find(out.begin(), out.end(), check.reason) == out.end())
        out.emplace_back(check.reason);
  return out;
}

}  // namespace huren::recognition
