#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "core/hl7/messages.hpp"
#include "core/hl7/profile.hpp"
#include "core/mapping/referral_message.hpp"
#include "tests/support/any_report.hpp"

using namespace huren;
using namespace huren::mapping;

namespace {

Envelope envelope(const std::string& sender = "HA") {
  return {.control_id = "C1", .sender = sender, .receiver = sender == "HA" ? "HB" : "HA", .at = *parse_hl7_time("20261122093000+0800", 480)};
}

struct Case { const char *kind, *step, *outcome; bool asker; int version; const char* type; };
constexpr Case kCases[] = {
    {"referral", "requested", "", true, 1, "REF^I12"},        {"referral", "requested", "", true, 2, "REF^I13"},
    {"referral", "cancelled", "", true, 1, "REF^I14"},        {"referral", "problem", "", true, 1, "REF^I15"},
    {"referral", "answered", "accepted", false, 1, "RRI^I12"}, {"referral", "answered", "redirected", false, 1, "RRI^I12"},
    {"referral", "cancelled", "", false, 1, "RRI^I14"},       {"referral", "arrived", "", false, 1, "RRI^I15"},
    {"referral", "no_show", "", false, 1, "RRI^I15"},         {"referral", "completed", "final", false, 1, "RRI^I15"},
    {"referral", "received", "complete", false, 1, "RRI^I15"}, {"consult", "requested", "", true, 1, "REF^I12"},
    {"consult", "answered", "declined", false, 1, "RRI^I12"}, {"consult", "completed", "corrected", false, 2, "RRI^I12"},
    {"exam", "requested", "", true, 1, "OMG^O19"},            {"exam", "cancelled", "", true, 1, "OMG^O19"},
    {"exam", "answered", "accepted", false, 1, "ORG^O20"},    {"exam", "answered", "declined", false, 1, "ORG^O20"},
    {"exam", "completed", "final", false, 1, "ORU^R01"},      {"exam", "completed", "withdrawn", false, 3, "ORU^R01"},
};

StepMessage any_step(const Case& c) {
  StepMessage m;
  auto& s = m.step;
  s.kind = c.kind;
  s.step = c.step;
  s.outcome = c.outcome;
  s.version = c.version;
  s.from = "HA";
  s.to = "HB";
  s.by = c.asker ? "HA" : "HB";
  s.id = *tests::any_code();
  s.fact_id = *tests::any_code();
  s.at = *tests::any_time();
  if (!s.at.present()) s.at = envelope().at;
  s.reason = *tests::maybe(tests::any_text());
  s.patient = *tests::any_patient();
  if (s.patient.sex == model::Sex::not_stated) s.patient.sex = model::Sex::unknown;
  s.person = {*tests::any_code(), *tests::any_line()};
  s.their_id = *tests::maybe(tests::any_code());
  if (s.step == std::string("requested")) {
    s.priority = *rc::gen::element<std::string>("routine", "urgent", "critical");
    s.expires_at = *tests::any_time();
    s.follows = *tests::maybe(tests::any_code());
    if (s.kind != "referral") s.question = *tests::maybe(tests::any_text());
    s.wish = {*tests::maybe(tests::any_line()), *tests::maybe(tests::any_line()), *tests::maybe(tests::any_text()), *tests::any_time()};
    if (s.kind == "exam") {
      s.category = *rc::gen::element<std::string>("ecg", "imaging", "ultrasound", "pathology");
      s.service = {"EKG12", "十二导联心电图", "L"};
      s.attachments = {{"dicom", "胸片", "1.2.840.113619.2.55", 0}, {"scp_ecg", "心电", s.id + "/1", 1280}};
      m.documents.push_back({"scp_ecg", "HA", s.id + "/1", "心电", 1, "\x01\x02 bytes"});
    } else {
      s.package = {{"report", "HA", "LIS-1", "生化", 2}, {"summary", "HA", "", "病历概要", 0}};
      m.documents.push_back({"TRANSFER", "HA", s.id, "转诊(院)记录", 1, "<ClinicalDocument/>"});
    }
  }
  if (s.step == std::string("requested") && s.kind != "consult") s.diagnoses = {{"I21.9", "急性心肌梗死", "ICD-10"}};
  if (s.step == std::string("cancelled")) s.knew_arrival = *rc::gen::arbitrary<bool>();
  if (s.step == std::string("completed") && s.kind != "referral" && s.outcome != "withdrawn")
    m.documents.push_back({s.kind == "exam" ? "C0006" : "C0045", "HB", "R/7", "报告", s.version, "<ClinicalDocument/>"});
  if (s.kind != "exam") {
    m.from_name = "县医院";
    m.to_name = "市医院";
  }
  return m;
}

StepRead read(std::string text) {
  std::replace(text.begin(), text.end(), '\n', '\r');
  auto message = hl7::Message::read(text);
  REQUIRE(message);
  CHECK(is_step(*message));
  return read_step_message(*message);
}

}  // namespace

