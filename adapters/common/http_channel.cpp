#include "adapters/common/http_channel.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.hpp"

namespace huren::common {
namespace {

using End = HttpRead::End;
constexpr std::size_t kMaxHead = 32 * 1024;
constexpr std::size_t kMaxLine = 1024;

bool number(std::string_view text, int base, std::size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

int count(const Poco::Net::HTTPMessage& head, std::string_view name) {
  return static_cast<int>(std::count_if(head.begin(), head.end(),
                                        [&](const auto& field) { return equal_ascii_nocase(field.first, name); }));
}

}  // namespace

HttpRead HttpChannel::more(const Deadline& deadline) {
  std::array<char, 16 * 1024> chunk{};
  const auto io = stream.read(chunk, deadline);
  if (io.status != IoStatus::ok) return {.end = End::stream, .io = io, .began = !pending_.empty()};
  pending_.append(chunk.data(), io.bytes);
  return {};
}

HttpRead HttpChannel::read_head(std::string& head, const Deadline& deadline) {
  for (std::size_t searched = 0;;) {
    const auto first = pending_.find_first_not_of("\r\n");
    pending_.erase(0, std::min(first, pending_.size()));
    const auto end = pending_.find("\r\n\r\n", searched);
    if (end != std::string::npos && end + 4 <= kMaxHead) {
      head.assign(pending_, 0, end + 4);
      pending_.erase(0, end + 4);
      if (head.find('\0') != std::string::npos || head.find("\n ") != std::string::npos ||
          head.find("\n\t") != std::string::npos)
        return {.end = End::malformed, .io = {}, .began = true};
      return {.end = End::ok, .io = {}, .began = true};
    }
    if (pending_.size() > kMaxHead) return {.end = End::too_large, .io = {}, .began = true};
    searched = pending_.size() < 3 ? 0 : pending_.size() - 3;
    if (auto read = more(deadline); read.end != End::ok) return read;
  }
}

HttpRead HttpChannel::take(std::size_t bytes, std::string& into, const Deadline& deadline) {
  for (;;) {
    const auto n = std::min(bytes, pending_.size());
    into.append(pending_, 0, n);
    pending_.erase(0, n);
    bytes -= n;
    if (bytes == 0) return {.end = End::ok, .io = {}, .began = true};
    if (auto read = more(deadline); read.end != End::ok) return {.end = read.end, .io = read.io, .began = true};
  }
}

HttpRead HttpChannel::line(std::string& into, const Deadline& deadline) {
  for (;;) {
    const auto end = pending_.find("\r\n");
    if (end != std::string::npos) {
      into.assign(pending_, 0, end);
      pending_.erase(0, end + 2);
      return {.end = End::ok, .io = {}, .began = true};
    }
    if (pending_.size() > kMaxLine) return {.end = End::malformed, .io = {}, .began = true};
    if (auto read = more(deadline); read.end != End::ok) return {.end = read.end, .io = read.io, .began = true};
  }
}

HttpRead HttpChannel::chunks(std::size_t max_bytes, std::string& body, const Deadline& deadline) {
  std::string text;
  for (;;) {
    if (auto read = line(text, deadline); read.end != End::ok) return read;
    std::size_t size = 0;
    if (!number(trim(std::string_view(text).substr(0, text.find(';'))), 16, size))
      return {.end = End::malformed, .io = {}, .began = true};
    if (size > max_bytes - body.size()) return {.end = End::too_large, .io = {}, .began = true};
    if (size == 0) break;
    if (auto read = take(size, body, deadline); read.end != End::ok) return read;
    if (auto read = line(text, deadline); read.end != End::ok || !text.empty())
      return read.end != End::ok ? read : HttpRead{.end = End::malformed, .io = {}, .began = true};
  }
  for (int trailers = 0; trailers < 64; ++trailers) {
    if (auto read = line(text, deadline); read.end != End::ok || text.empty()) return read;
  }
  return {.end = End::malformed, .io = {}, .began = true};
}

HttpRead HttpChannel::read_body(const Poco::Net::HTTPMessage& head, bool until_close, std::size_t max_bytes,
                                std::string& body, const Deadline& deadline) {
  const int lengths = count(head, "Content-Length"), codings = count(head, "Transfer-Encoding");
  if (lengths > 1 || codings > 1 || (lengths && codings)) return {.end = End::malformed, .io = {}, .began = true};
  if (codings) {
    if (!equal_ascii_nocase(trim(head.get("Transfer-Encoding")), "chunked"))
      return {.end = End::malformed, .io = {}, .began = true};
    return chunks(max_bytes, body, deadline);
  }
  if (lengths) {
    std::size_t size = 0;
    if (!number(trim(head.get("Content-Length")), 10, size)) return {.end = End::malformed, .io = {}, .began = true};
    if (size > max_bytes) return {.end = End::too_large, .io = {}, .began = true};
    return take(size, body, deadline);
  }
  if (!until_close) return {.end = End::ok, .io = {}, .began = false};
  for (;;) {
    body += std::exchange(pending_, {});
    if (body.size() > max_bytes) return {.end = End::too_large, .io = {}, .began = true};
    auto read = more(deadline);
    if (read.end == End::ok) continue;
    read.began = true;
    if (read.io.status == IoStatus::closed) read.end = End::ok;
    return read;
  }
}

}  // namespace huren::common
