// Who may use the console, in one file of the data folder (console/users.json, 0600), changed under a lock by the console
// and by huren-ctl alike.
// Promises: passwords only as argon2id hashes; five failures lock an account for fifteen minutes; the first administrator
//   is made with a one-time token that huren-ctl prints on this machine. Refuses: short passwords, a last administrator
//   who is taken away, an answer that tells whether a name exists.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "engine/clock.hpp"

namespace huren::console {

enum class Role { admin, op, quality, auditor, reader };
const char* word(Role role);  // admin | operator | quality | auditor | reader
std::optional<Role> role_of(std::string_view word);

struct User {
  std::string name, display;
  Role role = Role::reader;
  std::string password{};        // hash
  int failures = 0;
  std::int64_t locked_until_ms = 0, created_ms = 0, last_ms = 0;
  bool disabled = false;
};

class Users {
 public:
  static constexpr int kFailures = 5;
  static constexpr std::int64_t kLockMs = 15 * 60'000, kTokenMs = 60 * 60'000;
  static constexpr std::size_t kLeastPassword = 10;

  Users(const std::string& folder, const engine::Clock& clock) : folder_(folder), clock_(clock) {}
  // A token that makes one administrator, or gives one a new password; a later one takes its place.
  Result<std::string> issue_token();
  Result<User> set_up(const std::string& token, const std::string& name, const std::string& display, const std::string& password, const std::string& from = {});
  // from: the address that asks (HashGate). Error console.busy: nothing was tried, no failure counted.
  Result<User> sign_in(const std::string& name, const std::string& password, const std::string& from = {});
  Result<void> change_password(const std::string& name, const std::string& old_password, const std::string& password, const std::string& from = {});
  // Makes or changes an account; an empty password keeps the present one.
  Result<void> put(const User& user, const std::string& password);
  // The account as it is now, whoever changed it; cheap: the file is read again only when it is another one.
  std::optional<User> current(const std::string& name);
  Result<void> unlock(const std::string& name);
  Result<std::vector<User>> list();
  Result<bool> empty();

 private:
  struct File { std::vector<User> users; std::string token; std::int64_t token_until_ms = 0; };
  Result<void> change(const std::function<Result<void>(File&)>& fn);
  Result<File> read() const;
  std::string folder_;
  std::mutex known_mutex_;
  std::pair<std::uint64_t, std::int64_t> known_stamp_{};  // inode and time of the file that known_ holds
  std::vector<User> known_;
  const engine::Clock& clock_;
};

}  // namespace huren::console
