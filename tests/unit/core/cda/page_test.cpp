#include <catch2/catch.hpp>

#include "core/cda/page.hpp"
#include "tests/unit/core/cda/records.hpp"

using namespace huren;
using namespace huren::cda;

namespace {
bool has(const std::string& page, std::string_view what) { return page.find(what) != std::string::npos; }
PageOptions in(Language language) {
  PageOptions o;
  o.language = language;
  return o;
}
}  // namespace

TEST_CASE("the page shows who, what, when and from where, with abnormal values marked") {
  const auto page = lab_page(test::report(), in(Language::zh));
  for (const auto* what : {"测试患者", "甲医院", "7.10 ↑", "3.9-6.1", "己糖激酶法", "AU5800", "全国HR", "鄂HR", "2026-11-21 08:00:00 +08:00", "&lt;0.01", "阴性(-)",
                           "血糖升高 &lt;建议复查&gt; &amp; 随访", "标本轻度溶血", "LR-2026-0001 v1", "医师乙"}) {
    INFO(what);
    CHECK(has(page, what));
  }
  const auto english = lab_page(test::report(), in(Language::en));
  CHECK(has(english, "Reference range"));
  CHECK(has(english, "<html lang=\"en\">"));
}

TEST_CASE("withdrawn, corrected and superseded are unmissable") {
  auto r = test::report();
  r.status = model::Status::withdrawn;
  r.amendment_reason = "标本错误";
  auto page = lab_page(r, in(Language::zh));
  CHECK(has(page, "已撤回"));
  CHECK(has(page, "标本错误"));
  CHECK(has(page, "<tr class=\"struck\">"));
  r.status = model::Status::corrected;
  CHECK(has(lab_page(r, in(Language::zh)), "已更正"));
  CHECK_FALSE(has(lab_page(test::report(), in(Language::zh)), "class=\"banner"));
  auto options = in(Language::en);
  options.superseded = true;
  CHECK(has(lab_page(test::report(), options), "A newer version exists"));
}

TEST_CASE("a document of another hospital says so in a banner on this hospital's screen") {
  auto options = in(Language::zh);
  options.viewer = "HB-CITY-01";
  CHECK(has(lab_page(test::report(), options), "外院文书：甲医院"));
  options.viewer = test::report().origin.code;
  CHECK_FALSE(has(lab_page(test::report(), options), "外院文书"));
}

TEST_CASE("the page asks nothing of a browser that HIS clients of ten years ago do not have") {
  const auto page = lab_page(test::report(), in(Language::zh));
  CHECK_FALSE(has(page, "var(--"));
  CHECK_FALSE(has(page, "display:grid"));
  CHECK(has(page, "IE=edge"));
}

TEST_CASE("an abnormal value without a flag is marked by its range, a critical one stands out") {
  auto r = test::report();
  r.observations.resize(1);
  r.observations[0].flags.clear();
  CHECK(has(lab_page(r, in(Language::en)), "by the range"));
  r.observations[0].flags = {"HH"};
  CHECK(has(lab_page(r, in(Language::en)), "critical"));
  r.observations[0].flags = {"N"};
  CHECK_FALSE(has(lab_page(r, in(Language::en)), "7.10 ↑"));
}

TEST_CASE("the trend arrow compares like with like only") {
  auto options = in(Language::zh);
  options.previous["GLU"] = {6.2, "mmol/L", test::time("20261101")};
  CHECK(has(lab_page(test::report(), options), "↗ 6.2"));
  options.previous["GLU"].value = 8;
  CHECK(has(lab_page(test::report(), options), "↘ 8"));
  options.previous["GLU"].method_group = "glucose oxidase";
  CHECK_FALSE(has(lab_page(test::report(), options), "↘ 8"));
  options.previous["GLU"].method_group = "hexokinase";
  options.previous["GLU"].unit = "mg/dL";
  CHECK_FALSE(has(lab_page(test::report(), options), "↘ 8"));
}

TEST_CASE("nothing of the document becomes markup on the page") {
  auto r = test::report();
  const std::string evil = "\"><script>alert(1)</script><img src=x onerror=y>'";
  r.patient.name = r.conclusion = r.department = r.amendment_reason = evil;
  r.status = model::Status::corrected;
  for (auto& o : r.observations) {
    o.value_type = "ST";
    o.comparator.clear();
    o.value = o.unit = o.instrument = o.local.name = o.performer.name = o.range.text = o.method.name = evil;
    o.notes = o.marks = o.flags = {evil};
  }
  for (const auto& text : {lab_page(r, in(Language::zh)), *page(*write_lab_report(r, {}), {}, in(Language::zh))}) {
    CHECK_FALSE(has(text, "<script"));
    CHECK_FALSE(has(text, "<img"));
    CHECK(has(text, "&lt;script&gt;"));
    CHECK_FALSE(has(text, "<a "));
    CHECK_FALSE(has(text, "url("));
  }
}

TEST_CASE("a record of every kind renders with each of its items, in both languages") {
  const auto kind = GENERATE(from_range(test::record_kinds()));
  const auto r = test::record(kind);
  const auto bytes = *write_record(r, {});
  const auto zh = page(bytes, {}, in(Language::zh));
  REQUIRE(zh);
  CHECK(has(*zh, "甲医院 → 乙医院"));
  CHECK(has(*zh, "急性脑梗死（左侧） [脑梗死 (I63.900)]"));
  CHECK(has(*zh, "LR-2026-0001 v2"));
  CHECK(page(bytes, {}, in(Language::en)));
}

TEST_CASE("what could not be placed and what is not known is shown as text, never as markup") {
  auto bytes = *write_lab_report(test::report(), {});
  const std::string section = "<component><section><code code=\"8716-3\"/><title>生命体征</title><text>体温 <linkHtml href=\"http://x.invalid/\">36.5</linkHtml>"
                              "<table><tbody><tr><td>脉搏 72</td></tr></tbody></table></text></section></component>";
  bytes.insert(bytes.find("</structuredBody>"), section);
  const auto shown = page(bytes, {}, in(Language::zh));
  REQUIRE(shown);
  CHECK(has(*shown, "36.5"));
  CHECK(has(*shown, "<td>脉搏 72</td>"));
  CHECK_FALSE(has(*shown, "x.invalid"));
  auto unknown = bytes;
  unknown.replace(unknown.find("code=\"C0007\""), 12, "code=\"C9999\"");
  unknown.replace(unknown.find("2.16.156.10011.2.1.1.27"), 23, "1.2.3");
  const auto other = page(unknown, {}, in(Language::zh));
  REQUIRE(other);
  CHECK(has(*other, "不认识的文书类别"));
  CHECK(has(*other, "葡萄糖"));
}

TEST_CASE("refused bytes make no page but an error that says why") {
  const auto refused = page("<!DOCTYPE x><x/>", {}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().id == "cda.doctype");
}
