// Rows and XML of products into events, and what is wrong with them, told by row and column.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/mapping/record.hpp"
#include "core/mapping/write_back.hpp"

using namespace huren;
using namespace huren::mapping;
using nlohmann::json;

namespace {

std::vector<std::string> told(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& f : findings) {
    CHECK(catalogue_entry(f.error.id) != nullptr);
    out.push_back(std::string(f.error.id) + " @ " + f.error.where);
  }
  return out;
}

FeedMap parsed(const std::string& toml) {
  auto p = parse_map(toml, "p.toml");
  for (const auto& f : p.findings) UNSCOPED_INFO(line(f.error));
  REQUIRE(p.map);
  return std::move(*p.map);
}

const EventMap& event_of(const FeedMap& map, std::string_view name) {
  for (const auto& e : map.events)
    if (e.name == name) return e;
  throw std::runtime_error("no event");
}

Record result(std::string item, std::string value, std::string state = "1") {
  return {{"report_no", "R1"}, {"patient_id", "P1"}, {"patient_name", "陈东珅"}, {"sex", "2"}, {"birthday", "1949/12/31"}, {"id_card", "11010519491231002X"},
          {"item_code", std::move(item)}, {"item_name", "项目"}, {"result", std::move(value)}, {"unit", "mmol/L"}, {"hint", "↑"}, {"state", std::move(state)},
          {"sample", "血清"}, {"sample_time", "2026-11-22 07:15:00"}, {"check_time", "2026/11/22 9:20:00"}};
}

Mapped table_report(const std::vector<Record>& rows, Trace* trace = nullptr) {
  const auto* map = packaged_map("middle_table");
  REQUIRE(map);
  return map_rows(*map, event_of(*map, "report"), rows, {.offset_minutes = 480, .origin_code = "HA", .origin_name = "县医院", .trace = trace});
}

std::string xml_report(const std::string& state, const std::string& items) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Request><Header><Function>S0003</Function><Sequence>7</Sequence></Header><Body>"
         "<Patient><PatientID>P1</PatientID><Name>陈东珅</Name><Sex>女</Sex><Birthday>1949-12-31</Birthday><Identity type=\"01\">11010519491231002X</Identity>"
         "<Identity type=\"02\"></Identity></Patient><Visit id=\"MZ1\" patient=\"P1\"><Class>MZ</Class><Dept>内科</Dept></Visit>"
         "<Report><ReportNo>R1</ReportNo><State>" + state + "</State><Sample barcode=\"B1\" type=\"serum\"><CollectTime>2026-11-22 07:15:00</CollectTime></Sample>"
         "<ReportTime>20261122092000</ReportTime><Items>" + items + "</Items></Report></Body></Request>";
}
constexpr const char* kItem = "<Item code=\"GLU01\" name=\"葡萄糖\"><Result unit=\"mmol/L\">8.42</Result><Range>3.9-6.1</Range><Flag>↑</Flag></Item>";

Mapped xml(const std::string& bytes) {
  return map_xml(*packaged_map("vendor_xml"), bytes, "", {.offset_minutes = 480, .origin_code = "HA", .origin_name = "县医院", .trace = nullptr});
}

}  // namespace

TEST_CASE("the rows of a middle table are one report, whose version huren counts") {
  Trace trace;
  const auto m = table_report({result("GLU01", "8.42"), result("TITLE", ""), result("K01", "<2.0")}, &trace);
  CHECK(told(m.findings).empty());
  REQUIRE(m.events.size() == 1);
  CHECK(m.events[0].type == "lab.report.released/1");
  CHECK(m.events[0].key == "R1");
  const auto r = json::parse(m.events[0].json).at("report");
  CHECK(r["version"] == 0);
  CHECK(r["status"] == "final");
  CHECK(r["patient"]["sex"] == "female");
  CHECK(r["specimen"]["type"]["code"] == "serum");
  CHECK(r["specimen"]["collected_at"] == "2026-11-22T07:15:00+08:00");
  REQUIRE(r["observations"].size() == 2);
  CHECK(r["observations"][0]["flags"] == json::array({"H"}));
  CHECK(r["observations"][1]["comparator"] == "<");
  const auto of = [&](const std::string& member) { return *std::find_if(trace.begin(), trace.end(), [&](const Traced& t) { return t.member == member; }); };
  CHECK(of("patient.sex").how == Traced::How::table);
  CHECK(of("patient.sex").theirs == "2");
  CHECK(of("patient.sex").ours == "female");
  CHECK(of("status").how == Traced::How::condition);
  CHECK(of("department").how == Traced::How::nothing);
  CHECK(of("observation.value").at == "row 1");
}

TEST_CASE("a row whose text is not UTF-8 is refused at its column, like any other bad row") {
  const auto m = table_report({result("GLU01", "8.42"), result("K01", "\xC8\xD5")});
  CHECK(m.events.empty());
  CHECK(told(m.findings) == std::vector<std::string>{"mapping.record_not_utf8 @ row 2 result"});
}

