// One end of a Unix-domain stream socket, and a place where such are taken. What differs by system lies in posix/.
// Promises: every wait has an end; no SIGPIPE; memory for a frame grows with the bytes that came, not with the length
//   that was claimed; who is at the other end is told by the kernel.
// Refuses: a folder that strangers may write in: they could put a socket of their own there.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::local {

using Time = std::chrono::steady_clock::time_point;

struct PeerAccount {
  std::int64_t process = 0, user = -1;
  std::vector<std::int64_t> groups;  // all of them
};

class Socket {
 public:
  Socket() = default;
  explicit Socket(int file) : file_(file) {}
  ~Socket();
  Socket(Socket&& other) noexcept : file_(other.file_.exchange(-1)) {}
  Socket& operator=(Socket&& other) noexcept;

  // local.absent: nobody listens. local.stranger: who listens is neither root, nor this account, nor the folder's owner.
  static Result<Socket> connect(const std::string& path, Time until);
  Result<void> send(std::string_view bytes, Time until);
  bool send_now(std::string_view bytes, std::size_t& sent);  // as much as goes without waiting; false: broken
  // A payload of at most limit bytes, whole by `until`. nullopt: its first byte may come at any time, the rest within 10 s.
  // local.closed: the other end went away between frames. local.late, local.cut, local.too_large.
  Result<std::string> receive(std::size_t limit, std::optional<Time> until);
  bool readable(std::chrono::milliseconds wait);  // also when the other end has gone
  [[nodiscard]] Result<PeerAccount> peer() const;
  void shut();  // from any thread: wakes whoever waits here; both ends see the end
  [[nodiscard]] bool open() const { return file_ >= 0; }

 private:
  std::atomic<int> file_{-1};
};

class Listener {
 public:
  // Replaces a socket file that a dead process left behind; nullopt: another living process serves this path.
  // mode: of the socket file, for who may write it may connect; group: of the file, nullopt: as it comes.
  static Result<std::optional<Listener>> take(const std::string& path, unsigned mode, std::optional<std::int64_t> group);
  ~Listener();
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  std::optional<Socket> accept(std::chrono::milliseconds wait);

 private:
  Listener(std::string path, int file, int lock) : path_(std::move(path)), file_(file), lock_(lock) {}
  std::string path_;
  int file_ = -1, lock_ = -1;
};

}  // namespace huren::local
