// A text that is put together from many small pieces: room is made once for several of them, and they are put down there.
// Promises: no more than twice what is needed. Eight bytes are looked at together for those that a format must escape.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace huren {

inline char* put(char* at, std::string_view piece) { return std::char_traits<char>::copy(at, piece.data(), piece.size()) + piece.size(); }

class TextOut {
 public:
  // room: of an earlier text, which need not be made and cleared again.
  explicit TextOut(std::size_t expected, std::string room = {}) : text_(std::move(room)) {
    if (text_.size() < expected) text_.resize(expected);
  }

  char* room(std::size_t bytes) {  // where to write so many
    if (text_.size() - used_ < bytes) [[unlikely]] grow(bytes);
    return text_.data() + used_;
  }
  void used(const char* end) { used_ = static_cast<std::size_t>(end - text_.data()); }
  void add(std::string_view piece) { used(put(room(piece.size()), piece)); }
  void add(char c) {
    *room(1) = c;
    ++used_;
  }
  template <std::size_t n>
  void add(const char (&words)[n]) {  // whose length the compiler knows
    std::memcpy(room(n), words, n);
    used_ += n - 1;
  }
  [[nodiscard]] std::size_t size() const { return used_; }
  void cut(std::size_t size) { used_ = size; }  // what came after goes
  [[nodiscard]] std::string_view view() const { return {text_.data(), used_}; }
  [[nodiscard]] std::string_view view(std::size_t from, std::size_t to) const { return {text_.data() + from, to - from}; }
  [[nodiscard]] std::string room() && { return std::move(text_); }  // for another one
  [[nodiscard]] std::string take() {
    text_.resize(used_);
    return std::move(text_);
  }

 private:
  [[gnu::noinline]] void grow(std::size_t bytes) { text_.resize(2 * text_.size() + bytes); }  // seldom: out of the way of room()
  std::string text_;  // its first used_ bytes count
  std::size_t used_ = 0;
};

// Eight bytes as one number; a question about them is answered in their high bits.
struct Eight {
  static constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  explicit Eight(const char* at) { std::memcpy(&bytes, at, sizeof bytes); }
  explicit Eight(std::string_view few) {  // one to seven of them, some more than once
    const auto at = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(few[i])}; };
    if (few.size() < 4) {
      bytes = (kOnes * at(0) << 16) | at(few.size() / 2) << 8 | at(few.size() - 1);
      return;
    }
    std::uint32_t front = 0, back = 0;
    std::memcpy(&front, few.data(), sizeof front);
    std::memcpy(&back, few.data() + few.size() - sizeof back, sizeof back);
    bytes = std::uint64_t{back} << 32 | front;
  }
  [[nodiscard]] std::uint64_t control() const { return (bytes - kOnes * 0x20) & ~bytes; }  // below 0x20
  [[nodiscard]] std::uint64_t has(char c) const { return zero(bytes ^ kOnes * static_cast<unsigned char>(c)); }
  // either of two characters that differ in this bit alone
  [[nodiscard]] std::uint64_t has_either(char c, unsigned bit) const { return zero((bytes | kOnes * bit) ^ kOnes * (static_cast<unsigned char>(c) | bit)); }
  static std::uint64_t zero(std::uint64_t v) { return (v - kOnes) & ~v; }
  std::uint64_t bytes;
};

// Whether no byte of the text is special, which special() knows of eight together (in their high bits).
template <class Special>
bool all_plain(std::string_view text, Special special) {
  if (text.size() < 8) return text.empty() || !(special(Eight(text)) & Eight::kHighs);
  const char* last = text.data() + text.size() - 8;
  for (const char* at = text.data(); at < last; at += 8)
    if (special(Eight(at)) & Eight::kHighs) return false;
  return !(special(Eight(last)) & Eight::kHighs);
}

}  // namespace huren
