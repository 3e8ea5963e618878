#include "core/cda/xml_active.hpp"

#include <cstdint>
#include <string>

namespace huren::cda {

// Elements that a browser would run or load; none of them is a CDA element.
bool active_element(std::string_view name) {
  const auto same = [&](std::string_view a) {  // a: lower case, of the same length
    for (std::size_t i = 0; i < a.size(); ++i)
      if ((name[i] | 0x20) != a[i]) return false;
    return true;
  };
  switch (name.size()) {
    case 3: return same("svg");
    case 4: return same("form") || same("link") || same("meta") || same("base");
    case 5: return same("frame") || same("embed") || same("input") || same("style");
    case 6: return same("script") || same("iframe") || same("object") || same("applet") || same("button");
    case 8: return same("frameset");
    default: return false;
  }
}

// Schemes that a browser would run, however written: references decoded, blanks and controls dropped.
bool runs_code(std::string_view value) {
  if (value.empty() || (value[0] >= '0' && value[0] <= '9')) return false;  // no scheme begins so
  if (value.find(':') == std::string_view::npos && value.find("&#") == std::string_view::npos) return false;
  std::string plain;
  for (std::size_t i = 0; i < value.size() && plain.size() < 16; ++i) {
    char c = value[i];
    if (c == '&' && i + 1 < value.size() && value[i + 1] == '#') {
      const auto semicolon = value.find(';', i);
      if (semicolon == std::string_view::npos) return false;
      std::uint32_t code = 0;
      const bool hexadecimal = value[i + 2] == 'x';
      for (const char d : value.substr(i + (hexadecimal ? 3 : 2), semicolon - i - (hexadecimal ? 3 : 2))) {
        const auto digit = d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10;
        code = (code * (hexadecimal ? 16U : 10U) + static_cast<std::uint32_t>(digit)) & 0x1FFFFF;
      }
      i = semicolon;
      c = code < 128 ? static_cast<char>(code) : '?';
    }
    if (static_cast<unsigned char>(c) <= ' ') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return plain.starts_with("javascript:") || plain.starts_with("vbscript:") || plain.starts_with("data:text/html");
}

}  // namespace huren::cda
