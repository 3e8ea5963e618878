// A printed unit in its one form for look-ups: without blanks, lower case, µ and μ as u, × as x, full-width and
// superscript signs as ASCII, powers of ten as 10*n. Promises: no allocation. Refuses: more than 47 bytes (empty).
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace huren::terminology {

class UnitText {
 public:
  explicit UnitText(std::string_view printed);
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  void add(char c);
  std::array<char, 48> text_{};
  std::size_t size_ = 0;
  bool over_ = false;
};

}  // namespace huren::terminology
