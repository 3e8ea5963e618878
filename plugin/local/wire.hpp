// What crosses the socket between a HIS process's module and huren-agent: frames of 4 length bytes and a payload.
// Promises: every decoder takes hostile bytes: lengths are compared before anything is read, what does not fit exactly is
//   nothing. Refuses: to know what a topic or a body means.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/link.hpp"

namespace huren::local {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kHead = 4;                       // a frame's length, big-endian
inline constexpr std::size_t kMaxAnswer = 128u << 20;
inline constexpr std::size_t kRequestOverhead = 512;          // around a body of the configured size

enum class Ask : std::uint8_t { query = 1, poll, unpoll, acknowledge, health, wake, subscribe };  // wake has no answer

struct Request {
  Ask ask = Ask::health;
  std::uint32_t deadline_ms = 0;
  std::string_view name;  // a topic or a notice's id, at most 128 bytes
  std::string_view body;
};
struct Event {            // to a subscriber
  enum Kind : std::uint8_t { ring = 1, log = 2 } kind = ring;
  std::uint8_t severity = 0;
  std::string_view line;
};

// Whole frames.
std::string frame(const Request& request);
std::string frame(const QueryAnswer& answer);
std::string frame(const Event& event);

std::size_t frame_size(std::string_view head);  // payload's length; head: kHead bytes
// Payloads. Views point into them. An id that this build's catalogue lacks becomes local.unknown_fault.
std::optional<Request> read_request(std::string_view payload);
std::optional<QueryAnswer> read_answer(std::string_view payload);
std::optional<Event> read_event(std::string_view payload);

}  // namespace huren::local
