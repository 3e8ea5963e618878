// HTTP/1.1 messages over a Stream: heads parsed and written by Poco, framing here, because only the stream
// knows how far a message came, and that decides between not_sent and unknown.
// Promises: heads and bodies are bounded; a body that ended early is told from one that ended (RFC 9112 §6, §7.1).
// Refuses: two lengths, a length beside chunks, transfer codings other than chunked, folded header lines.
#pragma once
#include <Poco/Net/HTTPMessage.h>

#include <string>
#include <string_view>

#include "adapters/common/net.hpp"
#include "adapters/common/stream.hpp"

namespace huren::common {

struct HttpRead {
  enum class End { ok, stream, malformed, too_large };
  End end = End::ok;
  Io io;       // of End::stream: why no more came
  bool began = false;  // at least one byte of this head or body was there
};

class HttpChannel {
 public:
  explicit HttpChannel(Stream stream_in) : stream(std::move(stream_in)) {}

  // Up to and including the empty line; 32 KiB at most. Empty lines before it are skipped (RFC 9112 §2.2).
  HttpRead read_head(std::string& head, const Deadline& deadline);
  // until_close: a response without a length runs to the end of the connection.
  HttpRead read_body(const Poco::Net::HTTPMessage& head, bool until_close, std::size_t max_bytes, std::string& body,
                     const Deadline& deadline);
  [[nodiscard]] bool buffered() const { return !pending_.empty(); }

  Stream stream;

 private:
  HttpRead more(const Deadline& deadline);
  HttpRead take(std::size_t bytes, std::string& into, const Deadline& deadline);
  HttpRead line(std::string& into, const Deadline& deadline);
  HttpRead chunks(std::size_t max_bytes, std::string& body, const Deadline& deadline);
  std::string pending_;
};

}  // namespace huren::common
