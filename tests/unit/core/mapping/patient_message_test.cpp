#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "core/hl7/profile.hpp"
#include "core/mapping/patient_message.hpp"
#include "tests/support/any_report.hpp"

using namespace huren;
using namespace huren::mapping;

namespace {

Envelope envelope() { return {.control_id = "C1", .sender = "HA", .receiver = "HB", .at = *parse_hl7_time("20261122093000+0800", 480)}; }

model::Patient any_sendable() {
  auto p = *tests::any_patient();
  if (p.sex == model::Sex::not_stated) p.sex = model::Sex::unknown;  // table 0001 has no letter for it
  return p;
}

Timestamp any_present() {
  auto t = *tests::any_time();
  return t.present() ? t : envelope().at;
}

// Clean by the alliance's profile, and nothing but the trigger's own structure.
hl7::Message checked(const Result<std::string>& bytes) {
  RC_ASSERT(static_cast<bool>(bytes));
  auto message = hl7::Message::read(*bytes);
  RC_ASSERT(static_cast<bool>(message));
  for (const auto& f : hl7::check(*message, *hl7::Profile::named("alliance")))
    if (f.severity == Severity::error) RC_FAIL(std::string(f.error.id) + " @ " + f.error.where);
  return std::move(*message);
}

AdtRead read(std::string text) {
  std::replace(text.begin(), text.end(), '\n', '\r');
  auto message = hl7::Message::read(text);
  REQUIRE(message);
  return read_adt(*message);
}

}  // namespace

TEST_CASE("a registered or updated patient written as A04 or A08 reads back") {
  CHECK(rc::check([] {
    const model::PatientRegistered event{any_sendable(), *rc::gen::arbitrary<bool>()};
    const auto message = checked(write_adt(event, envelope()));
    RC_ASSERT(message.header().trigger == (event.update ? "A08" : "A04"));
    const auto back = read_adt(message);
    RC_ASSERT(back.events.size() == 1u);
    const auto& got = std::get<model::PatientRegistered>(back.events[0]);
    RC_ASSERT(got.patient == event.patient);
    RC_ASSERT(got.update == event.update);
  }));
}

TEST_CASE("an encounter written as A01, A04 or A03 reads back with its patient") {
  CHECK(rc::check([] {
    const auto patient = any_sendable();
    const model::EncounterStarted started{patient.local_id, *tests::any_code(),
                                          *rc::gen::element<std::string>("", "outpatient", "inpatient", "emergency", "checkup"),
                                          *tests::maybe(tests::any_line()), {*tests::any_code(), *tests::maybe(tests::any_line())}, any_present()};
    const auto message = checked(write_adt(started, patient, envelope()));
    RC_ASSERT(message.header().trigger == (started.patient_class == "inpatient" ? "A01" : "A04"));
    const auto back = read_adt(message);
    RC_ASSERT(back.events.size() == 2u);
    RC_ASSERT(std::get<model::PatientRegistered>(back.events[0]).patient == patient);
    const auto& got = std::get<model::EncounterStarted>(back.events[1]);
    RC_ASSERT(got.patient_id == started.patient_id);
    RC_ASSERT(got.encounter_id == started.encounter_id);
    RC_ASSERT(got.patient_class == started.patient_class);
    RC_ASSERT(got.department == started.department);
    RC_ASSERT(got.doctor == started.doctor);
    RC_ASSERT(got.at == started.at);

    const model::EncounterEnded ended{patient.local_id, started.encounter_id, any_present()};
    const auto end = read_adt(checked(write_adt(ended, patient, envelope())));
    RC_ASSERT(end.events.size() == 1u);
    const auto& over = std::get<model::EncounterEnded>(end.events[0]);
    RC_ASSERT(over.patient_id == ended.patient_id);
    RC_ASSERT(over.encounter_id == ended.encounter_id);
    RC_ASSERT(over.at == ended.at);
  }));
}

TEST_CASE("what a HIS sends as ADT becomes events") {
  const auto r = read("MSH|^~\\&|HIS|H|X|Y|20261122093000||ADT^A01|1|P|2.3\nEVN|A01|20261122092500\n"
                      "PID|1||P1||张三||19800101|M\nPV1|1|I|心内科^^3||||D7^赵^敏||||||||||||ZY1|||||||||||||||||||||||||20261122091000");
  REQUIRE(r.events.size() == 2);
  const auto& started = std::get<model::EncounterStarted>(r.events[1]);
  CHECK(started.encounter_id == "ZY1");
  CHECK(started.patient_class == "inpatient");
  CHECK(started.department == "心内科");
  CHECK(started.doctor == model::Person{"D7", "赵敏"});
  CHECK(to_iso_time(started.at) == "2026-11-22T09:10:00+08:00");
}

TEST_CASE("ADT messages that mean nothing here are refused at their place") {
  const auto where = [](const std::string& text) {
    const auto r = read(text);
    CHECK(r.events.empty());
    REQUIRE(r.findings.size() == 1);
    CHECK(catalogue_entry(r.findings[0].error.id) != nullptr);
    return std::string(r.findings[0].error.id) + " @ " + r.findings[0].error.where;
  };
  CHECK(where("MSH|^~\\&|HIS|H|X|Y|20261122||ADT^A17|1|P|2.3\nPID|1||P1||张三") == "mapping.adt_trigger @ MSH-9.2");
  CHECK(where("MSH|^~\\&|HIS|H|X|Y|20261122||ADT^A40|1|P|2.3\nPID|1||P1||张三") == "mapping.merge_prior_missing @ MRG-1");
  CHECK(where("MSH|^~\\&|HIS|H|X|Y|20261122||ADT^A04|1|P|2.3\nEVN|A04") == "mapping.patient_missing @ PID");
  CHECK(where("MSH|^~\\&|HIS|H|X|Y|20261122||ADT^A04|1|P|2.3\nPID|1||||张三") == "mapping.patient_unidentified @ PID-3");
  CHECK(where("MSH|^~\\&|HIS|H|X|Y|20261122||ADT^A03|1|P|2.3\nPID|1||P1||张三\nPV1|1|I") == "mapping.encounter_missing @ PV1-19");
}
