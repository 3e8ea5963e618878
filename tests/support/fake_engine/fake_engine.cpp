// An EngineLink for the module's tests. A query's member "do" says what happens:
//   echo (the query comes back) · sleep (for "ms") · hang (until stop, or for ever with "stubborn") · fault · deny ·
//   hold_store, release_store (between them poll, acknowledge and health wait, as for another process's file lock) ·
//   notice (queue one with text "text" and ring) · spool (keys that wait) · log · blocked (signals of a thread of ours)
// A file fake_engine.txt beside local.toml says how open goes: throw | error | memory | wake | stuck_stop.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "core/base/link.hpp"
#include "huren/huren.h"

// A program that makes memory run out spares the engine: what is tested is the module.
extern "C" __attribute__((weak)) void test_spare_memory(int more);

namespace {

struct Spared {
  Spared() { if (test_spare_memory) test_spare_memory(1); }
  ~Spared() { if (test_spare_memory) test_spare_memory(-1); }
  Spared(const Spared&) = delete;
  Spared& operator=(const Spared&) = delete;
};

using namespace huren;
using nlohmann::json;

class FakeEngine final : public EngineLink {
 public:
  FakeEngine(SpoolPort* spool, HostHooks hooks, bool stuck_stop) : spool_(spool), hooks_(hooks), stuck_stop_(stuck_stop) {
    worker_ = std::thread([this] { pump(); });
  }
  ~FakeEngine() override {
    stop(0);
    worker_.join();
  }

  void coming(const SpooledEvent&) noexcept override {}
  void spooled() noexcept override {
    const Spared spared;
    const std::lock_guard guard(mutex_);
    ++bells_;
    changed_.notify_all();
  }

  QueryAnswer query(std::string_view, std::string_view text, std::uint32_t) noexcept override {
    const Spared spared;
    ++queries_;
    const auto ask = json::parse(text, nullptr, false);
    const auto what = ask.is_object() ? ask.value("do", "echo") : std::string("echo");
    if (what == "sleep") std::this_thread::sleep_for(std::chrono::milliseconds(ask.value("ms", 10)));
    if (what == "hang") return hang(ask.value("stubborn", false));
    if (what == "fault") return {HUREN_E_INTERNAL, "", {"module.internal", "", {}}};
    if (what == "wordless") return {HUREN_E_INTERNAL, "", {"", "", {}}};
    if (what == "deny") return {HUREN_E_DENIED, "", {"module.internal", "", {}}};
    if (what == "notice") return put_notice(ask.value("text", ""));
    if (what == "log" && hooks_.log) hooks_.log(hooks_.ctx, 1, "a line");
    if (what == "spool") return waiting();
    if (what == "blocked") return blocked();
    if (what == "hold_store" || what == "release_store") {
      const std::lock_guard guard(mutex_);
      held_ = what == "hold_store";
      changed_.notify_all();
    }
    return {HUREN_OK, std::string(text), {"", "", {}}};
  }

