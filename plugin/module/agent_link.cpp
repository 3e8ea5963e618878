#include "module/agent_link.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "huren/huren.h"
#include "local/socket.hpp"
#include "local/wire.hpp"
#include "module/process.hpp"

namespace huren::module {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kPatience{2000};          // for what the caller set no deadline
constexpr milliseconds kReconnect{250};
constexpr std::size_t kIdle = 16;                // connections kept for the next question
constexpr std::size_t kMaxLogLine = 64 * 1024;

QueryAnswer bare(int status) { return {status, "", {"", "", {}}}; }

class AgentLink final : public Engine, public EngineLink {
 public:
  AgentLink(std::string path, const HostHooks& hooks)
      : path_(std::move(path)), hooks_(hooks), wake_(local::frame({.ask = local::Ask::wake, .deadline_ms = 0, .name = {}, .body = {}})) {
    listener_ = std::thread([this] { listen(); });
  }
  ~AgentLink() override {
    stop(0);
    listener_.join();
  }
  EngineLink& link() override { return *this; }

  void coming(const SpooledEvent&) noexcept override {}  // the agent reads what is on disk
  // The agent looks into the spool by itself every now and then; this spares it the wait. Never waits.
  void spooled() noexcept override {
    const std::lock_guard guard(mutex_);
    std::size_t sent = 0;
    if (events_.open() && (!events_.send_now(wake_, sent) || (sent != 0 && sent != wake_.size()))) events_.shut();
  }

  QueryAnswer query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) noexcept override {
    return asked({local::Ask::query, deadline_ms, topic, json}, milliseconds(deadline_ms), bare(HUREN_NO_ANSWER));
  }
  QueryAnswer poll(std::uint32_t wait_ms) noexcept override {
    return asked({local::Ask::poll, wait_ms, {}, {}}, milliseconds(wait_ms) + kPatience, bare(HUREN_EMPTY));
  }
  void unpoll(std::string_view notice_id) noexcept override { asked({local::Ask::unpoll, 0, notice_id, {}}, kPatience, bare(HUREN_OK)); }
  QueryAnswer acknowledge(std::string_view notice_id) noexcept override {
    return asked({local::Ask::acknowledge, 0, notice_id, {}}, kPatience, {HUREN_E_BUSY, "", {"local.agent_down", "", {}}});
  }
  std::string health() noexcept override { return asked({local::Ask::health, 0, {}, {}}, kPatience, bare(HUREN_OK)).json; }

  void stop(std::uint32_t) noexcept override {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    events_.shut();
    changed_.notify_all();
  }

 private:
  QueryAnswer asked(const local::Request& request, milliseconds within, QueryAnswer otherwise) noexcept {
    try {
      const auto until = Steady::now() + within;
      const auto bytes = local::frame(request);
      for (bool again = true; again;) {
        auto socket = idle();
        again = socket.open();  // one that was kept may be an earlier agent's: then a new one is tried
        if (!again) {
          auto fresh = local::Socket::connect(path_, until);
          if (!fresh) return otherwise;
          socket = *std::move(fresh);
        }
        if (auto sent = socket.send(bytes, until); !sent) continue;
        const auto payload = socket.receive(local::kMaxAnswer, until);
        if (!payload && payload.error().id == "local.closed") continue;
        if (!payload) return otherwise;
        auto answer = local::read_answer(*payload);
        if (!answer) return otherwise;
        keep(std::move(socket));
        return *std::move(answer);
      }
      return otherwise;
    } catch (const std::bad_alloc&) {
      return {HUREN_E_BUSY, "", {"module.memory", "", {}}};
    } catch (const std::exception&) {
      return otherwise;
    }
  }

  local::Socket idle() {
    const std::lock_guard guard(mutex_);
    if (idle_.empty()) return {};
    auto out = std::move(idle_.back());
    idle_.pop_back();
    return out;
  }
  void keep(local::Socket socket) {
    const std::lock_guard guard(mutex_);
    if (idle_.size() < kIdle) idle_.push_back(std::move(socket));
  }

  bool pause() {  // false: the end
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, kReconnect, [&] { return stopping_; });
  }

  void listen() {
    bool known = false;  // there was an agent before: its successor's bells may have been missed
    do {
      try {
        if (subscribe()) {
          if (known && hooks_.wake) hooks_.wake(hooks_.ctx);
          known = true;
          hear();
        }
      } catch (const std::exception&) {  // no memory: later
      }
      const std::lock_guard guard(mutex_);
      events_ = local::Socket();
    } while (pause());
  }

  bool subscribe() {
    auto socket = local::Socket::connect(path_, Steady::now() + kPatience);
    if (!socket) return false;
    // And a bell at once: what was submitted meanwhile waits in the spool.
    const auto hello = local::frame({.ask = local::Ask::subscribe, .deadline_ms = 0, .name = {}, .body = {}}) + wake_;
    if (auto sent = socket->send(hello, Steady::now() + kPatience); !sent) return false;
    const std::lock_guard guard(mutex_);
    events_ = *std::move(socket);
    idle_.clear();  // they were an earlier agent's
    return !stopping_;
  }

  void hear() {
    for (;;) {  // events_ is replaced by this thread alone, so it may be read without the lock
      const auto payload = events_.receive(kMaxLogLine, std::nullopt);
      if (!payload) return;
      const auto event = local::read_event(*payload);
      if (!event) return;
      if (event->kind == local::Event::ring && hooks_.wake) hooks_.wake(hooks_.ctx);
      if (event->kind == local::Event::log && hooks_.log) hooks_.log(hooks_.ctx, event->severity, std::string(event->line).c_str());
    }
  }

  const std::string path_;
  const HostHooks hooks_;
  const std::string wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  local::Socket events_;
  std::vector<local::Socket> idle_;
  std::thread listener_;
};

}  // namespace

std::unique_ptr<Engine> reach_agent(const std::string& socket, const HostHooks& hooks) {
  return std::make_unique<AgentLink>(socket, hooks);
}

}  // namespace huren::module
