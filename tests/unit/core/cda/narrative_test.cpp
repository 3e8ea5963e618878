// The narrative says what the entries say: read cell by cell from the document, compared with the model the entries give.
#include <algorithm>
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

// Every text and attribute outside the narratives, times also as a narrative prints them, longest first.
std::vector<std::string> said_by_entries(const pugi::xml_document& document) {
  struct Collect : pugi::xml_tree_walker {
    std::vector<std::string> found;
    bool for_each(pugi::xml_node& n) override {
      for (auto up = n; up; up = up.parent())
        if (std::string_view(up.name()) == "text" && std::string_view(up.parent().name()) == "section") return true;
      found.emplace_back(n.value());
      for (const auto& a : n.attributes()) found.emplace_back(a.value());
      return true;
    }
  } walk;
  pugi::xml_document copy;
  copy.reset(document);
  copy.traverse(walk);
  auto& all = walk.found;
  for (std::size_t i = 0, n = all.size(); i < n; ++i) {
    const auto v = all[i];
    if (v.size() < 8 || v.find_first_not_of("0123456789+-.") != std::string::npos) continue;
    std::string shown = v.substr(0, 4) + "-" + v.substr(4, 2) + "-" + v.substr(6, 2);
    all.push_back(shown);
    if (v.size() >= 12) all.push_back(shown += " " + v.substr(8, 2) + ":" + v.substr(10, 2));
    if (v.size() >= 14) all.push_back(shown += ":" + v.substr(12, 2));
    if (v.size() >= 19) all.push_back(shown + " " + v.substr(14, 3) + ":" + v.substr(17, 2));
  }
  std::erase(all, "");
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return all;
}

// What the narratives' cells and values hold that no entry says: punctuation and the words given are not counted.
std::vector<std::string> said_by_narrative_alone(const std::string& bytes, const std::vector<std::string>& words_of_form) {
  pugi::xml_document document;
  REQUIRE(document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_ws_pcdata_single));
  auto known = said_by_entries(document);
  known.insert(known.end(), words_of_form.begin(), words_of_form.end());
  std::vector<std::string> alone;
  for (const auto& found : document.select_nodes("//section/text//td | //section/text//content")) {
    auto left = words(found.node());
    for (const auto& k : known)
      for (auto at = left.find(k); at != std::string::npos; at = left.find(k, at)) left.replace(at, k.size(), "\x01");
    for (const auto* mark : {"\x01", "；", "：", "，", "、"})
      for (auto at = left.find(mark); at != std::string::npos; at = left.find(mark)) left.erase(at, std::string(mark).size());
    if (left.find_first_not_of(" /()[],;:\n") != std::string::npos) alone.push_back(left);
  }
  return alone;
}

}  // namespace

TEST_CASE("a narrative says nothing that no entry says") {
  // "<": a bound in the entries. The states of a report are codes there.
  const std::vector<std::string> form{"LOINC", "<", "最终报告", "已更正", "初步报告", "无法得出结果", "已撤回", "状态不明", "final", "corrected", "preliminary", "withdrawn", "status unknown"};
  for (const auto kind : {Kind::lab_report, Kind::xd_lab})
    CHECK(said_by_narrative_alone(*write_lab_report(test::report(), {.mode = Mode::cn, .kind = kind, .id = {}, .effective_time = {}}), form) == std::vector<std::string>{});
  for (const auto& kind : test::record_kinds()) {
    CAPTURE(kind);
    CHECK(said_by_narrative_alone(*write_record(test::record(kind), {}), form) == std::vector<std::string>{});
  }
  // and a value that stands in the narrative alone is seen
  auto forged = *write_lab_report(test::report(), {});
  const auto cell = forged.find("<td>7.10</td>");
  REQUIRE(cell != std::string::npos);
  CHECK(said_by_narrative_alone(forged.replace(cell, 13, "<td>9.99</td>"), form) == std::vector<std::string>{"9.99"});
}

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
  CHECK(all.find("撤回原因：标本错误") != std::string::npos);
  CHECK(bytes.find("更正原因") == std::string::npos);
  CHECK(read_lab_report(bytes, {}).report->amendment_reason == "标本错误");
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
