#include "core/model/json_text.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace huren::model {

void JsonText::key(std::string_view name) {
  comma();
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

void JsonText::quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out_ += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out_.append(text, done, i - done);
    done = i + 1;
    out_ += '\\';
    switch (c) {
      case '"': case '\\': out_ += text[i]; break;
      case '\b': out_ += 'b'; break;
      case '\f': out_ += 'f'; break;
      case '\n': out_ += 'n'; break;
      case '\r': out_ += 'r'; break;
      case '\t': out_ += 't'; break;
      default: out_ += {'u', '0', '0', kHex[c >> 4], kHex[c & 15U]};
    }
  }
  out_.append(text, done);
  out_ += '"';
}

void JsonText::put(std::string_view name, std::string_view text) {
  if (text.empty()) return;
  key(name);
  quoted(text);
}

void JsonText::put(std::string_view name, const Timestamp& time) {
  if (time.present()) put(name, to_iso_time(time));
}

void JsonText::put(std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  key(name);
  out_ += '[';
  for (const auto& text : texts) {
    comma();
    quoted(text);
  }
  out_ += ']';
}

void JsonText::number(std::string_view name, double value) {
  key(name);
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e15)) {
    out_ += nlohmann::json(value).dump();
    return;
  }
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out_ += text;
  if (text.find('.') == std::string_view::npos) out_ += ".0";
}

void JsonText::integer(std::string_view name, std::int64_t value) {
  key(name);
  out_ += std::to_string(value);
}

}  // namespace huren::model
