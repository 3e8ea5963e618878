#include "core/base/pack.hpp"

#define XXH_INLINE_ALL
#include <rapidcheck.h>
#include <xxhash.h>
#include <zstd.h>

#include <catch2/catch.hpp>
#include <span>

#include "core/base/embedded.hpp"
#include "core/base/text.hpp"

using namespace huren;

namespace huren::embedded {
std::span<const File> dictionaries();
}

namespace {

std::string long_text() {
  std::string out;
  for (int i = 0; i < 2000; ++i) out += "<observation classCode=\"OBS\">" + std::to_string(i) + "</observation>";
  return out;
}

std::string golden_text() {
  std::string out;
  for (int i = 1; i <= 40; ++i) out += "<tr><td>葡萄糖</td><td>" + std::to_string(i) + ".2</td><td>mmol/L</td></tr>\n";
  return out;
}

// The same frame, made before there were dictionaries and with the first one.
constexpr std::string_view kWithoutDictionary =
    "KLUv/WS3B00FAJQFPHRyPjx0ZD7okaHokITns5Y8L3RkPjx0ZD4xLjJtbW9sL0w8L3RkPjwvdHI+CjIzNDU2Nzg5MTAxMjM0NTY3ODkyMDEyMzQ1Njc4OTMwMTIzNDU2Nzg5NDApIOCVMQzuZDyF5/"
    "FkPIXn0cl4Cs/LE3cynsLz6GQ8hefxZDyF5+WJOxmdwvN4Mp7C83gynkI9L/eJO9mesvN2sp2y83ay0SlqaVfXthO7CKKL";
constexpr std::string_view kWithDictionary1 =
    "KLUv/WYBgLcH9QQAtAIxLjIyMzQ1Njc4OTEwMTExMTExMTExMjIyMjIyMjIyMjMzMzMzMzMzMzM0L/wISKVOmYEaR6VEmZEahUpHmYsag0pFmYsan0qFMo8ai0qDMosai0qfYhbOoHGUkdNiDDMHYcxRfHFp0Q"
    "WZny3yKGRh6bhimuvmN96cwmjeNtKW4maW6bghrQlTe375X7ORkiiMvMKTbtkKfgNtUAK7CKKL";

std::string fault(const Result<void>& r) { return r ? "" : std::string(r.error().id); }
template <class T>
std::string fault(const Result<T>& r) {
  return r ? "" : std::string(r.error().id);
}

// A frame of pack's, said to be made with another dictionary (RFC 8878 §3.1.1.1.3: two bytes after magic and descriptor).
std::string with_number(std::string frame, unsigned number) {
  frame[5] = static_cast<char>(number & 0xFF);
  frame[6] = static_cast<char>(number >> 8);
  const auto length = frame.size() - 16;  // sealed again: it is another's frame, not a damaged one
  auto sum = XXH3_64bits(frame.data(), length);
  for (std::size_t i = length + 8; i < frame.size(); ++i, sum >>= 8) frame[i] = static_cast<char>(sum & 0xFF);
  return frame;
}

// zstd's own way through everything that lies there.
std::string by_the_library(const std::string& frame, std::size_t size) {
  std::string out(size, '\0');
  ZSTD_DCtx* context = ZSTD_createDCtx();
  const auto& dictionary = embedded::dictionaries()[0].text;
  const auto got = ZSTD_decompress_usingDict(context, out.data(), out.size(), frame.data(), frame.size(), dictionary.data(), dictionary.size());
  ZSTD_freeDCtx(context);
  return ZSTD_isError(got) ? ZSTD_getErrorName(got) : out.substr(0, got);
}

}  // namespace

TEST_CASE("what is packed comes back, and is small where it repeats itself") {
  const auto text = long_text();
  const auto frame = pack(text);
  CHECK(is_packed(frame));
  CHECK_FALSE(is_packed(text));
  CHECK(frame.size() * 5 < text.size());
  CHECK(*unpack(frame, text.size()) == text);
  CHECK(unpack(pack(""), 0)->empty());
  CHECK(unpacks(frame, text.size()));
  CHECK(unpacks(pack(""), 0));
  CHECK(by_the_library(frame, text.size()) == text);  // it passes over the seal
}