TEST_CASE("events are told in the order of the map's file") {
  std::vector<std::string> names;
  for (const auto& e : packaged_map("gnumed")->events) names.push_back(e.name);
  CHECK(names == std::vector<std::string>{"patient", "encounter", "report", "decision"});
}

TEST_CASE("a condition decides what a report is, and whether it is one yet") {
  const auto status = [](const char* state) { return json::parse(table_report({result("GLU01", "8.42", state)}).events.at(0).json)["report"]["status"]; };
  CHECK(status("2") == "corrected");
  CHECK(status("3") == "withdrawn");
  const auto unapproved = table_report({result("GLU01", "8.42", "0")});
  CHECK(unapproved.skipped);
  CHECK(unapproved.events.empty());
  CHECK(told(unapproved.findings).empty());
}

TEST_CASE("what a row lacks is told by its column, without what stands in it") {
  auto no_number = result("GLU01", "8.42"), no_patient = no_number, bad_time = no_number, no_item = no_number;
  no_number.erase("report_no");
  no_patient.erase("patient_id");
  bad_time["sample_time"] = "陈东珅";
  no_item.erase("item_code");
  no_item.erase("item_name");
  CHECK(told(table_report({no_number}).findings) == std::vector<std::string>{"mapping.record_number_missing @ REPORT_NO"});
  CHECK(told(table_report({no_patient}).findings) == std::vector<std::string>{"mapping.record_patient_missing @ PATIENT_ID"});
  CHECK(told(table_report({no_item}).findings) == std::vector<std::string>{"mapping.record_item_missing @ row 1", "mapping.record_no_items @ row"});
  const auto warned = table_report({bad_time});
  CHECK(told(warned.findings) == std::vector<std::string>{"mapping.bad_time @ SAMPLE_TIME", "model.collection_time_missing @ /report/specimen/collected_at"});
  CHECK(line(warned.findings[0].error).find("陈东珅") == std::string::npos);
  CHECK(warned.events.size() == 1);
}

TEST_CASE("times as databases print them need no form of their own") {
  auto map = parsed(R"(kind = "table"
[event.v]
type = "encounter.ended/1"
[event.v.from]
"patient_id" = "p"
"encounter_id" = "e"
"at" = "t"
[event.v.read]
table = "v"
key = "e"
cursor = "t"
)");
  const auto at = [&](const std::string& text) {
    const auto m = map_rows(map, map.events[0], std::vector<Record>{{{"p", "P1"}, {"e", "E1"}, {"t", text}}}, {.offset_minutes = 480, .origin_code = "", .origin_name = "", .trace = nullptr});
    return m.events.empty() ? std::string("-") : json::parse(m.events[0].json)["at"].get<std::string>();
  };
  CHECK(at("2026-11-22 07:15:00") == "2026-11-22T07:15:00+08:00");
  CHECK(at("2026-11-22 07:15:00.123456") == "2026-11-22T07:15:00.123+08:00");
  CHECK(at("2026-11-21 23:15:00+00") == "2026-11-21T23:15:00+00:00");
  CHECK(at("2026-11-22 07:15:00.5+0530") == "2026-11-22T07:15:00.500+05:30");
  CHECK(at("2026-11-22") == "2026-11-22");
  CHECK(at("2026-13-22 07:15:00") == "-");
  CHECK(at("yesterday") == "-");
}

TEST_CASE("a vendor's XML is told apart by its function and read by its paths") {
  const auto m = xml(xml_report("1", std::string(kItem) + "<Item kind=\"picture\" code=\"PIC\"><Result>x</Result></Item>"));
  CHECK(told(m.findings).empty());
  REQUIRE(m.events.size() == 1);
  const auto r = json::parse(m.events[0].json).at("report");
  CHECK(r["number"] == "R1");
  CHECK(r["patient_class"] == "outpatient");
  CHECK(r["patient"]["identifiers"].size() == 1);
  CHECK(r["reported_at"] == "2026-11-22T09:20:00+08:00");
  REQUIRE(r["observations"].size() == 1);
  CHECK(r["observations"][0]["status"] == "final");
  CHECK(r["observations"][0]["unit"] == "mmol/L");
  CHECK(xml(xml_report("0", kItem)).skipped);
  CHECK(told(xml("<Request><Header><Function>S9</Function></Header></Request>").findings) == std::vector<std::string>{"mapping.no_event_fits @ Request"});
}

TEST_CASE("hostile XML meets the gate that transfer documents pass") {
  CHECK(told(xml("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><Request>&x;</Request>").findings).at(0).starts_with("cda.doctype"));
  CHECK(told(xml("<Request><a b='1' b='2'/></Request>").findings).at(0).starts_with("cda.duplicate_attribute"));
  CHECK(told(xml("<Request>").findings).size() == 1);
  CHECK(told(xml("").findings).at(0).starts_with("cda.no_root"));
  std::string deep = "<Request>";
  for (int i = 0; i < 100; ++i) deep += "<a>";
  CHECK(told(xml(deep).findings).at(0).starts_with("cda.limit"));
  CHECK(xml("<Request><Header><Function>S0001</Function></Header><Body><input/><Patient><PatientID>P1</PatientID><Name>张三</Name></Patient></Body></Request>").events.size() == 1);
}

