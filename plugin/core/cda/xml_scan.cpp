#include "core/cda/xml_scan.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/cda/xml_active.hpp"

namespace huren::cda {
namespace {

// kText and kValue end the fast loops over text and attribute values. The text is a std::string's, so a NUL, which is kBad,
// stands after its last byte and ends every loop.
enum : unsigned char { kText = 1, kName = 2, kNameStart = 4, kSpace = 8, kBad = 16, kHigh = 32, kValue = 64, kColon = 128 };
constexpr auto kClass = [] {
  std::array<unsigned char, 256> c{};
  for (std::size_t i = 0; i < 32; ++i) c[i] = kBad | kText | kValue;
  c[' '] = kSpace;
  c['\t'] = c['\n'] = kSpace | kValue;          // an attribute's become blanks
  c['\r'] = kSpace | kValue | kText;            // a text's become line feeds
  for (std::size_t i = 'a'; i <= 'z'; ++i) c[i] = kName | kNameStart;
  for (std::size_t i = 'A'; i <= 'Z'; ++i) c[i] = kName | kNameStart;
  for (std::size_t i = '0'; i <= '9'; ++i) c[i] = kName;
  c['_'] = c[':'] = kName | kNameStart;
  c[':'] |= kColon;
  c['-'] = c['.'] = kName;
  for (std::size_t i = 128; i < 256; ++i) c[i] = kName | kNameStart;
  c[0xEF] |= kText | kValue | kHigh;
  c['<'] = c['&'] = kText | kValue;
  c[']'] = kText;
  c['"'] = c['\''] = kValue;
  return c;
}();
unsigned char cls(char c) { return kClass[static_cast<unsigned char>(c)]; }

// A start tag once found legal. A document says the same ones again and again ("<observation classCode=...>", every data
// element's code): bytes that are equal to the last but one are legal too.
struct Tag {
  const char* at = nullptr;
  std::size_t size = 0, name = 0;
  std::uint32_t attributes = 0;
  std::uint16_t attribute_count = 0;
  bool odd = false, empty = false;
};
constexpr std::size_t kTagHead = 24;  // a shorter one is quicker read than looked up
constexpr std::size_t kTags = 512;
std::size_t slot_of(const char* p) {
  std::array<std::uint64_t, 3> w{};
  std::memcpy(w.data(), p, kTagHead);
  const auto h = (w[0] * 0x9E3779B97F4A7C15U) ^ (w[1] * 0xC2B2AE3D27D4EB4FU) ^ (w[2] * 0x165667B19E3779F9U);
  return static_cast<std::size_t>((h ^ (h >> 29)) * 0x9E3779B97F4A7C15U >> 55);
}

std::string_view local_name(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

struct Open {
  std::string_view name;
  std::uint32_t node = 0, last_child = 0;
  bool text_seen = false;      // a non-blank run since the last tag
  bool comment_after = false;  // and then a comment
};

class Scanner {
 public:
  Scanner(std::string_view text, const Limits& limits, Tree& tree)
      : begin_(text.data()), p_(begin_), end_(begin_ + text.size()), limits_(limits), tree_(tree), tags_(kTags) {
    open_.reserve(static_cast<std::size_t>(std::clamp(limits.depth, 1, 1024)) + 1);
    tree_.nodes.reserve(text.size() / 32);
    tree_.attributes.reserve(text.size() / 64);
  }

  Result<RootSpan> run(Findings& findings) {
    if (!prolog(findings)) return fault();
    const auto from = offset();
    if (p_ == end_) return Error{"cda.no_root", at_byte(from), {}};
    if (!element()) return fault();
    while (!open_.empty())
      if (!content()) return fault();
    const auto to = offset();
    if (!epilog()) return fault();
    return RootSpan{from, to};
  }

 private:
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(p_ - begin_); }
  [[nodiscard]] bool looking_at(std::string_view s) const {
    return static_cast<std::size_t>(end_ - p_) >= s.size() && std::memcmp(p_, s.data(), s.size()) == 0;
  }
  bool fail(std::string_view id, const char* where, std::vector<std::string> args = {}) {
    if (!fault_) fault_ = Error{id, at_byte(static_cast<std::size_t>(where - begin_)), std::move(args)};
    return false;
  }
  bool malformed(const char* where) { return fail("cda.malformed", where); }
  Error fault() { return fault_ ? *fault_ : Error{"cda.malformed", at_byte(offset()), {}}; }
  void blanks() {
    while (cls(*p_) & kSpace) ++p_;
  }
  bool count_node() { return ++nodes_ <= limits_.nodes || fail("cda.limit", p_, {"nodes", std::to_string(limits_.nodes)}); }

  bool prolog(Findings& findings) {
    if (looking_at("<?xml") && end_ - p_ > 5 && cls(p_[5]) & kSpace) {
      const auto close = find("?>");
      if (!close) return malformed(p_);
      p_ = close + 2;
    }
    for (;;) {
      blanks();
      if (looking_at("<!--")) {
        if (!comment()) return false;
      } else if (looking_at("<?xml-stylesheet")) {  // common in the wild; not followed, not handed on
        const auto close = find("?>");
        if (!close) return malformed(p_);
        findings.push_back({Severity::warning, {"cda.stylesheet_ignored", at_byte(offset()), {}}});
        p_ = close + 2;
      } else if (looking_at("<!DOCTYPE") || looking_at("<!doctype")) {
        return fail("cda.doctype", p_);
      } else if (looking_at("<?")) {
        return fail("cda.processing_instruction", p_);
      } else {
        if (p_ != end_ && *p_ != '<') return fail("cda.not_xml", p_);
        return true;
      }
    }
  }

  bool epilog() {
    for (;;) {
      blanks();
      if (p_ == end_) return true;
      if (looking_at("<!--")) {
        if (!comment()) return false;
      } else if (looking_at("<!DOCTYPE")) {
        return fail("cda.doctype", p_);
      } else if (looking_at("<?")) {
        return fail("cda.processing_instruction", p_);
      } else {
        return fail(*p_ == '<' ? "cda.two_roots" : "cda.trailing_text", p_);
      }
    }
  }

  const char* find(std::string_view s) const {
    const auto rest = std::string_view(p_, static_cast<std::size_t>(end_ - p_));
    const auto found = rest.find(s);
    return found == std::string_view::npos ? nullptr : p_ + found;
  }

  bool comment() {
    const auto start = p_;
    p_ += 4;
    const auto close = find("--");
    if (!close || end_ - close < 3 || close[2] != '>') return malformed(start);
    for (; p_ != close; ++p_)
      if (!character()) return false;
    p_ = close + 3;
    return count_node();
  }

  // One character is legal XML; called for each byte where nothing else is looked for.
  bool character() {
    const auto c = cls(*p_);
    if (c & kBad) return fail("cda.control_character", p_, {hex(static_cast<unsigned char>(*p_))});
    if ((c & kHigh) && end_ - p_ > 2 && static_cast<unsigned char>(p_[1]) == 0xBF && static_cast<unsigned char>(p_[2]) >= 0xBE)
      return fail("cda.control_character", p_, {"U+FFFE"});
    return true;
  }
  static std::string hex(unsigned char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return std::string("U+00") + digits[c >> 4] + digits[c & 15];
  }

  // Over bytes that end no text and no value, sixteen at a time; stops early or at one that may.
  void skip_plain(char a, char b) {
#ifdef __SSE2__
    while (end_ - p_ >= 16) {
      const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p_));
      const auto is = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
      const auto control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x1F)), _mm_set1_epi8(0x1F));
      const auto stop = _mm_or_si128(_mm_or_si128(_mm_or_si128(is(a), is(b)), _mm_or_si128(is('<'), is('&'))), _mm_or_si128(is('\xEF'), control));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stop));
      if (mask != 0) {
        p_ += std::countr_zero(mask);
        return;
      }
      p_ += 16;
    }
