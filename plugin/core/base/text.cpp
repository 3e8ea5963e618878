#include "core/base/text.hpp"

#include <iconv.h>

#include <algorithm>
#include <cstring>
#include <array>
#include <cerrno>
#include <memory>
#include <numeric>

namespace huren {
namespace {

const char* iconv_name(Charset c) {
  switch (c) {
    case Charset::ascii: return "ASCII";
    case Charset::utf8: return "UTF-8";
    case Charset::gb18030: return "GB18030";
    case Charset::latin1: return "ISO-8859-1";
  }
  return "UTF-8";
}

struct IconvClose {
  void operator()(void* handle) const { iconv_close(static_cast<iconv_t>(handle)); }
};

Result<std::string> convert(std::string_view bytes, Charset from, Charset to) {
  const std::unique_ptr<void, IconvClose> handle(iconv_open(iconv_name(to), iconv_name(from)));
  const auto failed = [&](std::size_t offset) {
    return Error{"text.undecodable", "byte " + std::to_string(offset), {std::to_string(offset), iconv_name(from)}};
  };
  if (handle.get() == reinterpret_cast<void*>(-1)) return failed(0);
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 2);
  std::array<char, 4096> chunk{};
  std::string in(bytes);  // iconv wants a mutable pointer
  char* next = in.data();
  std::size_t left = in.size();
  while (true) {
    char* write = chunk.data();
    std::size_t room = chunk.size();
    const bool flush = left == 0;
    const std::size_t n = flush ? iconv(handle.get(), nullptr, nullptr, &write, &room) : iconv(handle.get(), &next, &left, &write, &room);
    const int why = errno;
    out.append(chunk.data(), chunk.size() - room);
    if (n == static_cast<std::size_t>(-1)) {
      if (why == E2BIG) continue;
      return failed(static_cast<std::size_t>(next - in.data()));
    }
    if (flush) return out;
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::size_t> invalid_utf8(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](std::size_t i) { return i < s.size() && (byte(i) & 0xC0) == 0x80; };
  const auto word = [&](std::size_t i) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, s.data() + i, sizeof eight);
    return eight;
  };
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  std::size_t i = 0;
  while (i < s.size()) {
    const unsigned char b = byte(i);
    if (b < 0x80) {  // runs of ASCII, thirty-two and then eight at a time
      while (i + 32 <= s.size() && ((word(i) | word(i + 8) | word(i + 16) | word(i + 24)) & kHigh) == 0) i += 32;
      while (i + 8 <= s.size() && (word(i) & kHigh) == 0) i += 8;
      while (i < s.size() && byte(i) < 0x80) ++i;
    } else if (b >= 0xE1 && b <= 0xEC && i + 2 < s.size() && ((byte(i + 1) ^ 0x80U) | (byte(i + 2) ^ 0x80U)) < 0x40) {
      i += 3;  // nearly all that is Chinese: no overlong form and no surrogate begins so
    } else if (b >= 0xC2 && b <= 0xDF && tail(i + 1)) {
      i += 2;
    } else if (b >= 0xE0 && b <= 0xEF && tail(i + 1) && tail(i + 2)) {
      if ((b == 0xE0 && byte(i + 1) < 0xA0) || (b == 0xED && byte(i + 1) > 0x9F)) return i;
      i += 3;
    } else if (b >= 0xF0 && b <= 0xF4 && tail(i + 1) && tail(i + 2) && tail(i + 3)) {
      if ((b == 0xF0 && byte(i + 1) < 0x90) || (b == 0xF4 && byte(i + 1) > 0x8F)) return i;
      i += 4;
    } else {
      return i;
    }
  }
  return std::nullopt;
}

bool printable_ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

std::string_view trim(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const auto at = s.find(separator);
    out.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return out;
    s.remove_prefix(at + 1);
  }
}

std::string upper_ascii(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

bool equal_ascii_nocase(std::string_view a, std::string_view b) { return upper_ascii(a) == upper_ascii(b); }

std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t distance = 4;
  for (const auto c : candidates) {
    const auto d = edit_distance(word, c);
    if (d < distance && d < std::max(word.size(), c.size())) {
      distance = d;
      best = c;
    }
  }
  return best;
}

std::optional<Charset> charset_from_label(std::string_view label) {
  std::string key;
  for (const char c : upper_ascii(trim(label)))
    if (c != ' ' && c != '-' && c != '_') key += c;
  if (key == "ASCII" || key == "USASCII" || key == "ISOIR6" || key == "ISOIR006") return Charset::ascii;
  if (key == "UTF8" || key == "UNICODEUTF8" || key == "UNICODE") return Charset::utf8;
  if (key == "GB18030" || key == "GB180302000" || key == "GB180302005" || key == "GB180302022" || key == "GBK" || key == "GB2312" ||
      key == "GB23121980" || key == "CP936" || key == "WINDOWS936" || key == "EUCCN")
    return Charset::gb18030;
  if (key == "8859/1" || key == "88591" || key == "ISO88591" || key == "LATIN1" || key == "ISOIR100") return Charset::latin1;
  return std::nullopt;
}

Result<std::string> to_utf8(std::string_view bytes, Charset from) {
  if (from == Charset::utf8) {
    if (const auto bad = invalid_utf8(bytes))
      return Error{"text.undecodable", "byte " + std::to_string(*bad), {std::to_string(*bad), "UTF-8"}};
    return std::string(bytes);
  }
  return convert(bytes, from, Charset::utf8);
}

Result<std::string> from_utf8(std::string_view utf8, Charset to) {
  if (const auto bad = invalid_utf8(utf8))
    return Error{"text.undecodable", "byte " + std::to_string(*bad), {std::to_string(*bad), "UTF-8"}};
  if (to == Charset::utf8) return std::string(utf8);
  auto out = convert(utf8, Charset::utf8, to);
  if (!out) return Error{"text.unencodable", out.error().where, {out.error().args.at(0), iconv_name(to)}};
  return out;
}

}  // namespace huren
