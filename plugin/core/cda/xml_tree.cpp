#include "core/cda/xml_tree.hpp"

namespace huren::cda {
namespace {

std::uint32_t digit(char c) { return static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

// At '&'; the gate found the reference legal.
std::size_t decode_reference(std::string_view raw, std::size_t at, std::string& out) {
  const auto end = raw.find(';', at);
  const auto body = raw.substr(at + 1, end - at - 1);
  if (body == "amp") out += '&';
  else if (body == "lt") out += '<';
  else if (body == "gt") out += '>';
  else if (body == "quot") out += '"';
  else if (body == "apos") out += '\'';
  else {
    const bool hexadecimal = body[1] == 'x';
    std::uint32_t code = 0;
    for (const char c : body.substr(hexadecimal ? 2 : 1)) code = code * (hexadecimal ? 16U : 10U) + digit(c);
    append_utf8(out, code);
  }
  return end + 1;
}

}  // namespace

Key key_of(std::string_view name) {
  switch (name.size()) {
    case 4:
      if (name == "code") return Key::code;
      if (name == "unit") return Key::unit;
      if (name == "root") return Key::root;
      break;
    case 5:
      if (name == "value") return Key::value;
      break;
    case 8:
      if (name == "xsi:type") return Key::type;
      if (name == "moodCode" || name == "typeCode") return Key::none;
      break;
    case 9:
      if (name == "extension") return Key::extension;
      if (name == "classCode") return Key::none;
      if (name == "inclusive") return Key::inclusive;
      break;
    case 10:
      if (name == "codeSystem") return Key::system;
      if (name == "nullFlavor") return Key::null;
      break;
    case 11:
      if (name == "displayName") return Key::display;
      break;
    case 12:
      if (name == "inversionInd") return Key::none;
      break;
    case 14:
      if (name == "codeSystemName") return Key::system_name;
      if (name == "determinerCode") return Key::none;
      break;
    case 18:
      if (name == "contextControlCode" || name == "xsi:schemaLocation") return Key::none;
      break;
    case 20:
      if (name == "contextConductionInd") return Key::none;
      break;
    case 22:
      if (name == "assigningAuthorityName") return Key::assigner;
      break;
    default: break;
  }
  return name.starts_with("xmlns") ? Key::none : Key::odd;
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 63));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

std::string plain(std::string_view raw, bool attribute) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size();) {
    const char c = raw[i];
    if (c == '&') {
      i = decode_reference(raw, i, out);
      continue;
    }
    if (c == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n') ++i;
    const bool blank = c == '\r' || c == '\n' || c == '\t';
    out += !blank ? c : attribute ? ' ' : c == '\t' ? '\t' : '\n';
    ++i;
  }
  return out;
}

}  // namespace huren::cda
