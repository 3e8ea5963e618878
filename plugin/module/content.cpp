#include "module/content.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/base/json_reader.hpp"
#include "core/base/text.hpp"

namespace huren {
namespace embedded {
std::span<const File> types();
}

namespace module {
namespace {

// Walks a text without building anything, whichever library reads it.
class Walk {
 public:
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string_view) { return true; }
  bool binary(nlohmann::json::binary_t&) { return true; }
  bool start_object(std::size_t) { return ++depth_ <= kMaxDepth; }
  bool key(std::string_view) { return true; }
  bool end_object() { --depth_; return true; }
  bool start_array(std::size_t) { return ++depth_ <= kMaxDepth; }
  bool end_array() { --depth_; return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    position_ = position;
    return false;
  }
  [[nodiscard]] int depth() const { return depth_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] bool too_deep() const { return depth_ > kMaxDepth; }

 private:
  static constexpr int kMaxDepth = 64;
  int depth_ = 0;
  std::size_t position_ = 0;
};

class NoticeId : public Walk {
 public:
  bool key(std::string_view name) {
    wanted_ = depth() == 1 && name == "notice_id";
    return true;
  }
  bool string(std::string_view value) {
    if (wanted_) id_ = value;
    wanted_ = false;
    return true;
  }
  std::string id_;

 private:
  bool wanted_ = false;
};

Result<void> known(std::string_view name, const std::vector<std::string_view>& names, std::string_view id, std::string_view near_id) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return {};
  if (const auto close = closest(name, names); !close.empty()) return Error{near_id, "", {std::string(name), std::string(close)}};
  return Error{id, "", {std::string(name)}};
}

std::string_view media_type(std::string_view content_type) { return trim(content_type.substr(0, content_type.find(';'))); }

}  // namespace

Result<std::string_view> identifier(const char* text, const char* argument) {
  if (!text) return Error{"module.null", argument, {argument}};
  const std::string_view s(text, strnlen(text, kMaxIdentifier + 1));
  if (s.empty() || s.size() > kMaxIdentifier || !printable_ascii(s)) return Error{"module.identifier", argument, {argument}};
  return s;
}

Result<std::string_view> bytes(const void* data, std::uint32_t size, std::int64_t limit, const char* argument) {
  if (!data) return Error{"module.null", argument, {argument}};
  if (size == 0) return Error{"module.empty", argument, {argument}};
  if (size > limit) return Error{"module.too_large", argument, {std::to_string(size), std::to_string(limit)}};
  return std::string_view(static_cast<const char*>(data), size);
}

Result<void> known_event(std::string_view type) {
  return known(type, known_types().events, "module.unknown_type", "module.unknown_type_near");
}
Result<void> known_topic(std::string_view topic) {
  return known(topic, known_types().queries, "module.unknown_topic", "module.unknown_topic_near");
}

bool is_json(std::string_view content_type) {
  return content_type.empty() || equal_ascii_nocase(media_type(content_type), "application/json");
}

Result<void> json_charset(std::string_view content_type) {
  for (const auto part : split(content_type, ';')) {
    const auto equals = part.find('=');
    if (equals == part.npos || !equal_ascii_nocase(trim(part.substr(0, equals)), "charset")) continue;
    auto label = trim(part.substr(equals + 1));
    if (label.size() >= 2 && label.front() == '"' && label.back() == '"') label = label.substr(1, label.size() - 2);
    const auto charset = charset_from_label(label);
    if (charset != Charset::utf8 && charset != Charset::ascii) return Error{"module.json_charset", "content_type", {std::string(label)}};
  }
  return {};
}

Result<void> json_text(std::string_view body) {
  if (const auto bad = invalid_utf8(body)) return Error{"module.not_utf8", "body", {std::to_string(*bad)}};
  if (const auto zero = body.find('\0'); zero != body.npos)  // nlohmann takes a zero byte for the end
    return Error{"module.not_json", "body", {std::to_string(zero + 1)}};
  std::string used_up(body);
  if (Walk quick; read_json(used_up, quick)) return {};
  Walk sax;
  if (nlohmann::json::sax_parse(body.begin(), body.end(), &sax)) return {};
  if (sax.too_deep()) return Error{"module.json_depth", "body", {}};
  return Error{"module.not_json", "body", {std::to_string(sax.position())}};
}

std::string notice_id(std::string_view notice_json) {
  NoticeId sax;
  return nlohmann::json::sax_parse(notice_json.begin(), notice_json.end(), &sax) ? sax.id_ : std::string();
}

const KnownTypes& known_types() {
  static const auto& all = *[] {  // never destroyed: host threads may outlive our statics
    static const auto& rows = *[] {
      auto* out = new std::vector<std::vector<std::string>>;
      for (const auto& file : embedded::types())
        if (auto table = parse_csv(file.text)) *out = *std::move(table);
      return out;
    }();
    auto* known = new KnownTypes;
    for (const auto& r : rows) {
      if (r.size() != 3) continue;
      if (r[1] == "event") known->events.push_back(r[0]);
      if (r[1] == "query") known->queries.push_back(r[0]);
    }
    return known;
  }();
  return all;
}

}  // namespace module
}  // namespace huren
