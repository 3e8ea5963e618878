#include "core/hl7/path.hpp"

#include <cstddef>

namespace huren::hl7 {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool number(int& n) {
    std::size_t digits = 0;
    n = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (++digits > 6) return false;
      n = n * 10 + (text_[at_++] - '0');
    }
    return n > 0;
  }
  bool index(int& n) { return !take('[') || (number(n) && take(']')); }
  bool name(std::string& name) {
    const auto upper_or_digit = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    while (at_ < text_.size() && upper_or_digit(text_[at_])) name += text_[at_++];
    return name.size() == 3 && name[0] >= 'A';
  }
  [[nodiscard]] bool done() const { return at_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool read(Reader& in, Path& p) {
  if (!in.name(p.segment) || !in.index(p.segment_index)) return false;
  if (in.done()) return true;
  if (!in.take('-') && !in.take('.')) return false;
  if (!in.number(p.field) || !in.index(p.repetition)) return false;
  if (in.take('.') && !in.number(p.component)) return false;
  if (p.component && in.take('.') && !in.number(p.subcomponent)) return false;
  return in.done();
}

void add_index(std::string& out, int n) {
  if (n) out += '[' + std::to_string(n) + ']';
}

}  // namespace

Result<Path> parse_path(std::string_view text) {
  Path p;
  Reader in(text);
  if (!read(in, p)) return Error{"hl7.path", "", {std::string(text.substr(0, 40))}};
  return p;
}

std::string to_string(const Path& p) {
  std::string out = p.segment;
  add_index(out, p.segment_index);
  if (!p.field) return out;
  out += '-' + std::to_string(p.field);
  add_index(out, p.repetition);
  if (p.component) out += '.' + std::to_string(p.component);
  if (p.subcomponent) out += '.' + std::to_string(p.subcomponent);
  return out;
}

}  // namespace huren::hl7