TEST_CASE("what a table or XML map gets wrong is told with file, line and key") {
  const auto faults = [](const std::string& toml) { return told(parse_map(toml, "p.toml").findings); };
  CHECK(faults("kind = \"tabel\"") == std::vector<std::string>{"mapping.map_value @ p.toml:1 kind"});
  CHECK(faults("kind = \"table\"").at(0).starts_with("mapping.map_no_event"));
  auto found = faults(R"(kind = "table"
[from]
"number" = "X"
[event.a]
type = "lab.report.relesed/1"
[event.a.read]
table = "t; drop table x"
key = "a\"b"
[event.b]
type = "encounter.started/1"
items = "x"
[event.b.from]
"patient_id" = "PID-3"
"encounter_i" = "e"
[event.b.read]
table = "lis.v"
key = "k"
flag = "f"
cursor = "c"
[write]
table = "w"
key = "ID"
[write.columns]
"X" = "observation.valu"
"a-b" = "number"
)");
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::string>{
                     "mapping.map_column @ p.toml:13 event.b.from.patient_id",
                     "mapping.map_column @ p.toml:25 write.columns.a-b",
                     "mapping.map_column @ p.toml:7 event.a.read.table",
                     "mapping.map_column @ p.toml:8 event.a.read.key",
                     "mapping.map_cursor @ p.toml:15 event.b.read",
                     "mapping.map_cursor @ p.toml:6 event.a.read",
                     "mapping.map_flag @ p.toml:15 event.b.read",
                     "mapping.map_misplaced @ p.toml:11 event.b.items",
                     "mapping.map_misplaced @ p.toml:2 from",
                     "mapping.map_unknown_like @ p.toml:14 event.b.from.encounter_i",
                     "mapping.map_unknown_like @ p.toml:24 write.columns.X",
                     "mapping.map_unknown_like @ p.toml:5 event.a.type",
                     "mapping.map_write @ p.toml:20 write",
                 });
}

TEST_CASE("only what SQL reads as a plain name is one") {
  for (const auto* good : {"a", "RESULT_1", "结果", "检验_项目2", "_x"}) CHECK(sql_name(good));
  for (const auto* bad : {"", "1a", "a b", "a;b", "a\"b", "a'b", "a--", "a/*", "名\xE3\x80\x80字", "\xE2\x80\x99", "a.b", "名\xEF\xBC\x9B", "\xE4\xB8"}) CHECK_FALSE(sql_name(bad));
  CHECK(sql_table("lis.dbo.v_result"));
  CHECK_FALSE(sql_table("a..b"));
  CHECK_FALSE(sql_table("a.b.c.d"));
}

TEST_CASE("a recognised result is written with its own words, made fit for XML") {
  Recognition r;
  r.decision_id = "D<1>";
  r.kind = "accepted";
  r.report.number = "R1";
  auto& o = r.report.observations.emplace_back();
  o.value_type = "SN";
  o.comparator = "<";
  o.value = "5";
  CHECK(fill_xml("<a d='{decision.id}'>{{{observation.printed} {nothing}</a>", r) == "<a d='D&lt;1&gt;'>{&lt;5 </a>");
  CHECK(written_text(r, "observation.printed") == "<5");
  CHECK(written_text(r, "observation.number") == std::nullopt);
  CHECK(written_text(r, "number") == "R1");
  for (const auto name : written_names()) CHECK_NOTHROW(written_text(r, name));
}

TEST_CASE("times go into a hospital's tables in its own offset, whatever the source or the doctor's screen wrote - a date stays") {
  const auto* answer = R"({"next":1,"recognitions":[{"seq":1,"kind":"accepted","decision_id":"D1","patient_id":"P1","at":"2026-11-22T01:30:00Z","reports":[
    {"report":{"origin":{"code":"HB","name":"x"},"number":"R1","version":1,"status":"final","patient":{"local_id":"X","name":"y"},
      "specimen":{"collected_at":"2026-11-21T23:15:00-02:00","received_at":"2026-11-22"},"reported_at":"2026-11-22T02:00:30+00:00",
      "observations":[{"local":{"code":"GLU","name":"g","system":"L"},"value_type":"NM","value":"5.4","status":"final","observed_at":"2026-11-22T00:15:00Z"}]},
     "results":[{"result_id":"r.0","position":0}]}]}]})";
  const auto written = [&](int offset, const char* name) {
    const auto read = recognitions_from_json(answer, offset);
    REQUIRE(read);
    REQUIRE(read->list.size() == 1);
    return written_text(read->list[0], name).value_or("");
  };
  CHECK(written(480, "decision.at") == "2026-11-22T09:30:00+08:00");
  CHECK(written(480, "specimen.collected_at") == "2026-11-22T09:15:00+08:00");
  CHECK(written(480, "specimen.received_at") == "2026-11-22");
  CHECK(written(480, "reported_at") == "2026-11-22T10:00:30+08:00");
  CHECK(written(480, "observation.observed_at") == "2026-11-22T08:15:00+08:00");
  CHECK(written(360, "reported_at") == "2026-11-22T08:00:30+06:00");
}
