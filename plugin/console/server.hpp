// The console's HTTP or HTTPS socket and the pages that are built in.
// Promises: own threads, limits and time-outs, Poco's globals untouched; every answer carries a strict Content-Security-
//   Policy and is not kept by browsers; nothing is loaded from another host. Refuses: bodies over 8 MiB, files of the disk.
#pragma once
#include <memory>
#include <string>

#include "console/console.hpp"

namespace huren::console {

class Server {
 public:
  Server();
  ~Server();
  struct Wish { std::string address, certificate, private_key; };  // PEM files; both empty: in the clear
  Result<void> start(const Wish& wish, Console& console);
  void stop() noexcept;
  [[nodiscard]] int port() const;
  [[nodiscard]] bool running() const { return running_ != nullptr; }

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

}  // namespace huren::console
