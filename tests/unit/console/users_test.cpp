// Accounts: who gets in, who does not, and what is on disk.
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "console/secret.hpp"
#include "console/sessions.hpp"
#include "console/users.hpp"
#include "engine/files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::console;

namespace {

class TestClock final : public engine::Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const noexcept override { return now; }
  std::int64_t now = 1'800'000'000'000;
};

const std::string kPassword = "correct horse battery";

struct Place {
  huren::test::TempDir dir;
  TestClock clock;
  Users users{dir.file("console"), clock};
  void admin() { REQUIRE(users.set_up(*users.issue_token(), "admin", "", kPassword)); }
};

}  // namespace

TEST_CASE("a one-time token makes one administrator, once, within the hour, and only the newest counts") {
  Place p;
  CHECK(*p.users.empty());
  CHECK(p.users.set_up("", "admin", "", kPassword).error().id == "console.setup_token");
  const auto old = p.users.issue_token();
  const auto token = p.users.issue_token();
  CHECK(p.users.set_up(*old, "admin", "", kPassword).error().id == "console.setup_token");
  p.clock.now += Users::kTokenMs + 1;
  CHECK(p.users.set_up(*token, "admin", "", kPassword).error().id == "console.setup_token");
  const auto fresh = p.users.issue_token();
  const auto made = p.users.set_up(*fresh, "admin", "王", kPassword);
  REQUIRE(made);
  CHECK(made->role == Role::admin);
  CHECK(p.users.set_up(*fresh, "second", "", kPassword).error().id == "console.setup_token");
  CHECK_FALSE(*p.users.empty());
}

TEST_CASE("passwords are kept as argon2id only, each with its own salt") {
  const auto a = hash_password(kPassword), b = hash_password(kPassword);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->starts_with("$argon2id$v=19$"));
  CHECK(*a != *b);
  CHECK(*password_fits(*a, kPassword));
  CHECK_FALSE(*password_fits(*a, "correct horse batterz"));
  CHECK_FALSE(*password_fits("", kPassword));
  Place p;
  p.admin();
  const auto text = engine::read_file(p.dir.file("console/users.json"));
  REQUIRE(text);
  CHECK(text->find(kPassword) == text->npos);
}

TEST_CASE("five failures lock for fifteen minutes, success or an administrator ends it") {
  Place p;
  p.admin();
  for (int i = 0; i < Users::kFailures; ++i) CHECK(p.users.sign_in("admin", "wrong").error().id == "console.sign_in_failed");
  CHECK(p.users.sign_in("admin", kPassword).error().id == "console.locked");
  p.clock.now += Users::kLockMs;
  CHECK(p.users.sign_in("admin", kPassword));
  for (int i = 0; i < Users::kFailures; ++i) static_cast<void>(p.users.sign_in("admin", "wrong"));
  REQUIRE(p.users.unlock("admin"));
  CHECK(p.users.sign_in("admin", kPassword));
  for (int i = 0; i + 1 < Users::kFailures; ++i) static_cast<void>(p.users.sign_in("admin", "wrong"));
  CHECK(p.users.sign_in("admin", kPassword));
  CHECK(p.users.sign_in("admin", "wrong").error().id == "console.sign_in_failed");
  CHECK(p.users.sign_in("admin", kPassword));
}

TEST_CASE("weak passwords, odd names and the end of the last administrator are refused") {
  Place p;
  p.admin();
  for (const auto* weak : {"", "short", "aaaaaaaaaaaaaa"}) {
    const auto put = p.users.put({.name = "reader1", .display = ""}, weak);
    REQUIRE_FALSE(put);
    CHECK(put.error().id == "console.password_weak");
  }
  CHECK(p.users.put({.name = "a b", .display = ""}, kPassword).error().id == "console.user_name");
  CHECK(p.users.put({.name = "admin", .display = "", .role = Role::reader}, "").error().id == "console.last_admin");
  CHECK(p.users.put({.name = "admin", .display = "", .role = Role::admin, .disabled = true}, "").error().id == "console.last_admin");
  REQUIRE(p.users.put({.name = "second", .display = "", .role = Role::admin}, kPassword));
  CHECK(p.users.put({.name = "admin", .display = "", .role = Role::reader}, ""));
  REQUIRE(p.users.put({.name = "admin", .display = "", .role = Role::reader, .disabled = true}, ""));
  CHECK(p.users.sign_in("admin", kPassword).error().id == "console.sign_in_failed");
}

