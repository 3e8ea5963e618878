// Any payload from the socket: what a decoder takes lies inside it and is written back as it came; nothing is two things.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "local/wire.hpp"

using namespace huren;
using namespace huren::local;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// A whole frame: its length first, then the payload.
std::string_view payload_of(const std::string& frame) {
  const std::string_view all(frame);
  expect(all.size() >= kHead && frame_size(all.substr(0, kHead)) == all.size() - kHead);
  return all.substr(kHead);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size >= kHead) expect(frame_size(bytes.substr(0, kHead)) <= 0xFFFFFFFFU);
  const auto request = read_request(bytes);
  const auto answer = read_answer(bytes);
  const auto event = read_event(bytes);
  // Answers and events bear a mark that no request has; a request that reads as one would let a peer speak for the agent.
  expect(int{request.has_value()} + int{answer.has_value()} + int{event.has_value()} <= 1);
  if (request) {
    expect(inside(request->name, bytes) && inside(request->body, bytes));
    expect(payload_of(frame(*request)) == bytes);
  }
  if (event) {
    expect(inside(event->line, bytes));
    expect(payload_of(frame(*event)) == bytes);
  }
  if (answer) {  // an id that the catalogue lacks is another one from here on
    const auto written = frame(*answer);
    const auto again = read_answer(payload_of(written));
    expect(again && again->status == answer->status && again->json == answer->json && again->error.id == answer->error.id &&
           again->error.where == answer->error.where && again->error.args == answer->error.args);
  }
  return 0;
}
