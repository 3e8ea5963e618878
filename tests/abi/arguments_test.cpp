// What the calling code may get wrong: pointers, identifiers, handles, versions, struct sizes, short buffers.
#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "tests/abi/sandbox.hpp"

using namespace abi;

TEST_CASE("abi: the number is known before open") {
  CHECK(huren_abi() == HUREN_ABI);
  CHECK(huren_abi() >> 16 == 1);
}

TEST_CASE("abi: a host of another major or a later minor is refused at open, with words", "[modes]") {
  const Sandbox box;
  huren_handle h = 7;
  for (const std::uint32_t abi : {0u, HUREN_ABI + 1, HUREN_ABI + 0x10000, 0xFFFFFFFFu}) {
    CHECK(huren_open(abi, box.dir().c_str(), nullptr, &h) == HUREN_E_ABI);
    CHECK(h == 0);
    CHECK(bilingual(last_error()) == "words");
  }
}

TEST_CASE("abi: NULL is an argument error everywhere and crashes nothing", "[modes]") {
  const Sandbox box;
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, nullptr) == HUREN_E_ARGUMENT);
  const auto h = open(box);
  REQUIRE(h > 0);
  char buffer[64];
  std::uint32_t size = 0;
  CHECK(huren_submit(h, nullptr) == HUREN_E_ARGUMENT);
  CHECK(bilingual(last_error()) == "words");
  CHECK(huren_submit_json(h, nullptr, "k", "{}", 2) == HUREN_E_ARGUMENT);
  CHECK(huren_submit_json(h, kType, nullptr, "{}", 2) == HUREN_E_ARGUMENT);
  CHECK(huren_submit_json(h, kType, "k", nullptr, 2) == HUREN_E_ARGUMENT);
  CHECK(huren_submit_json(h, kType, "k", "{}", 0) == HUREN_E_ARGUMENT);
  CHECK(huren_query(h, nullptr, "{}", 2, 10, buffer, 64, &size) == HUREN_E_ARGUMENT);
  CHECK(huren_query(h, "order.check/1", nullptr, 2, 10, buffer, 64, &size) == HUREN_E_ARGUMENT);
  CHECK(huren_query(h, "order.check/1", "{}", 2, 10, nullptr, 64, &size) == HUREN_E_ARGUMENT);
  CHECK(huren_query(h, "order.check/1", "{}", 2, 10, buffer, 64, nullptr) == HUREN_E_ARGUMENT);
  CHECK(huren_poll(h, 0, nullptr, 64, &size) == HUREN_E_ARGUMENT);
  CHECK(huren_poll(h, 0, buffer, 64, nullptr) == HUREN_E_ARGUMENT);
  CHECK(huren_acknowledge(h, nullptr) == HUREN_E_ARGUMENT);
  CHECK(huren_health(h, nullptr, 64, &size) == HUREN_E_ARGUMENT);
  CHECK(huren_health(h, buffer, 64, nullptr) == HUREN_E_ARGUMENT);
  CHECK(huren_last_error(buffer, 64, nullptr) == HUREN_E_ARGUMENT);
  huren_event event{};
  event.struct_size = sizeof event;
  CHECK(huren_submit(h, &event) == HUREN_E_ARGUMENT);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: identifiers are 1 to 128 printable ASCII characters", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  REQUIRE(h > 0);
  for (const auto& bad : {std::string(), std::string(129, 'k'), std::string("a\nb"), std::string("\x7F"), std::string("键"), std::string("\t")}) {
    INFO(bad.size());
    CHECK(submit(h, kType, bad, "{}") == HUREN_E_ARGUMENT);
    CHECK(bilingual(last_error()) == "words");
    CHECK(submit(h, bad, "k", "{}") == HUREN_E_ARGUMENT);
    CHECK(query(h, "{}", 1000, bad).status == HUREN_E_ARGUMENT);
    CHECK(huren_acknowledge(h, bad.c_str()) == HUREN_E_ARGUMENT);
  }
  CHECK(submit(h, kType, std::string(128, 'k'), "{}") == HUREN_OK);
  CHECK(submit(h, kType, "a b ~", "{}") == HUREN_OK);
  CHECK(health(h)["spool"]["depth"] == 2);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: a stale, doubled or made-up handle is an error in every function", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  REQUIRE(h > 0);
  REQUIRE(huren_close(h, 1000) == HUREN_OK);
  char buffer[64];
  std::uint32_t size = 0;
  const auto again = open(box);  // the slot is used again, the handle is not
  CHECK(again != h);
  for (const huren_handle bad : {h, huren_handle{0}, huren_handle{1}, huren_handle{-1}, huren_handle{63}, again + 1, again + 64,
                                 huren_handle{0x7FFFFFFF}, huren_handle{INT32_MIN}}) {
    INFO(bad);
    CHECK(submit(bad, kType, "k", "{}") == HUREN_E_HANDLE);
    CHECK(bilingual(last_error()) == "words");
    CHECK(query(bad, "{}").status == HUREN_E_HANDLE);
    CHECK(huren_poll(bad, 0, buffer, 64, &size) == HUREN_E_HANDLE);
    CHECK(huren_acknowledge(bad, "n") == HUREN_E_HANDLE);
    CHECK(huren_health(bad, buffer, 64, &size) == HUREN_E_HANDLE);
    CHECK(huren_close(bad, 0) == HUREN_E_HANDLE);
  }
  CHECK(huren_close(again, 1000) == HUREN_OK);
  CHECK(huren_close(again, 1000) == HUREN_E_HANDLE);
}

