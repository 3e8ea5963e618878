// tests/cases/mapping: "event TYPE" → "message"; "message" or "message MAP" → "report" and "findings".
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/hl7/profile.hpp"
#include "core/mapping/feed_map.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"
#include "tests/support/case_file.hpp"

using namespace huren;
using nlohmann::json;

namespace {

const std::string kEvent = "event ", kMessage = "message";

std::string with(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

void event_to_message(const tests::Case& c, const tests::Section& event) {
  const auto parsed = model::parse_event(event.name.substr(kEvent.size()), event.text, 480);
  for (const auto& f : parsed.findings) UNSCOPED_INFO(line(f.error));
  REQUIRE(parsed.event);
  auto report = std::get<model::LabReportReleased>(*parsed.event).report;
  if (report.origin.code.empty()) report.origin = {"HA", "县医院"};
  const auto bytes = mapping::write_oru(report, c.section("document"),
                                        {.control_id = "C1", .sender = report.origin.code, .receiver = "HB", .at = *parse_hl7_time("20261122093000+0800", 480)});
  REQUIRE(bytes);
  auto written = with(*bytes, '\r', '\n');
  written.pop_back();
  CHECK(written == c.section(kMessage));
  auto message = hl7::Message::read(*bytes);
  REQUIRE(message);
  CHECK(mapping::read_oru(*message).reports == std::vector<model::LabReport>{report});
  CHECK_FALSE(has_error(hl7::check(*message, *hl7::Profile::named("alliance"))));
}

void message_to_report(const tests::Case& c, const tests::Section& section) {
  const auto map_name = section.name.size() > kMessage.size() ? section.name.substr(kMessage.size() + 1) : std::string();
  const auto* map = mapping::packaged_map(map_name);
  REQUIRE(map);
  auto message = hl7::Message::read(with(section.text, '\n', '\r') + '\r');
  REQUIRE(message);
  for (const auto& f : hl7::check(*message, *hl7::Profile::named("feed"))) {
    INFO(line(f.error));
    CHECK(f.severity != Severity::error);
  }
  const auto read = mapping::read_oru(*message, {.offset_minutes = 480, .origin = {"HA", "县医院"}, .map = map, .standardise = {}});
  std::string findings;
  for (const auto& f : read.findings) findings += (findings.empty() ? "" : "\n") + std::string(f.error.id) + " @ " + f.error.where;
  CHECK(findings == c.section("findings"));
  auto reports = json::array();
  for (const auto& r : read.reports) reports.push_back(json::parse(model::to_json(r)));
  const auto wanted = json::parse(c.section("report"));
  INFO(reports.dump(1));
  CHECK((wanted.is_array() ? reports == wanted : reports == json::array({wanted})));
}

}  // namespace

TEST_CASE("cases of tests/cases/mapping") {
  const auto files = tests::case_files(HUREN_SOURCE_DIR "/tests/cases/mapping");
  REQUIRE(files.size() >= 8);
  for (const auto& file : files) {
    const auto c = tests::read_case(file);
    DYNAMIC_SECTION(file.filename().string() << ": " << c.title) {
      const auto& first = c.sections.front();
      if (first.name.starts_with(kEvent)) event_to_message(c, first);
      else message_to_report(c, first);
    }
  }
}
