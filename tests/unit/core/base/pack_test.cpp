#include "core/base/pack.hpp"

#include <catch2/catch.hpp>

using namespace huren;

namespace {
std::string long_text() {
  std::string out;
  for (int i = 0; i < 2000; ++i) out += "<observation classCode=\"OBS\">" + std::to_string(i) + "</observation>";
  return out;
}
}  // namespace

TEST_CASE("what is packed comes back, and is small where it repeats itself") {
  const auto text = long_text();
  const auto frame = pack(text);
  CHECK(is_packed(frame));
  CHECK_FALSE(is_packed(text));
  CHECK(frame.size() * 5 < text.size());
  CHECK(unpack(frame, text.size()) == text);
  CHECK(unpack(pack(""), 0) == "");
  CHECK(unpacks(frame, text.size()));
  CHECK(unpacks(pack(""), 0));
}

TEST_CASE("a frame that would grow beyond the limit, is damaged, cut, doubled or none is refused") {
  const auto text = long_text();
  const auto frame = pack(text);
  CHECK_FALSE(unpack(frame, text.size() - 1));
  CHECK_FALSE(unpacks(frame, text.size() - 1));
  CHECK_FALSE(unpack(frame + frame, 10 * text.size()));
  CHECK_FALSE(unpack("", 100));
  CHECK_FALSE(unpack("<ClinicalDocument/>", 100));
  for (std::size_t keep = 0; keep < frame.size(); keep += 7) CHECK_FALSE(unpack(frame.substr(0, keep), text.size()));
  for (std::size_t at = 0; at < frame.size(); at += 3) {
    auto damaged = frame;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CAPTURE(at);
    const auto whole = unpack(damaged, text.size());
    CHECK(whole.value_or(text) == text);  // never another text
    CHECK(unpacks(damaged, text.size()) == whole.has_value());
  }
}
