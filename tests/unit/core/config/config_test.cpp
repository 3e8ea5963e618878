// What a hospital's local.toml may say, and how each fault is told.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "core/config/config.hpp"

using namespace huren;
using config::parse;

namespace {

const std::string kHospital = "[hospital]\ncode = \"A\"\nname = \"甲\"\n";  // three lines, sound by itself

std::string file(const std::string& path) {
  std::ifstream in(std::string(HUREN_SOURCE_DIR) + "/" + path, std::ios::binary);
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string shown(const Findings& findings) {
  std::string out;
  for (const auto& f : findings) out += line(f.error) + "\n";
  return out;
}

// The only finding, as "where id arg arg".
std::string only(const config::Parsed& parsed) {
  INFO(shown(parsed.findings));
  REQUIRE(parsed.findings.size() == 1);
  const auto& e = parsed.findings[0].error;
  CHECK(status_of(e) == -201);
  CHECK(text(e, Language::zh) != text(e, Language::en));
  std::string out = e.where + " " + std::string(e.id);
  for (const auto& a : e.args) out += " " + a;
  return out;
}

const std::string kTls = "[listener]\ncertificate=\"a\"\nprivate_key=\"b\"\ntrust=\"c\"\n";
const std::string kPin(64, 'a');

std::string partner(const std::string& name, const std::string& organisation) {
  return "[partner." + name + "]\norganisation=\"" + organisation + "\"\nname=\"乙\"\naddress=\"h:1\"\ncertificate_sha256=\"" + kPin + "\"\n";
}

}  // namespace

TEST_CASE("config: the annotated example parses clean and shows every declared table") {
  const auto parsed = parse(file("packaging/doc/local.toml.example"), "local.toml.example");
  CHECK(shown(parsed.findings) == "");
  const auto& c = parsed.config;
  CHECK(c.hospital.code == "12420100MB0A000013");
  CHECK(c.hospital.offset_minutes == 480);
  CHECK(c.listener.at("listen") == "0.0.0.0:2575");
  REQUIRE(c.partners.size() == 1);
  CHECK(c.partners[0].code == "city_hospital");
  CHECK(c.partners[0].hospital.level == 3);
  CHECK(c.partners[0].options.at("address") == "hl7.city-hospital.example:2575");
  CHECK(c.partners[0].options.count("adapter") == 0);
  REQUIRE(c.feeds.size() == 1);
  CHECK(c.feeds[0].options.at("charset") == "GB18030");
  REQUIRE(c.agreements.size() == 1);
  CHECK(c.agreements[0].from == Date{2026, 1, 1});
  CHECK_FALSE(c.agreements[0].to.present());
  CHECK(c.agreements[0].window_days.at("class:chemistry") == 30);
  CHECK(c.agreements[0].all_items);
  CHECK(c.data_dir == "data");
  CHECK(c.max_body_bytes == 8 * 1024 * 1024);
}

TEST_CASE("config: every declared option is named in the example") {
  const auto example = file("packaging/doc/local.toml.example");
  for (const auto& row : config::declared()) {
    INFO(row.key);
    const auto key = row.key.substr(row.key.rfind('.') + 1);
    CHECK((example.find("\n" + key + " = ") != std::string::npos || example.find("# " + key + " = ") != std::string::npos ||
           example.find("." + key + "]") != std::string::npos));
  }
}

TEST_CASE("config: every row of the option catalogue has a type, a sound default and help in both languages") {
  REQUIRE(config::declared().size() > 40);
  for (const auto& row : config::declared()) {
    INFO(row.key);
    CHECK(!row.type.empty());
    CHECK(!row.help_zh.empty());
    CHECK(!row.help_en.empty());
    CHECK((row.required.empty() || row.fallback.empty()));
  }
  const auto parsed = parse(kHospital, "f");
  CHECK(shown(parsed.findings) == "");
  CHECK(parsed.config.mode == "embedded");
  CHECK(parsed.config.submit_timeout_ms == 2000);
  CHECK(parsed.config.max_attempts == 8);
  CHECK(parsed.config.listener.empty());
  CHECK(parsed.config.store_options.at("directory") == "data");
}

TEST_CASE("config: an unknown key is refused with its line and the likely one") {
  CHECK(only(parse(kHospital + "[spool]\nsubmit_timeout = 5\n\n", "local.toml")) .find("local.toml:5 config.unknown_key") == 0);
  CHECK(only(parse(kHospital + "regoin = \"42\"\n", "local.toml")) == "local.toml:4 config.unknown_key_near hospital.regoin hospital.region");
  CHECK(only(parse(kHospital + "somethingelse = 1\n", "local.toml")) == "local.toml:4 config.unknown_key hospital.somethingelse");
  CHECK(only(parse(kHospital + "[engin]\nmode = \"agent\"\n", "local.toml")) == "local.toml:4 config.unknown_table_near engin engine");
  CHECK(only(parse(kHospital + "[qwertyuiop]\n", "local.toml")) == "local.toml:4 config.unknown_table qwertyuiop");
  CHECK(only(parse("stray = 1\n" + kHospital, "x")).find("x:1 config.unknown_table") == 0);
}

TEST_CASE("config: a wrong type or value is refused with its line") {
  const auto refused = [](const std::string& table, const std::string& row) {
    return only(parse(kHospital + "[" + table + "]\n" + row + "\n", "local.toml"));
  };
  CHECK(refused("spool", "submit_timeout_ms = \"2000\"") == "local.toml:5 config.not_integer spool.submit_timeout_ms 50 60000");
  CHECK(refused("spool", "submit_timeout_ms = 49") == "local.toml:5 config.not_integer spool.submit_timeout_ms 50 60000");
  CHECK(refused("spool", "submit_timeout_ms = 60001") == "local.toml:5 config.not_integer spool.submit_timeout_ms 50 60000");
  CHECK(refused("spool", "submit_timeout_ms = 2000.0").find("config.not_integer") != std::string::npos);
  CHECK(refused("engine", "mode = \"remote\"") == "local.toml:5 config.not_choice engine.mode \"embedded\", \"agent\"");
  CHECK(refused("engine", "mode = 1").find("config.not_choice") != std::string::npos);
  CHECK(refused("engine", "path = \"\"").find("config.not_text") != std::string::npos);
  CHECK(refused("engine", "path = \"a\\u0000b\"").find("config.not_text") != std::string::npos);
  CHECK(refused("store", "adapter = \"a b\"").find("config.not_identifier") != std::string::npos);
  for (const auto* bad : {"\"h\"", "\":1\"", "\"h:65536\"", "\"h:x\"", "\"h:\"", "\"a:b:1\"", "2575", "\"h :1\"", "\"h:-1\"", "\"h:+1\""}) {
    INFO(bad);
    CHECK(refused("feed.lis", std::string("listen = ") + bad).find("config.not_address") != std::string::npos);
  }
  CHECK(parse(kHospital + "[feed.lis]\nlisten = \"[::1]:2575\"\n", "f").findings.empty());
  for (const auto* bad : {"\"8\"", "\"+8:00\"", "\"+08:60\"", "\"+15:00\"", "\"+0800\"", "8"}) {
    INFO(bad);
    CHECK(only(parse(kHospital + "zone = " + bad + "\n", "local.toml")) == "local.toml:4 config.not_offset hospital.zone");
  }
  CHECK(parse(kHospital + "zone = \"-03:30\"\n", "f").config.hospital.offset_minutes == -210);
}

TEST_CASE("config: the accounts that the agent serves are read whole, however many and long") {
  const auto parsed = parse(kHospital + "[engine]\nmode = \"agent\"\n[agent]\nusers = [\"his-of-the-outpatient-department\", \"60123\", \"laboratory-middleware-account\"]\n", "local.toml");
  INFO(shown(parsed.findings));
  CHECK(parsed.config.agent.users == std::vector<std::string>{"his-of-the-outpatient-department", "60123", "laboratory-middleware-account"});
}

TEST_CASE("config: required keys are missed with the line of their table") {
  const auto parsed = parse("[hospital]\nname = \"甲\"\n", "f");
  CHECK(only(parsed).find("f:1 config.missing_key hospital.code") == 0);
  CHECK(parse("", "f").findings.size() == 2);  // code and name, no table at all
  CHECK(parse("", "f").findings[0].error.where == "f");
  CHECK(only(parse(kHospital + kTls + "[partner.b]\norganisation=\"B\"\nname=\"乙\"\ncertificate_sha256=\"" + kPin + "\"\n", "f"))
            .find("f:8 config.missing_key partner.b.address") == 0);
  CHECK(parse(kHospital + "[partner.b]\norganisation=\"B\"\nname=\"乙\"\nadapter=\"partner.loopback\"\n", "f").findings.empty());
}

TEST_CASE("config: a TLS partner needs this hospital's own certificate, key and trust") {
  const auto parsed = parse(kHospital + partner("b", "B"), "f");
  REQUIRE(parsed.findings.size() == 3);
  for (const auto& f : parsed.findings) CHECK(f.error.id == "config.missing_key");
  CHECK(parse(kHospital + kTls + partner("b", "B"), "f").findings.empty());
}

TEST_CASE("config: duplicates are refused: keys, tables, hospitals, ports") {
  CHECK(only(parse(kHospital + "name = \"丙\"\n", "f")).find("f:4 config.syntax") == 0);
  CHECK(only(parse(kHospital + "[spool]\n[spool]\n", "f")).find("f:5 config.syntax") == 0);
  CHECK(only(parse(kHospital + kTls + partner("b", "A"), "f")) == "f:9 config.organisation_twice A");
  CHECK(only(parse(kHospital + "[feed.a]\nlisten=\"h:1\"\n[feed.b]\nlisten=\"h:1\"\n", "f")) == "f:7 config.address_twice h:1");
  CHECK(parse(kHospital + "[feed.a]\nlisten=\"h:0\"\n[feed.b]\nlisten=\"h:0\"\n", "f").findings.empty());
}

TEST_CASE("config: an agreement names a configured partner and ends after it begins") {
  const auto base = kHospital + kTls + partner("city", "B");  // 12 lines
  const auto with = [&](const std::string& rows) { return parse(base + "[agreement.x]\n" + rows, "f"); };
  CHECK(with("partner=\"city\"\nfrom=2026-01-01\nto=\"2026-12-31\"\n").findings.empty());
  CHECK(only(with("partner=\"ctiy\"\nfrom=2026-01-01\n")) == "f:14 config.unknown_partner_near x ctiy city");
  CHECK(only(with("partner=\"elsewhere\"\nfrom=2026-01-01\n")) == "f:14 config.unknown_partner x elsewhere");
  CHECK(only(with("partner=\"city\"\nfrom=2026-02-01\nto=2026-01-31\n")) == "f:16 config.dates_reversed x");
  CHECK(only(with("partner=\"city\"\nfrom=\"2026-02-30\"\n")).find("f:15 config.not_date") == 0);
  CHECK(only(with("partner=\"city\"\nfrom=\"2026-02\"\n")).find("f:15 config.not_date") == 0);
  CHECK(only(with("partner=\"city\"\nfrom=2026-01-01\nitems=[\"K\", 3]\n")).find("f:16 config.not_list") == 0);
  CHECK(only(with("partner=\"city\"\nfrom=2026-01-01\nwindow_days={K=-1}\n")).find("f:16 config.not_days") == 0);
  const auto full = with("partner=\"city\"\nfrom=2026-01-01\nitems=[\"K\",\"Na\"]\nwindow_days={K=7, \"class:chemistry\"=30}\n");
  CHECK(full.config.agreements[0].items == std::vector<std::string>{"K", "Na"});
  CHECK(full.config.agreements[0].referral_days == 30);
  CHECK(full.config.agreements[0].answer_minutes[2] == 10);
  CHECK(full.config.agreements[0].reading_minutes[1] == 120);
  const auto own = with("partner=\"city\"\nfrom=2026-01-01\nanswer_minutes_critical=5\npackage_days=7\nbackfill_days=3\nsummary_items=[\"GLU\"]\n");
  CHECK(shown(own.findings) == "");
  CHECK(own.config.agreements[0].answer_minutes[2] == 5);
  CHECK(own.config.agreements[0].package_days == 7);
  CHECK(own.config.agreements[0].backfill_days == 3);
  CHECK(own.config.agreements[0].summary_items == std::vector<std::string>{"GLU"});
  CHECK(full.config.agreements[0].window_days == std::map<std::string, int>{{"K", 7}, {"class:chemistry", 30}});
}

TEST_CASE("config: a certificate pin is 64 hexadecimal digits, colons and capitals allowed") {
  const auto pin = [](const std::string& value) {
    return parse(kHospital + kTls + "[partner.b]\norganisation=\"B\"\nname=\"乙\"\naddress=\"h:1\"\ncertificate_sha256=\"" + value + "\"\n", "f");
  };
  std::string colons;
  for (int i = 0; i < 32; ++i) colons += i ? ":AB" : "AB";
  const auto read = pin(colons);
  REQUIRE(read.findings.empty());
  std::string plain;
  for (int i = 0; i < 32; ++i) plain += "ab";
  CHECK(read.config.partners[0].options.at("certificate_sha256") == plain);
  CHECK(only(pin(plain.substr(1))).find("f:12 config.not_sha256") == 0);
  CHECK(only(pin(plain.substr(1) + "g")).find("f:12 config.not_sha256") == 0);
}

TEST_CASE("config: all faults are told at once, in the order of the file") {
  const auto parsed = parse(kHospital + "zone=8\n[spool]\nmax_body_bytes=1\n[engine]\nmode=\"x\"\nlevel=3\n", "f");
  REQUIRE(parsed.findings.size() == 4);
  CHECK(parsed.findings[0].error.where == "f:4");
  CHECK(parsed.findings[1].error.where == "f:6");
  CHECK(parsed.findings[2].error.where == "f:8");
  CHECK(parsed.findings[3].error.where == "f:9");
}

TEST_CASE("config: what is not TOML, not UTF-8, not small or not a table is refused") {
  CHECK(only(parse("[hospital\n", "f")).find("f:1 config.syntax") == 0);
  CHECK(only(parse("[hospital]\nname = \"\xC4\xE3\"\n", "f")) == "f:2 config.not_utf8");
  CHECK(only(parse(std::string(1024 * 1024 + 1, '#'), "f")).find("f config.too_large") == 0);
  CHECK(only(parse("partner = 3\n" + kHospital, "f")) == "f:1 config.not_table partner");
  CHECK(only(parse(kHospital + "[partner]\nb = 3\n", "f")) == "f:5 config.not_table partner.b");
  CHECK(only(parse(kHospital + "[partner.\"B b\"]\n", "f")) == "f:4 config.bad_name partner.B b");
  CHECK(parse("\xEF\xBB\xBF" + kHospital, "f").findings.empty());
  CHECK(parse(std::string("[[[[[[[[") + std::string(5000, '['), "f").findings.size() == 1);
}

TEST_CASE("config: a feed needs a source, and a key its certificate") {
  CHECK(only(parse(kHospital + "[feed.lis]\n", "f")) == "f:4 config.feed_without_source lis");
  CHECK(only(parse(kHospital + "[feed.lis]\ndirectory=\"in\"\ncertificate=\"c\"\n", "f")) == "f:4 config.key_without_certificate [feed.lis]");
  CHECK(only(parse(kHospital + "[delivery]\nretry_first_ms=5000\nretry_ceiling_ms=4000\n", "f")) == "f:6 config.retry_reversed");
}

TEST_CASE("config: where an adapter is named is kept - by its line, or its table's when it is left out") {
  const auto c = parse(kHospital + kTls + partner("b", "B") + "adapter=\"partner.nosuch\"\n" + partner("c", "C") + "[feed.lis]\ndirectory=\"in\"\nadapter=\"his.nosuch\"\n", "f").config;
  REQUIRE(c.partners.size() == 2);
  CHECK(c.partners[0].adapter_at == "f:13 partner.b.adapter");
  CHECK(c.partners[1].adapter_at == "f:14 partner.c.adapter");
  REQUIRE(c.feeds.size() == 1);
  CHECK(c.feeds[0].adapter_at == "f:21 feed.lis.adapter");
  CHECK(c.store_adapter_at == "f store.adapter");
}
