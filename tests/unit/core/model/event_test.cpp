#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/model/event.hpp"

using namespace huren;
using namespace huren::model;
using nlohmann::json;

namespace {

std::string read(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

std::string example(std::string type) {
  std::replace(type.begin(), type.end(), '/', '.');
  return read(HUREN_SOURCE_DIR "/schemas/event/" + type + ".example.json");
}

std::vector<std::string> told(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& f : findings) out.push_back(std::string(f.error.id) + " @ " + f.error.where);
  return out;
}

std::string changed(const json& fault) {
  if (fault.contains("text")) return fault["text"];
  auto body = json::parse(example(fault["type"]));
  if (fault.contains("remove"))
    for (const std::string where : fault["remove"]) body = body.patch({{{"op", "remove"}, {"path", where}}});
  if (fault.contains("set"))
    for (const auto& [where, value] : fault["set"].items()) body[json::json_pointer(where)] = value;
  return body.dump();
}

}  // namespace

TEST_CASE("every event type has an example that parses without a finding") {
  for (const auto type : event_types()) {
    CAPTURE(type);
    CHECK(known_event_type(type));
    const auto parsed = parse_event(type, example(std::string(type)), 480);
    CHECK(told(parsed.findings) == std::vector<std::string>{});
    CHECK(parsed.event);
  }
  CHECK_FALSE(known_event_type("lab.report.released/2"));
  CHECK_FALSE(known_event_type(""));
}

TEST_CASE("each faulty body gets its finding at its place, and no event") {
  const auto faults = json::parse(read(HUREN_SOURCE_DIR "/tests/cases/event/faults.json"));
  REQUIRE(faults.size() >= 40);
  for (const auto& fault : faults) {
    const std::string name = fault["name"];
    CAPTURE(name);
    const auto parsed = parse_event(fault["type"].get<std::string>(), changed(fault), 480);
    CHECK_FALSE(parsed.event);
    CHECK(told(parsed.findings) == std::vector<std::string>{fault["finding"]});
    for (const auto& f : parsed.findings) CHECK(catalogue_entry(f.error.id) != nullptr);
  }
}

TEST_CASE("all faults of a body are found in one pass") {
  const auto parsed = parse_event("lab.report.released/1",
                                  R"({"report":{"version":0,"patient":{"nam":"x"},"observations":[{"value":5},{"local":{"code":"A"}}]}})", 480);
  const auto all = told(parsed.findings);
  const std::set<std::string> found(all.begin(), all.end());
  for (const char* wanted :
       {"model.missing_member @ /report/number", "model.out_of_range @ /report/version", "model.missing_member @ /report/patient/local_id",
        "model.missing_member @ /report/patient/name", "model.unknown_member_like @ /report/patient/nam",
        "model.wrong_type @ /report/observations/0/value", "model.item_missing @ /report/observations/0/local/code",
        "model.value_missing @ /report/observations/1/value", "model.missing_member @ /report/reported_at"}) {
    CAPTURE(wanted);
    CHECK(found.count(wanted) == 1);
  }
}

TEST_CASE("501 observations are one too many, 500 are welcome") {
  auto body = json::parse(example("lab.report.released/1"));
  auto& list = body["report"]["observations"];
  while (list.size() < 500) list.push_back(list[0]);
  CHECK(parse_event("lab.report.released/1", body.dump(), 480).event);
  list.push_back(list[0]);
  CHECK(told(parse_event("lab.report.released/1", body.dump(), 480).findings) ==
        std::vector<std::string>{"model.too_many @ /report/observations"});
}

TEST_CASE("a body that is not UTF-8 is refused at its byte") {
  const auto parsed = parse_event("patient.registered/1", "{\"patient\":{\"name\":\"\xB3\xC2\"}}", 480);
  REQUIRE(parsed.findings.size() == 1);
  CHECK(parsed.findings[0].error.id == "text.undecodable");
  CHECK(parsed.findings[0].error.args[0] == "20");
}

TEST_CASE("a slip in a resident id and a missing collection time are remarks: the event is taken") {
  auto body = json::parse(example("lab.report.released/1"));
  body["report"]["patient"]["identifiers"][0]["value"] = "110105194912310021";
  body["report"]["specimen"].erase("collected_at");
  const auto parsed = parse_event("lab.report.released/1", body.dump(), 480);
  CHECK(parsed.event);
  CHECK(told(parsed.findings) == std::vector<std::string>{"model.resident_id_check @ /report/patient/identifiers/0/value",
                                                          "model.collection_time_missing @ /report/specimen/collected_at"});
}

TEST_CASE("what a host leaves out is completed") {
  const auto parsed = parse_event("lab.report.released/1", R"({"report":{"number":"1","reported_at":"2026-11-22T09:30",
      "patient":{"local_id":"p","name":"n"},"observations":[
      {"local":{"code":"GLU"},"value":"5.6","range":{"text":"3.9-6.1"}},
      {"local":{"code":"HBV"},"value":"0.05","comparator":"<","range":{"high":1.0}},
      {"standard":{"code":"ABO"},"value":"A 型"},
      {"local":{"code":"CLOT"},"status":"cannot_obtain"}]}})", 480);
  REQUIRE(parsed.event);
  const auto& report = std::get<LabReportReleased>(*parsed.event).report;
  CHECK(report.version == 1);
  CHECK(report.status == Status::final_result);
  CHECK(to_iso_time(report.reported_at) == "2026-11-22T09:30+08:00");
  CHECK(report.observations[0].set_id == "1");
  CHECK(report.observations[0].value_type == "NM");
  CHECK(report.observations[0].local.system == "L");
  CHECK(*report.observations[0].range.low == 3.9);
  CHECK(report.observations[1].value_type == "SN");
  CHECK(report.observations[1].range.text == "<=1");
  CHECK(report.observations[2].value_type == "ST");
  CHECK(report.observations[2].standard.system == "HUREN");
  CHECK(report.observations[3].set_id == "4");
}

TEST_CASE("an amended report is corrected unless it says otherwise") {
  auto body = json::parse(example("lab.report.amended/1"));
  body["report"].erase("status");
  const auto parsed = parse_event("lab.report.amended/1", body.dump(), 480);
  REQUIRE(parsed.event);
  CHECK(std::get<LabReportReleased>(*parsed.event).report.status == Status::corrected);
  CHECK(std::get<LabReportReleased>(*parsed.event).report.version == 2);
}

TEST_CASE("the word of an event's type decides where the members do not") {
  CHECK(std::get<PatientRegistered>(*parse_event("patient.updated/1", example("patient.updated/1"), 480).event).update);
  CHECK_FALSE(std::get<PatientRegistered>(*parse_event("patient.registered/1", example("patient.registered/1"), 480).event).update);
  CHECK_FALSE(std::get<ConsentChanged>(*parse_event("consent.withdrawn/1", example("consent.withdrawn/1"), 480).event).given);
  CHECK(std::get<RecognitionDecided>(*parse_event("recognition.revoked/1", example("recognition.revoked/1"), 480).event).outcome == "revoked");
  CHECK(std::get<StepTaken>(*parse_event("referral.requested/1", example("referral.requested/1"), 480).event).step.priority == "routine");
}
