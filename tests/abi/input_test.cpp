// What may come in wrong: bodies, types, configurations. Each a specific status and words; nothing is stored by half.
#include <catch2/catch.hpp>

#include "tests/abi/sandbox.hpp"

using namespace abi;

namespace {

struct Open {
  Sandbox box;
  huren_handle h = open(box);
  ~Open() { huren_close(h, 2000); }
  [[nodiscard]] std::int64_t depth() const { return health(h)["spool"]["depth"]; }
};

huren_status submit_as(huren_handle h, const std::string& key, const char* content_type, const std::string& body) {
  huren_event event{};
  event.struct_size = sizeof event;
  event.body_size = static_cast<std::uint32_t>(body.size());
  event.type = kType;
  event.key = key.c_str();
  event.content_type = content_type;
  event.body = body.data();
  return huren_submit(h, &event);
}

std::string refused(const Sandbox& box) {  // the words; "" when it opened
  huren_handle h = 9;
  const auto status = huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h);
  if (status == HUREN_OK) {
    huren_close(h, 2000);
    return "";
  }
  CHECK(status == HUREN_E_CONFIG);
  CHECK(h == 0);
  CHECK(bilingual(last_error()) == "words");
  return last_error();
}

}  // namespace

TEST_CASE("abi: malformed JSON is HUREN_E_SYNTAX with its byte and nothing is stored", "[modes]") {
  const Open open;
  const std::vector<std::string> bad{"{", "{\"a\":}", "{} {}", "{'a':1}", "nul", "[1,]", "{\"a\":1,}", "\"\\x\"", "01", std::string("{}\0", 3), std::string("{\0}", 3), std::string(1, '\0'), " ", "{\"a\":\"\n\"}"};
  for (const auto& body : bad) {
    INFO(body);
    CHECK(submit(open.h, kType, "k", body) == HUREN_E_SYNTAX);
    CHECK(bilingual(last_error()) == "words");
    CHECK(query(open.h, body).status == HUREN_E_SYNTAX);
  }
  CHECK(submit(open.h, kType, "k", "{\"abc\":}") == HUREN_E_SYNTAX);
  CHECK(last_error().find("8") != std::string::npos);
  CHECK(submit(open.h, kType, "k", std::string(1000000, '[')) == HUREN_E_SYNTAX);
  CHECK(submit(open.h, kType, "k", std::string(65, '[') + std::string(65, ']')) == HUREN_E_SYNTAX);
  CHECK(open.depth() == 0);
  CHECK(submit(open.h, kType, "k", std::string(64, '[') + std::string(64, ']')) == HUREN_OK);
  CHECK(open.depth() == 1);
}

TEST_CASE("abi: an unknown event type or topic is HUREN_E_TYPE and the likely one is named", "[modes]") {
  const Open open;
  CHECK(submit(open.h, "lab.report.relased/1", "k", "{}") == HUREN_E_TYPE);
  CHECK(bilingual(last_error()) == "words");
  CHECK(last_error().find("lab.report.released/1") != std::string::npos);
  CHECK(submit(open.h, "lab.report.released/2", "k", "{}") == HUREN_E_TYPE);
  CHECK(submit(open.h, "lab.report.released", "k", "{}") == HUREN_E_TYPE);
  CHECK(submit(open.h, "order.check/1", "k", "{}") == HUREN_E_TYPE);
  CHECK(query(open.h, "{}", 1000, "order.chekc/1").status == HUREN_E_TYPE);
  CHECK(last_error().find("order.check/1") != std::string::npos);
  CHECK(query(open.h, "{}", 1000, kType).status == HUREN_E_TYPE);
  CHECK(open.depth() == 0);
}

