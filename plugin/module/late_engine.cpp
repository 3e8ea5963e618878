#include "module/late_engine.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "huren/huren.h"

namespace huren::module {
namespace {

constexpr std::chrono::milliseconds kAgain{2000};

class LateEngine final : public Engine, public EngineLink {
 public:
  using Load = std::function<Result<std::unique_ptr<Engine>>()>;
  LateEngine(Load load, const Error& why, const HostHooks& hooks) : load_(std::move(load)), hooks_(hooks), why_(why.id) {
    thread_ = std::thread([this] { await(); });
  }
  ~LateEngine() override {
    stop(0);
    thread_.join();
  }
  EngineLink& link() override { return *this; }

  void coming(const SpooledEvent& event) noexcept override {
    if (auto* e = engine()) e->coming(event);
  }
  void spooled() noexcept override {
    if (auto* e = engine()) e->spooled();
  }
  QueryAnswer query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) noexcept override {
    auto* e = engine();
    return e ? e->query(topic, json, deadline_ms) : QueryAnswer{HUREN_NO_ANSWER, "", {"", "", {}}};
  }
  QueryAnswer poll(std::uint32_t wait_ms) noexcept override {
    auto* e = engine();
    return e ? e->poll(wait_ms) : QueryAnswer{HUREN_EMPTY, "", {"", "", {}}};
  }
  void unpoll(std::string_view notice_id) noexcept override {
    if (auto* e = engine()) e->unpoll(notice_id);
  }
  QueryAnswer acknowledge(std::string_view notice_id) noexcept override {
    auto* e = engine();
    return e ? e->acknowledge(notice_id) : QueryAnswer{HUREN_E_BUSY, "", {"module.no_engine_yet", "", {}}};
  }
  std::string health() noexcept override {
    if (auto* e = engine()) return e->health();
    const std::lock_guard guard(mutex_);
    return "{\"live\":false,\"fault\":\"" + std::string(why_) + "\"}";
  }
  void stop(std::uint32_t grace_ms) noexcept override {
    {
      const std::lock_guard guard(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    if (auto* e = engine()) e->stop(grace_ms);
  }

 private:
  EngineLink* engine() const { return link_.load(); }

  void await() {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, kAgain, [&] { return stopping_; })) return;
      }
      try {
        auto loaded = load_();
        const std::lock_guard guard(mutex_);
        if (loaded) {
          engine_ = *std::move(loaded);
          link_ = &engine_->link();
          if (stopping_) link_.load()->stop(0);
          break;
        }
        why_ = loaded.error().id;
      } catch (const std::exception&) {  // no memory: later
      }
    }
    if (hooks_.wake) hooks_.wake(hooks_.ctx);
  }

  const Load load_;
  const HostHooks hooks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::string_view why_;
  std::unique_ptr<Engine> engine_;
  std::atomic<EngineLink*> link_{nullptr};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Engine> await_engine(std::function<Result<std::unique_ptr<Engine>>()> load, const Error& why, const HostHooks& hooks) {
  return std::make_unique<LateEngine>(std::move(load), why, hooks);
}

}  // namespace huren::module
