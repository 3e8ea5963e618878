// local/socket.hpp on POSIX systems with Linux's peer credentials.
#include "local/socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "local/wire.hpp"

namespace huren::local {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t kChunk = 64 * 1024;
constexpr int kBacklog = 128;
constexpr std::chrono::seconds kFrameTime{10};

Error fault(std::string_view id, const std::string& where, int number) { return {id, where, {std::to_string(number)}}; }

// false: the time is over.
bool wait_for(int file, short what, Time until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd one{file, what, 0};
    const int n = ::poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (n > 0) return true;
    if (n == 0 && left <= 60'000) return false;
    if (n < 0 && errno != EINTR) return true;  // the call that follows tells what is wrong
  }
}

Result<sockaddr_un> address(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  if (path.size() >= sizeof out.sun_path) return Error{"local.path_too_long", path, {std::to_string(sizeof out.sun_path - 1)}};
  std::memcpy(out.sun_path, path.data(), path.size());
  return out;
}

const sockaddr* plain(const sockaddr_un& a) { return reinterpret_cast<const sockaddr*>(&a); }

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

Result<void> private_folder(const std::string& folder) {
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0) return fault("local.folder", folder, errno);
  if ((found.st_uid != ::geteuid() && found.st_uid != 0) || (found.st_mode & S_IWOTH)) return Error{"local.open_folder", folder, {}};
  return {};
}

}  // namespace

Socket::~Socket() {
  if (const int file = file_.exchange(-1); file >= 0) ::close(file);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other)
    if (const int file = file_.exchange(other.file_.exchange(-1)); file >= 0) ::close(file);
  return *this;
}

Result<Socket> Socket::connect(const std::string& path, Time until) {
  const auto to = address(path);
  if (!to) return to.error();
  Socket out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.open()) return fault("local.socket", path, errno);
  while (::connect(out.file_, plain(*to), sizeof *to) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fault("local.absent", path, errno);  // EAGAIN: the agent is behind with accepting
    if (std::chrono::steady_clock::now() >= until) return Error{"local.late", path, {}};
    std::this_thread::sleep_for(milliseconds(1));
  }
  const auto server = out.peer();
  if (!server) return server.error();
  struct stat folder{};
  const bool owner = ::stat(folder_of(path).c_str(), &folder) == 0 && static_cast<std::int64_t>(folder.st_uid) == server->user;
  if (!owner && server->user != 0 && server->user != ::geteuid()) return Error{"local.stranger", path, {std::to_string(server->user)}};
  return out;
}

Result<void> Socket::send(std::string_view bytes, Time until) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    if (!send_now(bytes, sent)) return Error{"local.closed", "", {}};
    bytes.remove_prefix(sent);
    if (!bytes.empty() && !wait_for(file_, POLLOUT, until)) return Error{"local.late", "", {}};
  }
  return {};
}

bool Socket::send_now(std::string_view bytes, std::size_t& sent) {
  sent = 0;
  while (sent < bytes.size()) {
    const auto n = ::send(file_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

Result<std::string> Socket::receive(std::size_t limit, std::optional<Time> by) {
  std::string out;
  std::size_t wanted = kHead;
  bool head = true;
  auto until = by.value_or(std::chrono::steady_clock::now() + std::chrono::hours(24 * 365));
  std::array<char, kChunk> chunk;  // NOLINT: filled by recv
  for (;;) {
    if (out.size() == wanted) {
      if (!head) return out;
      wanted = frame_size(out);
      if (wanted > limit) return Error{"local.too_large", "", {std::to_string(wanted), std::to_string(limit)}};
      head = false;
      out.clear();
      if (wanted == 0) return Error{"local.cut", "", {}};
    }
    if (!wait_for(file_, POLLIN, until)) return Error{"local.late", "", {}};
    const auto n = ::recv(file_, chunk.data(), std::min(chunk.size(), wanted - out.size()), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) continue;
    if (n <= 0) return Error{head && out.empty() ? "local.closed" : "local.cut", "", {}};
    if (!by && head && out.empty()) until = std::chrono::steady_clock::now() + kFrameTime;
    out.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

bool Socket::readable(milliseconds wait) { return wait_for(file_, POLLIN, std::chrono::steady_clock::now() + wait); }

Result<PeerAccount> Socket::peer() const {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(file_, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return fault("local.socket", "SO_PEERCRED", errno);
  PeerAccount out{.process = who.pid, .user = who.uid, .groups = {who.gid}};
  std::vector<gid_t> groups(64);
  for (int round = 0; round < 2; ++round) {
    size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(file_, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      for (std::size_t i = 0; i < size / sizeof(gid_t); ++i) out.groups.push_back(groups[i]);
      break;
    }
    if (errno != ERANGE) break;  // an older kernel: the first group alone counts
    groups.resize(size / sizeof(gid_t));
  }
  return out;
}

void Socket::shut() {
  if (const int file = file_; file >= 0) ::shutdown(file, SHUT_RDWR);
}

Result<std::optional<Listener>> Listener::take(const std::string& path, unsigned mode, std::optional<std::int64_t> group) {
  const auto at = address(path);
  if (!at) return at.error();
  if (auto fine = private_folder(folder_of(path)); !fine) return fine.error();
  const int lock = ::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fault("local.socket", path + ".lock", errno);
  Listener out(path, -1, lock);  // from here on the lock is let go whatever happens
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    out.path_.clear();  // not ours to remove
    if (errno == EWOULDBLOCK) return std::optional<Listener>();
    return fault("local.socket", path + ".lock", errno);
  }
  ::unlink(path.c_str());
  out.file_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // Connecting takes the right to write the file. Between bind and chmod nobody listens yet.
  if (out.file_ < 0 || ::bind(out.file_, plain(*at), sizeof *at) != 0) return fault("local.socket", path, errno);
  struct stat made{};  // a hardened service may not chown; a folder that gives its group to new files spares it
  if (group && (::stat(path.c_str(), &made) != 0 || static_cast<std::int64_t>(made.st_gid) != *group) &&
      ::chown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(*group)) != 0)
    return fault("local.group", path, errno);
  if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0 || ::listen(out.file_, kBacklog) != 0) return fault("local.socket", path, errno);
  return std::optional<Listener>(std::move(out));
}

Listener::Listener(Listener&& other) noexcept
    : path_(std::exchange(other.path_, {})), file_(std::exchange(other.file_, -1)), lock_(std::exchange(other.lock_, -1)) {}

Listener::~Listener() {
  if (file_ >= 0) {
    ::close(file_);
    ::unlink(path_.c_str());
  }
  if (lock_ >= 0) ::close(lock_);
}

std::optional<Socket> Listener::accept(milliseconds wait) {
  if (!wait_for(file_, POLLIN, std::chrono::steady_clock::now() + wait)) return std::nullopt;
  const int taken = ::accept4(file_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (taken < 0) return std::nullopt;
  return Socket(taken);
}

}  // namespace huren::local
