// MLLP framing, pure: bytes in, frames and remarks out (HL7 v2 transport, MLLP release 1 and 2).
// Promises: any split of the bytes gives the same events; memory stays within the limit; an oversize frame is reported
//   when the limit is passed and skipped up to its end without being kept. Refuses: empty frames, bytes between frames.
#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace huren::hl7 {

inline constexpr char kStartBlock = '\x0B';
inline constexpr char kEndBlock = '\x1C';

std::string frame(std::string_view message);  // 0B message 1C 0D
std::string commit_frame(bool ok);            // release 2: 0B 06 1C 0D, or 0B 15 1C 0D

struct MllpEvent {
  enum class Kind {
    frame,    // bytes: one message
    commit,   // release 2: stored by the peer
    nak,      // release 2: not stored
    broken,   // a frame that is lost: bytes holds its first 4 KiB, so that a NAK can name it
    remark,   // something tolerated: bytes between frames, a missing 0D
  };
  Kind kind = Kind::frame;
  std::string bytes;
  Error error{"", "", {}};  // of broken and remark: mllp.oversize, mllp.unterminated, mllp.empty_frame, mllp.between, mllp.no_cr
};

class MllpDecoder {
 public:
  explicit MllpDecoder(std::size_t max_frame_bytes = std::size_t{16} << 20) : max_(max_frame_bytes) {}
  void feed(std::string_view chunk);
  std::optional<MllpEvent> next();
  void close();  // the peer closed: what is inside a frame now is broken
  // True: a time-out now is a fault; false: the peer is just idle.
  [[nodiscard]] bool inside_frame() const { return state_ == State::inside || state_ == State::skipping; }
  [[nodiscard]] std::size_t buffered() const { return frame_.size(); }

 private:
  enum class State { between, inside, skipping, after_end };
  void end_frame();
  void flush_between();
  std::size_t max_;
  State state_ = State::between;
  std::string frame_;
  std::size_t between_ = 0;
  std::deque<MllpEvent> events_;
};

}  // namespace huren::hl7
