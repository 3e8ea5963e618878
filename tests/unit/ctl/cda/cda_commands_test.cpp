#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unistd.h>

#include "core/cda/lab_document.hpp"
#include "core/cda/rules.hpp"
#include "core/model/event.hpp"
#include "ctl/cda/cda_commands.hpp"
#include "tests/unit/core/cda/records.hpp"

using namespace huren;

namespace {

struct Desk {
  std::filesystem::path folder;
  std::string out, err;
  Desk() {
    std::string name = (std::filesystem::temp_directory_path() / "huren-ctl-cda-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    folder = name;
  }
  ~Desk() { std::filesystem::remove_all(folder); }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder / name).string(); }
  int run(const std::vector<std::string>& args) {
    std::ostringstream o, e;
    const int code = ctl::cda_command(args, o, e);
    out = o.str();
    err = e.str();
    return code;
  }
};

}  // namespace

TEST_CASE("cda write turns a report's JSON into a document that show turns back") {
  Desk d;
  const auto report = model::to_json(cda::test::report());
  const auto json = d.put("report.json", report);
  const std::string mode = GENERATE("cn", "strict");
  const std::string kind = GENERATE("C0007", "XD-LAB");
  REQUIRE(d.run({"write", "--mode", mode, "--kind", kind, "-o", d.path("a.xml"), json}) == 0);
  REQUIRE(d.run({"show", d.path("a.xml")}) == 0);
  const auto shown = nlohmann::json::parse(d.out);
  CHECK(shown["report"] == nlohmann::json::parse(report));
  CHECK(shown["head"]["mode"] == mode);
  CHECK(shown["head"]["kind"] == kind);
  CHECK(shown["findings"].empty());
}

TEST_CASE("cda write and show carry every kind of record") {
  Desk d;
  const auto kind = GENERATE(from_range(cda::test::record_kinds()));
  const auto record = model::to_json(cda::test::record(kind));
  REQUIRE(d.run({"write", "--kind", kind, "-o", d.path("a.xml"), d.put("record.json", record)}) == 0);
  REQUIRE(d.run({"show", d.path("a.xml")}) == 0);
  CHECK(nlohmann::json::parse(d.out)["record"] == nlohmann::json::parse(record));
}

TEST_CASE("cda check exits 0 when clean, 1 with errors, 2 when unreadable") {
  Desk d;
  const auto good = *cda::write_lab_report(cda::test::report(), {});
  auto bad = good;
  bad.replace(bad.find("<realmCode code=\"CN\"/>"), 22, "<realmCode code=\"US\"/>");
  const auto a = d.put("good.xml", good), b = d.put("bad.xml", bad), c = d.put("broken.xml", "<!DOCTYPE x>");
  CHECK(d.run({"check", a}) == 0);
  CHECK(d.out.empty());
  CHECK(d.run({"check", a, b}) == 1);
  CHECK(d.out.find("realmCode") != std::string::npos);
  CHECK(d.run({"check", "--lang", "en", a, b, c}) == 2);
  CHECK(d.out.find("DOCTYPE") != std::string::npos);
  CHECK(d.run({"check", "--json", b}) == 1);
  CHECK(d.out.find("\"id\": \"H01\"") != std::string::npos);
  CHECK(d.run({"check", d.path("absent.xml")}) == 2);
}

TEST_CASE("cda render gives the page and refuses what the gate refuses") {
  Desk d;
  CHECK(d.run({"render", d.put("a.xml", *cda::write_lab_report(cda::test::report(), {}))}) == 0);
  CHECK(d.out.starts_with("<!DOCTYPE html>"));
  CHECK(d.run({"render", d.put("b.xml", "<a>")}) == 2);
  CHECK(d.out.empty());
  CHECK(d.err.find("cda.") != std::string::npos);
}

TEST_CASE("cda sign and verify go together, and a changed document is refused with exit 1") {
  Desk d;
  const auto file = d.put("a.xml", *cda::write_lab_report(cda::test::report(), {}));
  const auto command = "openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout '" + d.path("k.pem") + "' -subj /O=ORG-A -days 9 -out '" +
                       d.path("c.pem") + "' 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  REQUIRE(d.run({"sign", "--key", d.path("k.pem"), "--cert", d.path("c.pem"), "-o", d.path("a.p7s"), file}) == 0);
  CHECK(d.run({"verify", "--signature", d.path("a.p7s"), "--cert", d.path("c.pem"), "--organisation", "ORG-A", file}) == 0);
  CHECK(nlohmann::json::parse(d.out)["algorithm"] == "ECDSA-P256");
  CHECK(d.run({"verify", "--signature", d.path("a.p7s"), "--cert", d.path("c.pem"), "--organisation", "ORG-B", file}) == 1);
  CHECK(d.err.find("signature.wrong_hospital") != std::string::npos);
  CHECK(d.run({"verify", "--signature", d.path("a.p7s"), "--cert", d.path("c.pem"), d.put("b.xml", "<other/>")}) == 1);
  CHECK(d.err.find("signature.mismatch") != std::string::npos);
  CHECK(d.run({"verify", "--signature", d.path("a.p7s"), "--cert", d.path("c.pem"), "--at", "2020-01-01T00:00:00Z", file}) == 1);
  CHECK(d.err.find("signature.not_yet_valid") != std::string::npos);
}

TEST_CASE("what is not understood gets the usage and exit 2") {
  Desk d;
  for (const auto& args : std::vector<std::vector<std::string>>{{}, {"show"}, {"dance", "x"}, {"check", "--frobnicate", "x"}, {"write", "--mode"}}) {
    CHECK(d.run(args) == 2);
    CHECK_FALSE(d.err.empty());
  }
  const auto json = d.put("r.json", model::to_json(cda::test::report()));
  CHECK(d.run({"write", "--mode", "fancy", json}) == 2);
  CHECK(d.run({"write", "--kind", "C9999", json}) == 2);
  CHECK(d.run({"write", "--kind", "C0006", json}) == 2);
  CHECK(d.run({"conformance"}) == 0);
  CHECK(d.out == cda::conformance_statement());
}
