#include <catch2/catch.hpp>

#include "core/mapping/question_message.hpp"

using namespace huren;
using namespace huren::mapping;

namespace {

const Envelope kEnvelope{.control_id = "C7", .sender = "HB", .receiver = "HA", .at = *parse_hl7_time("20261122101500+0800", 480)};

hl7::Message message(const std::string& bytes) {
  auto m = hl7::Message::read(bytes, {});
  REQUIRE(m);
  return std::move(*m);
}
template <class T>
std::string written(Result<T> r) {
  if (!r) FAIL(line(r.error()));
  return *r;
}
Question person() {
  Question q;
  q.tag = "C7";
  q.patient.identifiers = {{"resident_id", "11010519491231002X", ""}, {"passport", "E1^2|3", ""}};
  q.patient.name = "张三";
  q.patient.sex = model::Sex::female;
  q.patient.birth_date = {1949, 12, 31};
  return q;
}

}  // namespace

TEST_CASE("a question reads back as it was written, of every kind") {
  auto reports = person();
  reports.items = {"GLU", "K"};
  reports.collected_since_ms = 1'700'000'000'000;
  Question digests{.asked = Asked::digests, .tag = "T", .patient = {}, .items = {}, .collected_since_ms = {}, .side = "held", .from = {2026, 1, 1}, .to = {2026, 1, 31}, .numbers = {}};
  auto listing = digests;
  listing.asked = Asked::listing;
  listing.side = "given";
  Question resend{.asked = Asked::resend, .tag = "T", .patient = {}, .items = {}, .collected_since_ms = {}, .side = "", .from = {}, .to = {}, .numbers = {"R1", "R|2^3"}};
  for (const auto& q : {reports, digests, listing, resend}) {
    const auto read = read_question(message(written(write_question(q, kEnvelope))));
    REQUIRE(read.question);
    CHECK(*read.question == q);
  }
}

TEST_CASE("a question that lacks what it needs is not written, one with what does not belong is not read") {
  auto q = person();
  q.patient.birth_date = {};
  CHECK(write_question(q, kEnvelope).error().id == "exchange.question_incomplete");
  const auto good = written(write_question(person(), kEnvelope));
  const auto fault = [&](const std::string& from, const std::string& to) {
    auto bytes = good;
    bytes.replace(bytes.find(from), from.size(), to);
    const auto read = read_question(message(bytes));
    CHECK_FALSE(read.question);
    return read.findings.empty() ? std::string() : std::string(read.findings.front().error.id) + " @ " + read.findings.front().error.where;
  };
  CHECK(fault("ZHQ01", "ZHQ00") == "exchange.question_unknown @ QPD-1");
  CHECK(fault("NAME^", "NOME^") == "exchange.question_parameter @ QPD-5");
  CHECK(fault("NNCHN", "WHAT") == "exchange.question_parameter @ QPD-3");
  CHECK(fault("|NAME^张三", "") == "exchange.question_incomplete @ QPD");
  CHECK(fault("BIRTH^19491231", "BIRTH^19491331") == "exchange.question_parameter @ QPD-6");
}

TEST_CASE("an answer carries messages and rows as they were, and a refusal is no answer") {
  QuestionAnswer a{.asked_id = "C7", .tag = "C7", .asked = Asked::reports, .more = true, .messages = {"MSH|^~\\&|\rPID|1\r", std::string("\x0B\x1C\r\0x", 5)}, .rows = {}};
  auto read = read_answer(written(write_answer(a, kEnvelope)));
  REQUIRE(read);
  CHECK(*read == a);
  QuestionAnswer rows{.asked_id = "C7", .tag = "C7", .asked = Asked::listing, .more = false, .messages = {}, .rows = {{"R1", "2", "abc"}, {"R|^2", "1", "d"}}};
  read = read_answer(written(write_answer(rows, kEnvelope)));
  REQUIRE(read);
  CHECK(*read == rows);
  CHECK(read_answer("MSH|^~\\&|A|B|C|D|20261122||ACK^Q11^ACK|1|P|2.5.1\rMSA|AR|C7\r").error().id == "exchange.asked_refused");
  CHECK(read_answer("MSH|^~\\&|A|B|C|D|20261122||ACK^Q11^ACK|1|P|2.5.1\rMSA|AA|C7\r").error().id == "exchange.not_an_answer");
  CHECK_FALSE(read_answer("rubbish"));
}

TEST_CASE("index entries and consent messages read back as written - faulty ones name their field") {
  const IndexMessage entry{.handle = std::string(32, 'a'), .version = 3, .withdrawn = false, .tokens = {std::string(64, '0'), std::string(64, 'f')}, .items = {"GLU", "K"},
                           .collected_at = *parse_hl7_time("20261122070000+0800", 480)};
  const auto bytes = written(write_index(entry, kEnvelope));
  CHECK(*read_index(message(bytes), 480).entry == entry);
  auto bad = bytes;
  bad.replace(bad.find("|3|A|"), 5, "|0|Q|");
  const auto read = read_index(message(bad), 480);
  CHECK_FALSE(read.entry);
  REQUIRE(read.findings.size() == 2);
  CHECK(read.findings[0].error.where == "ZIX-2");
  CHECK(read.findings[1].error.where == "ZIX-3");

  const ConsentMessage consent{.id = "C7", .given = false, .at = *parse_hl7_time("20261122101500+0800", 480), .reports = {{"HA", "R1", 2, "", ""}, {"HA", "R2", 1, "", ""}}};
  CHECK(*read_consent(message(written(write_consent(consent, kEnvelope))), 480).consent == consent);
  auto given = consent;
  given.given = true;
  CHECK(*read_consent(message(written(write_consent(given, kEnvelope))), 480).consent == given);
}