TEST_CASE("every step goes out as the message that the standard has for it and reads back the same") {
  for (const auto& c : kCases) {
    INFO(c.kind << " " << c.step << " " << c.outcome << " -> " << c.type);
    CHECK(rc::check([&] {
      const auto m = any_step(c);
      RC_ASSERT(step_message_type(m.step) == c.type);
      const auto bytes = write_step(m, envelope(c.asker ? "HA" : "HB"));
      RC_ASSERT(static_cast<bool>(bytes));
      auto message = hl7::Message::read(*bytes);
      RC_ASSERT(static_cast<bool>(message));
      RC_ASSERT(is_step(*message));
      const auto back = read_step_message(*message);
      for (const auto& f : back.findings)
        if (f.severity == Severity::error) RC_FAIL(std::string(f.error.id) + " @ " + f.error.where);
      RC_ASSERT(model::to_json(back.step->step) == model::to_json(m.step));
      RC_ASSERT(back.step->documents == m.documents);
    }));
  }
}

TEST_CASE("every step's message is clean by the alliance's profile, and the typed readers take it") {
  CHECK(rc::check([] {
    for (const auto& c : kCases) {
      auto message = hl7::Message::read(*write_step(any_step(c), envelope(c.asker ? "HA" : "HB")));
      RC_ASSERT(static_cast<bool>(message));
      for (const auto& f : hl7::check(*message, *hl7::Profile::named("alliance")))
        if (f.severity == Severity::error) RC_FAIL(std::string(c.type) + " " + std::string(f.error.id) + " @ " + f.error.where);
      const auto type = message->header().type;
      if (type == "REF" || type == "RRI") RC_ASSERT(static_cast<bool>(hl7::parse<hl7::ReferralMessage>(*message)));
      if (type == "OMG") RC_ASSERT(static_cast<bool>(hl7::parse<hl7::OrderMessage>(*message)));
      if (type == "ORU") RC_ASSERT(static_cast<bool>(hl7::parse<hl7::Oru>(*message)));
    }
  }));
}

TEST_CASE("a lab report is not taken for an examination report") {
  auto message = hl7::Message::read(std::string("MSH|^~\\&|L|HA|H|HB|20261122||ORU^R01|1|P|2.5.1\rPID|1||P1||张三\rOBR|1||R1|SH01^生化^L\rOBX|1|NM|GLU^葡萄糖^L||5.1|mmol/L|||||F\r"));
  REQUIRE(message);
  CHECK_FALSE(is_step(*message));
}

