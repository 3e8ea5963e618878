#include "core/hl7/profile.hpp"

#include <catch2/catch.hpp>

#include "core/hl7/dictionary.hpp"

using namespace huren;
using namespace huren::hl7;

namespace {

const std::string kMsh = "MSH|^~\\&|LIS|A|HIS|B|20261122093000+0800||ORU^R01^ORU_R01|M1|P|2.5.1\r";
const std::string kPid = "PID|1||7^^^A^MR||张^三||19491231|M\r";
const std::string kObr = "OBR|1|||2345-7^Glucose^LN\r";
const std::string kObx = "OBX|1|NM|2345-7^Glucose^LN||5.6|mmol/L|3.9-6.1|N|||F\r";

std::string lines(const std::string& bytes, const Profile& profile = Profile::standard()) {
  const auto m = Message::read(bytes);
  REQUIRE(m);
  std::string out;
  for (const auto& f : check(*m, profile))
    out += (f.severity == Severity::error ? "E " : f.severity == Severity::warning ? "W " : "I ") + f.error.where + ' ' +
           std::string(f.error.id.substr(4)) + '\n';
  return out;
}

}  // namespace

TEST_CASE("a right message has no findings") {
  CHECK(lines(kMsh + kPid + kObr + kObx + kObx).empty());
  CHECK(lines(kMsh + kPid + "ZX1|anything\r" + kObr + kObx).empty());
  CHECK(lines(kMsh + kPid + kObr + kObx, *Profile::named("alliance")).empty());
  CHECK(lines(kMsh + kPid + kObr + kObx, *Profile::named("strict")).empty());
}

TEST_CASE("structure faults name the segment and the place") {
  CHECK(lines(kMsh + kPid + kObx) == "E OBR segment_missing\n");
  CHECK(lines(kMsh + kPid + kObr + kObx + "PV1|1|I\r") == "E PV1 segment_unexpected\n");
  CHECK(lines(kMsh + kPid) == "E OBR segment_missing\n");
  CHECK(lines(kMsh + kObr + kObx).empty());
  CHECK(lines(kMsh + kObr + kObx, *Profile::named("alliance")) == "E PID segment_missing\n");
}

TEST_CASE("a second order after an order with OBX is not taken for a prior result") {
  const std::string msh = "MSH|^~\\&|HIS|A|LIS|B|20261122||OML^O21^OML_O21|M1|P|2.5.1\r";
  const std::string order = "ORC|NW|1\rOBR|1|1||2345-7^Glucose^LN\r";
  CHECK(lines(msh + kPid + order + order).empty());
  CHECK(lines(msh + kPid + order + kPid + "ORC|NW\rOBR|1|||2345-7^Glucose^LN\r" + kObx + order).empty());
}

TEST_CASE("fields are checked for presence, repetition, type and table") {
  CHECK(lines(kMsh + "PID|x||||张^三||1949123|M\r" + kObr + kObx) ==
        "E PID-1 data_type\nE PID-3 field_required\nE PID-7.1 data_type\n");
  CHECK(lines(kMsh + kPid + kObr + "OBX|1|NM|a^b^L||high||||||Q\r") == "E OBX-5 data_type\nE OBX-11 not_in_table\n");
  CHECK(lines(kMsh + kPid + kObr + "OBX|1||a^b^L||high||||||F\r") == "W OBX-2 value_type\n");
  CHECK(lines(kMsh + kPid + kObr + "OBX|1|ST|a^b^L||bad \\F escape||||||F\r") == "W OBX-5 escape\n");
  CHECK(lines(kMsh + kPid + kObr + "OBX|1|ST|a^b^L~c||v||||||F\r") == "W OBX-3 field_repeats\n");
}

TEST_CASE("a coded field may name another system than the table that is suggested for it") {
  const auto specimen = [](const std::string& code) { return lines(kMsh + kPid + kObr + kObx + "SPM|1|||" + code + "\r"); };
  CHECK(specimen("SER^Serum^HL70487").empty());
  CHECK(specimen("serum^Serum^L").empty());
  CHECK(specimen("serum^Serum") == "W SPM-4.1 not_in_table\n");
  CHECK(specimen("serum^Serum^HL70487") == "W SPM-4.1 not_in_table\n");
  CHECK(specimen("^Serum^L") == "");
  const auto agreed = Profile::parse("path,rule,value,severity\n*,base,standard,\nSPM-4,table,0487,\n", "agreed");  // whatever system is named
  REQUIRE(agreed);
  CHECK(lines(kMsh + kPid + kObr + kObx + "SPM|1|||serum^Serum^L\r", *agreed) == "W SPM-4.1 not_in_table\n");
}

