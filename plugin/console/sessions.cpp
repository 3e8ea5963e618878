#include "console/sessions.hpp"

#include <algorithm>

#include "console/secret.hpp"

namespace huren::console {

Result<std::string> Sessions::open(Session session) {
  auto cookie = random_token(), csrf = random_token();
  if (!cookie) return cookie.error();
  if (!csrf) return csrf.error();
  session.csrf = *csrf;
  session.made_ms = session.seen_ms = clock_.now_ms();
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [&](const auto& s) { return s.second.made_ms + kLongestMs < session.made_ms; });
  if (sessions_.size() >= kMost)  // the one that was idle longest
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) { return a.second.seen_ms < b.second.seen_ms; }));
  sessions_.insert_or_assign(digest(*cookie), std::move(session));
  return *cookie;
}

std::optional<Session> Sessions::find(const std::string& cookie, int idle_minutes, bool quiet) {
  if (cookie.empty()) return std::nullopt;
  const auto key = digest(cookie);
  const auto now = clock_.now_ms();
  const std::lock_guard lock(mutex_);
  const auto it = sessions_.find(key);
  if (it == sessions_.end()) return std::nullopt;
  if (now - it->second.made_ms > kLongestMs || now - it->second.seen_ms > idle_minutes * 60'000LL) {
    sessions_.erase(it);
    return std::nullopt;
  }
  if (!quiet) it->second.seen_ms = now;
  return it->second;
}

void Sessions::close(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(digest(cookie));
}

void Sessions::close_all_of(const std::string& user) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [&](const auto& s) { return !s.second.panel && s.second.user == user; });
}

bool Sessions::first_use(const std::string& link, std::int64_t until_ms) {
  const auto now = clock_.now_ms();
  const std::lock_guard lock(mutex_);
  std::erase_if(used_, [&](const auto& u) { return u.second < now; });
  return used_.emplace(digest(link), until_ms).second;
}

}  // namespace huren::console
