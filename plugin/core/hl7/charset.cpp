#include "core/hl7/charset.hpp"

#include <algorithm>
#include <vector>

#include "core/hl7/scan.hpp"

namespace huren::hl7 {
namespace {

constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";
constexpr std::size_t kMaxHeaderBytes = 8192;  // MSH is looked for no further than this

// MSH up to its line end; from "MSH" on.
std::string_view header_line(std::string_view bytes) {
  const auto at = bytes.substr(0, 256).find("MSH");
  if (at == std::string_view::npos) return {};
  bytes = bytes.substr(at, kMaxHeaderBytes);
  return bytes.substr(0, find_either(bytes, '\r', '\n'));
}

// MSH-18's first repetition when bytes are split naively, or by pairs as GBK has them (a lead byte hides the next one).
std::string_view msh18(std::string_view line, bool pairs) {
  if (line.size() < 8) return {};
  const char field = line[3], repetition = line[4] == field ? '~' : line[5];
  std::size_t start = 3;  // of the separator before the field
  int number = 1;
  for (std::size_t i = 4; i <= line.size(); ++i) {
    const bool end = i >= line.size();
    if (!end && pairs && static_cast<unsigned char>(line[i]) >= 0x81) {
      ++i;
      continue;
    }
    if (!end && line[i] != field) continue;
    ++number;
    if (number == 18) {
      const auto value = line.substr(start + 1, std::min(i, line.size()) - start - 1);
      return value.substr(0, value.find(repetition));
    }
    start = i;
  }
  return {};
}

bool looks_like_utf16(std::string_view b) {
  if (b.starts_with("\xFF\xFE") || b.starts_with("\xFE\xFF")) return true;
  return b.size() >= 6 && ((b[0] == 'M' && b[1] == '\0' && b[2] == 'S') || (b[0] == '\0' && b[1] == 'M' && b[2] == '\0'));
}

std::size_t offset_of(const Error& error) {
  std::size_t n = 0;
  for (const char c : error.args.empty() ? std::string_view() : std::string_view(error.args[0]))
    if (c >= '0' && c <= '9') n = n * 10 + static_cast<std::size_t>(c - '0');
  return n;
}

// "PID-5" for a byte offset: everything before it decodes, so it can be split.
std::string place(std::string_view before_bytes, Charset charset) {
  auto before = to_utf8(before_bytes, charset);
  if (!before) return {};
  const std::string_view text = *before;
  const auto msh = text.find("MSH");
  const char field = msh != std::string_view::npos && msh + 3 < text.size() ? text[msh + 3] : '|';
  std::vector<std::string_view> lines;
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto end = std::min(text.find_first_of("\r\n", start), text.size());
    const auto line = text.substr(start, end - start);
    if (!line.empty() || end == text.size()) lines.push_back(line);
    start = end + 1;
  }
  const auto name = lines.back().substr(0, 3);
  if (name.size() != 3 || !printable_ascii(name) || name != upper_ascii(name) || name.find(' ') != std::string_view::npos)
    return "segment " + std::to_string(lines.size());  // a stray line may hold anything: not shown
  int occurrence = 0;
  for (const auto line : lines)
    if (line.substr(0, 3) == name) ++occurrence;
  auto number = std::count(lines.back().begin(), lines.back().end(), field);
  if (name == "MSH") ++number;
  std::string where(name);
  if (occurrence > 1) where += '[' + std::to_string(occurrence) + ']';
  if (number > 0) where += '-' + std::to_string(number);
  return where;
}

std::string_view charset_name(Charset c) {
  switch (c) {
    case Charset::ascii: return "ASCII";
    case Charset::utf8: return "UTF-8";
    case Charset::gb18030: return "GB18030";
    case Charset::latin1: return "ISO 8859-1";
  }
  return "";
}

Error undecodable(std::string_view bytes, std::size_t offset, Charset charset) {
  return {"hl7.undecodable", place(bytes.substr(0, offset), charset), {std::to_string(offset), std::string(charset_name(charset))}};
}

Result<Decoded> decode_as(std::string_view bytes, Charset charset, Findings findings) {
  Decoded d{.charset = charset, .as_is = true, .text = {}, .findings = std::move(findings)};
  if (charset == Charset::utf8) {
    if (const auto bad = invalid_utf8(bytes)) return undecodable(bytes, *bad, charset);
    return d;
  }
  auto text = to_utf8(bytes, charset);
  if (!text) return undecodable(bytes, offset_of(text.error()), charset);
  d.as_is = false;
  d.text = *std::move(text);
  return d;
}

void remark(Findings& findings, Severity severity, std::string_view id, std::vector<std::string> args) {
  findings.push_back({severity, {id, "MSH-18", std::move(args)}});
}

// MSH-18 says nothing (or says ASCII): UTF-8 if it is, else GB18030 if it is.
Result<Decoded> guess(std::string_view bytes) {
  Findings findings;
  if (!invalid_utf8(bytes)) {
    remark(findings, Severity::warning, "hl7.charset_guessed", {"UTF-8"});
    return decode_as(bytes, Charset::utf8, std::move(findings));
  }
  remark(findings, Severity::warning, "hl7.charset_guessed", {"GB18030"});
  return decode_as(bytes, Charset::gb18030, std::move(findings));
}

}  // namespace

