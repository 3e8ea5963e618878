#include "console/users.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "console/files.hpp"
#include "console/secret.hpp"
#include "core/base/text.hpp"
#include "engine/files.hpp"

namespace huren::console {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::array kRoles{std::pair{Role::admin, "admin"}, std::pair{Role::op, "operator"}, std::pair{Role::quality, "quality"},
                            std::pair{Role::auditor, "auditor"}, std::pair{Role::reader, "reader"}};

bool good_name(std::string_view s) {
  return s.size() >= 2 && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
         });
}

Result<void> check_password(const std::string& name, const std::string& password) {
  const bool repeats = password.size() > 1 && password.find_first_not_of(password[0]) == password.npos;
  if (password.size() < Users::kLeastPassword || password.size() > 256 || repeats || equal_ascii_nocase(password, name))
    return Error{"console.password_weak", "/password", {std::to_string(Users::kLeastPassword)}};
  return {};
}

User* find(std::vector<User>& users, const std::string& name) {
  const auto it = std::find_if(users.begin(), users.end(), [&](const User& u) { return u.name == name; });
  return it == users.end() ? nullptr : &*it;
}

// Somebody who can still sign in must be able to add others.
bool has_admin(const std::vector<User>& users) {
  return std::any_of(users.begin(), users.end(), [](const User& u) { return u.role == Role::admin && !u.disabled; });
}

// What an unknown name is compared with, so that it takes as long as a known one.
Result<std::string> nobody(const std::string& from) {
  static std::mutex mutex;
  static std::string hash;
  const std::lock_guard lock(mutex);
  if (hash.empty()) {
    auto made = hash_password("nobody has this password", from);
    if (!made) return made.error();
    hash = std::move(*made);
  }
  return hash;
}

