#include "core/mapping/place.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace huren::mapping {
namespace {

constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kLongestName = 128;

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// CJK unified ideographs U+4E00 to U+9FFF, three bytes each: no blank, quote or comment of any database is among them.
bool han(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  if (s.size() < 3 || byte(0) < 0xE4 || byte(0) > 0xE9 || (byte(1) & 0xC0) != 0x80 || (byte(2) & 0xC0) != 0x80) return false;
  return byte(0) > 0xE4 || byte(1) >= 0xB8;
}

std::optional<XmlStep> parse_step(std::string_view text) {
  XmlStep step;
  const auto open = text.find('[');
  step.name = std::string(local_name(text.substr(0, open)));
  if (step.name.empty() || step.name.find_first_of(" @='\"]<>&") != std::string::npos) return std::nullopt;
  if (open == std::string_view::npos) return step;
  auto test = text.substr(open + 1);
  if (!test.ends_with("]")) return std::nullopt;
  test.remove_suffix(1);
  const auto equals = test.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  step.where = std::string(test.substr(0, equals));
  const auto quoted = test.substr(equals + 1);
  if (quoted.size() < 2 || (quoted.front() != '\'' && quoted.front() != '"') || quoted.back() != quoted.front()) return std::nullopt;
  step.wanted = std::string(quoted.substr(1, quoted.size() - 2));
  return step;
}

void add_text(cda::Node node, std::string& out) {
  for (auto c = node.first_child(); c; c = c.next_sibling()) {
    if (c.is_element()) add_text(c, out);
    else out += c.value();
  }
}

std::string attribute_of(cda::Node node, std::string_view name) {
  const auto& data = node.data();
  for (std::uint32_t i = 0; i < data.attribute_count; ++i) {
    const auto& a = node.tree().attributes[data.attributes + i];
    if (local_name(a.name) == name) return std::string(trim(a.value));
  }
  return {};
}

std::string text_of(cda::Node node) {
  std::string out;
  add_text(node, out);
  return std::string(trim(out));
}

bool fits(cda::Node node, const XmlStep& step) {
  if (!node.is_element() || (step.name != "*" && local_name(node.name()) != step.name)) return false;
  if (step.where.empty()) return true;
  if (step.where.front() == '@') return attribute_of(node, std::string_view(step.where).substr(1)) == step.wanted;
  for (auto c = node.first_child(); c; c = c.next_sibling())
    if (c.is_element() && local_name(c.name()) == step.where) return text_of(c) == step.wanted;
  return false;
}

}  // namespace

std::string_view local_name(std::string_view qualified) {
  const auto colon = qualified.rfind(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

std::optional<XmlPath> parse_xml_path(std::string_view text) {
  XmlPath path;
  if (text.starts_with("/")) {
    path.from_root = true;
    text.remove_prefix(1);
  }
  while (!text.empty()) {
    // A slash inside [...] belongs to the value.
    std::size_t end = 0;
    for (char quote = 0; end < text.size() && (quote || text[end] != '/'); ++end) {
      if (quote) quote = text[end] == quote ? '\0' : quote;
      else if (text[end] == '\'' || text[end] == '"') quote = text[end];
    }
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.starts_with("@")) {
      path.attribute = std::string(local_name(part.substr(1)));
      if (path.attribute.empty() || !text.empty()) return std::nullopt;
      return path;
    }
    auto step = parse_step(part);
    if (!step) return std::nullopt;
    path.steps.push_back(std::move(*step));
  }
  if (path.steps.empty()) return std::nullopt;
  return path;
}

std::vector<cda::Node> nodes_at(cda::Node from, const XmlPath& path) {
  if (!from) return {};
  std::vector<cda::Node> at{from};
  std::size_t first = 0;
  if (path.from_root) {
    auto root = from;
    while (root.parent()) root = root.parent();
    if (path.steps.empty()) return {};
    if (!fits(root, path.steps.front())) return {};
    at = {root};
    first = 1;
  }
  for (std::size_t i = first; i < path.steps.size(); ++i) {
    std::vector<cda::Node> next;
    for (const auto& node : at)
      for (auto c = node.first_child(); c && next.size() < kMostNodes; c = c.next_sibling())
        if (fits(c, path.steps[i])) next.push_back(c);
    at = std::move(next);
  }
  return at;
}

std::string text_at(cda::Node from, const XmlPath& path) {
  for (const auto& node : nodes_at(from, path))
    if (auto text = path.attribute.empty() ? text_of(node) : attribute_of(node, path.attribute); !text.empty()) return text;
  return {};
}

bool sql_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || digit(name.front())) return false;
  while (!name.empty()) {
    const bool one = letter(name.front()) || digit(name.front());
    if (!one && !han(name)) return false;
    name.remove_prefix(one ? 1 : 3);
  }
  return true;
}

bool sql_table(std::string_view name) {
  const auto parts = split(name, '.');
  return parts.size() <= 3 && std::all_of(parts.begin(), parts.end(), [](std::string_view p) { return sql_name(p); });
}

}  // namespace huren::mapping