TEST_CASE("abi: invalid UTF-8 is HUREN_E_ENCODING with its byte, also inside a string of sound JSON", "[modes]") {
  const Open open;
  for (const auto* bad : {"{\"a\":\"\xC4\xE3\xBA\xC3\"}", "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\xED\xA0\x80\"}", "{\"a\":\"\xF4\x90\x80\x80\"}", "\xFF{}"}) {
    CHECK(submit(open.h, kType, "k", bad) == HUREN_E_ENCODING);
    CHECK(bilingual(last_error()) == "words");
    CHECK(query(open.h, bad).status == HUREN_E_ENCODING);
  }
  CHECK(submit(open.h, kType, "k", "{\"a\":\"\xC4\xE3\"}") == HUREN_E_ENCODING);
  CHECK(last_error().find("6") != std::string::npos);
  CHECK(open.depth() == 0);
}

TEST_CASE("abi: a body over the limit is HUREN_E_TOO_LARGE - 8 MiB is the default, the configuration can change it", "[modes]") {
  const Open open;
  std::string body = "\"" + std::string(8 * 1024 * 1024 - 2, 'x') + "\"";
  CHECK(submit(open.h, kType, "fits", body) == HUREN_OK);
  body += " ";
  CHECK(submit(open.h, kType, "k", body) == HUREN_E_TOO_LARGE);
  CHECK(bilingual(last_error()) == "words");
  CHECK(submit(open.h, kType, "k", std::string(9 * 1024 * 1024, ' ')) == HUREN_E_TOO_LARGE);
  CHECK(submit_as(open.h, "k", "application/hl7-v2", std::string(9 * 1024 * 1024, 'M')) == HUREN_E_TOO_LARGE);
  CHECK(query(open.h, std::string(9 * 1024 * 1024, ' ')).status == HUREN_E_TOO_LARGE);
  CHECK(open.depth() == 1);
  const Sandbox small;
  small.config("[spool]\nmax_body_bytes = 1024\n");
  const auto h = abi::open(small);
  CHECK(submit(h, kType, "k", "{}" + std::string(1022, ' ')) == HUREN_OK);
  CHECK(submit(h, kType, "l", "{}" + std::string(1023, ' ')) == HUREN_E_TOO_LARGE);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: the same key with the same body is a duplicate, with another a conflict - nothing more is stored", "[modes]") {
  const Sandbox box;
  auto h = open(box);
  CHECK(submit(h, kType, "R1 v1", "{\"a\":1}") == HUREN_OK);
  CHECK(submit(h, kType, "R1 v1", "{\"a\":1}") == HUREN_DUPLICATE);
  CHECK(last_error().empty());
  CHECK(submit(h, kType, "R1 v1", "{\"a\":2}") == HUREN_E_CONFLICT);
  CHECK(bilingual(last_error()) == "words");
  CHECK(last_error().find("R1 v1") == std::string::npos);  // a key may name a patient
  CHECK(submit(h, "patient.registered/1", "R1 v1", "{\"a\":2}") == HUREN_OK);  // keys are per type
  CHECK(health(h)["spool"]["depth"] == 2);
  REQUIRE(huren_close(h, 2000) == HUREN_OK);
  h = open(box);  // remembered over a restart
  CHECK(submit(h, kType, "R1 v1", "{\"a\":1}") == HUREN_DUPLICATE);
  CHECK(submit(h, kType, "R1 v1", "{\"a\":2}") == HUREN_E_CONFLICT);
  CHECK(query(h, R"({"do":"spool"})").text == R"(["R1 v1","R1 v1"])");
  CHECK(huren_close(h, 2000) == HUREN_OK);
}

TEST_CASE("abi: other content types are taken as bytes - JSON says no other charset than UTF-8", "[modes]") {
  const Open open;
  const std::string gbk = "MSH|^~\\&|LIS\rPID|||1||\xC4\xE3\xBA\xC3\r";
  CHECK(submit_as(open.h, "1", "application/hl7-v2; charset=gb18030", gbk) == HUREN_OK);
  CHECK(submit_as(open.h, "2", "x-application/hl7-v2+er7", gbk) == HUREN_OK);
  CHECK(submit_as(open.h, "3", "application/json", gbk) == HUREN_E_ENCODING);
  CHECK(submit_as(open.h, "3", "Application/JSON; charset=\"UTF-8\"", "{}") == HUREN_OK);
  CHECK(submit_as(open.h, "4", "application/json; charset=gb18030", "{}") == HUREN_E_ENCODING);
  CHECK(bilingual(last_error()) == "words");
  CHECK(submit_as(open.h, "4", "application/json; charset=utf-16", "{}") == HUREN_E_ENCODING);
  CHECK(submit_as(open.h, "4", "", "{}") == HUREN_E_ARGUMENT);
  CHECK(submit_as(open.h, "4", "application/hl7-v2", "") == HUREN_E_ARGUMENT);
  CHECK(open.depth() == 3);
}

