#include <catch2/catch.hpp>

#include "core/base/pack.hpp"
#include "core/cda/lab_document.hpp"
#include "tests/unit/core/cda/samples.hpp"

using namespace huren;
using namespace huren::cda;

namespace {
void same(const model::LabReport& a, const model::LabReport& b) {
  CHECK(a.origin == b.origin);
  CHECK(a.number == b.number);
  CHECK(a.version == b.version);
  CHECK(a.status == b.status);
  CHECK(a.panel == b.panel);
  CHECK(a.category == b.category);
  CHECK(a.order_number == b.order_number);
  CHECK(a.patient == b.patient);
  CHECK(a.patient_class == b.patient_class);
  CHECK(a.encounter_id == b.encounter_id);
  CHECK(a.department == b.department);
  CHECK(a.diagnosis == b.diagnosis);
  CHECK(a.specimen == b.specimen);
  CHECK(a.requester == b.requester);
  CHECK(a.author == b.author);
  CHECK(a.verifier == b.verifier);
  CHECK(a.reported_at == b.reported_at);
  CHECK(a.conclusion == b.conclusion);
  CHECK(a.notes == b.notes);
  CHECK(a.amendment_reason == b.amendment_reason);
  REQUIRE(a.observations.size() == b.observations.size());
  for (std::size_t i = 0; i < a.observations.size(); ++i) {
    const auto &x = a.observations[i], &y = b.observations[i];
    INFO("observation " << i);
    CHECK(x.set_id == y.set_id);
    CHECK(x.local == y.local);
    CHECK(x.standard == y.standard);
    CHECK(x.loinc == y.loinc);
    CHECK(x.value_type == y.value_type);
    CHECK(x.value == y.value);
    CHECK(x.comparator == y.comparator);
    CHECK(x.unit == y.unit);
    CHECK(x.range == y.range);
    CHECK(x.flags == y.flags);
    CHECK(x.status == y.status);
    CHECK(x.method == y.method);
    CHECK(x.method_group == y.method_group);
    CHECK(x.instrument == y.instrument);
    CHECK(x.performer == y.performer);
    CHECK(x.marks == y.marks);
    CHECK(x.observed_at == y.observed_at);
    CHECK(x.notes == y.notes);
  }
  CHECK(a == b);
}

LabRead round(const model::LabReport& r, Mode mode, Kind kind) {
  const auto bytes = write_lab_report(r, {.mode = mode, .kind = kind, .id = {}, .effective_time = {}});
  REQUIRE(bytes);
  auto read = read_lab_report(*bytes, {});
  for (const auto& f : read.findings) UNSCOPED_INFO(line(f.error));
  CHECK(read.findings.empty());
  for (const auto& k : read.kept) UNSCOPED_INFO(k.where << " " << k.xml);
  CHECK(read.kept.empty());
  REQUIRE(read.report);
  return read;
}
}  // namespace

TEST_CASE("a report written as C0007 or XD-LAB in either mode reads back as itself") {
  const auto mode = GENERATE(Mode::strict, Mode::cn);
  const auto kind = GENERATE(Kind::lab_report, Kind::xd_lab);
  const auto r = test::report();
  REQUIRE(canonical(r) == r);
  const auto read = round(r, mode, kind);
  same(*read.report, r);
  CHECK(read.head.kind == kind);
  CHECK(read.head.set == set_id(r.origin.code, r.number));
  CHECK(read.head.id == document_id(r.origin.code, r.number, 1));
  CHECK(read.head.mode == mode);
  CHECK_FALSE(read.head.replaces);
}

TEST_CASE("a later version replaces its predecessor and carries status and reason") {
  auto r = test::report();
  r.version = 3;
  r.status = GENERATE(model::Status::corrected, model::Status::withdrawn, model::Status::preliminary, model::Status::cannot_obtain, model::Status::unknown,
                      model::Status::final_result);
  r.amendment_reason = "录入错误";
  const auto kind = GENERATE(Kind::lab_report, Kind::xd_lab);
  const auto read = round(r, Mode::cn, kind);
  same(*read.report, r);
  REQUIRE(read.head.replaces);
  CHECK(*read.head.replaces == document_id(r.origin.code, r.number, 2));
  CHECK(read.head.replaces_version == 2);
}

TEST_CASE("a report with next to nothing in it reads back as itself") {
  model::LabReport r;
  r.origin.code = "A";
  r.number = "1";
  const auto mode = GENERATE(Mode::strict, Mode::cn);
  const auto kind = GENERATE(Kind::lab_report, Kind::xd_lab);
  const auto bytes = write_lab_report(r, {.mode = mode, .kind = kind, .id = {}, .effective_time = {}});
  REQUIRE(bytes);
  const auto read = read_lab_report(*bytes, {});
  REQUIRE(read.report);
  same(*read.report, r);
  CHECK(read.kept.empty());
}

TEST_CASE("the writer refuses a report without identity and characters that XML cannot carry") {
  auto r = test::report();
  r.number.clear();
  CHECK(write_lab_report(r, {}).error().where == "/number");
  r = test::report();
  r.observations[2].notes = {"a\x0B" "b"};
  const auto bad = write_lab_report(r, {});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().id == "cda.unwritable");
  CHECK(bad.error().where == "/observations/2");
  r = test::report();
  r.conclusion = "\xFF";
  CHECK(write_lab_report(r, {}).error().id == "cda.not_utf8");
  r.conclusion = "x\xEF\xBF\xBFy";
  CHECK(write_lab_report(r, {}).error().id == "cda.unwritable");
}

TEST_CASE("two reports never share an id, whatever their numbers hold") {
  CHECK(set_id("a^b", "c").extension != set_id("a", "b^c").extension);
  CHECK(set_id("a%5E", "c").extension != set_id("a^", "c").extension);
  CHECK(document_id("a", "c", 1).extension == "a^c^1");
}

TEST_CASE("packed at once is what is packed afterwards: after a longer report, after a shorter one, after one that was refused") {
  auto longer = test::report();
  for (int i = 0; i < 40; ++i) longer.observations.push_back(longer.observations.front());
  auto refused = test::report();
  refused.origin.code.clear();
  auto unwritable = test::report();
  unwritable.conclusion = "\x01";
  for (const auto& r : {test::report(), longer, test::report(), refused, longer, unwritable, test::report()}) {
    const auto whole = write_lab_report(r, {});
    const auto packed = write_packed_lab_report(r, {});
    REQUIRE(static_cast<bool>(whole) == static_cast<bool>(packed));
    if (whole) CHECK((*packed == pack(*whole) && *unpack(*packed, whole->size()) == *whole));
    else CHECK(packed.error().id == whole.error().id);
  }
}
