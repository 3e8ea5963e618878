// Frames between module and agent: what is written is read back; what is not exactly a frame is nothing.
#include "local/wire.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace huren;
using namespace huren::local;

namespace {
std::string payload(const std::string& frame) {
  REQUIRE(frame.size() >= kHead);
  REQUIRE(frame_size(frame.substr(0, kHead)) == frame.size() - kHead);
  return frame.substr(kHead);
}
}  // namespace

TEST_CASE("local: a request is read back as it was written") {
  const std::string body = R"({"甲":1})";
  const auto bytes = payload(frame(Request{.ask = Ask::query, .deadline_ms = 4'000'000'000u, .name = "order.check/1", .body = body}));
  const auto r = read_request(bytes);
  REQUIRE(r);
  CHECK(r->ask == Ask::query);
  CHECK(r->deadline_ms == 4'000'000'000u);
  CHECK(r->name == "order.check/1");
  CHECK(r->body == body);
}

TEST_CASE("local: an answer keeps its status, its words and its text - an id of another build is told as such") {
  const auto a = read_answer(payload(frame(QueryAnswer{-204, "{}", {"storage.busy", "store.db", {"1", "二"}}})));
  REQUIRE(a);
  CHECK(a->status == -204);
  CHECK(a->json == "{}");
  CHECK(a->error.id == "storage.busy");
  CHECK(a->error.where == "store.db");
  CHECK(a->error.args == std::vector<std::string>{"1", "二"});
  const auto foreign = read_answer(payload(frame(QueryAnswer{-901, "", {"later.release", "", {}}})));
  REQUIRE(foreign);
  CHECK(foreign->error.id == "local.unknown_fault");
  const auto wordless = read_answer(payload(frame(QueryAnswer{0, std::string(100'000, 'x'), {"", "", {}}})));
  REQUIRE(wordless);
  CHECK(wordless->error.id.empty());
  CHECK(wordless->json.size() == 100'000);
}

TEST_CASE("local: an event is read back") {
  const auto bytes = payload(frame(Event{.kind = Event::log, .severity = 2, .line = "words"}));
  const auto e = read_event(bytes);
  REQUIRE(e);
  CHECK(e->kind == Event::log);
  CHECK(e->severity == 2);
  CHECK(e->line == "words");
}

TEST_CASE("local: no beginning of a payload is taken for a whole one where a length says more, and no bytes crash the readers") {
  const auto whole = payload(frame(QueryAnswer{-204, "", {"storage.busy", "store.db", {"1", "2"}}}));
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(read_answer(whole.substr(0, n)));
  const auto request = payload(frame(Request{.ask = Ask::acknowledge, .deadline_ms = 1, .name = "n1", .body = {}}));
  for (std::size_t n = 0; n < request.size(); ++n) CHECK_FALSE(read_request(request.substr(0, n)));
  CHECK_FALSE(read_request(request + "x"));
  CHECK_FALSE(read_request(payload(frame(Request{.ask = Ask::query, .deadline_ms = 1, .name = std::string(129, 'x'), .body = {}}))));
  std::mt19937 random(11);
  int taken = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (auto& c : bytes) c = static_cast<char>(random() % 5 == 0 ? random() : random() % 4);
    if (!bytes.empty()) bytes[0] = '\x01';
    taken += read_request(bytes) || read_answer(bytes) || read_event(bytes) ? 1 : 0;
  }
  CHECK(taken > 0);
  CHECK(taken < 20000);
}