#else
    static_cast<void>(a);
    static_cast<void>(b);
#endif
  }

  bool name(std::string_view& out, bool& colon) {
    const auto start = p_;
    if (!(cls(*p_) & kNameStart)) return malformed(p_);
    unsigned seen = 0;
    for (unsigned c = 0; (c = cls(*p_)) & kName; ++p_) seen |= c;
    out = {start, static_cast<std::size_t>(p_ - start)};
    colon = (seen & kColon) != 0;
    return true;
  }

  bool reference() {  // at '&'
    const auto start = p_;
    const auto limit = std::min(end_, p_ + 12);
    const auto semicolon = std::find(p_, limit, ';');
    if (semicolon == limit) return fail("cda.entity", start);
    const std::string_view body(p_ + 1, static_cast<std::size_t>(semicolon - p_ - 1));
    p_ = semicolon + 1;
    if (body == "amp" || body == "lt" || body == "gt" || body == "quot" || body == "apos") return true;
    if (body.size() < 2 || body[0] != '#') return fail("cda.entity", start);
    std::uint32_t value = 0;
    const bool hexadecimal = body[1] == 'x';
    if (hexadecimal && body.size() == 2) return fail("cda.character_reference", start);
    for (const char c : body.substr(hexadecimal ? 2 : 1)) {
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
      else if (hexadecimal && c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
      else if (hexadecimal && c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
      else return fail("cda.character_reference", start);
      value = value * (hexadecimal ? 16U : 10U) + digit;
      if (value > 0x10FFFF) return fail("cda.character_reference", start);
    }
    const bool legal = value == 9 || value == 10 || value == 13 || (value >= 0x20 && value < 0xD800) || (value >= 0xE000 && value < 0xFFFE) || value >= 0x10000;
    return legal || fail("cda.character_reference", start);
  }

  bool attribute_value(std::string_view& out, bool& as_it_stands) {
    if (p_ == end_ || (*p_ != '"' && *p_ != '\'')) return malformed(p_);
    const char quote = *p_++;
    const auto start = p_;
    for (;;) {
      skip_plain('"', '\'');
      while (!(cls(*p_) & kValue)) ++p_;
      if (*p_ == quote) break;
      if (p_ == end_) return malformed(start);
      if (*p_ == '<') return malformed(p_);
      if (*p_ == '&') {
        as_it_stands = false;
        if (!reference()) return false;
        continue;
      }
      if (cls(*p_) & kSpace) as_it_stands = false;
      else if (!character()) return false;
      ++p_;
    }
    out = {start, static_cast<std::size_t>(p_ - start)};
    ++p_;
    return out.size() <= limits_.text || fail("cda.limit", start, {"text", std::to_string(limits_.text)});
  }

  TreeNode& add(const char* at) {
    auto& node = tree_.nodes.emplace_back();
    const auto index = static_cast<std::uint32_t>(tree_.nodes.size() - 1);
    node.at = static_cast<std::uint32_t>(at - begin_);
    node.end = index + 1;
    node.to = static_cast<std::uint32_t>(p_ - begin_);
    if (!open_.empty()) {
      auto& top = open_.back();
      node.parent = top.node;
      if (top.last_child > 0) tree_.nodes[top.last_child].next = index;
      top.last_child = index;
    }
    return node;
  }

  bool opened(const char* start, const Tag& tag) {
    const std::string_view name(start + 1, tag.name);
    auto& node = add(start);
    node.name = name;
    node.attributes = tag.attributes;
    node.attribute_count = tag.attribute_count;
    node.odd = tag.odd;
    if (!tag.empty) open_.push_back({.name = name, .node = static_cast<std::uint32_t>(tree_.nodes.size() - 1)});
    return true;
  }

  bool element() {  // at '<' of a start tag
    const auto start = p_;
    if (!count_node()) return false;
    if (static_cast<int>(open_.size()) >= limits_.depth) return fail("cda.limit", start, {"depth", std::to_string(limits_.depth)});
    Tag* known = nullptr;
    if (static_cast<std::size_t>(end_ - p_) >= kTagHead) {
      known = &tags_[slot_of(p_)];
      if (known->size > 0 && known->size <= static_cast<std::size_t>(end_ - p_) && std::memcmp(known->at, p_, known->size) == 0) {
        p_ += known->size;
        return opened(start, *known);
      }
    }
    Tag tag;
    if (!start_tag(tag)) return false;
    if (known && tag.size >= kTagHead) *known = tag;
    return opened(start, tag);
  }

  bool start_tag(Tag& tag) {
    const auto start = p_;
    ++p_;
    std::string_view whole;
    bool colon = false;
    if (!name(whole, colon)) return false;
    const auto local = colon ? local_name(whole) : whole;
    if (limits_.inert && active_element(local)) return fail("cda.active_content", start, {std::string(local)});
    tag = {.at = start, .name = whole.size(), .attributes = static_cast<std::uint32_t>(tree_.attributes.size())};
    std::size_t count = 0;
    for (;;) {
      const auto before = p_;
      blanks();
      if (p_ == end_) return malformed(start);
      if (*p_ == '>') {
        ++p_;
        break;
      }
      if (*p_ == '/') {
        if (end_ - p_ < 2 || p_[1] != '>') return malformed(p_);
        p_ += 2;
        tag.empty = true;
        break;
      }
      if (p_ == before) return malformed(p_);
      if (!attribute(count, tag)) return false;
    }
    tag.attribute_count = static_cast<std::uint16_t>(count);
    tag.size = static_cast<std::size_t>(p_ - start);
    return true;
  }

  bool attribute(std::size_t& count, Tag& tag) {
    const auto start = p_;
    std::string_view key, value;
    bool as_it_stands = true;
    bool colon = false;
    if (!name(key, colon)) return false;
    blanks();
    if (p_ == end_ || *p_ != '=') return malformed(p_);
    ++p_;
    blanks();
    if (!attribute_value(value, as_it_stands)) return false;
    if (static_cast<int>(count) >= limits_.attributes) return fail("cda.limit", start, {"attributes", std::to_string(limits_.attributes)});
    for (std::size_t i = 0; i < count; ++i)
      if (tree_.attributes[tag.attributes + i].name == key) return fail("cda.duplicate_attribute", start, {std::string(key.substr(0, 40))});
    ++count;
    auto& added = tree_.attributes.emplace_back(TreeAttribute{key, value, key_of(key)});
    tag.odd = tag.odd || added.key == Key::odd;
    if (!as_it_stands) added.value = tree_.decoded.emplace_back(plain(value, true));
    if (!limits_.inert) return true;
    if (key.size() > 2 && (key[0] | 0x20) == 'o' && (key[1] | 0x20) == 'n' && !colon)
      return fail("cda.active_content", start, {std::string(key.substr(0, 40))});
    const auto plain_key = colon ? local_name(key) : key;  // a name or an identifier that reads like a scheme harms nobody
    if ((plain_key == "href" || plain_key == "src" || plain_key == "value" || plain_key == "data" || plain_key == "action") && runs_code(value)) return fail("cda.active_reference", start, {std::string(key.substr(0, 40))});
    return true;
  }

  bool end_tag() {
    const auto start = p_;
    p_ += 2;
    const auto& open = open_.back().name;
    if (static_cast<std::size_t>(end_ - p_) > open.size() && std::memcmp(p_, open.data(), open.size()) == 0 && !(cls(p_[open.size()]) & kName)) p_ += open.size();
    else return malformed(start);
    blanks();
    if (p_ == end_ || *p_ != '>') return malformed(start);
    ++p_;
    auto& node = tree_.nodes[open_.back().node];
    node.end = static_cast<std::uint32_t>(tree_.nodes.size());
    node.to = static_cast<std::uint32_t>(p_ - begin_);
    open_.pop_back();
    forget_text();
    return true;
  }

  void forget_text() {
    if (open_.empty()) return;
    open_.back().text_seen = open_.back().comment_after = false;
  }

  bool cdata() {
    const auto start = p_;
    p_ += 9;
    const auto close = find("]]>");
    if (!close) return malformed(start);
    if (close != p_ && open_.back().comment_after) return fail("cda.split_text", start);
    if (static_cast<std::size_t>(close - p_) > limits_.text) return fail("cda.limit", start, {"text", std::to_string(limits_.text)});
    const std::string_view inside(p_, static_cast<std::size_t>(close - p_));
    for (; p_ != close; ++p_)
      if (!character()) return false;
    p_ = close + 3;
    open_.back().text_seen = true;
    auto& node = add(start);
    node.element = false;
    node.value = inside;
    if (inside.find('\r') != std::string_view::npos) node.value = tree_.decoded.emplace_back(line_ends(inside));
    return count_node();
  }

  static std::string line_ends(std::string_view raw) {  // XML 1.0 §2.11
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n') continue;
      out += raw[i] == '\r' ? '\n' : raw[i];
    }
    return out;
  }

  bool content() {  // one step inside an open element
    if (p_ == end_) return malformed(p_);
    if (*p_ != '<') return text();
    if (end_ - p_ < 2) return malformed(p_);
    if (p_[1] == '/') return end_tag();
    if (p_[1] == '?') return fail("cda.processing_instruction", p_);
    if (p_[1] == '!') {
      if (looking_at("<!--")) {
        auto& top = open_.back();
        if (!comment()) return false;
        top.comment_after = top.text_seen;
        return true;
      }
      if (looking_at("<![CDATA[")) return cdata();
      return fail(looking_at("<!DOCTYPE") || looking_at("<!ENTITY") ? "cda.doctype" : "cda.malformed", p_);
    }
    forget_text();
    return element();
  }

  bool text() {
    const auto start = p_;
    bool as_it_stands = true;
    blanks();
    const std::string_view before(start, static_cast<std::size_t>(p_ - start));
    if (*p_ == '<') return static_cast<std::size_t>(p_ - start) <= limits_.text || fail("cda.limit", start, {"text", std::to_string(limits_.text)});
    for (;;) {
      skip_plain(']', ']');
      while (!(cls(*p_) & kText)) ++p_;
      if (*p_ == '<' || p_ == end_) break;
      if (*p_ == '&') {
        as_it_stands = false;
        if (!reference()) return false;
        continue;
      }
      if (*p_ == '\r') {
        as_it_stands = false;
      } else if (*p_ == ']') {
        if (looking_at("]]>")) return malformed(p_);
      } else if (!character()) {
        return false;
      }
      ++p_;
    }
    if (static_cast<std::size_t>(p_ - start) > limits_.text) return fail("cda.limit", start, {"text", std::to_string(limits_.text)});
    auto& top = open_.back();
    // "5<!-- -->.6": one parser reads 5, another 5.6; nobody writes that by accident
    if (top.comment_after) return fail("cda.split_text", start);
    top.text_seen = true;
    const std::string_view raw(start, static_cast<std::size_t>(p_ - start));
    auto& node = add(start);
    node.element = false;
    node.value = raw;
    if (!as_it_stands || before.find('\r') != std::string_view::npos) node.value = tree_.decoded.emplace_back(plain(raw, false));
    return count_node();
  }

  const char* begin_;
  const char* p_;
  const char* end_;
  const Limits& limits_;
  std::vector<Open> open_;
  Tree& tree_;
  std::vector<Tag> tags_;
  std::size_t nodes_ = 0;
  std::optional<Error> fault_;
};

}  // namespace

Result<RootSpan> scan_xml(const std::string& text, const Limits& limits, Tree& tree, Findings& findings) {
  return Scanner(text, limits, tree).run(findings);
}

}  // namespace huren::cda