TEST_CASE("any bytes come back as they were, at most a little longer in between") {
  CHECK(rc::check("bytes", [] {
    const auto some = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    std::string bytes;
    for (auto times = *rc::gen::inRange(0, 3000); times > 0; times -= 7) bytes += some + std::to_string(times);
    const auto frame = pack(bytes);
    RC_ASSERT(is_packed(frame));
    RC_ASSERT(frame.size() <= bytes.size() + bytes.size() / 256 + 80);
    RC_ASSERT(*unpack(frame, bytes.size()) == bytes);
    RC_ASSERT(unpacks(frame, bytes.size()));
  }));
}

TEST_CASE("a frame that would grow beyond the limit, is damaged, cut, doubled or none is refused") {
  const auto text = long_text();
  const auto frame = pack(text);
  CHECK(fault(unpack(frame, text.size() - 1)) == "pack.damaged");
  CHECK(fault(unpacks(frame, text.size() - 1)) == "pack.damaged");
  CHECK(fault(unpack(frame + frame, 10 * text.size())) == "pack.damaged");
  CHECK(fault(unpack(frame + frame.substr(frame.size() - 16), text.size())) == "pack.damaged");
  CHECK(fault(unpack("", 100)) == "pack.damaged");
  CHECK(fault(unpack("<ClinicalDocument/>", 100)) == "pack.damaged");
  CHECK(fault(unpack(std::string_view("\x50\x2A\x4D\x18\x02\0\0\0ab", 10), 100)) == "pack.damaged");  // skippable frames hold nothing of ours
  for (std::size_t keep = 0; keep < frame.size(); keep += 7) CHECK(fault(unpack(frame.substr(0, keep), text.size())) == "pack.damaged");
  for (std::size_t at = 0; at < frame.size(); at += at < 20 ? 1 : 3) {
    for (const int bit : {0x01, 0x10, 0x80}) {
      auto damaged = frame;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      CAPTURE(at, bit);
      const auto whole = unpack(damaged, text.size());
      CHECK(fault(whole) == "pack.damaged");
      CHECK(fault(unpacks(damaged, text.size())) == fault(whole));
    }
  }
}

TEST_CASE("a frame names its dictionary - one that this build does not have is refused by its number, not as damaged") {
  const auto text = long_text();
  const auto frame = pack(text);
  REQUIRE(with_number(frame, 32769) == frame);
  for (const unsigned number : {1U, 32768U, 32770U, 65535U}) {
    const auto r = unpack(with_number(frame, number), text.size());
    REQUIRE(fault(r) == "pack.dictionary");
    CHECK(r.error().args == std::vector{std::to_string(number)});
    CHECK(fault(unpacks(with_number(frame, number), text.size())) == "pack.dictionary");
  }
  CHECK(fault(unpack(with_number(frame, 0), text.size())) == "pack.damaged");  // its matches lead outside
}

TEST_CASE("what was ever packed stays readable: without a dictionary, and with the first") {
  for (const auto text : {kWithoutDictionary, kWithDictionary1}) {
    const auto frame = base64_decode(text);
    REQUIRE(frame);
    CHECK(*unpack(*frame, golden_text().size()) == golden_text());
    CHECK(unpacks(*frame, golden_text().size()));
  }
}

TEST_CASE("a dictionary never changes: whatever was packed with it would be lost") {
  struct Frozen {
    std::string_view name;
    std::size_t size;
    std::uint64_t high, low;  // XXH3, 128 bits
  };
  // A new dictionary is a new file and a new row; a row is never touched (ADR 0018).
  const std::vector<Frozen> frozen{{"dictionary_1.zdict", 27986, 0x91d2752afceb7a15, 0x8a2ca6014c78a5f3}};
  REQUIRE(embedded::dictionaries().size() == frozen.size());
  for (std::size_t i = 0; i < frozen.size(); ++i) {
    const auto& file = embedded::dictionaries()[i];
    const auto hash = XXH3_128bits(file.text.data(), file.text.size());
    CHECK(file.name == frozen[i].name);
    CHECK(file.text.size() == frozen[i].size);
    CHECK(hash.high64 == frozen[i].high);
    CHECK(hash.low64 == frozen[i].low);
  }
}
