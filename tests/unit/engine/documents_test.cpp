#include "tests/support/hospital.hpp"

#include <cstdlib>

#include "core/cda/lab_document.hpp"
#include "engine/signing/signing.hpp"

using namespace huren::test;
using namespace huren;

namespace {

// A sends to B; B's agreement decides about signatures. Keys are made by the openssl tool in A's folder.
struct Pair {
  Hospital a{"HB-COUNTY-01", "HB-CITY-01"}, b{"HB-CITY-01", "HB-COUNTY-01"};

  void key(const std::string& curve, const std::string& organisation = "HB-COUNTY-01") const {
    const std::string sm2 = curve == "SM2" ? " -sm3 -sigopt distid:1234567812345678" : "";
    const auto command = "cd '" + a.folder() + "' && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:" + curve + " -out sign.key 2>/dev/null && " +
                         "openssl req -new -x509 -key sign.key" + sm2 + " -subj '/O=" + organisation + "/CN=documents' -days 30 -out sign.pem 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }
  [[nodiscard]] std::string fingerprint() const {
    std::ifstream in(a.folder() + "/sign.pem");
    return signing::certificate_sha256(std::string(std::istreambuf_iterator<char>(in), {}));
  }
  void open(const char* sends, const char* takes) {
    a.config.agreements[0].signature = sends;
    a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
    b.config.agreements[0].signature = takes;
    a.open();
    b.open();
    b.registers();
    b.encounter();
    a.registers();
    a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T06:00:00+08:00"}});
  }
  // The bytes that A puts on the wire for a report.
  std::string sent() {
    a.submit("lab.report.released/1", Hospital::report("R1"));
    REQUIRE(a.eventually([&] { return !a.wire().sent().empty(); }));
    return a.wire().sent().front().body;
  }
  std::string answer(const std::string& bytes) { return b.receive(bytes).body; }
};

std::string swap(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a document is signed on its way out and verified on its way in, with P-256 and with SM2") {
  const std::string curve = GENERATE("P-256", "SM2");
  const std::string takes = GENERATE("required", "accepted");
  Pair p;
  p.key(curve);
  p.a.config.signing = {"sign.pem", "sign.key", "", ""};
  p.b.config.partners[0].signers = {p.fingerprint()};
  p.open("required", takes.c_str());
  const auto bytes = p.sent();
  CHECK(bytes.find("C0007.p7s") != std::string::npos);
  CHECK(p.answer(bytes).find("MSA|AA") != std::string::npos);
  CHECK(p.b.list().size() == 1);
}

TEST_CASE("without a signature the agreement decides: required refuses by name, accepted and off take it") {
  const std::string takes = GENERATE("required", "accepted", "off");
  Pair p;
  p.open("off", takes.c_str());
  const auto bytes = p.sent();
  CHECK(bytes.find("C0007.p7s") == std::string::npos);
  const auto answer = p.answer(bytes);
  CHECK((answer.find("MSA|AA") != std::string::npos) == (takes != "required"));
  CHECK((answer.find("signature.missing") != std::string::npos) == (takes == "required"));
  CHECK(p.b.list().size() == (takes == "required" ? 0U : 1U));
}

TEST_CASE("a wrong hospital's, an unregistered and an expired signer are refused by name, and so is a message that says something else") {
  Pair p;
  const std::string why = GENERATE("signature.wrong_hospital", "signature.unknown_signer", "signature.expired", "inbound.document_differs");
  p.key("P-256", why == "signature.wrong_hospital" ? "HB-ELSEWHERE" : "HB-COUNTY-01");
  p.a.config.signing = {"sign.pem", "sign.key", "", ""};
  p.b.config.partners[0].signers = {why == "signature.unknown_signer" ? std::string(64, 'a') : p.fingerprint()};
  p.open("required", "required");
  auto bytes = p.sent();
  if (why == "signature.expired") p.b.clock->advance(std::chrono::hours(24 * 40));
  if (why == "inbound.document_differs") bytes = swap(bytes, "|5.42|", "|4.52|");
  const auto answer = p.answer(bytes);
  CHECK(answer.find("MSA|AE") != std::string::npos);
  CHECK(answer.find(why) != std::string::npos);
  CHECK(p.b.list().empty());
}

TEST_CASE("a document packed with a dictionary that the receiver lacks is refused in words that say what to do, a damaged one in others") {
  Hospital b{"HB-CITY-01", "HB-COUNTY-01"};
  b.open();
  b.registers();
  b.encounter();
  const auto packed = [](const model::LabReport& report) { return *cda::write_packed_lab_report(report, {}); };
  const auto from_the_future = [&](const model::LabReport& report) {
    auto frame = packed(report);
    frame[5] = static_cast<char>(frame[5] + 1);  // RFC 8878 §3.1.1.1.3: its dictionary
    frame.resize(frame.size() - 16);  // the seal would say first that somebody changed it
    return frame;
  };
  const auto damaged = [&](const model::LabReport& report) {
    auto frame = packed(report);
    frame.back() = static_cast<char>(frame.back() ^ 1);
    return frame;
  };
  const auto unknown = b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1, from_the_future)).body;
  CHECK(unknown.find("MSA|AE|M1") != std::string::npos);
  CHECK(unknown.find("ERR||OBX^2^5^1^5|102") != std::string::npos);
  CHECK(unknown.find("pack.dictionary") != std::string::npos);
  CHECK(unknown.find("字典 32770") != std::string::npos);
  CHECK(unknown.find("packed = false") != std::string::npos);
  const auto broken = b.receive(Hospital::huren_oru("R1", "M2", "5.42", 1, damaged)).body;
  CHECK(broken.find("MSA|AE|M2") != std::string::npos);
  CHECK(broken.find("pack.damaged") != std::string::npos);
  CHECK(b.list().empty());
  CHECK(b.receive(Hospital::huren_oru("R1", "M3", "5.42", 1, packed)).body.find("MSA|AA|M3") != std::string::npos);
  CHECK(b.list().size() == 1);
}

