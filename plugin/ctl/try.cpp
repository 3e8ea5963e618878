// huren-ctl try: what an event or a feed's message would become, without storing anything.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/csv.hpp"
#include "core/base/text.hpp"
#include "core/cda/lab_document.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/oru.hpp"
#include "core/mapping/record.hpp"
#include "core/model/event.hpp"
#include "ctl/place.hpp"
#include "engine/codes.hpp"
#include "engine/reports.hpp"

namespace huren::ctl {
namespace {

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void print(Place& place, const Findings& findings) {
  for (const auto& f : findings)
    place.err << (f.severity == Severity::error ? place.say("错误 ", "error ") : f.severity == Severity::warning ? place.say("警告 ", "warning ") : place.say("提示 ", "note "))
              << place.say(f.error) << "\n";
}

std::string cr_to_lf(std::string text) {
  for (auto& c : text)
    if (c == '\r') c = '\n';
  return text;
}

std::string how_word(Place& place, mapping::Traced::How how) {
  switch (how) {
    case mapping::Traced::How::taken: return "";
    case mapping::Traced::How::table: return place.say("按对照表", "by its table");
    case mapping::Traced::How::condition: return place.say("按条件", "by a condition");
    case mapping::Traced::How::fallback: return place.say("默认值", "default");
    case mapping::Traced::How::nothing: return place.say("没有", "nothing there");
  }
  return "";
}

// What came of each member that the map speaks of.
void print(Place& place, const mapping::Trace& trace) {
  if (trace.empty()) return;
  place.out << place.say("映射结果（成员 ← 位置：原值 → 结果）", "What the map did (member <- place: theirs -> ours)") << "\n";
  for (const auto& t : trace) {
    place.out << "  " << (t.at.empty() ? "" : t.at + "  ") << t.member << " <- " << (t.place.empty() ? "-" : t.place);
    if (t.how != mapping::Traced::How::nothing) place.out << ": " << t.theirs << (t.ours == t.theirs ? "" : " -> " + t.ours);
    if (const std::string word = how_word(place, t.how); !word.empty()) place.out << "  (" << word << ")";
    place.out << "\n";
  }
  place.out << "\n";
}

// The rows of a CSV file with a line of columns: what a SELECT of the vendor's view would give.
std::optional<std::vector<mapping::Record>> read_rows(Place& place, const std::string& bytes, const std::string& file) {
  if (invalid_utf8(bytes)) {
    place.failed({"ctl.not_text", file, {}});
    return std::nullopt;
  }
  auto table = parse_csv(bytes);
  if (!table || table->size() < 2) {
    place.failed(table ? Error{"ctl.try_rows", file, {}} : table.error());
    return std::nullopt;
  }
  std::vector<mapping::Record> rows;
  for (std::size_t i = 1; i < table->size(); ++i) {
    mapping::Record row;
    for (std::size_t c = 0; c < (*table)[i].size() && c < table->front().size(); ++c)
      if (!(*table)[i][c].empty()) row[mapping::lower_ascii((*table)[0][c])] = (*table)[i][c];
    rows.push_back(std::move(row));
  }
  return rows;
}

// Tables and XML: the events, as the engine would get them.
int try_record(Place& place, const mapping::FeedMap& map, const std::string& bytes, const std::string& file, const std::string& event_name,
               std::vector<model::LabReport>& reports, Findings& findings) {
  const auto& own = place.config.hospital;
  mapping::Trace trace;
  const mapping::RecordOptions options{.offset_minutes = own.offset_minutes, .origin_code = own.code, .origin_name = own.name, .trace = &trace};
  mapping::Mapped mapped;
  if (map.kind == mapping::FeedMap::Kind::xml) {
    mapped = mapping::map_xml(map, bytes, "", options);
  } else {
    std::vector<std::string_view> names;
    for (const auto& e : map.events) names.push_back(e.name);
    auto event = std::find_if(map.events.begin(), map.events.end(), [&](const auto& e) {
      return event_name.empty() ? mapping::lower_ascii(e.read->table) == mapping::lower_ascii(std::filesystem::path(file).stem().string()) : e.name == event_name;
    });
    if (event == map.events.end() && event_name.empty() && map.events.size() == 1) event = map.events.begin();  // nothing else it could be
    if (event == map.events.end()) {
      std::string known;
      for (const auto name : names) known += (known.empty() ? "" : ", ") + std::string(name);
      place.failed({"ctl.try_event", "--event", {known}});
      return kUnusable;
    }
    auto rows = read_rows(place, bytes, file);
    if (!rows) return kUnusable;
    mapped = mapping::map_rows(map, *event, *rows, options);
  }
  print(place, trace);
  findings = std::move(mapped.findings);
  if (mapped.skipped) place.out << place.say("按映射条件跳过。", "Passed over by a condition of the map.") << "\n";
  for (const auto& e : mapped.events) {
    place.out << e.type << "  " << e.key << "\n";
    auto parsed = model::parse_event(e.type, e.json, own.offset_minutes);
    if (!parsed.event) continue;
    if (auto* released = std::get_if<model::LabReportReleased>(&*parsed.event)) {
      released->report.version = 1;
      reports.push_back(std::move(released->report));
    } else {
      place.out << nlohmann::ordered_json::parse(e.json).dump(2) << "\n";
    }
  }
  return kOk;
}

}  // namespace

int try_file(Place& place, const std::string& file, const std::string& type, const std::string& map_file, const std::string& event_name) {
  auto bytes = read_file(file);
  if (!bytes) {
    place.failed({"ctl.no_file", "", {file}});
    return kUnusable;
  }
  if (type.empty() && map_file.empty() && trim(*bytes).starts_with("{")) {
    place.failed({"ctl.try_type", file, {}});
    return kUnusable;
  }
  if (const auto& known = model::event_types(); !type.empty() && std::find(known.begin(), known.end(), type) == known.end()) {
    const auto near = closest(type, known);
    place.failed({"ctl.no_type", "--type", {type, near.empty() ? "" : " (" + std::string(near) + "?)"}});
    return kUnusable;
  }
  if (!type.empty() && invalid_utf8(*bytes)) {  // an HL7 v2 file may be of any charset, JSON is UTF-8
    place.failed({"ctl.not_text", file, {}});
    return kUnusable;
  }
  const auto codes = engine::load_codes(place.config, place.config_dir);
  print(place, codes.findings);
  if (!codes.set) return kUnusable;
  const auto& own = place.config.hospital;
  std::vector<model::LabReport> reports;
  Findings findings;
  if (type.empty()) {  // HL7 v2 bytes as a feed would send them
    mapping::ParsedMap own_map;
    const mapping::FeedMap* map = mapping::packaged_map(map_file);
    if (!map) {
      auto text = read_file(map_file);
      if (!text) {
        std::string known;
        for (const auto name : mapping::packaged_map_names()) known += (known.empty() ? "" : ", ") + std::string(name);
        place.failed({"ctl.no_map", "--map", {map_file, known}});
        return kUnusable;
      }
      own_map = mapping::parse_map(*text, std::filesystem::path(map_file).filename().string());
      print(place, own_map.findings);
      if (!own_map.map) return kUnusable;
      map = &*own_map.map;
    }
    if (map->kind != mapping::FeedMap::Kind::hl7v2) {
      if (const int done = try_record(place, *map, *bytes, file, event_name, reports, findings); done != kOk) return done;
    } else {
    auto message = hl7::Message::read(std::move(*bytes));
    if (!message) {
      place.failed(message.error());
      return kUnusable;
    }
    findings = message->findings();
    mapping::Trace trace;
    auto read = mapping::read_oru(*message, {.offset_minutes = own.offset_minutes, .origin = {own.code, own.name}, .map = map, .standardise = {}, .trace = &trace});
    print(place, trace);
    findings.insert(findings.end(), read.findings.begin(), read.findings.end());
    reports = std::move(read.reports);
    }
  } else {
    auto parsed = model::parse_event(type, *bytes, own.offset_minutes);
    findings = parsed.findings;
    if (parsed.event) {
      if (const auto* released = std::get_if<model::LabReportReleased>(&*parsed.event)) reports.push_back(released->report);
      else place.out << place.say("事件可接受；它不产生报告。", "The event is acceptable; it makes no report.") << "\n";
    }
  }
  print(place, findings);
  const engine::Clock clock;
  for (auto& report : reports) {
    if (report.origin.code.empty()) report.origin = {own.code, own.name};
    engine::standardise(report, *codes.set, own, clock.now_ms(), true);
    place.out << nlohmann::ordered_json::parse(model::to_json(report)).dump(2) << "\n\n";
    auto document = cda::write_lab_report(report, {});
    if (!document) {
      place.failed(document.error());
      return kFindings;
    }
    auto oru = mapping::write_oru(report, "", {.control_id = "TRY", .sender = own.code, .receiver = "", .at = from_epoch_ms(clock.now_ms(), own.offset_minutes)});
    if (!oru) {
      place.failed(oru.error());
      return kFindings;
    }
    place.out << cr_to_lf(*oru) << "\n" << *document << "\n";
    for (const auto& o : report.observations)
      if (o.standard.code.empty()) place.err << place.say("未对照 ", "unmapped ") << o.local.code << "\n";
  }
  return has_error(findings) ? kFindings : kOk;
}

}  // namespace huren::ctl
