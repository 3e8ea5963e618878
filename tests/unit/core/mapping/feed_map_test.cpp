#include <catch2/catch.hpp>

#include "core/mapping/feed_map.hpp"
#include "core/mapping/oru.hpp"

using namespace huren;
using namespace huren::mapping;

namespace {

std::vector<std::string> told(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& f : findings) {
    CHECK(catalogue_entry(f.error.id) != nullptr);
    out.push_back(std::string(f.error.id) + " @ " + f.error.where);
  }
  return out;
}

OruRead read(std::string text, const FeedMap* map) {
  std::replace(text.begin(), text.end(), '\n', '\r');
  auto message = hl7::Message::read(text);
  REQUIRE(message);
  return read_oru(*message, {.offset_minutes = 480, .origin = {"H1", "县医院"}, .map = map, .standardise = {}});
}

// As the example map's product sends it.
constexpr const char* kMiddleware =
    "MSH|^~\\&|MW|LAB|HIS|H|2026-11-22 09:30:00||ORU^R01|M1|P|2.3.1||||||UTF-8\n"
    "PID|1|ZY0001|0||陈东珅||1949/12/31|女|||||||||||11010519491231002X\n"
    "PV1|1|住院|3^^^心内科||7788\n"
    "OBR|1|B0099||SH^生化|||2026-11-22 07:15:00|2026-11-22 09:20\n"
    "ZSP|1|x|2026-11-22 07:10:00||周海\n"
    "OBX|1|ST|TITLE||生化检验\n"
    "OBX|2|NM|GLU^葡萄糖||8.42|mmol/L|3.9--6.1|↑|||1\n"
    "OBX|3|NM|TC^总胆固醇||4.80|mmol/L|2.8-5.2||||0\n"
    "OBX|4|ED|PIC||x^IM^PNG^Base64^AAAA\n";

}  // namespace

TEST_CASE("every packaged map is clean and known by its name") {
  const auto names = packaged_map_names();
  CHECK(names == std::vector<std::string_view>{"gnumed", "lis_middleware", "middle_table", "plain", "vendor_xml"});
  for (const auto name : names) {
    CAPTURE(name);
    REQUIRE(packaged_map(name));
    CHECK(packaged_map(name)->name == name);
  }
  CHECK(packaged_map("") == packaged_map("plain"));
  CHECK(packaged_map("no_such_product") == nullptr);
}

TEST_CASE("the plain map changes nothing") {
  const auto with = read(kMiddleware, packaged_map("plain")), without = read(kMiddleware, nullptr);
  CHECK(with.reports == without.reports);
  CHECK(told(with.findings) == told(without.findings));
}

TEST_CASE("a product's map reads what the standard does not") {
  const auto r = read(kMiddleware, packaged_map("lis_middleware"));
  CHECK(told(r.findings) == std::vector<std::string>{"mapping.segment_kept @ ZSP"});
  REQUIRE(r.reports.size() == 1);
  const auto& report = r.reports[0];
  CHECK(report.number == "B0099");
  CHECK(report.patient.local_id == "ZY0001");
  CHECK(report.patient.sex == model::Sex::female);
  CHECK(report.patient.birth_date == Date{1949, 12, 31});
  CHECK(report.patient.identifiers == std::vector<model::Identifier>{{"resident_id", "11010519491231002X", ""}, {"inpatient_no", "7788", ""}});
  CHECK(report.patient_class == "inpatient");
  CHECK(report.department == "心内科");
  CHECK(to_iso_time(report.specimen.collected_at) == "2026-11-22T07:15:00+08:00");
  CHECK(to_iso_time(report.reported_at) == "2026-11-22T09:20+08:00");
  CHECK(report.verifier.name == "周海");
  REQUIRE(report.observations.size() == 2);
  CHECK(report.observations[0].status == model::Status::final_result);
  CHECK(report.observations[1].status == model::Status::preliminary);
  CHECK(*report.observations[0].range.high == 6.1);
  CHECK(report.observations[0].performer.name == "检验科");
  CHECK(report.status == model::Status::preliminary);
}

