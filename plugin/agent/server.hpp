// The agent's end of the local socket: who may connect, what they may ask, and the bells that they hear.
// Promises: a caller is known by what the kernel says of it; hostile bytes cost their own connection and nothing else;
//   every question is answered by its deadline (Instance has it run on workers). One thread a connection, kMost at once.
// Refuses: callers of other accounts than the configured ones; frames over the configured body size.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/log.hpp"
#include "local/socket.hpp"
#include "local/wire.hpp"
#include "module/instance.hpp"

namespace huren::agent {

struct Access {  // beside the agent's own account and root
  std::vector<std::int64_t> users;
  std::optional<std::int64_t> group;
  [[nodiscard]] bool allows(const local::PeerAccount& who, std::int64_t own_user) const;
  [[nodiscard]] unsigned socket_mode() const { return !users.empty() ? 0666 : group ? 0660 : 0600; }  // the kernel's word decides
};

class Server {
 public:
  static constexpr std::size_t kMost = 512;

  Server(Access access, std::size_t max_body) : access_(std::move(access)), max_frame_(max_body + local::kRequestOverhead) {}
  ~Server() { stop(); }
  void start(local::Listener listener);
  [[nodiscard]] bool serving() const { return accepting_.joinable(); }
  void serve(std::shared_ptr<module::Instance> instance);  // nullptr: none for now
  void ring() noexcept;
  void log_line(int severity, const char* line) noexcept;
  void stop() noexcept;  // callers see their connection end

 private:
  struct Connection {
    local::Socket socket;
    std::thread thread;
    std::atomic<bool> done{false};
    // Of a subscriber, with mutex_ held: what is still to go out.
    bool subscribed = false;
    std::string unsent;
  };
  void accept();
  void reap(bool all);
  void run(Connection& c);
  void attend(Connection& c);                      // a subscriber
  void push(Connection& c, const std::string& frame);  // with mutex_ held
  std::shared_ptr<module::Instance> current();
  QueryAnswer answer(const local::Request& request);

  const Access access_;
  const std::size_t max_frame_;
  std::optional<local::Listener> listener_;
  std::thread accepting_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::shared_ptr<module::Instance> instance_;
  std::list<Connection> connections_;
  bool unheard_ = false;  // a bell that rang while nobody listened
};

}  // namespace huren::agent
