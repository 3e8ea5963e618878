#include "agent/server.hpp"

#include <algorithm>
#include <chrono>

#include "agent/system.hpp"
#include "huren/huren.h"
#include "module/content.hpp"
#include "module/process.hpp"

namespace huren::agent {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kTick{200};
constexpr std::chrono::seconds kSend{10};
constexpr std::size_t kMostUnsent = 256 * 1024;   // log lines beyond it are dropped: they are in the log file, too
constexpr std::uint32_t kLongestPoll = 1000;      // whoever waits longer asks again: one who has gone is noticed by then

QueryAnswer bare(int status) { return {status, "", {"", "", {}}}; }
QueryAnswer faulty(Error error) {
  const auto status = status_of(error);
  return {status, "", std::move(error)};
}

}  // namespace

bool Access::allows(const local::PeerAccount& who, std::int64_t own_user) const {
  if (who.user == own_user || who.user == 0) return true;
  if (std::find(users.begin(), users.end(), who.user) != users.end()) return true;
  return group && std::find(who.groups.begin(), who.groups.end(), *group) != who.groups.end();
}

void Server::start(local::Listener listener) {
  listener_.emplace(std::move(listener));
  const module::process::QuietSignals quiet;
  accepting_ = std::thread([this] { accept(); });
}

void Server::serve(std::shared_ptr<module::Instance> instance) {
  const std::lock_guard guard(mutex_);
  instance_.swap(instance);
}  // the former one ends here or with its last question

void Server::stop() noexcept {
  stopping_ = true;
  {
    const std::lock_guard guard(mutex_);
    for (auto& c : connections_) c.socket.shut();
  }
  if (accepting_.joinable()) accepting_.join();
  reap(true);
  listener_.reset();
}

void Server::reap(bool all) {
  std::list<Connection> gone;
  {
    const std::lock_guard guard(mutex_);
    for (auto it = connections_.begin(); it != connections_.end();) {
      const auto next = std::next(it);
      if (all) it->socket.shut();
      if (all || it->done) gone.splice(gone.end(), connections_, it);
      it = next;
    }
  }
  for (auto& c : gone)
    if (c.thread.joinable()) c.thread.join();
}

void Server::accept() {
  while (!stopping_) {
    reap(false);
    auto taken = listener_->accept(kTick);
    if (!taken) continue;
    const auto who = taken->peer();
    if (!who || !access_.allows(*who, own_user())) {
      log(Severity::warning, "agent.refused", {{"user", who ? std::to_string(who->user) : "?"}, {"process", who ? std::to_string(who->process) : "?"}});
      static_cast<void>(taken->send(local::frame(faulty({"local.refused", "", {}})), Steady::now() + milliseconds(100)));
      continue;
    }
    const std::lock_guard guard(mutex_);
    if (connections_.size() >= kMost) {
      log(Severity::warning, "agent.busy", {{"limit", std::to_string(kMost)}});
      continue;
    }
    try {
      auto& c = connections_.emplace_back();
      c.socket = *std::move(taken);
      c.thread = std::thread([this, &c] { run(c); });
    } catch (const std::exception&) {  // no thread, no memory: the caller sees its connection end
      if (!connections_.empty() && !connections_.back().thread.joinable()) connections_.pop_back();
    }
  }
}

void Server::run(Connection& c) {
  try {
    for (;;) {
      const auto payload = c.socket.receive(max_frame_, std::nullopt);
      if (!payload) {
        if (payload.error().id != "local.closed" && !stopping_) log(Severity::warning, "agent.bad_frame", {{"id", std::string(payload.error().id)}});
        break;
      }
      const auto request = local::read_request(*payload);
      if (!request) {
        log(Severity::warning, "agent.bad_frame", {{"id", "local.cut"}});
        break;
      }
      if (request->ask == local::Ask::subscribe) {
        attend(c);
        break;
      }
      auto said = answer(*request);
      if (request->ask == local::Ask::wake) continue;
      if (!c.socket.send(local::frame(said), Steady::now() + kSend)) {
        if (request->ask == local::Ask::poll && said.status == HUREN_OK)
          if (const auto instance = current()) instance->unpoll(said.json);
        break;
      }
    }
  } catch (const std::exception&) {  // the connection's wall: its caller sees the end of it
  }
  const std::lock_guard guard(mutex_);
  c.subscribed = false;
  c.socket.shut();
  c.done = true;
}

std::shared_ptr<module::Instance> Server::current() {
  const std::lock_guard guard(mutex_);
  return instance_;
}

QueryAnswer Server::answer(const local::Request& r) {
  const auto instance = current();
  switch (r.ask) {
    case local::Ask::query: {
      if (auto known = module::known_topic(r.name); !known) return faulty(known.error());
      if (auto fine = module::json_text(r.body); !fine) return faulty(fine.error());
      return instance ? instance->query(r.name, r.body, r.deadline_ms) : bare(HUREN_NO_ANSWER);
    }
    case local::Ask::poll: return instance ? instance->poll(std::min(r.deadline_ms, kLongestPoll)) : bare(HUREN_EMPTY);
    case local::Ask::unpoll:
      if (instance) instance->unpoll("{\"notice_id\":\"" + std::string(r.name) + "\"}");
      return bare(HUREN_OK);
    case local::Ask::acknowledge: return instance ? instance->acknowledge(r.name) : faulty({"local.agent_down", "", {}});
    case local::Ask::health: return {HUREN_OK, instance ? instance->engine_health() : "null", {"", "", {}}};
    case local::Ask::wake:
      if (instance) instance->spooled();
      break;
    case local::Ask::subscribe: break;
  }
  return bare(HUREN_OK);
}

void Server::attend(Connection& c) {
  {
    const std::lock_guard guard(mutex_);
    c.subscribed = true;
    if (unheard_) push(c, local::frame(local::Event{}));
    unheard_ = false;
  }
  while (!stopping_) {
    if (c.socket.readable(kTick)) {
      const auto payload = c.socket.receive(max_frame_, std::nullopt);
      const auto request = payload ? local::read_request(*payload) : std::nullopt;
      if (!request || request->ask != local::Ask::wake) return;
      answer(*request);
    }
    const std::lock_guard guard(mutex_);
    if (!c.unsent.empty()) push(c, "");
  }
}

// Never waits: the engine's own threads ring the bell.
void Server::push(Connection& c, const std::string& frame) {
  if (c.unsent.size() < kMostUnsent) c.unsent += frame;
  std::size_t sent = 0;
  if (!c.socket.send_now(c.unsent, sent)) c.socket.shut();
  c.unsent.erase(0, sent);
}

void Server::ring() noexcept try {
  const std::lock_guard guard(mutex_);
  unheard_ = true;
  for (auto& c : connections_) {
    if (!c.subscribed) continue;
    if (c.unsent.empty()) push(c, local::frame(local::Event{}));  // else it has enough to wake up for
    unheard_ = false;
  }
} catch (const std::exception&) {  // they look by themselves every second
}

void Server::log_line(int severity, const char* line) noexcept try {
  const auto bytes = local::frame(local::Event{.kind = local::Event::log, .severity = static_cast<std::uint8_t>(severity), .line = line});
  const std::lock_guard guard(mutex_);
  for (auto& c : connections_)
    if (c.subscribed) push(c, bytes);
} catch (const std::exception&) {
}

}  // namespace huren::agent
