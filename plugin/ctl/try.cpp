// huren-ctl try: what an event or a feed's message would become, without storing anything.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/text.hpp"
#include "core/cda/lab_document.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/oru.hpp"
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

}  // namespace

int try_file(Place& place, const std::string& file, const std::string& type, const std::string& map_file) {
  auto bytes = read_file(file);
  if (!bytes) {
    place.failed({"ctl.no_file", file, {file}});
    return kUnusable;
  }
  if (type.empty() && trim(*bytes).starts_with("{")) {
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
        place.failed({"ctl.no_file", map_file, {map_file}});
        return kUnusable;
      }
      own_map = mapping::parse_map(*text, std::filesystem::path(map_file).filename().string());
      print(place, own_map.findings);
      if (!own_map.map) return kUnusable;
      map = &*own_map.map;
    }
    auto message = hl7::Message::read(std::move(*bytes));
    if (!message) {
      place.failed(message.error());
      return kUnusable;
    }
    findings = message->findings();
    auto read = mapping::read_oru(*message, {.offset_minutes = own.offset_minutes, .origin = {own.code, own.name}, .map = map, .standardise = {}});
    findings.insert(findings.end(), read.findings.begin(), read.findings.end());
    reports = std::move(read.reports);
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
