// A TCP proxy that spoils what goes through it: the kernels that run the tests have no netem.
// Promises: faults are counted in bytes and connections where they can be, so that a test names the exact place; TLS
// goes
//   through untouched. Refuses: knowing what it carries.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace huren::test {

struct Faults {
  enum class Cut { close, reset, half_open };             // half_open: both sides believe that the connection lives
  std::optional<std::uint64_t> cut_to_server_after = {};  // bytes of one connection towards the server, then the cut
  std::optional<std::uint64_t> cut_to_client_after = {};  // the same towards the client
  Cut cut = Cut::close;
  std::uint32_t delay_ms = 0, jitter_ms = 0;  // before each piece is passed on
  std::size_t drip_bytes = 0;                 // > 0: pieces of at most this size
  bool refuse = false;                        // close new connections at once
};

class FaultProxy {
 public:
  explicit FaultProxy(std::uint16_t server_port);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void set(const Faults& faults);       // for connections that are accepted from now on
  void set_server(std::uint16_t port);  // the server came back elsewhere
  void cut_all();                       // every connection of now, by reset; done when it returns
  [[nodiscard]] int connections() const { return accepted_; }
  [[nodiscard]] std::uint64_t bytes_to_server() const { return to_server_; }  // of the newest connection
  [[nodiscard]] std::uint64_t bytes_to_client() const { return to_client_; }

 private:
  struct Pair;
  void run();
  void carry(Pair& pair);

  int listener_ = -1, wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint16_t> server_port_;
  std::atomic<int> accepted_{0};
  std::atomic<std::uint64_t> to_server_{0}, to_client_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  Faults faults_;
  std::list<Pair> pairs_;
  std::thread thread_;
};

}  // namespace huren::test
