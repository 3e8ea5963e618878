#include "core/cda/xml_out.hpp"

#include <array>

#include "core/base/text.hpp"

namespace huren::cda {
namespace {

// 0 plain, 1 escaped in attributes only, 2 escaped everywhere, 3 not XML at all, 4 look closer (U+FFFE, U+FFFF), 5 not ASCII
constexpr auto kClass = [] {
  std::array<unsigned char, 256> c{};
  for (std::size_t i = 0; i < 32; ++i) c[i] = 3;
  c['\t'] = c['\n'] = 1;
  c['\r'] = 2;  // a bare CR would read back as LF
  c['"'] = 1;
  c['&'] = c['<'] = c['>'] = 2;
  for (std::size_t i = 0x80; i < 0x100; ++i) c[i] = 5;
  c[0xEF] = 4;
  return c;
}();

constexpr unsigned kAmpersandOrQuote = '&' ^ '"', kLessOrGreater = '<' ^ '>';

std::string_view reference(char c) {
  switch (c) {
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    case '"': return "&quot;";
    case '&': return "&amp;";
    case '<': return "&lt;";
    default: return "&gt;";
  }
}

std::string hex2(unsigned char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {digits[c >> 4], digits[c & 15]};
}

}  // namespace

bool XmlOut::plain(std::string_view value) {
  return all_plain(value, [](Eight x) { return x.control() | x.bytes | x.has_either('&', kAmpersandOrQuote) | x.has_either('<', kLessOrGreater); });
}

XmlOut& XmlOut::escaped_attr(std::string_view name, std::string_view value) {
  out_.add(' ');
  out_.add(name);
  out_.add("=\"");
  escape(value, true);
  out_.add('"');
  return *this;
}

void XmlOut::escape(std::string_view value, bool attribute) {
  // Chinese without anything to escape: all that can be wrong with it is its UTF-8.
  if (all_plain(value, [](Eight x) { return x.control() | x.has('\xEF') | x.has_either('&', kAmpersandOrQuote) | x.has_either('<', kLessOrGreater); })) {
    doubtful_ = doubtful_ || invalid_utf8(value);
    out_.add(value);
    return;
  }
  std::size_t from = 0;
  bool ascii = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    const auto kind = kClass[byte];
    if (kind == 0 || (kind == 1 && !attribute)) continue;
    if (kind >= 4 && ascii) {
      ascii = false;
      doubtful_ = doubtful_ || invalid_utf8(value.substr(i));
    }
    if (kind == 5) continue;
    if (kind == 4) {
      const bool noncharacter = i + 2 < value.size() && static_cast<unsigned char>(value[i + 1]) == 0xBF &&
                                static_cast<unsigned char>(value[i + 2]) >= 0xBE;
      if (!noncharacter) continue;
    }
    if (kind >= 3) {
      if (!fault_) {
        std::string where = "/";
        where += member_;
        if (index_ >= 0) where += "/" + std::to_string(index_);
        fault_ = Error{"cda.unwritable", std::move(where), {kind == 4 ? "FFFE" : "00" + hex2(byte)}};
      }
      continue;
    }
    out_.add(value.substr(from, i - from));
    out_.add(reference(value[i]));
    from = i + 1;
  }
  out_.add(value.substr(from));
}

Result<std::string_view> XmlOut::look() {
  if (fault_) return *fault_;
  // Markup is ours; two values that stand side by side may make one that is UTF-8.
  if (doubtful_)
    if (const auto bad = invalid_utf8(out_.view())) return Error{"cda.not_utf8", "byte " + std::to_string(*bad), {}};
  return out_.view();
}

Result<std::string> XmlOut::finish() {
  if (const auto whole = look(); !whole) return whole.error();
  return out_.take();
}

}  // namespace huren::cda
