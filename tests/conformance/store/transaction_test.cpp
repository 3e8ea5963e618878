// Transactions, snapshots and the lease.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <thread>

#include "subject.hpp"

using namespace huren;
using namespace huren::store;
using huren::test::good;

TEST_CASE("an error undoes the whole transaction, an exception too, and the store goes on") {
  FOR_EACH_STORE(o) {
    auto failed = o.store().transact([](Unit& u) -> Result<void> {
      if (auto d = u.set_cursor("a", 1); !d) return d;
      return Error{"test.no", "", {}};
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().id == "test.no");
    CHECK_FALSE(o.store().transact([](Unit& u) -> Result<void> {
      (void)u.set_cursor("a", 2);
      throw std::runtime_error("x");
    }));
    CHECK_FALSE(o.store().transact([](Unit& u) -> Result<void> {
      return u.nested([&]() -> Result<void> {
        (void)u.set_cursor("a", 3);
        throw std::runtime_error("x");
      });
    }));
    o.write([](Unit& u) { return u.set_cursor("b", 1); });
    o.read([](Reader& r) {
      CHECK(good(r.cursor("a")) == 0);
      CHECK(good(r.cursor("b")) == 1);
    });
  }
}

TEST_CASE("nested undoes its own writes and no others, and nests") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.set_cursor("outer", 1); !d) return d;
      auto inner = u.nested([&]() -> Result<void> {
        if (auto d = u.set_cursor("inner", 1); !d) return d;
        CHECK(bool(u.nested([&] { return u.set_cursor("deep", 1); })));
        CHECK(good(u.cursor("deep")) == 1);
        return Error{"test.no", "", {}};
      });
      CHECK_FALSE(inner);
      CHECK(good(u.cursor("inner")) == 0);
      return u.nested([&] { return u.set_cursor("kept", 1); });
    });
    o.read([](Reader& r) {
      CHECK(good(r.cursor("outer")) == 1);
      CHECK(good(r.cursor("inner")) == 0);
      CHECK(good(r.cursor("deep")) == 0);
      CHECK(good(r.cursor("kept")) == 1);
    });
  }
}

TEST_CASE("a reading is one snapshot, and sees what was committed before it began") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) { return u.set_cursor("a", 1); });
    o.read([&](Reader& r) {
      CHECK(good(r.cursor("a")) == 1);
      o.write([](Unit& u) { return u.set_cursor("a", 2); });
      CHECK(good(r.cursor("a")) == 1);
    });
    o.read([](Reader& r) { CHECK(good(r.cursor("a")) == 2); });
  }
}

TEST_CASE("many threads write and read at once - all that returned is there after reopening") {
  FOR_EACH_STORE(o) {
    static constexpr int kThreads = 8, kEach = 40;
    std::atomic<int> faults = 0;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
          for (int i = 1; i <= kEach; ++i) {
            const auto name = "t" + std::to_string(t);
            if (!o.store().transact([&](Unit& u) { return u.set_cursor(name, i); })) ++faults;
            auto seen = o.store().read([&](Reader& r) -> Result<void> {
              if (good(r.cursor(name)) != i) ++faults;
              return {};
            });
            if (!seen) ++faults;
          }
        });
    }
    CHECK(faults == 0);
    o.reopen();
    o.read([](Reader& r) {
      for (int t = 0; t < kThreads; ++t) CHECK(good(r.cursor("t" + std::to_string(t))) == kEach);
    });
  }
}

TEST_CASE("the lease has one holder, also between two stores of one process, and passes on when that one closes") {
  FOR_EACH_STORE(o) {
    CHECK(good(o.store().take_lease()));
    CHECK(good(o.store().take_lease()));
    auto second = o.another();
    CHECK_FALSE(good(second->take_lease()));
    o.reopen();
    CHECK(good(second->take_lease()));
    CHECK_FALSE(good(o.store().take_lease()));
  }
}

TEST_CASE("the lease ends with the process that held it, and a forked child does not hold it on") {
  FOR_EACH_STORE(o) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const auto holder = ::fork();
    if (holder == 0) {
      auto mine = o.another();
      auto taken = mine->take_lease();
      const auto orphan = ::fork();
      if (orphan == 0) {  // outlives its parent
        (void)!::write(ready[1], "o", 1);
        ::sleep(2);
        ::_exit(0);
      }
      const char answer = taken && *taken ? 'y' : 'n';
      (void)!::write(ready[1], &answer, 1);
      ::pause();
      ::_exit(0);
    }
    std::string answers(2, ' ');
    REQUIRE(::read(ready[0], answers.data(), 1) == 1);
    REQUIRE(::read(ready[0], answers.data() + 1, 1) == 1);
    CHECK((answers == "yo" || answers == "oy"));
    CHECK_FALSE(good(o.store().take_lease()));
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
    CHECK(good(o.store().take_lease()));
    ::close(ready[0]);
    ::close(ready[1]);
  }
}
