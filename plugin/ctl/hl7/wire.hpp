// The MLLP side of huren-ctl hl7: a client that sends and waits for answers, a listener that answers.
// Promises: one write a frame, no Nagle, time-outs on connect, answer and inside a frame; MSH-15 and MSH-16 are honoured,
//   both answers over the same connection; an ACK is never acknowledged.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/ack.hpp"
#include "core/hl7/profile.hpp"

namespace huren::ctl {

struct Sent {
  hl7::Ack ack;
  hl7::AckVerdict verdict = hl7::AckVerdict::stranger;
  std::optional<hl7::Ack> commit;  // enhanced mode: the CA that came before ack
  bool still_owed = false;         // the application acknowledgement that MSH-16 asks for did not come in time
};

class MllpClient {
 public:
  MllpClient(const std::string& host, std::uint16_t port, int timeout_ms);
  ~MllpClient();
  MllpClient(const MllpClient&) = delete;
  MllpClient& operator=(const MllpClient&) = delete;
  // Waits for the answer to this message, in enhanced mode for the application acknowledgement too; answers to others are
  // passed over. Errors: mllp.no_answer, mllp.closed, mllp.connect.
  Result<Sent> send(const std::string& message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct ListenOptions {
  std::uint16_t port = 0;
  int messages = 0;          // stop after so many; 0: never
  int frame_timeout_ms = 30'000;
  std::string forced_code;   // answer this whatever the message; empty: AA, AE with findings, AR when it does not read
  std::string folder;        // each message into a file here; empty: not kept
  const hl7::Profile* profile = nullptr;
  Language language = Language::zh;
};

// Prints "listening on PORT", then a line a message. Error mllp.listen.
Result<void> listen(const ListenOptions& options, std::ostream& out);

}  // namespace huren::ctl