TEST_CASE("results that take turns with their notes are each checked") {
  const std::string wrong = "OBX|2|NM|2345-7^Glucose^LN||high|mmol/L|3.9-6.1|N|||Q\r", note = "NTE|1|L|seen\r";
  CHECK(lines(kMsh + kPid + kObr + kObx + note + kObx + note + note + kObx).empty());
  CHECK(lines(kMsh + kPid + kObr + kObx + note + wrong + note + kObx + note + wrong) ==
        "E OBX[2]-5 data_type\nE OBX[2]-11 not_in_table\nE OBX[4]-5 data_type\nE OBX[4]-11 not_in_table\n");
  CHECK(lines(kMsh + kPid + kObr + note + kObx + "PV1|1|I\r" + note + kObx) == "E PV1 segment_unexpected\n");
}

TEST_CASE("another version than 2.5 gets warnings where 2.5.1 would give errors") {
  const std::string msh = "MSH|^~\\&|LIS|A|HIS|B|20261122||ORU^R01|M1|P|2.3\r";
  CHECK(lines(msh + "PID|1||||a^b\r" + kObr + kObx) == "W PID-3 field_required\n");
  CHECK(lines("MSH|^~\\&|LIS|A|HIS|B|20261122||ORU^R01|M1|P|2.999\r" + kPid + kObr + kObx) == "W MSH-12 version\n");
}

TEST_CASE("a partner's profile tightens and loosens") {
  const auto tight = Profile::parse(
      "path,rule,value,severity\n*,base,standard,\nPID-8,usage,R,warning\nPID-5,length,2,error\nOBX-8,usage,X,error\n"
      "PID-3.5,value,NI,error\nORU_R01:PV1,usage,R,error\n",
      "tight");
  REQUIRE(tight);
  CHECK(lines(kMsh + "PID|1||7^^^A^MR||张^三||19491231\r" + kObr + kObx, *tight) ==
        "E PID-5 too_long\nW PID-8 field_required\nE OBX-8 field_forbidden\nE PID-3.5 value_expected\nE PV1 segment_missing\n");
  const auto loose = Profile::parse("path,rule,value,severity\n*,base,standard,\nPID-3,usage,O,\nOBX,severity,hl7.data_type,info\n", "loose");
  REQUIRE(loose);
  CHECK(lines(kMsh + "PID|1||||张^三\r" + kObr + "OBX|1|NM|a^b^L||high||||||F\r", *loose) == "I OBX-5 data_type\n");
}

TEST_CASE("a severity is set for a segment, one of its fields or one component, and for nothing beside it") {
  const auto with = [](const std::string& rule) {
    return lines(kMsh + kPid + kObr + "OBX|1|ED|a^b^L||A^nothing^none^Base64^QQ==||||||nowhere\r",
                 *Profile::parse("path,rule,value,severity\n*,base,standard,\n*,severity,hl7.not_in_table,warning\n" + rule, "p"));
  };
  const auto all = with("");
  CHECK(all == "W OBX-5.2 not_in_table\nW OBX-5.3 not_in_table\nW OBX-11 not_in_table\n");
  CHECK(with("OBX,severity,hl7.not_in_table,off\n").empty());
  CHECK(with("OBX-5,severity,hl7.not_in_table,off\n") == "W OBX-11 not_in_table\n");
  CHECK(with("OBX-5.2,severity,hl7.not_in_table,off\n") == "W OBX-5.3 not_in_table\nW OBX-11 not_in_table\n");
}