TEST_CASE("all faults of a map are told with their lines, from the top of the file") {
  const auto parsed = parse_map(R"(titel = "x"
dates = ["yy.mm"]
colour = "red"
[from]
"patient.locl_id" = "PID-2"
"patient.name" = "PID"
"observation.unit" = ["OBX-6.2", "OBX-0"]
"number" = 3
[tables."patient.sex"]
"男" = "man"
[tables."number"]
"a" = "b"
[defaults]
"reported_at" = "yesterday"
"patient_class" = "X"
"observation.status" = "done"
[[drop]]
place = "OBR-4"
vals = ["x"]
)",
                                 "product.toml");
  CHECK_FALSE(parsed.map);
  CHECK(told(parsed.findings) == std::vector<std::string>{
                     "mapping.map_unknown_like @ product.toml:1 titel",
                     "mapping.map_date_form @ product.toml:2 dates",
                     "mapping.map_unknown @ product.toml:3 colour",
                     "mapping.map_unknown_like @ product.toml:5 from.patient.locl_id",
                     "mapping.map_path @ product.toml:6 from.patient.name",
                     "mapping.map_path @ product.toml:7 from.observation.unit",
                     "mapping.map_type @ product.toml:8 from.number",
                     "mapping.map_value @ product.toml:10 tables.patient.sex.男",
                     "mapping.map_unknown @ product.toml:11 tables.number",
                     "mapping.map_type @ product.toml:14 defaults.reported_at",
                     "mapping.map_value @ product.toml:15 defaults.patient_class",
                     "mapping.map_value @ product.toml:16 defaults.observation.status",
                     "mapping.map_path @ product.toml:17 drop",
                     "mapping.map_unknown_like @ product.toml:19 drop.vals",
                 });
}

TEST_CASE("a map of an event that no map can make is told so once, with the ones that it can") {
  const auto parsed = parse_map(R"(kind = "table"
[event.seen]
type = "result.viewed/1"
[event.seen.from]
"patient_id" = "PATIENT"
[event.seen.read]
table = "VIEWED"
key = "ID"
cursor = "ID"
)",
                                "product.toml");
  REQUIRE(told(parsed.findings) == std::vector<std::string>{"mapping.map_no_type @ product.toml:3 event.seen.type"});
  CHECK(text(parsed.findings[0].error, Language::en).starts_with("A map cannot make result.viewed/1: use one of lab.report.released/1, "));
}

TEST_CASE("a map that is not TOML or not UTF-8 is refused at its line") {
  CHECK(told(parse_map("a = 1\nb = = 2\n", "p.toml").findings) == std::vector<std::string>{"mapping.map_syntax @ p.toml:2"});
  CHECK(told(parse_map("title = \"\xB3\xC2\"", "p.toml").findings) == std::vector<std::string>{"text.undecodable @ p.toml"});
  CHECK(parse_map("", "empty.toml").map);
}

TEST_CASE("times in a product's own form") {
  const auto at = [](const char* form, const std::string& text) {
    const auto parsed = parse_map("dates = [\"" + std::string(form) + "\"]", "p.toml");
    REQUIRE(parsed.map);
    const auto r = read("MSH|^~\\&|A|B|C|D|20261122||ORU^R01|1|P|2.4\nPID|1||P1||张三\nOBR|1||R1|x|||" + text + "\nOBX|1|NM|A||1||||||F\n", &*parsed.map);
    REQUIRE(r.reports.size() == 1);
    return to_iso_time(r.reports[0].specimen.collected_at);
  };
  CHECK(at("yyyy/M/d H:mm", "2026/1/2 7:05") == "2026-01-02T07:05+08:00");
  CHECK(at("yyyy/M/d H:mm", "2026/11/22 17:05") == "2026-11-22T17:05+08:00");
  CHECK(at("yyyy年M月d日", "2026年11月22日") == "2026-11-22");
  CHECK(at("dd.MM.yyyy HH:mm:ss", "22.11.2026 07:05:09") == "2026-11-22T07:05:09+08:00");
  CHECK(at("yyyy-MM-dd", "2026-13-01") == "");
  CHECK(at("yyyy-MM-dd", "2026-11-22x") == "");
  CHECK(at("yyyy-MM-dd", "20261122") == "2026-11-22");
}
