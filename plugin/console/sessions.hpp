// Who is signed in, in memory: a restart of the process signs everybody out, a restart of the engine does not.
// Promises: a session ends after idle minutes without a request and after twelve hours in any case; tokens are random and
//   kept as digests; a panel session belongs to one doctor and one encounter, and its link opens once.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "console/users.hpp"
#include "engine/panel_link.hpp"

namespace huren::console {

struct Session {
  std::string user, display, csrf;
  std::string credential{};  // the password's hash when it was opened: a new password ends it
  Role role = Role::reader;
  std::optional<engine::PanelPass> panel;
  std::int64_t made_ms = 0, seen_ms = 0;
};

class Sessions {
 public:
  explicit Sessions(const engine::Clock& clock) : clock_(clock) {}
  Result<std::string> open(Session session);  // the cookie's value; csrf is made here
  std::optional<Session> find(const std::string& cookie, int idle_minutes, bool quiet = false);  // quiet: asking is no sign of life
  void close(const std::string& cookie);
  void close_all_of(const std::string& user);
  bool first_use(const std::string& link, std::int64_t until_ms);  // of a panel link

 private:
  static constexpr std::int64_t kLongestMs = 12 * 3'600'000LL;
  static constexpr std::size_t kMost = 10'000;
  const engine::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;    // by digest of the cookie
  std::map<std::string, std::int64_t> used_;   // links, until when they could be used
};

}  // namespace huren::console
