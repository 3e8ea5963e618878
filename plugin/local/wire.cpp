#include "local/wire.hpp"

#include <algorithm>

namespace huren::local {
namespace {

constexpr std::size_t kMaxName = 128, kMaxArgs = 16;
constexpr std::uint8_t kAnswer = 0x80, kEvent = 0x81;

class Writer {
 public:
  Writer() : out_(kHead, '\0') {}
  Writer& number(std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out_ += static_cast<char>(value >> (8 * i) & 0xFF);
    return *this;
  }
  Writer& text(std::string_view value, int length_bytes) {
    value = value.substr(0, (std::size_t{1} << (8 * length_bytes)) - 1);
    return number(value.size(), length_bytes).rest(value);
  }
  Writer& rest(std::string_view value) {
    out_ += value;
    return *this;
  }
  std::string done() {
    const auto size = out_.size() - kHead;
    for (std::size_t i = 0; i < kHead; ++i) out_[i] = static_cast<char>(size >> (8 * (kHead - 1 - i)) & 0xFF);
    return std::move(out_);
  }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view text(std::size_t length_bytes) {
    const auto size = number(length_bytes);
    return take(size);
  }
  std::string_view rest() { return take(text_.size()); }
  [[nodiscard]] bool fine() const { return fine_; }

 private:
  std::string_view take(std::uint64_t size) {
    if (!fine_ || size > text_.size()) {
      fine_ = false;
      return {};
    }
    const auto out = text_.substr(0, static_cast<std::size_t>(size));
    text_.remove_prefix(out.size());
    return out;
  }
  std::string_view text_;
  bool fine_ = true;
};

}  // namespace

std::string frame(const Request& r) {
  return Writer().number(kVersion, 1).number(static_cast<std::uint8_t>(r.ask), 1).number(r.deadline_ms, 4).text(r.name, 1).rest(r.body).done();
}

std::string frame(const QueryAnswer& a) {
  Writer out;
  out.number(kVersion, 1).number(kAnswer, 1).number(static_cast<std::uint32_t>(a.status), 4).text(a.error.id, 1).text(a.error.where, 2);
  const auto args = std::min(a.error.args.size(), kMaxArgs);
  out.number(args, 1);
  for (std::size_t i = 0; i < args; ++i) out.text(a.error.args[i], 2);
  return out.rest(a.json).done();
}

std::string frame(const Event& e) {
  return Writer().number(kVersion, 1).number(kEvent, 1).number(e.kind, 1).number(e.severity, 1).rest(e.line).done();
}

std::size_t frame_size(std::string_view head) { return static_cast<std::size_t>(Reader(head).number(kHead)); }

std::optional<Request> read_request(std::string_view payload) {
  Reader in(payload);
  if (in.number(1) != kVersion) return std::nullopt;
  const auto ask = in.number(1);
  Request out;
  out.ask = static_cast<Ask>(ask);
  out.deadline_ms = static_cast<std::uint32_t>(in.number(4));
  out.name = in.text(1);
  out.body = in.rest();
  const bool known = ask >= static_cast<std::uint64_t>(Ask::query) && ask <= static_cast<std::uint64_t>(Ask::subscribe);
  if (!in.fine() || !known || out.name.size() > kMaxName) return std::nullopt;
  if (out.ask != Ask::query && !out.body.empty()) return std::nullopt;
  return out;
}

std::optional<QueryAnswer> read_answer(std::string_view payload) {
  Reader in(payload);
  if (in.number(1) != kVersion || in.number(1) != kAnswer) return std::nullopt;
  QueryAnswer out;
  out.status = static_cast<std::int32_t>(static_cast<std::uint32_t>(in.number(4)));
  const auto id = in.text(1);
  if (!id.empty()) {
    const auto* known = catalogue_entry(id);
    out.error.id = known ? known->id : std::string_view("local.unknown_fault");
  }
  out.error.where = in.text(2);
  const auto args = in.number(1);
  if (args > kMaxArgs) return std::nullopt;
  for (std::uint64_t i = 0; i < args; ++i) out.error.args.emplace_back(in.text(2));
  out.json = in.rest();
  if (!in.fine()) return std::nullopt;
  return out;
}

std::optional<Event> read_event(std::string_view payload) {
  Reader in(payload);
  if (in.number(1) != kVersion || in.number(1) != kEvent) return std::nullopt;
  const auto kind = in.number(1);
  Event out;
  out.severity = static_cast<std::uint8_t>(in.number(1));
  out.line = in.rest();
  if (!in.fine() || (kind != Event::ring && kind != Event::log)) return std::nullopt;
  out.kind = static_cast<Event::Kind>(kind);
  return out;
}

}  // namespace huren::local
