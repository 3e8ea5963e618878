#include <catch2/catch.hpp>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/text.hpp"
#include "core/model/event.hpp"
#include "core/model/notice.hpp"
#include "core/model/query.hpp"

using namespace huren;
using namespace huren::model;
using nlohmann::json;

namespace {

std::string example(const std::string& name) {
  std::ifstream in(HUREN_SOURCE_DIR "/schemas/" + name + ".example.json", std::ios::binary);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

std::vector<std::string> told(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& f : findings) {
    CHECK(catalogue_entry(f.error.id) != nullptr);
    out.push_back(std::string(f.error.id) + " @ " + f.error.where);
  }
  return out;
}

std::vector<std::string> list_faults(const std::string& text) { return told(parse_results_list(text, 480).findings); }
std::vector<std::string> open_faults(const std::string& text) { return told(parse_result_open(text, 480).findings); }
using Faults = std::vector<std::string>;

Timestamp at(const char* text) { return *parse_iso_time(text, 480); }
const Organisation kCounty{"12420100MB0A000013", "某县人民医院"};
const NoticeHead kHead{"n-55", at("2026-11-22T09:30:00+08:00")};

}  // namespace

TEST_CASE("requests are read as their examples stand") {
  const auto list = parse_results_list(example("query/results.list.1.request"), 480);
  REQUIRE(list.request);
  CHECK(list.request->items == std::vector<std::string>{"GLU", "TC"});
  CHECK(list.request->limit == 50);
  CHECK(list.request->doctor.id == "D1027");
  const auto open = parse_result_open(example("query/result.open.1.request"), 480);
  REQUIRE(open.request);
  CHECK(open.request->result_id == "r-1001");
  CHECK(open.request->want == std::vector<std::string>{"data", "page"});
  CHECK(parse_result_open(R"({"report_id":"x","patient_id":"p","doctor":{"id":"d"}})", 480).request->want == std::vector<std::string>{"data"});
}

TEST_CASE("faulty requests are told with their places") {
  CHECK(list_faults("{}") == Faults{"model.missing_member @ /patient_id"});
  CHECK(list_faults(R"({"patient_id":"p","limit":0})") == Faults{"model.out_of_range @ /limit"});
  CHECK(list_faults(R"({"patient_id":"p","limit":1001})") == Faults{"model.out_of_range @ /limit"});
  CHECK(list_faults(R"({"patient_id":"p","item":["GLU"]})") == Faults{"model.unknown_member_like @ /item"});
  CHECK(list_faults(R"({"patient_id":"p","since":"yesterday"})") == Faults{"model.bad_time @ /since"});
  CHECK(list_faults("{") == Faults{"model.json_syntax @ "});
  CHECK(open_faults(R"({"patient_id":"p","doctor":{"id":"d"}})") == Faults{"model.missing_member @ /result_id"});
  CHECK(open_faults(R"({"result_id":"a","report_id":"b","patient_id":"p","doctor":{"id":"d"}})") == Faults{"model.one_of_two @ /report_id"});
  CHECK(open_faults(R"({"result_id":"a","patient_id":"p"})") == Faults{"model.missing_member @ /doctor"});
  CHECK(open_faults(R"({"result_id":"a","patient_id":"p","doctor":{"id":"d"},"want":["pdf"]})") == Faults{"model.not_a_word @ /want/0"});
}

TEST_CASE("a results list is written as its example stands") {
  ResultsListRow row;
  row.result_id = "r-1001";
  row.report_id = "rep-31";
  row.item = {"GLU", "葡萄糖", "HUREN"};
  row.local = {"GLU01", "葡萄糖", "L"};
  row.loinc = "14749-6";
  row.value_type = "NM";
  row.value = "8.42";
  row.unit = "mmol/L";
  row.range = {"3.9-6.1", 3.9, 6.1};
  row.flags = {"H"};
  row.status = Status::final_result;
  row.collected_at = at("2026-11-22T07:15:00+08:00");
  row.reported_at = at("2026-11-22T09:30:00+08:00");
  row.age_hours = 26;
  row.origin = kCounty;
  row.laboratory = {kCounty.code, "检验科"};
  row.method = {"HK", "己糖激酶法", "L"};
  row.instrument = "AU5800-01";
  row.marks = {"鄂HR"};
  row.specimen = {"serum", "血清", "HUREN"};
  row.source = "county_hospital";
  row.report_number = "LIS20261122-0042";
  row.recognition = "accepted";
  row.viewed = true;
  CHECK(json::parse(to_json(ResultsListAnswer{{row}, false})) == json::parse(example("query/results.list.1.answer")));
}

TEST_CASE("an opened result carries the report, the document and the page as asked") {
  const auto wanted = json::parse(example("query/result.open.1.answer"));
  ResultOpenAnswer answer;
  answer.report_id = "rep-31";
  answer.source = "county_hospital";
  answer.report = lab_report_from_json(wanted["report"].dump(), 480).report;
  answer.page = wanted["page"]["html"];
  CHECK(json::parse(to_json(answer)) == wanted);
  answer.document = "<x/>";
  CHECK(base64_decode(json::parse(to_json(answer))["document"]["base64"].get<std::string>()) == "<x/>");
}

TEST_CASE("notices are written as their examples stand") {
  CHECK(json::parse(to_json(kHead, ResultReceived{.patient_id = "C000777", .report_id = "rep-31", .report_number = "LIS20261122-0042",
                                                  .source = "county_hospital", .origin = kCounty, .version = 1, .panel = {"SH01", "生化八项", "L"},
                                                  .collected_at = at("2026-11-22T07:15:00+08:00"), .reported_at = at("2026-11-22T09:30:00+08:00"),
                                                  .observations = 3, .critical = false})) == json::parse(example("notice/result.received.1")));
  ResultRetracted retracted{.patient_id = "C000777", .report_id = "rep-31", .new_report_id = "rep-44", .report_number = "LIS20261122-0042",
                            .source = "county_hospital", .origin = kCounty, .kind = "corrected", .reason = "葡萄糖复查后更正",
                            .doctor = {"D1027", "赵敏"}, .use = "recognised", .decision_ids = {"HR20261122-0001"},
                            .changes = {{{"GLU", "葡萄糖", "HUREN"}, "8.42", "5.60", "mmol/L"}}};
  CHECK(json::parse(to_json(kHead, retracted)) == json::parse(example("notice/result.retracted.1")));
  const auto rejected = json::parse(to_json(
      kHead, EventRejected{"lab.report.released/1", "LIS20261122-0043/1",
                           {{Severity::error, {"model.value_missing", "/report/observations/2/value", {}}}}}));
  CHECK(rejected == json::parse(example("notice/event.rejected.1")));
  const auto parked = json::parse(to_json(kHead, DeliveryParked{.message_id = "A1-000042", .message_type = "ORU^R01", .partner = "city_hospital",
                                                                .subject = "s", .reason = {"text.undecodable", "partner.city_hospital", {"7", "UTF-8"}},
                                                                .attempts = 8}));
  CHECK(parked["body"]["reason"]["where"] == "partner.city_hospital");
  CHECK(parked["body"]["attempts"] == 8);
  CHECK(parked["topic"] == "delivery.parked/1");
}