TEST_CASE("abi: a configuration with an unknown key or a wrong value is refused with every line, and nothing is made") {
  const Sandbox box;
  box.config("adaptor_dir = \"x\"\n[spool]\nsubmit_timeout_ms = \"soon\"\n");
  const auto words = refused(box);
  CHECK(words.find("local.toml:6: ") != std::string::npos);
  CHECK(words.find("engine.adapter_dir") != std::string::npos);
  CHECK(words.find("\nlocal.toml:8: ") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(box.dir() + "/data"));
  CHECK(words.find("[config.not_integer]") != std::string::npos);
}

TEST_CASE("abi: the configuration is a folder or the file itself - what is not there or not text is told") {
  const Sandbox box;
  huren_handle h = 0;
  CHECK(huren_open(HUREN_ABI, (box.dir() + "/local.toml").c_str(), nullptr, &h) == HUREN_OK);
  CHECK(huren_close(h, 1000) == HUREN_OK);
  CHECK(huren_open(HUREN_ABI, (box.dir() + "/absent").c_str(), nullptr, &h) == HUREN_E_CONFIG);
  CHECK(bilingual(last_error()) == "words");
  CHECK(huren_open(HUREN_ABI, "\xC4\xE3", nullptr, &h) == HUREN_E_ENCODING);
  CHECK(huren_open(HUREN_ABI, "", nullptr, &h) == HUREN_E_ARGUMENT);
  CHECK(huren_open(HUREN_ABI, std::string(5000, 'x').c_str(), nullptr, &h) == HUREN_E_ARGUMENT);
  const auto chinese = box.dir() + "/配置";
  std::filesystem::create_directory(chinese);
  std::filesystem::copy(box.dir() + "/local.toml", chinese + "/local.toml");
  CHECK(huren_open(HUREN_ABI, chinese.c_str(), nullptr, &h) == HUREN_OK);
  CHECK(huren_close(h, 1000) == HUREN_OK);
  CHECK(std::filesystem::exists(chinese + "/data/spool.db"));
}

TEST_CASE("abi: a missing, broken, foreign or failing engine: open fails with words and leaves no handle") {
  const Sandbox box;
  box.config("", "no-such-engine.so");
  CHECK(refused(box).find("[module.engine_missing]") != std::string::npos);
  box.write("broken.so", "not a library");
  box.write("local.toml", "[hospital]\ncode=\"A\"\nname=\"甲\"\n[engine]\npath=\"broken.so\"\n");
  CHECK(refused(box).find("[module.engine_load]") != std::string::npos);
  box.config("", "fake-engine-foreign.so");
  CHECK(refused(box).find("[module.engine_foreign]") != std::string::npos);
  box.config("", "libhuren.so");
  CHECK(refused(box).find("[module.engine_foreign]") != std::string::npos);
  box.config("");
  box.engine("error");
  CHECK(refused(box).find("[module.data_dir]") != std::string::npos);
  huren_handle h = 0;
  box.engine("throw");
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_E_INTERNAL);
  CHECK(bilingual(last_error()) == "words");
  box.engine("memory");
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_E_BUSY);
  CHECK(bilingual(last_error()) == "words");
  box.engine("");
  CHECK(refused(box).empty());  // and all is well once it is put right
}

TEST_CASE("abi: a data folder that cannot be made is a configuration fault") {
  const Sandbox box;
  box.write("data", "a file where a folder should be");
  CHECK(refused(box).find("[module.data_dir]") != std::string::npos);
}
