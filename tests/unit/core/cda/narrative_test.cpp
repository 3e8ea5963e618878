// The narrative says what the entries say: read cell by cell from the document, compared with the model the entries give.
#include <catch2/catch.hpp>
#include <pugixml.hpp>

#include "core/cda/lab_document.hpp"
#include "tests/unit/core/cda/records.hpp"

using namespace huren;
using namespace huren::cda;

namespace {

std::string words(pugi::xml_node node) {
  std::string out;
  for (const auto& child : node.children()) out += child.type() == pugi::node_element ? words(child) : child.value();
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& p : parts) out += (out.empty() ? "" : " ") + p;
  return out;
}

}  // namespace

TEST_CASE("each row of a lab report's table holds what the entry of its item holds") {
  const auto kind = GENERATE(Kind::lab_report, Kind::xd_lab);
  const auto bytes = *write_lab_report(test::report(), {.mode = Mode::strict, .kind = kind, .id = {}, .effective_time = {}});
  pugi::xml_document document;
  REQUIRE(document.load_buffer(bytes.data(), bytes.size()));
  const auto read = read_lab_report(bytes, {});  // entries only: the reader takes nothing from a narrative
  REQUIRE(read.report);
  const auto rows = document.select_nodes("//text/table/tbody/tr");
  REQUIRE(rows.size() == read.report->observations.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& o = read.report->observations[i];
    std::vector<std::string> cells;
    for (const auto& cell : rows[i].node().children("td")) cells.push_back(words(cell));
    REQUIRE(cells.size() == 12);
    CHECK(cells[0] == o.local.name);
    CHECK(cells[1] == o.comparator + o.value);
    CHECK(cells[2] == joined(o.flags));
    CHECK(cells[3] == o.unit);
    CHECK(cells[4] == o.range.text);
    CHECK(cells[5] == o.method.name);
    CHECK(cells[6] == o.instrument);
    CHECK(cells[7] == o.performer.name);
    CHECK(cells[8] == joined(o.marks));
    CHECK(cells[9].find(o.local.code) == 0);
    CHECK((o.loinc.empty() || cells[9].find("LOINC " + o.loinc) != std::string::npos));
    CHECK(cells[10].empty() != o.observed_at.present());
    for (const auto& note : o.notes) CHECK(cells[11].find(note) != std::string::npos);
    CHECK((o.status == model::Status::final_result) == (cells[11].find('[') == std::string::npos));
  }
  std::string all;
  for (const auto& text : document.select_nodes("//section/text")) all += words(text.node());
  const auto& r = *read.report;
  for (const auto& told : {r.diagnosis.name, r.diagnosis.code, r.panel.name, r.category, r.specimen.type.name, r.specimen.id, r.conclusion, r.notes[0], r.notes[1],
                           std::string("2026-11-21 08:00:00 +08:00"), std::string("2026-11-21 08:30:00 +08:00")}) {
    INFO(told);
    CHECK(all.find(told) != std::string::npos);
  }
}

TEST_CASE("a withdrawn report says so in title and narrative, not in an entry alone") {
  auto r = test::report();
  r.version = 2;
  r.status = model::Status::withdrawn;
  r.amendment_reason = "标本错误";
  const auto bytes = *write_lab_report(r, {});
  pugi::xml_document document;
  REQUIRE(document.load_buffer(bytes.data(), bytes.size()));
  CHECK(words(document.select_node("//title").node()).find("已撤回") != std::string::npos);
  std::string all;
  for (const auto& text : document.select_nodes("//section/text")) all += words(text.node());
  CHECK(all.find("已撤回") != std::string::npos);
  CHECK(all.find("标本错误") != std::string::npos);
}

TEST_CASE("the narrative of a record holds each item that its entries hold, in the same section") {
  const auto kind = GENERATE(from_range(test::record_kinds()));
  CAPTURE(kind);
  const auto bytes = *write_record(test::record(kind), {});
  pugi::xml_document document;
  REQUIRE(document.load_buffer(bytes.data(), bytes.size()));
  int entries = 0;
  for (const auto& node : document.select_nodes("//section/entry/observation/value")) {
    const auto value = node.node();
    const auto narrative = words(value.parent().parent().parent().child("text"));
    ++entries;
    for (const auto& told : {words(value), std::string(value.attribute("displayName").value()), std::string(value.attribute("code").value()),
                             std::string(value.attribute("value").value()), std::string(value.attribute("unit").value())}) {
      INFO(told);
      CHECK(narrative.find(told) != std::string::npos);
    }
  }
  CHECK(entries >= 9);
}
