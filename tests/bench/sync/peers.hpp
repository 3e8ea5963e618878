// The two ends of the plain relay: a laboratory system that sends and waits for each acknowledgement, and a receiver
// that acknowledges at once. Both do as little as they can: what they cost is counted as the relay's.
#pragma once
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/hl7/mllp.hpp"
#include "tests/bench/sync/machine.hpp"

namespace huren::bench {

class Sink {
 public:
  Sink();
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::int64_t received() const { return received_; }

 private:
  void accept_loop();
  Poco::Net::ServerSocket listener_;
  int port_ = 0;
  std::atomic<std::int64_t> received_{0};
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

std::string control_id_of(std::string_view message);
std::string answer_to(std::string_view message);  // AA

// The next frame of a blocking socket; nothing: the peer has gone.
std::optional<std::string> receive(Poco::Net::StreamSocket& socket, hl7::MllpDecoder& decoder);

// An ORU^R01 of 25 OBX, about 3.1 KB.
std::string oru(const std::string& control_id, int patient);

// `connections` senders for `seconds`: what each message took until its AA.
Figures send_for(int port, int connections, double seconds, const std::string& run);

}  // namespace huren::bench
