// The bar of long work: what it says, and where it keeps silent.
#include <catch2/catch.hpp>
#include <pty.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <sstream>
#include <thread>

#include "ctl/progress.hpp"

using namespace huren;
using namespace huren::ctl;

namespace {

// Standard error of this test, somewhere else for a while.
class Elsewhere {
 public:
  explicit Elsewhere(int fd) : kept_(::dup(STDERR_FILENO)) { ::dup2(fd, STDERR_FILENO); }
  ~Elsewhere() {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

 private:
  int kept_;
};

// Catches what is written and says when something was.
class Watched : public std::stringbuf {
 public:
  int sync() override {
    written = true;
    return 0;
  }
  std::atomic<bool> written{false};
};

Place place_of(std::ostream& err, bool json) {
  return {.config_dir = "", .language = Language::en, .json = json, .out = err, .err = err, .config = {}, .data = {}, .adapter_dir = {}, .loader = {}, .store_adapter = {}, .store = nullptr};
}

}  // namespace

TEST_CASE("a bar says how far, or where that is not known how much and how long") {
  CHECK(Progress::line("reading", 35, 100, 12) == "reading  [#######.............]  35 %  12 s");
  CHECK(Progress::line("reading", 0, 100, 0) == "reading  [....................]  0 %  0 s");
  CHECK(Progress::line("reading", 250, 100, 1) == "reading  [####################]  100 %  1 s");
  CHECK(Progress::line("pruning", 3000, 0, 2) == "pruning  3000  2 s");
  CHECK(Progress::line("restoring", 0, 0, 2) == "restoring  2 s");
}

TEST_CASE("on a terminal the bar is drawn and wiped away when the work is done") {
  int master = -1, slave = -1;
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  Watched text;
  std::ostream err(&text);
  const auto place = place_of(err, false);
  {
    const Elsewhere terminal(slave);
    Progress progress(place, "checking", 10);
    progress.at(5);
    while (!text.written) std::this_thread::yield();
  }
  CHECK(text.str().find("checking  [##########..........]  50 %") != std::string::npos);
  CHECK(text.str().ends_with("\r\033[K"));
  text.str("");
  text.written = false;
  {
    const Elsewhere terminal(slave);
    const auto quiet = place_of(err, true);
    const Progress progress(quiet, "checking", 10);
    std::this_thread::sleep_for(std::chrono::milliseconds(700));  // longer than a bar waits before it shows
  }
  CHECK(text.str().empty());
  ::close(master);
  ::close(slave);
}

TEST_CASE("where standard error is a pipe nothing is drawn") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::ostringstream err;
  const auto place = place_of(err, false);
  {
    const Elsewhere pipe(ends[1]);
    const Progress progress(place, "checking", 10);
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
  }
  CHECK(err.str().empty());
  ::close(ends[0]);
  ::close(ends[1]);
}