  QueryAnswer poll(std::uint32_t wait_ms) noexcept override {
    const Spared spared;
    std::unique_lock lock(mutex_);
    wait_for_store(lock);
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return stopped_ || !notices_.empty(); });
    if (notices_.empty()) return {HUREN_EMPTY, "", {"", "", {}}};
    leased_.push_back(notices_.front());
    notices_.pop_front();
    return {HUREN_OK, leased_.back().second, {"", "", {}}};
  }
  void unpoll(std::string_view id) noexcept override {
    const Spared spared;
    const std::lock_guard guard(mutex_);
    for (auto it = leased_.begin(); it != leased_.end(); ++it) {
      if (it->first != id) continue;
      notices_.push_front(*it);
      leased_.erase(it);
      return;
    }
  }
  QueryAnswer acknowledge(std::string_view id) noexcept override {
    const Spared spared;
    std::unique_lock lock(mutex_);
    wait_for_store(lock);
    for (auto it = leased_.begin(); it != leased_.end(); ++it) {
      if (it->first != id) continue;
      leased_.erase(it);
      return {HUREN_OK, "", {"", "", {}}};
    }
    return {HUREN_E_ARGUMENT, "", {"module.identifier", "notice_id", {"notice_id"}}};
  }
  std::string health() noexcept override {
    const Spared spared;
    std::unique_lock lock(mutex_);
    wait_for_store(lock);
    return json{{"bells", bells_}, {"notices", notices_.size()}, {"hanging", hanging_}, {"queries", queries_.load()}}.dump();
  }
  void stop(std::uint32_t) noexcept override {
    const Spared spared;
    std::unique_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
    lock.unlock();
    if (stuck_stop_) std::this_thread::sleep_for(std::chrono::milliseconds(700));
  }

 private:
  void wait_for_store(std::unique_lock<std::mutex>& lock) { changed_.wait(lock, [&] { return stopped_ || !held_; }); }
  QueryAnswer hang(bool stubborn) {
    std::unique_lock lock(mutex_);
    ++hanging_;
    changed_.wait(lock, [&] { return stopped_; });
    lock.unlock();
    if (stubborn) std::this_thread::sleep_for(std::chrono::milliseconds(700));
    return {HUREN_NO_ANSWER, "", {"", "", {}}};
  }
  QueryAnswer put_notice(const std::string& text) {
    const std::lock_guard guard(mutex_);
    const auto id = "n" + std::to_string(++last_notice_);
    notices_.emplace_back(id, json{{"notice_id", id}, {"topic", "result.received/1"}, {"body", text}}.dump());
    ring_ = true;
    changed_.notify_all();
    return {HUREN_OK, json{{"notice_id", id}}.dump(), {"", "", {}}};
  }
  QueryAnswer waiting() {
    json keys = json::array();
    if (const auto events = spool_->next(0, 1000))
      for (const auto& e : *events) keys.push_back(e.key);
    return {HUREN_OK, keys.dump(), {"", "", {}}};
  }
  static QueryAnswer blocked() {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    json out = json::object();
    for (const int s : {SIGPIPE, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGHUP, SIGSEGV}) out[std::to_string(s)] = sigismember(&mask, s) == 1;
    return {HUREN_OK, out.dump(), {"", "", {}}};
  }
  void pump() {  // rings the bell from a thread of the engine, as a real one does
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      changed_.wait(lock, [&] { return stopped_ || ring_; });
      if (!ring_) continue;
      ring_ = false;
      lock.unlock();
      if (hooks_.wake) hooks_.wake(hooks_.ctx);
      lock.lock();
    }
  }

  SpoolPort* spool_;
  const HostHooks hooks_;
  const bool stuck_stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false, ring_ = false, held_ = false;
  int hanging_ = 0, bells_ = 0, last_notice_ = 0;
  std::atomic<int> queries_{0};
  std::deque<std::pair<std::string, std::string>> notices_, leased_;
  std::thread worker_;
};

Result<std::unique_ptr<EngineLink>> open_fake(const std::string& config_dir, const std::string& toml, SpoolPort* spool, const HostHooks& hooks) {
  std::ifstream in(config_dir + "/fake_engine.txt");
  std::string how;
  in >> how;
  if (how == "throw") throw std::runtime_error("on purpose");
  if (how == "throw_int") throw 7;
  if (how == "memory") throw std::bad_alloc();
  if (how == "former" && toml.find("former") != std::string::npos) how.clear();
  if (how == "error" || how == "former") return Error{"module.data_dir", config_dir, {"13"}};
  if (how == "wake") hooks.wake(hooks.ctx);
  return std::unique_ptr<EngineLink>(std::make_unique<FakeEngine>(spool, hooks, how == "stuck_stop"));
}

Findings inspect_fake(const std::string& config_dir, const std::string&) {
  std::ifstream in(config_dir + "/fake_engine.txt");
  std::string how;
  in >> how;
  if (how == "unfit") return {{Severity::error, {"module.data_dir", config_dir, {"13"}}}};
  return {};
}

}  // namespace

#ifdef FAKE_FOREIGN
#define FAKE_SIGNATURE "huren 0.0.9;engine 1;" __VERSION__
#else
#define FAKE_SIGNATURE HUREN_ENGINE_SIGNATURE
#endif
extern "C" __attribute__((visibility("default"))) const huren::EngineEntry huren_engine_entry;
extern "C" const huren::EngineEntry huren_engine_entry{FAKE_SIGNATURE, &open_fake, &inspect_fake};