TEST_CASE("a damaged accounts file lets nobody in and is not written over") {
  Place p;
  p.admin();
  std::ofstream(p.dir.file("console/users.json")) << "{\"users\": [{\"name\": \"x\"";
  CHECK(p.users.sign_in("admin", kPassword).error().id == "console.users_unreadable");
  CHECK(p.users.issue_token().error().id == "console.users_unreadable");
  CHECK(engine::read_file(p.dir.file("console/users.json"))->size() < 40);
}

TEST_CASE("a session ends when nobody used it, after twelve hours, and when its account is closed, and looking keeps nothing alive") {
  TestClock clock;
  Sessions sessions(clock);
  const auto cookie = sessions.open({.user = "admin", .display = "", .csrf = "", .panel = {}});
  REQUIRE(cookie);
  CHECK(sessions.find(*cookie, 30));
  CHECK_FALSE(sessions.find(*cookie + "x", 30));
  clock.now += 20 * 60'000;
  CHECK(sessions.find(*cookie, 30, true));
  clock.now += 11 * 60'000;
  CHECK_FALSE(sessions.find(*cookie, 30));
  const auto long_one = sessions.open({.user = "admin", .display = "", .csrf = "", .panel = {}});
  for (int i = 0; i < 12 * 60 / 20; ++i) {
    clock.now += 20 * 60'000;
    CHECK(sessions.find(*long_one, 30));
  }
  clock.now += 60'000;
  CHECK_FALSE(sessions.find(*long_one, 30));
  const auto third = sessions.open({.user = "admin", .display = "", .csrf = "", .panel = {}});
  sessions.close_all_of("admin");
  CHECK_FALSE(sessions.find(*third, 30));
}

TEST_CASE("a link to the panel opens once") {
  TestClock clock;
  Sessions sessions(clock);
  CHECK(sessions.first_use("token", clock.now + 1000));
  CHECK_FALSE(sessions.first_use("token", clock.now + 1000));
  CHECK(sessions.first_use("other", clock.now + 1000));
}

TEST_CASE("hashing: a few at a time, a few wait, the rest is told to come again, and one address cannot keep the others out") {
  HashGate gate(2, 2);
  auto first = gate.enter("a");
  REQUIRE(first);
  // The same address again waits although there is a place, and a third of it is told to come again.
  std::atomic<bool> second_in{false};
  std::thread second([&] {
    const auto pass = gate.enter("a");
    second_in = static_cast<bool>(pass);
  });
  while (gate.inside() < 2) std::this_thread::yield();
  CHECK(gate.enter("a").error().id == "console.busy");
  CHECK_FALSE(second_in);
  {
    auto other = gate.enter("b");  // another address goes past it
    CHECK(other);
  }
  { const auto done = std::move(*first); }
  second.join();
  CHECK(second_in);
  CHECK(gate.inside() == 0);
}

TEST_CASE("hashing: more than may wait are told to come again, each of them at once") {
  HashGate gate(1, 1);
  auto first = gate.enter("a");
  std::atomic<bool> in{false};
  std::thread waiting([&] { in = static_cast<bool>(gate.enter("b")); });
  while (gate.inside() < 2) std::this_thread::yield();
  for (const auto* late : {"c", "d", "e"}) CHECK(gate.enter(late).error().id == "console.busy");
  { const auto done = std::move(*first); }
  waiting.join();
  CHECK(in);
}

TEST_CASE("an account that somebody else changed is seen as it is now") {
  Place p;
  p.admin();
  REQUIRE(p.users.put({.name = "reader1", .display = "", .role = Role::reader}, kPassword));
  CHECK(p.users.current("reader1")->role == Role::reader);
  Users other(p.dir.file("console"), p.clock);  // huren-ctl
  REQUIRE(other.put({.name = "reader1", .display = "", .role = Role::auditor, .disabled = true}, ""));
  CHECK(p.users.current("reader1")->disabled);
  CHECK(p.users.current("reader1")->role == Role::auditor);
  CHECK_FALSE(p.users.current("nobody"));
}