TEST_CASE("a partner's profile loosens what its base asks for: of rules about one place the last one wins") {
  const auto checked = [](const std::string& rules) {
    return lines(kMsh + "PID|1||||张^三||19491231|M\r" + kObr + "OBX|1|NM|2345-7^Glucose^LN||5.6|mmol/L|3.9-6.1|N|||\r",
                 *Profile::parse("path,rule,value,severity\n*,base,alliance,\n" + rules, "p"));
  };
  const auto base = checked("");
  CHECK(base.find("E OBX-11 field_required") != std::string::npos);
  CHECK(base.find("E PID-3.1 component_required") != std::string::npos);
  CHECK(checked("OBX-11,usage,O,\n").find("OBX-11") == std::string::npos);
  CHECK(checked("OBX-11,usage,R,warning\n").find("W OBX-11 field_required") != std::string::npos);
  CHECK(checked("OBX-11,usage,R,warning\n").find("E OBX-11") == std::string::npos);
  CHECK(checked("OBX-11,usage,R,off\n").find("OBX-11") == std::string::npos);
  CHECK(checked("OBX-11,usage,O,\nOBX-11,usage,R,error\n").find("E OBX-11") != std::string::npos);
  CHECK(checked("PID-3,usage,O,\n").find("PID-3.1") != std::string::npos);  // another place
  CHECK(checked("PID-3,usage,O,\nPID-3.1,usage,O,\n").find("PID-3") == std::string::npos);
  CHECK(checked("MSH-11,value,T,error\n").find("E MSH-11 value_expected") != std::string::npos);
  CHECK(checked("MSH-11,value,T,error\nMSH-11,value,P,error\n").find("MSH-11") == std::string::npos);
  CHECK(checked("PID-5,length,2,off\n").find("PID-5") == std::string::npos);
  CHECK(checked("ORU_R01:PID-8,usage,X,error\nADT_A01:PID-8,usage,O,\n").find("E PID-8 field_forbidden") != std::string::npos);
}

TEST_CASE("a wrong rule is refused by its line, and the words say what is wrong with it") {
  const auto fault = [](const std::string& csv) {
    const auto p = Profile::parse(csv, "p.csv");
    if (p) return std::string("accepted");
    const auto* entry = catalogue_entry(p.error().id);
    REQUIRE(entry);
    return p.error().where + ' ' + std::string(p.error().id);
  };
  const std::string head = "path,rule,value,severity\n";
  CHECK(fault("") == "p.csv:1 hl7.profile_head");
  CHECK(fault("PID-3,usage,R,error\n") == "p.csv:1 hl7.profile_head");
  CHECK(fault(head + "\xB9\xE6,usage,R,\n") == "p.csv hl7.profile_utf8");
  CHECK(fault(head + "PID-3,usage,\"R,\n") == "p.csv, line 3 csv.quote");
  CHECK(fault(head + "nonsense\n") == "p.csv:2 hl7.profile_row");
  CHECK(fault(head + "\n\nPID-3,usage,R,error,more\n") == "p.csv:4 hl7.profile_row");
  CHECK(fault(head + "*,base,stnadard,\n") == "p.csv:2 hl7.profile_base");
  for (const auto* path : {"PDI-3", "pid-3", "PID-3-1", "*", "", "ORU_R0X:PID", "Z1-3"}) CHECK(fault(head + path + ",usage,R,error\n") == "p.csv:2 hl7.profile_path");
  for (const auto* rule : {"PID,length,48,", "PID,table,none,", "PID,value,x,", "PID-3,unique,,", "MSH,unique,,"}) CHECK(fault(head + rule + "\n") == "p.csv:2 hl7.profile_path");
  CHECK(fault(head + "PID-3,usge,R,error\n") == "p.csv:2 hl7.profile_rule");
  for (const auto* rule : {"PID-3,usage,Y,", "PID-3,length,long,", "PID-3,repeat,-1,", "PID-8,table,9999,", "*,severity,hl7.nothing,off"})
    CHECK(fault(head + rule + "\n") == "p.csv:2 hl7.profile_value");
  for (const auto* rule : {"PID-3,usage,R,fatal", "*,severity,hl7.too_long,"}) CHECK(fault(head + rule + "\n") == "p.csv:2 hl7.profile_severity");
  CHECK(fault(head + "ZRD-3,usage,R,error\nPID-5.2,usage,R,\nORU_R01:PID,usage,R,error\nPID-8,table,0001,\n") == "accepted");
}

TEST_CASE("a profile says whether its sender's control ids are unique, the last row wins") {
  const std::string head = "path,rule,value,severity\n*,base,alliance,\n";
  CHECK_FALSE(Profile::named("alliance")->unique_control_ids());
  CHECK(Profile::parse(head + "MSH-10,unique,,\n", "p")->unique_control_ids());
  CHECK_FALSE(Profile::parse(head + "MSH-10,unique,,\nMSH-10,unique,,off\n", "p")->unique_control_ids());
}

TEST_CASE("every structure of the data parses, and every event names one") {
  const auto& d = dictionary();
  CHECK(d.structures.size() > 50);
  CHECK(d.segments.size() > 70);
  CHECK(d.types.size() > 40);
  CHECK(d.tables.size() > 40);
  for (const auto& [event, structure] : d.events) {
    INFO(event);
    CHECK(d.structure(structure) != nullptr);
  }
  for (const auto* name : {"standard", "strict", "alliance"}) CHECK(Profile::named(name) != nullptr);
}
