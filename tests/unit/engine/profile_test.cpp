// A profile per partner and per feed: built in, or a CSV file beside local.toml.
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {
const std::string kHead = "path,rule,value,severity\n";
std::string without_sex(const std::string& id) {
  auto bytes = Hospital::oru("R-" + id, id);
  return bytes.replace(bytes.find("|F\rORC"), 2, "|");
}
}  // namespace

TEST_CASE("a partner's profile tightens") {
  Hospital b;
  b.write("strict_county.csv", kHead + "*,base,alliance,\nPID-8,usage,R,error\n");
  b.config.partners[0].profile = "strict_county.csv";
  b.open();
  const auto reply = b.receive(without_sex("M1")).body;
  CHECK(reply.find("MSA|AE|M1") != std::string::npos);
  CHECK(reply.find("ERR||PID^1^8|101") != std::string::npos);
  CHECK(b.receive(Hospital::oru("R2", "M2")).body.find("MSA|AA|M2") != std::string::npos);
  CHECK(b.from_own_lab(without_sex("M3")).body.find("MSA|AA|M3") != std::string::npos);  // the feed has its own
}

TEST_CASE("a partner's profile loosens, and one partner's does not loosen another's") {
  auto no_obx11 = Hospital::oru("R1", "M1");
  no_obx11.replace(no_obx11.find("|N|||F|"), 7, "|N||||");
  Hospital usual, lenient;
  usual.open();
  CHECK(usual.receive(no_obx11).body.find("MSA|AE|M1") != std::string::npos);
  lenient.write("old.csv", kHead + "*,base,alliance,\nOBX-11,usage,O,\n");
  lenient.config.partners[0].profile = "old.csv";
  lenient.open();
  CHECK(lenient.receive(no_obx11).body.find("ERR||OBX^1^11|101") == std::string::npos);
}

TEST_CASE("a feed's profile tightens") {
  Hospital b;
  b.config.feeds[0].profile = "strict";
  b.open();
  CHECK(b.from_own_lab(Hospital::oru("R1", "M1", "high")).body.find("ERR||OBX^1^5|102") != std::string::npos);
  CHECK(b.from_own_lab(Hospital::oru("R1", "M2", "high")).body.find("MSA|AE") != std::string::npos);
}

TEST_CASE("where the profile declares control ids unique, one used again for other content is refused, as often as it comes") {
  Hospital b;
  b.write("unique.csv", kHead + "*,base,alliance,\nMSH-10,unique,,\n");
  b.config.partners[0].profile = "unique.csv";
  b.open();
  b.registers();
  b.encounter();
  const auto first = b.receive(Hospital::oru("R1", "M1"));
  CHECK(first.body.find("MSA|AA|M1") != std::string::npos);
  const auto other = b.receive(Hospital::oru("R2", "M1"));
  CHECK(other.body.find("MSA|AE|M1") != std::string::npos);
  CHECK(other.body.find("|205") != std::string::npos);
  CHECK(other.body.find("inbound.control_id_again") != std::string::npos);
  CHECK(b.receive(Hospital::oru("R2", "M1")).body == other.body);
  CHECK(b.receive(Hospital::oru("R1", "M1")).body == first.body);
  CHECK(b.list().size() == 1);
  CHECK(b.receive(Hospital::oru("R2", "M2")).body.find("MSA|AA|M2") != std::string::npos);
}

TEST_CASE("a profile that is missing or faulty is refused at the start, by key or line and in words") {
  const auto refused = [](const std::string& name, const std::string& csv, bool feed) {
    Hospital b;
    if (!csv.empty()) b.write("p.csv", csv);
    (feed ? b.config.feeds[0].profile : b.config.partners[0].profile) = name;
    const auto opened = b.try_open();
    if (opened) return std::string("opened");
    CHECK(b.log_text().find("profile.refused") != std::string::npos);
    return opened.error().where + ' ' + std::string(opened.error().id);
  };
  CHECK(refused("p.csv", "", false) == "partner.other.profile hl7.no_profile");
  CHECK(refused("stict", "", false) == "partner.other.profile hl7.no_profile");
  CHECK(refused("", "", true).ends_with(".profile hl7.no_profile"));
  CHECK(refused(".", "", false) == "partner.other.profile hl7.no_profile");
  CHECK(refused("p.csv", kHead + "PID-8,usage,R,error\nPDI-3,usage,R,error\n", true) == "p.csv:3 hl7.profile_path");
  CHECK(refused("p.csv", kHead + std::string(1 << 20, ' '), false) == "partner.other.profile hl7.too_large");
}
