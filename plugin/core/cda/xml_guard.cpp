#include "core/cda/xml_guard.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/text.hpp"
#include "core/cda/xml_scan.hpp"
#include "core/cda/xml_tree.hpp"

namespace huren::cda {
namespace {

Result<std::string> from_utf16(std::string_view bytes, bool little) {
  const char* name = little ? "UTF-16LE" : "UTF-16BE";
  if (bytes.size() % 2 != 0) return Error{"cda.undecodable", at_byte(bytes.size() - 1), {name}};
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<std::uint32_t>(little ? a | (b << 8) : b | (a << 8));
  };
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    auto c = unit(i);
    if (c >= 0xD800 && c < 0xE000) {
      if (c >= 0xDC00 || i + 3 >= bytes.size()) return Error{"cda.undecodable", at_byte(i), {name}};
      const auto low = unit(i + 2);
      if (low < 0xDC00 || low >= 0xE000) return Error{"cda.undecodable", at_byte(i), {name}};
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    append_utf8(out, c);
  }
  return out;
}

// The encoding of `<?xml ... encoding="X"?>`; empty when there is none.
std::string_view declared_encoding(std::string_view text) {
  if (!text.starts_with("<?xml")) return {};
  const auto end = text.find("?>");
  if (end == std::string_view::npos) return {};
  const auto declaration = text.substr(0, std::min<std::size_t>(end, 512));
  const auto key = declaration.find("encoding");
  if (key == std::string_view::npos) return {};
  const auto open = declaration.find_first_of("\"'", key);
  if (open == std::string_view::npos) return {};
  const auto close = declaration.find(declaration[open], open + 1);
  return close == std::string_view::npos ? std::string_view{} : declaration.substr(open + 1, close - open - 1);
}

bool is_utf16_label(std::string_view label) {
  const auto upper = upper_ascii(label);
  return upper.starts_with("UTF-16") || upper.starts_with("UTF16") || upper == "UCS-2" || upper == "UNICODE";
}

const char* charset_name(Charset charset) {
  switch (charset) {
    case Charset::gb18030: return "GB18030";
    case Charset::latin1: return "ISO-8859-1";
    default: return "UTF-8";
  }
}

bool has_high_bytes(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

Result<Admitted> decode(std::string_view bytes, std::string_view label) {
  Admitted out;
  const auto warn = [&](std::string_view id, std::vector<std::string> args) {
    out.findings.push_back({Severity::warning, {id, "/", std::move(args)}});
  };
  const auto utf16 = [&](bool little, std::size_t skip) -> Result<Admitted> {
    auto text = from_utf16(bytes.substr(skip), little);
    if (!text) return text.error();
    out.text = std::move(*text);
    out.charset = little ? "UTF-16LE" : "UTF-16BE";
    return std::move(out);
  };
  if (bytes.starts_with(std::string_view("\xFF\xFE\0\0", 4)) || bytes.starts_with(std::string_view("\0\0\xFE\xFF", 4)))
    return Error{"cda.charset", "byte 0", {"UTF-32"}};
  if (bytes.starts_with("\xFF\xFE")) return utf16(true, 2);
  if (bytes.starts_with("\xFE\xFF")) return utf16(false, 2);
  if (bytes.starts_with(std::string_view("<\0", 2))) return utf16(true, 0);
  if (bytes.starts_with(std::string_view("\0<", 2))) return utf16(false, 0);

  const bool bom = bytes.starts_with("\xEF\xBB\xBF");
  if (bom) bytes.remove_prefix(3);
  auto declared = declared_encoding(bytes);
  if (bom) declared = "UTF-8";
  if (!label.empty() && !bom && !declared.empty() && charset_from_label(label) != charset_from_label(declared))
    warn("cda.charset_conflict", {std::string(label), std::string(declared)});
  if (!label.empty() && !bom) declared = label;
  if (is_utf16_label(declared)) {  // eight-bit bytes that call themselves UTF-16, as .NET's StringWriter produces
    warn("cda.charset_doubtful", {std::string(declared), "UTF-8"});
    declared = {};
  }
  const bool utf8_valid = !invalid_utf8(bytes);
  std::optional<Charset> charset;
  if (!declared.empty()) {
    charset = charset_from_label(declared);
    if (!charset) return Error{"cda.charset", "byte 0", {std::string(declared.substr(0, 40))}};
    if (*charset == Charset::ascii) charset = Charset::utf8;
    if (*charset == Charset::gb18030 && utf8_valid && has_high_bytes(bytes)) {
      warn("cda.charset_doubtful", {std::string(declared), "UTF-8"});  // transcoded on the way, declaration left behind
      charset = Charset::utf8;
    }
  } else if (utf8_valid) {
    charset = Charset::utf8;
  } else {
    charset = Charset::gb18030;
    warn("cda.charset_guessed", {"GB18030"});
  }
  out.charset = charset_name(*charset);
  if (*charset == Charset::utf8) {
    if (!utf8_valid) return Error{"cda.undecodable", at_byte(*invalid_utf8(bytes)), {"UTF-8"}};
    out.text = std::string(bytes);
  } else {
    auto text = to_utf8(bytes, *charset);
    if (!text) return Error{"cda.undecodable", text.error().where, {out.charset}};
    out.text = std::move(*text);
  }
  return out;
}

}  // namespace

Result<Admitted> decoded(std::string_view bytes, std::string_view charset_label, const Limits& limits) {
  if (bytes.empty()) return Error{"cda.no_root", "byte 0", {}};
  if (bytes.size() > limits.bytes) return Error{"cda.limit", "byte 0", {"bytes", std::to_string(limits.bytes)}};
  return decode(bytes, charset_label);
}

Result<Admitted> admit(std::string_view bytes, std::string_view charset_label, const Limits& limits) {
  auto out = decoded(bytes, charset_label, limits);
  if (!out) return out.error();
  Tree tree;
  const auto root = scan_xml(out->text, limits, tree, out->findings);
  if (!root) return root.error();
  out->text.resize(root->end);
  out->text.erase(0, root->begin);
  return out;
}

}  // namespace huren::cda
