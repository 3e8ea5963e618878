// An MLLP server.
// Promises: frames of one connection are handled and answered in order, those of a sender that does not wait for each answer
//   together as far as they have come; the replies leave as one write after the handler returned; an acknowledgement is answered
//   only where it asks for it (MSH-15); every wait is bounded.
// Refuses: frames over the limit (answered from their head, the rest never read), peers that stall inside a frame.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/common/connection_server.hpp"

namespace huren::common {

struct MllpServerSettings {
  std::size_t max_frame_bytes = std::size_t{16} << 20;
  std::uint32_t idle_timeout_ms = 900'000;  // between frames: the connection is closed, no fault
  std::uint32_t frame_timeout_ms = 60'000;  // from a frame's first byte to its last
  std::uint32_t write_timeout_ms = 30'000;
  bool commit_bytes = false;  // MLLP release 2: a commit or nak frame goes before the reply
  std::string content_type = "application/hl7-v2";  // with a charset where the transport is known to state one
};

struct MllpHandler {
  ConnectionServer::Identify identify;
  // Messages in the order of their arrival; a reply for each. It goes out verbatim in a frame; an empty body sends nothing.
  std::function<std::vector<Reply>(const std::vector<Inbound>& messages)> handle;
  // A frame that was lost or too large, by its head; an empty answer sends nothing.
  std::function<std::string(std::string_view head, const Error& why)> refuse;
};

class MllpServer {
 public:
  MllpServer(ConnectionServerSettings connections, MllpServerSettings settings, MllpHandler handler,
             EngineServices& engine);

  Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  void talk(const Visit& visit);
  bool answer(const Visit& visit, std::vector<Inbound>& messages);  // and clears them. false: the connection is over
  void add(std::string& bytes, const std::string& reply, bool stored) const;
  bool send(const Visit& visit, const std::string& bytes);

  std::string name_;
  MllpServerSettings settings_;
  MllpHandler handler_;
  EngineServices& engine_;
  ConnectionServer server_;  // last: its threads use the members above
};

}  // namespace huren::common
