#include "tests/support/fault_proxy/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <stdexcept>

namespace huren::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}
const sockaddr* generic(const sockaddr_in& a) { return reinterpret_cast<const sockaddr*>(&a); }

void reset(int fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

struct FaultProxy::Pair {
  int client = -1, server = -1;
  Faults faults;
  std::atomic<bool> cut{false};
  std::thread thread;
};

FaultProxy::FaultProxy(std::uint16_t server_port) : server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, generic(address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("fault proxy: cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FaultProxy::~FaultProxy() {
  stopping_ = true;
  ::eventfd_write(wake_, 1);
  thread_.join();
  cut_all();
  ::close(listener_);
  ::close(wake_);
}

void FaultProxy::set(const Faults& faults) {
  const std::lock_guard lock(mutex_);
  faults_ = faults;
}
void FaultProxy::set_server(std::uint16_t port) { server_port_ = port; }
void FaultProxy::cut_all() {
  const std::lock_guard lock(mutex_);
  for (auto& pair : pairs_) pair.cut = true;
  for (auto& pair : pairs_)
    if (pair.thread.joinable()) pair.thread.join();
}

void FaultProxy::run() {
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{listener_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (stopping_) return;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    ++accepted_;
    const std::lock_guard lock(mutex_);
    const int server = faults_.refuse ? -1 : ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(server_port_);
    if (server < 0 || ::connect(server, generic(address), sizeof address) != 0) {
      if (server >= 0) ::close(server);
      reset(client);
      ::close(client);
      continue;
    }
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    to_server_ = to_client_ = 0;
    auto& pair = pairs_.emplace_back();
    pair.client = client;
    pair.server = server;
    pair.faults = faults_;
    pair.thread = std::thread([this, &pair] { carry(pair); });
  }
}

void FaultProxy::carry(Pair& pair) {
  std::minstd_rand random(static_cast<unsigned>(pair.client));
  std::array<char, 16 * 1024> piece{};
  const auto& f = pair.faults;
  std::uint64_t to_server = 0, to_client = 0;
  bool silent = false;  // half open: read on, pass nothing
  const auto pass = [&](int from, int to, std::uint64_t& count, std::atomic<std::uint64_t>& shown,
                        const std::optional<std::uint64_t>& limit) {
    const auto n = ::recv(from, piece.data(), f.drip_bytes ? std::min(f.drip_bytes, piece.size()) : piece.size(), 0);
    if (n <= 0) return false;
    auto size = static_cast<std::size_t>(n);
    if (silent) return true;
    const auto jitter = f.jitter_ms ? random() % f.jitter_ms : 0;
    if (f.delay_ms + jitter > 0) std::this_thread::sleep_for(std::chrono::milliseconds(f.delay_ms + jitter));
    const bool last = limit && count + size >= *limit;
    if (last) size = static_cast<std::size_t>(*limit - count);
    if (!send_all(to, piece.data(), size)) return false;
    count += size;
    shown = count;
    if (!last) return true;
    silent = f.cut == Faults::Cut::half_open;
    if (f.cut == Faults::Cut::reset) reset(pair.client), reset(pair.server);
    return silent;
  };
  while (!stopping_ && !pair.cut) {
    std::array<pollfd, 2> fds{pollfd{pair.client, POLLIN, 0}, pollfd{pair.server, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), 20) <= 0) continue;
    if (fds[0].revents && !pass(pair.client, pair.server, to_server, to_server_, f.cut_to_server_after)) break;
    if (fds[1].revents && !pass(pair.server, pair.client, to_client, to_client_, f.cut_to_client_after)) break;
  }
  if (pair.cut) reset(pair.client), reset(pair.server);
  ::close(pair.client);
  ::close(pair.server);
}

}  // namespace huren::test