TEST_CASE("a key that is not there, or not the certificate's, does not let the engine open") {
  Pair p;
  p.a.config.signing = {"sign.pem", "sign.key", "", ""};
  auto opened = p.a.try_open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().id == "signature.file");
  p.key("P-256");
  REQUIRE(std::system(("cd '" + p.a.folder() + "' && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.key 2>/dev/null").c_str()) == 0);
  opened = p.a.try_open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().id == "signature.pair");
}

TEST_CASE("a stranger's document that forks the chain of versions is parked by name - one after a gap takes effect and the gap is told") {
  Hospital b{"HB-CITY-01", "HB-COUNTY-01"};
  b.config.partners[0].huren = false;
  b.open();
  b.registers();
  b.encounter();
  // Ids as another vendor gives them; the second argument is the version that the document says it replaces.
  const auto document = [](int parent) {
    return [parent](const model::LabReport& r) {
      auto bytes = *cda::write_lab_report(r, {.mode = cda::Mode::strict, .kind = cda::Kind::lab_report, .id = cda::DocumentId{"1.2.3.4", "DOC-" + std::to_string(r.version)}, .effective_time = {}});
      const auto at = bytes.find("<parentDocument>");
      if (at == std::string::npos) return bytes;
      const auto from = bytes.find("<id ", at), to = bytes.find("/>", from);
      return bytes.replace(from, to - from, "<id root=\"1.2.3.4\" extension=\"DOC-" + std::to_string(parent) + "\"");
    };
  };
  const auto value = [&] { return b.list()[0]["value"].get<std::string>(); };
  b.receive(Hospital::huren_oru("R1", "C1", "5.42", 1, document(0)));
  CHECK(value() == "5.42");
  b.receive(Hospital::huren_oru("R1", "C2", "5.50", 2, document(1)));
  CHECK(value() == "5.50");
  CHECK(b.log_text().find("cda.fork") == std::string::npos);

  b.receive(Hospital::huren_oru("R1", "C3", "5.60", 3, document(1)));  // replaces the first again: a second branch
  CHECK(value() == "5.50");
  CHECK(b.log_text().find("cda.fork") != std::string::npos);

  CHECK(b.log_text().find("cda.version_gap") == std::string::npos);
  b.receive(Hospital::huren_oru("R1", "C5", "5.70", 5, document(4)));
  CHECK(value() == "5.70");
  CHECK(b.log_text().find("cda.version_gap") != std::string::npos);
}

TEST_CASE("the documents of a request are signed as reports are - an unsigned one does not count where signatures are required") {
  const std::string sends = GENERATE("required", "off");
  Pair p;
  p.key("P-256");
  p.a.config.signing = {"sign.pem", "sign.key", "", ""};
  p.b.config.partners[0].signers = {p.fingerprint()};
  p.open(sends.c_str(), "required");
  p.a.submit("referral.requested/1", {{"referral_id", "ZZ-1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"reason", "移植评估"}, {"at", "2026-11-22T09:00:00+08:00"},
                                      {"transfer", {{"items", Json::array({{{"key", "transfer_reason"}, {"value", "移植评估"}}})}}}});
  const auto bytes = [&] {
    REQUIRE(p.a.eventually([&] { return !p.a.wire().sent().empty(); }));
    return p.a.wire().sent().front().body;
  }();
  CHECK((bytes.find("TRANSFER.p7s") != std::string::npos) == (sends == "required"));
  CHECK(p.answer(bytes).find("MSA|AA") != std::string::npos);  // the request itself is never held back
  p.b.settle();
  const auto view = p.b.must_ask("referral.list/1", {{"doctor", Hospital::doctor()}})["referrals"][0];
  std::string presence;
  for (const auto& line : view["package"]["lines"])
    if (line["kind"] == "TRANSFER") presence = line["presence"];
  CHECK(presence == (sends == "required" ? "here" : "missing"));
  CHECK((view.dump().find("签名") != std::string::npos) == (sends == "off"));
}