class Lock {
 public:
  explicit Lock(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ >= 0 && ::flock(fd_, LOCK_EX) != 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }
  ~Lock() {
    if (fd_ >= 0) ::close(fd_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  [[nodiscard]] bool held() const { return fd_ >= 0; }

 private:
  int fd_;
};

}  // namespace

const char* word(Role role) {
  for (const auto& [r, w] : kRoles)
    if (r == role) return w;
  return "reader";
}

std::optional<Role> role_of(std::string_view text) {
  for (const auto& [r, w] : kRoles)
    if (text == w) return r;
  return std::nullopt;
}

Result<Users::File> Users::read() const {
  const auto text = engine::read_file(folder_ + "/users.json");
  if (!text) return File{};
  const auto tree = Json::parse(*text, nullptr, false);
  if (!tree.is_object() || !tree.contains("users") || !tree["users"].is_array()) return Error{"console.users_unreadable", "users.json", {}};
  File file;
  try {
    file.token = tree.value("token", std::string());
    file.token_until_ms = tree.value("token_until_ms", std::int64_t{0});
    for (const auto& u : tree["users"]) {
      const auto role = role_of(u.value("role", std::string()));
      if (!role) return Error{"console.users_unreadable", "users.json", {}};
      file.users.push_back({.name = u.at("name"), .display = u.value("display", std::string()), .role = *role, .password = u.at("password"),
                            .failures = u.value("failures", 0), .locked_until_ms = u.value("locked_until_ms", std::int64_t{0}),
                            .created_ms = u.value("created_ms", std::int64_t{0}), .last_ms = u.value("last_ms", std::int64_t{0}), .disabled = u.value("disabled", false)});
    }
  } catch (const Json::exception&) {
    return Error{"console.users_unreadable", "users.json", {}};
  }
  return file;
}

Result<void> Users::change(const std::function<Result<void>(File&)>& fn) {
  std::error_code ec;
  std::filesystem::create_directories(folder_, ec);
  const Lock lock(folder_ + "/users.lock");
  if (!lock.held()) return Error{"console.users_unreadable", "users.json", {}};
  auto file = read();
  if (!file) return file.error();
  const auto outcome = fn(*file);  // a failed sign-in is counted, too: written in either case
  Json users = Json::array();
  for (const auto& u : file->users)
    users.push_back({{"name", u.name}, {"display", u.display}, {"role", word(u.role)}, {"password", u.password}, {"failures", u.failures},
                     {"locked_until_ms", u.locked_until_ms}, {"created_ms", u.created_ms}, {"last_ms", u.last_ms}, {"disabled", u.disabled}});
  Json tree{{"token", file->token}, {"token_until_ms", file->token_until_ms}, {"users", std::move(users)}};
  if (auto r = replace_file(folder_ + "/users.json", tree.dump(1), 0600); !r) return r;
  return outcome;
}

Result<std::string> Users::issue_token() {
  auto token = random_token();
  if (!token) return token.error();
  auto done = change([&](File& file) -> Result<void> {
    file.token = digest(*token);
    file.token_until_ms = clock_.now_ms() + kTokenMs;
    return {};
  });
  if (!done) return done.error();
  return *token;
}

Result<User> Users::set_up(const std::string& token, const std::string& name, const std::string& display, const std::string& password, const std::string& from) {
  if (!good_name(name)) return Error{"console.user_name", "/name", {}};
  if (auto r = check_password(name, password); !r) return r.error();
  const auto refused = [&](const File& file) { return file.token.empty() || file.token_until_ms < clock_.now_ms() || !same_secret(file.token, digest(token)); };
  auto before = read();
  if (!before) return before.error();
  if (refused(*before)) return Error{"console.setup_token", "/token", {}};  // anybody may ask: no work for strangers
  auto hash = hash_password(password, from);
  if (!hash) return hash.error();
  User made;
  auto done = change([&](File& file) -> Result<void> {
    if (refused(file)) return Error{"console.setup_token", "/token", {}};
    file.token.clear();
    if (auto* known = find(file.users, name)) {
      known->role = Role::admin;
      known->password = *hash;
      known->failures = 0;
      known->locked_until_ms = 0;
      known->disabled = false;
      made = *known;
    } else {
      made = {.name = name, .display = display, .role = Role::admin, .password = *hash, .created_ms = clock_.now_ms()};
      file.users.push_back(made);
    }
    return {};
  });
  if (!done) return done.error();
  return made;
}

Result<User> Users::sign_in(const std::string& name, const std::string& password, const std::string& from) {
  auto before = read();
  if (!before) return before.error();
  const auto now = clock_.now_ms();
  const User* known = find(before->users, name);
  if (known && known->locked_until_ms > now) return Error{"console.locked", "", {std::to_string((known->locked_until_ms - now + 59'999) / 60'000)}};
  auto compared = known && !known->disabled ? Result<std::string>(known->password) : nobody(from);
  if (!compared) return compared.error();
  const auto same = password_fits(*compared, password.substr(0, 256), from);
  if (!same) return same.error();
  const bool fits = *same && known && !known->disabled;
  if (!known) return Error{"console.sign_in_failed", "", {}};
  User who;
  auto done = change([&](File& file) -> Result<void> {
    auto* user = find(file.users, name);
    if (!user || user->disabled) return Error{"console.sign_in_failed", "", {}};
    if (user->locked_until_ms > now) return Error{"console.locked", "", {std::to_string((user->locked_until_ms - now + 59'999) / 60'000)}};
    if (!fits) {
      if (++user->failures >= kFailures) {
        user->failures = 0;
        user->locked_until_ms = now + kLockMs;
      }
      return Error{"console.sign_in_failed", "", {}};
    }
    user->failures = 0;
    user->locked_until_ms = 0;
    user->last_ms = now;
    who = *user;
    return {};
  });
  if (!done) return done.error();
  return who;
}

Result<void> Users::change_password(const std::string& name, const std::string& old_password, const std::string& password, const std::string& from) {
  if (auto r = check_password(name, password); !r) return r;
  if (auto who = sign_in(name, old_password, from); !who) return who.error();
  auto hash = hash_password(password, from);
  if (!hash) return hash.error();
  return change([&](File& file) -> Result<void> {
    auto* user = find(file.users, name);
    if (!user) return Error{"console.unknown_object", "/name", {name}};
    user->password = *hash;
    return {};
  });
}

Result<void> Users::put(const User& user, const std::string& password) {
  if (!good_name(user.name)) return Error{"console.user_name", "/name", {}};
  std::string hash;
  if (!password.empty()) {
    if (auto r = check_password(user.name, password); !r) return r;
    auto made = hash_password(password);
    if (!made) return made.error();
    hash = std::move(*made);
  }
  return change([&](File& file) -> Result<void> {
    auto users = file.users;
    auto* known = find(users, user.name);
    if (!known) {
      if (hash.empty()) return Error{"console.password_weak", "/password", {std::to_string(kLeastPassword)}};
      users.push_back({.name = user.name, .display = user.display, .role = user.role, .password = hash, .created_ms = clock_.now_ms(), .disabled = user.disabled});
    } else {
      known->display = user.display;
      known->role = user.role;
      known->disabled = user.disabled;
      if (!hash.empty()) {
        known->password = hash;
        known->failures = 0;
        known->locked_until_ms = 0;
      }
    }
    if (!has_admin(users)) return Error{"console.last_admin", "/role", {}};
    file.users = std::move(users);
    return {};
  });
}

std::optional<User> Users::current(const std::string& name) {
  struct stat there {};
  const bool present = ::stat((folder_ + "/users.json").c_str(), &there) == 0;
  const std::pair stamp{present ? static_cast<std::uint64_t>(there.st_ino) : 0, static_cast<std::int64_t>(there.st_mtim.tv_sec) * 1'000'000'000 + there.st_mtim.tv_nsec};
  const std::lock_guard lock(known_mutex_);
  if (!present || stamp != known_stamp_) {
    auto file = read();
    known_ = file ? std::move(file->users) : std::vector<User>();  // a damaged file lets nobody in
    known_stamp_ = stamp;
  }
  const auto* user = find(known_, name);
  return user ? std::optional(*user) : std::nullopt;
}

Result<void> Users::unlock(const std::string& name) {
  return change([&](File& file) -> Result<void> {
    auto* user = find(file.users, name);
    if (!user) return Error{"console.unknown_object", "/name", {name}};
    user->failures = 0;
    user->locked_until_ms = 0;
    return {};
  });
}

Result<std::vector<User>> Users::list() {
  auto file = read();
  if (!file) return file.error();
  return std::move(file->users);
}

Result<bool> Users::empty() {
  auto file = read();
  if (!file) return file.error();
  return file->users.empty();
}

}  // namespace huren::console