std::string declared_charset(std::string_view bytes) {
  const auto line = header_line(bytes);
  const auto naive = trim(msh18(line, false));
  if (is_ascii(line)) return std::string(naive);
  const auto paired = trim(msh18(line, true));
  const auto naive_charset = charset_from_label(naive), paired_charset = charset_from_label(paired);
  if (paired_charset == Charset::gb18030 && (naive_charset != Charset::utf8 || invalid_utf8(line))) return std::string(paired);
  return std::string(naive);
}

Result<Decoded> decode(std::string_view bytes, std::optional<Charset> fallback, bool trust_fallback) {
  if (looks_like_utf16(bytes)) return Error{"hl7.charset_unsupported", "MSH-18", {"UTF-16"}};
  if (bytes.starts_with(kUtf8Bom)) bytes.remove_prefix(kUtf8Bom.size());
  const auto label = declared_charset(bytes);
  const auto declared = charset_from_label(label);
  Findings findings;
  if (trust_fallback && fallback) {
    if (declared && *declared != *fallback && *declared != Charset::ascii)
      remark(findings, Severity::warning, "hl7.charset_overruled", {label, std::string(charset_name(*fallback))});
    if (is_ascii(bytes)) return Decoded{.charset = *fallback, .as_is = true, .text = {}, .findings = std::move(findings)};
    return decode_as(bytes, *fallback, std::move(findings));
  }
  if (!label.empty() && !declared)
    return Error{"hl7.charset_unsupported", "MSH-18", {printable_ascii(label) ? label.substr(0, 40) : std::string("?")}};
  if (is_ascii(bytes)) return Decoded{.charset = declared.value_or(Charset::utf8), .as_is = true, .text = {}, .findings = {}};
  if (!declared || *declared == Charset::ascii) {
    if (declared) remark(findings, Severity::warning, "hl7.charset_not_ascii", {label});
    auto d = fallback ? decode_as(bytes, *fallback, {}) : guess(bytes);
    if (d) d->findings.insert(d->findings.begin(), findings.begin(), findings.end());
    return d;
  }
  if (*declared != Charset::utf8 && !invalid_utf8(bytes)) remark(findings, Severity::warning, "hl7.charset_doubtful", {label});
  return decode_as(bytes, *declared, std::move(findings));
}

std::string_view msh18_label(Charset charset) {
  switch (charset) {
    case Charset::ascii: return "";
    case Charset::utf8: return "UNICODE UTF-8";
    case Charset::gb18030: return "GB 18030-2000";
    case Charset::latin1: return "8859/1";
  }
  return "";
}

}  // namespace huren::hl7