TEST_CASE("a system that knows HL7 alone is understood: request, answers, cancellation, order") {
  const std::string tail = "RF1|P|A|||I|Z1^HA|20261122093000|20261201||^胸痛\nPRD|RP|县医院|||||HA\nPRD|RT|市医院|||||HB\nPID|1||P1^^^HA^PI||张三||19800101|M\nDG1|1||I20.0^不稳定型心绞痛^ICD-10\n";
  const auto request = read("MSH|^~\\&|X|HA|Y|HB|20261122||REF^I12|7|P|2.5.1\n" + tail);
  REQUIRE(request.step);
  const auto& s = request.step->step;
  CHECK(s.step == "requested");
  CHECK(s.key() == "HA/Z1");
  CHECK(s.by == "HA");
  CHECK(s.to == "HB");
  CHECK(s.priority == "urgent");
  CHECK(s.reason == "胸痛");
  CHECK(s.fact_id == "7");
  CHECK(to_iso_time(s.expires_at) == "2026-12-01");
  CHECK(s.diagnoses.at(0).code == "I20.0");
  const auto answered = read("MSH|^~\\&|Y|HB|X|HA|20261122||RRI^I12|8|P|2.5.1\nMSA|AA|7\nRF1|R||||I|Z1^HA|||^无床\nPID|1||P1||张三\n");
  REQUIRE(answered.step);
  CHECK(answered.step->step.outcome == "declined");
  CHECK(answered.step->step.by == "HB");
  const auto cancelled = read("MSH|^~\\&|X|HA|Y|HB|20261122||REF^I14|9|P|2.5.1\n" + tail);
  REQUIRE(cancelled.step);
  CHECK(cancelled.step->step.step == "cancelled");
  const auto order = read("MSH|^~\\&|X|HA|Y|HB|20261122||OMG^O19|10|P|2.5.1\nPID|1||P1||张三\nORC|NW|E1|||||||20261122093000\nOBR|1|E1||EKG12^心电图^L|||||||||胸痛两小时|||||||||||EC\n");
  REQUIRE(order.step);
  CHECK(order.step->step.kind == "exam");
  CHECK(order.step->step.key() == "HA/E1");
  CHECK(order.step->step.category == "ecg");
  CHECK(order.step->step.question == "胸痛两小时");
}

TEST_CASE("steps without an id, a patient or a meaning are refused at their place - an unknown priority is routine") {
  const std::string msh = "MSH|^~\\&|A|HA|B|HB|20261122||REF^I12|1|P|2.5.1\n";
  CHECK(read(msh + "PID|1||P1||张三").findings.at(0).error.where == "RF1-6");
  CHECK(read(msh + "RF1|P|R||||Z1").findings.at(0).error.id == "mapping.patient_missing");
  const auto odd = read(msh + "RF1|P|X||||Z1\nPID|1||P1||张三");
  REQUIRE(odd.step);
  CHECK(odd.step->step.priority == "routine");
  CHECK(odd.findings.at(0).error.id == "mapping.referral_priority");
  CHECK(read("MSH|^~\\&|A|HB|B|HA|20261122||RRI^I15|1|P|2.5.1\nRF1|P|R||||Z1\nPID|1||P1||张三").findings.at(0).error.id == "mapping.referral_step");
  CHECK(read(msh + "RF1|P|R||||Z1\nPID|1||P1||张三\nOBR|1\nOBX|1|ED|C0001||^^^Base64^*|").findings.at(0).error.id == "mapping.document_base64");
  CHECK(write_step({}, envelope()).error().where == "RF1-6");
}

TEST_CASE("a shared summary written as MDM^T02 reads back") {
  CHECK(rc::check([] {
    SummaryMessage m;
    m.patient = *tests::any_patient();
    if (m.patient.sex == model::Sex::not_stated) m.patient.sex = model::Sex::unknown;
    m.document = {"C0001", "HA", *tests::any_code(), "病历概要", 2, "<ClinicalDocument/>"};
    m.due = {{"糖化血红蛋白复查", "2027-02-22"}, {"随访", "2026-12-22"}};
    m.at = envelope().at;
    const auto bytes = write_summary(m, envelope());
    RC_ASSERT(static_cast<bool>(bytes));
    auto message = hl7::Message::read(*bytes);
    for (const auto& f : hl7::check(*message, *hl7::Profile::named("alliance")))
      if (f.severity == Severity::error) RC_FAIL(std::string(f.error.id) + " @ " + f.error.where);
    const auto back = read_summary_message(*message);
    RC_ASSERT(back.summary.has_value());
    RC_ASSERT(*back.summary == m);
  }));
}