TEST_CASE("abi: 64 handles may be open at once - the next open is told to wait, and one closed makes room", "[modes]") {
  const Sandbox box;
  std::set<huren_handle> handles;
  for (int i = 0; i < 64; ++i) handles.insert(open(box));
  CHECK(handles.size() == 64);
  CHECK(handles.count(0) == 0);
  huren_handle more = 1;
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &more) == HUREN_E_BUSY);
  CHECK(more == 0);
  CHECK(huren_close(*handles.begin(), 2000) == HUREN_OK);
  handles.erase(handles.begin());
  handles.insert(open(box));
  CHECK(handles.count(0) == 0);
  for (const auto h : handles) CHECK(huren_close(h, 2000) == HUREN_OK);
}

TEST_CASE("abi: struct_size lets older and newer hosts in and refuses what is too short", "[modes]") {
  const Sandbox box;
  struct { huren_host host; char later[32]; } newer{};
  std::memset(&newer, 0x55, sizeof newer);
  newer.host = {};
  newer.host.struct_size = sizeof newer;
  newer.host.vendor = "某 HIS";
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), &newer.host, &h) == HUREN_OK);
  CHECK(health(h)["host"]["vendor"] == "某 HIS");
  struct { huren_event event; char later[32]; } event{};
  event.event = {sizeof event, 2, kType, "k", nullptr, "{}"};
  CHECK(huren_submit(h, &event.event) == HUREN_OK);
  for (const std::uint32_t size : {0u, 1u, static_cast<std::uint32_t>(sizeof(huren_event)) - 1}) {
    event.event.struct_size = size;
    CHECK(huren_submit(h, &event.event) == HUREN_E_ABI);
    CHECK(bilingual(last_error()) == "words");
  }
  CHECK(huren_close(h, 1000) == HUREN_OK);
  for (const std::uint32_t size : {0u, 8u, static_cast<std::uint32_t>(sizeof(huren_host)) - 1}) {
    newer.host.struct_size = size;
    CHECK(huren_open(HUREN_ABI, box.dir().c_str(), &newer.host, &h) == HUREN_E_ABI);
  }
  newer.host.struct_size = sizeof(huren_host);
  newer.host.reserved = 1;
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), &newer.host, &h) == HUREN_E_ARGUMENT);
  newer.host.reserved = 0;
  newer.host.product = "\xC4\xE3";  // GBK
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), &newer.host, &h) == HUREN_E_ENCODING);
  const std::string longest(128, 'v'), longer(129, 'v');
  newer.host.product = longer.c_str();
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), &newer.host, &h) == HUREN_E_ENCODING);
  newer.host.product = longest.c_str();
  CHECK(huren_open(HUREN_ABI, box.dir().c_str(), &newer.host, &h) == HUREN_OK);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: a short buffer gives the size needed, whatever its length - the exact one suffices", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  REQUIRE(h > 0);
  const std::string body = R"({"do":"echo","文":"本"})";
  const auto ask = [&](void* buffer, std::uint32_t capacity, std::uint32_t* size) {
    return huren_query(h, "order.check/1", body.data(), static_cast<std::uint32_t>(body.size()), 10000, buffer, capacity, size);
  };
  std::uint32_t size = 77;
  CHECK(ask(nullptr, 0, &size) == HUREN_E_BUFFER);
  CHECK(size == body.size());
  CHECK(bilingual(last_error()) == "words");
  for (std::uint32_t capacity = 1; capacity <= body.size() + 2; ++capacity) {
    std::vector<char> buffer(capacity + 8, 'x');
    size = 0;
    const auto status = ask(buffer.data(), capacity, &size);
    CHECK(status == (capacity < body.size() ? HUREN_E_BUFFER : HUREN_OK));
    CHECK(size == body.size());
    if (status == HUREN_OK) CHECK(std::string(buffer.data(), size) == body);
    if (capacity > body.size()) CHECK(buffer[size] == '\0');
    for (std::size_t i = capacity; i < buffer.size(); ++i) CHECK(buffer[i] == 'x');
  }
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: a question whose answer found no room is asked once - the same again gets that answer, another its own", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  REQUIRE(h > 0);
  const auto ask = [&](const std::string& body, std::uint32_t capacity) {
    std::vector<char> buffer(capacity + 1);
    std::uint32_t size = 0;
    const auto status = huren_query(h, "order.check/1", body.data(), static_cast<std::uint32_t>(body.size()), 10000, buffer.data(), capacity, &size);
    return std::pair(status, std::string(buffer.data(), status == HUREN_OK ? size : 0));
  };
  const auto asked = [&] { return health(h)["engine"]["queries"].get<int>(); };
  const std::string one = R"({"do":"echo","n":1})", two = R"({"do":"echo","n":2})";
  const auto before = asked();
  CHECK(ask(one, 0).first == HUREN_E_BUFFER);
  CHECK(ask(one, 3).first == HUREN_E_BUFFER);
  CHECK(ask(one, 100) == std::pair(huren_status{HUREN_OK}, one));
  CHECK(asked() == before + 1);
  CHECK(ask(one, 100).second == one);  // a new question
  CHECK(asked() == before + 2);
  CHECK(ask(one, 0).first == HUREN_E_BUFFER);
  CHECK(ask(two, 100).second == two);
  CHECK(ask(one, 100).second == one);
  CHECK(asked() == before + 4);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: the last error is the thread's own, is cleared by success, and asking does not change it", "[modes]") {
  CHECK(submit(3, kType, "k", "{}") == HUREN_E_HANDLE);
  const auto words = last_error();
  CHECK(last_error() == words);
  CHECK(words.find("[module.handle]") != words.npos);
  std::uint32_t size = 0;
  char two[2];
  CHECK(huren_last_error(two, 2, &size) == HUREN_E_BUFFER);
  CHECK(size == words.size());
  CHECK(huren_abi() == HUREN_ABI);
  CHECK(last_error() == words);
  const Sandbox box;
  const auto h = open(box);
  CHECK(last_error().empty());
  CHECK(huren_last_error(two, 2, &size) == HUREN_OK);
  CHECK(huren_last_error(nullptr, 0, &size) == HUREN_OK);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}
