#include "core/hl7/mllp.hpp"

#include <algorithm>
#include <utility>

#include "core/hl7/scan.hpp"

namespace huren::hl7 {
namespace {

constexpr std::size_t kKeptOfBroken = 4096;
constexpr char kCommit = '\x06', kNak = '\x15';

MllpEvent remark(std::string_view id, std::vector<std::string> args = {}) {
  return {MllpEvent::Kind::remark, {}, {id, "", std::move(args)}};
}

MllpEvent broken(std::string_view id, std::string_view bytes, std::vector<std::string> args) {
  return {MllpEvent::Kind::broken, std::string(bytes.substr(0, kKeptOfBroken)), {id, "", std::move(args)}};
}

}  // namespace

std::string frame(std::string_view message) {
  std::string out;
  out.reserve(message.size() + 3);
  out += kStartBlock;
  out += message;
  out += kEndBlock;
  out += '\r';
  return out;
}

std::string commit_frame(bool ok) { return frame(std::string(1, ok ? kCommit : kNak)); }

void MllpDecoder::feed(std::string_view chunk) {
  while (!chunk.empty()) {
    switch (state_) {
      case State::after_end:
        state_ = State::between;
        if (chunk[0] == '\r') chunk.remove_prefix(1);
        else events_.push_back(remark("mllp.no_cr"));
        break;
      case State::between: {
        const auto at = std::min(chunk.find(kStartBlock), chunk.size());
        between_ += static_cast<std::size_t>(
            std::count_if(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(at), [](char c) { return c != '\r' && c != '\n'; }));
        if (at == chunk.size()) return;
        flush_between();
        state_ = State::inside;
        chunk.remove_prefix(at + 1);
        break;
      }
      case State::inside: {
        const auto at = std::min(find_either(chunk, kEndBlock, kStartBlock), chunk.size());
        if (frame_.size() + at > max_) {
          frame_.append(chunk.substr(0, max_ + 1 - frame_.size()));
          events_.push_back(broken("mllp.oversize", frame_, {std::to_string(max_)}));
          frame_ = {};
          state_ = State::skipping;
          chunk.remove_prefix(at);
          break;
        }
        frame_.append(chunk.substr(0, at));
        if (at == chunk.size()) return;
        if (chunk[at] == kEndBlock) {
          end_frame();
        } else {  // another start: the frame before it never ended
          events_.push_back(broken("mllp.unterminated", frame_, {std::to_string(frame_.size())}));
          frame_.clear();
        }
        chunk.remove_prefix(at + 1);
        break;
      }
      case State::skipping: {
        const auto at = std::min(find_either(chunk, kEndBlock, kStartBlock), chunk.size());
        if (at == chunk.size()) return;
        state_ = chunk[at] == kEndBlock ? State::after_end : State::inside;
        chunk.remove_prefix(at + 1);
        break;
      }
    }
  }
}

void MllpDecoder::end_frame() {
  state_ = State::after_end;
  if (frame_.empty()) {
    events_.push_back(remark("mllp.empty_frame"));
  } else if (frame_.size() == 1 && frame_[0] == kCommit) {
    events_.push_back({MllpEvent::Kind::commit, {}, {"", "", {}}});
  } else if (frame_.size() == 1 && frame_[0] == kNak) {
    events_.push_back({MllpEvent::Kind::nak, {}, {"", "", {}}});
  } else {
    events_.push_back({MllpEvent::Kind::frame, std::exchange(frame_, {}), {"", "", {}}});
  }
  frame_.clear();
}

void MllpDecoder::flush_between() {
  if (between_) events_.push_back(remark("mllp.between", {std::to_string(between_)}));
  between_ = 0;
}

void MllpDecoder::close() {
  if (state_ == State::inside) events_.push_back(broken("mllp.unterminated", frame_, {std::to_string(frame_.size())}));
  if (state_ == State::after_end) events_.push_back(remark("mllp.no_cr"));
  flush_between();
  frame_ = {};
  state_ = State::between;
}

std::optional<MllpEvent> MllpDecoder::next() {
  if (events_.empty()) return std::nullopt;
  std::optional<MllpEvent> event(std::move(events_.front()));
  events_.pop_front();
  return event;
}

}  // namespace huren::hl7
