#include <catch2/catch.hpp>
#include <pugixml.hpp>

#include "core/base/pack.hpp"
#include "core/base/text.hpp"
#include "core/cda/lab_document.hpp"
#include "core/cda/page.hpp"
#include "core/cda/xml_guard.hpp"
#include "core/model/event.hpp"
#include "tests/unit/core/cda/generators.hpp"
#include "tests/unit/core/cda/xsd.hpp"

using namespace huren;
using namespace huren::cda;

namespace {

// Runs it as a Catch assertion; the seed is fixed so that a run can be repeated (RC_PARAMS overrides).
template <class F>
void property(const char* name, F&& f) {
  INFO(name);
  CHECK(rc::check(name, std::forward<F>(f)));
}

LabWriteOptions options(Mode mode, Kind kind) { return {.mode = mode, .kind = kind, .id = {}, .effective_time = {}}; }

}  // namespace

TEST_CASE("write then read gives the canonical report, and once canonical it is the report itself") {
  for (const auto kind : {Kind::lab_report, Kind::xd_lab}) {
    property("report", [kind] {
      const auto wild = test::any_report();
      const auto mode = test::coin() ? Mode::cn : Mode::strict;
      const auto r = canonical(wild);
      RC_ASSERT(model::to_json(canonical(r)) == model::to_json(r));
      const auto bytes = write_lab_report(wild, options(mode, kind));
      RC_ASSERT(static_cast<bool>(bytes));
      const auto read = read_lab_report(*bytes, {});
      for (const auto& k : read.kept) RC_LOG(k.where + " " + k.xml + "\n");
      for (const auto& f : read.findings)
        if (f.severity == Severity::error) RC_LOG(line(f.error) + "\n");
      RC_ASSERT(read.report.has_value());
      RC_ASSERT(model::to_json(*read.report) == model::to_json(r));
      RC_ASSERT(*read.report == r);
      RC_ASSERT(read.kept.empty());
      const auto again = write_lab_report(*read.report, options(mode, kind));
      RC_ASSERT(static_cast<bool>(again));
      const auto reread = read_lab_report(*again, {});
      RC_ASSERT(reread.report == read.report);
    });
  }
}

TEST_CASE("a document comes back from its packing as it was, and is packed to less than two fifths whatever it says") {
  property("packed", [] {
    const auto r = test::any_report();
    const auto whole = write_lab_report(r, options(Mode::cn, Kind::lab_report));
    const auto packed = write_packed_lab_report(r, options(Mode::cn, Kind::lab_report));
    RC_ASSERT(static_cast<bool>(whole) && static_cast<bool>(packed));
    RC_ASSERT(*unpack(*packed, whole->size()) == *whole);
    RC_ASSERT(packed->size() * 5 < whole->size() * 2);
  });
}

TEST_CASE("a plain report of 25 analytes takes a twentieth, one of a single analyte a tenth") {
  auto r = test::report();
  auto plain = test::glucose();
  plain.method = {};
  plain.notes.clear();
  plain.marks.clear();
  r.observations = {plain};
  const auto one = write_lab_report(r, {});
  CHECK(pack(*one).size() * 10 < one->size());
  for (int i = 2; i <= 25; ++i) {
    plain.set_id = std::to_string(i);
    plain.value = std::to_string(i) + ".7";
    r.observations.push_back(plain);
  }
  const auto many = write_lab_report(r, {});
  CHECK(pack(*many).size() * 20 < many->size());
}

TEST_CASE("write then read gives the canonical record") {
  property("record", [] {
    const auto wild = test::any_record();
    const auto r = canonical(wild);
    RC_ASSERT(canonical(r) == r);
    const auto bytes = write_record(wild, {.mode = test::coin() ? Mode::cn : Mode::strict, .id = {}, .transfer = {}});
    RC_ASSERT(static_cast<bool>(bytes));
    const auto read = read_record(*bytes, {});
    for (const auto& k : read.kept) RC_LOG(k.where + " " + k.xml + "\n");
    RC_ASSERT(read.record.has_value());
    RC_ASSERT(model::to_json(*read.record) == model::to_json(r));
    RC_ASSERT(*read.record == r);
    RC_ASSERT(read.kept.empty());
  });
}

TEST_CASE("what the gate admits is well-formed for pugixml, and a page of it holds no markup of the document") {
  property("page", [] {
    const auto bytes = *write_lab_report(test::any_report(), {});
    const auto admitted = admit(bytes, "", {});
    RC_ASSERT(static_cast<bool>(admitted));
    pugi::xml_document document;
    RC_ASSERT(static_cast<bool>(document.load_buffer(admitted->text.data(), admitted->text.size())));
    const auto shown = page(bytes, {}, {});
    RC_ASSERT(static_cast<bool>(shown));
    RC_ASSERT(shown->find("<script") == std::string::npos);
    RC_ASSERT(!invalid_utf8(*shown));
  });
}

TEST_CASE("any cut and any flipped byte of a document is read without a crash, and never as two reports") {
  const auto good = *write_lab_report(test::report(), {});
  property("damage", [&] {
    auto bytes = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    if (test::coin()) bytes.resize(at);
    else bytes[at] = static_cast<char>(*rc::gen::inRange(0, 256));
    const auto read = read_lab_report(bytes, {});
    RC_ASSERT(read.report.has_value() || has_error(read.findings));
  });
}

TEST_CASE("wild but canonical reports stay valid against HL7's CDA.xsd") {
  if (!std::filesystem::exists(test::official_schema())) {
    WARN("not checked: HL7's CDA.xsd is not beside the checkout (shared/data/cda-xsd)");
    return;
  }
  std::vector<std::string> documents;
  property("documents", [&] {
    const auto kind = test::coin() ? Kind::lab_report : Kind::xd_lab;
    documents.push_back(*write_lab_report(test::any_report(), options(Mode::strict, kind)));
    documents.push_back(*write_record(test::any_record(), {.mode = Mode::strict, .id = {}, .transfer = {}}));
  });
  CHECK(documents.size() >= 200);
  CHECK(test::invalid(documents, test::official_schema()) == "");
}
