#include "core/model/json_tree.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "core/base/json_reader.hpp"
#include "core/base/text.hpp"
#include "core/model/json_mark.hpp"

namespace huren::model {
namespace {

constexpr std::uint64_t kFewMembers = 32;  // above, names are kept sorted: a hostile object has a million

// Builds the tree from what RapidJSON or nlohmann reads, and keeps the path of what is being read.
class TreeBuilder {
 public:
  // in_place: strings that come are views of tree.text; else they are kept there.
  TreeBuilder(JsonTree& tree, bool in_place, Findings& findings) : tree_(tree), in_place_(in_place), findings_(findings) {
    stack_.reserve(kMaxDepth);
  }

  bool null() { return add(JsonKind::null) != nullptr; }
  bool boolean(bool value) { return add(JsonKind::boolean)->boolean = value, true; }
  bool number_integer(std::int64_t value) { return add(JsonKind::integer)->integer = value, true; }
  bool number_unsigned(std::uint64_t value) { return add(JsonKind::natural)->natural = value, true; }
  bool number_float(double value, const std::string&) { return add(JsonKind::real)->real = value, true; }
  bool string(std::string_view value) {
    const auto kept = keep(value);
    return add(JsonKind::string)->string = kept, true;
  }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(JsonKind::object); }
  bool start_array(std::size_t) { return open(JsonKind::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string_view name) {
    auto& frame = stack_.back();
    frame.key = keep(name);
    if (const auto mark = mark_of(name); tree_.nodes[frame.node].count < kFewMembers && !(frame.marks & mark)) {
      frame.marks |= mark;
    } else if (auto* earlier = member(frame, name)) {
      findings_.push_back({Severity::error, {"model.doubled_member", path(), {}}});
      earlier->replaced = true;
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    findings_.push_back({Severity::error, {"model.json_syntax", "", {std::to_string(position)}}});
    return false;
  }

 private:
  struct Frame {
    std::uint32_t node;
    JsonSpan key{};
    std::uint64_t marks = 0;  // of the few names so far
    std::map<std::string, std::uint32_t, std::less<>> names;  // of an object with more than a few members
  };

  [[nodiscard]] std::string_view view(JsonSpan s) const { return {tree_.text.data() + s.at, s.size}; }
  JsonSpan keep(std::string_view value) {
    if (in_place_) return {static_cast<std::uint32_t>(value.data() - tree_.text.data()), static_cast<std::uint32_t>(value.size())};
    const auto at = tree_.text.size();
    tree_.text += value;
    return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(value.size())};
  }
  // The member of this name so far; the one about to come is put down as the latest.
  JsonNode* member(Frame& frame, std::string_view name) {
    const auto coming = static_cast<std::uint32_t>(tree_.nodes.size());
    if (tree_.nodes[frame.node].count < kFewMembers) {
      for (auto i = frame.node + 1; i < coming; i = tree_.nodes[i].end)
        if (auto& node = tree_.nodes[i]; view(node.key) == name && !node.replaced) return &node;
      return nullptr;
    }
    if (frame.names.empty())
      for (auto i = frame.node + 1; i < coming; i = tree_.nodes[i].end) frame.names[std::string(view(tree_.nodes[i].key))] = i;
    const auto [it, first] = frame.names.try_emplace(std::string(name), coming);
    if (first) return nullptr;
    auto* earlier = &tree_.nodes[it->second];
    it->second = coming;
    return earlier;
  }
  [[nodiscard]] std::string path() const {
    std::string out;
    for (const auto& frame : stack_) {
      const auto& node = tree_.nodes[frame.node];
      out += '/';
      out += node.kind == JsonKind::array ? std::to_string(node.count - (&frame == &stack_.back() ? 0U : 1U)) : shown_name(view(frame.key));
    }
    return out;
  }
  JsonNode* add(JsonKind kind) {
    auto& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.end = static_cast<std::uint32_t>(tree_.nodes.size());
    if (!stack_.empty()) {
      node.key = stack_.back().key;
      ++tree_.nodes[stack_.back().node].count;
    }
    return &node;
  }
  bool open(JsonKind kind) {
    if (stack_.size() == kMaxDepth) {
      findings_.push_back({Severity::error, {"model.too_deep", path(), {std::to_string(kMaxDepth)}}});
      return false;
    }
    const auto at = static_cast<std::uint32_t>(tree_.nodes.size());
    add(kind);
    stack_.push_back({at, {}, 0, {}});
    return true;
  }
  bool close() {
    tree_.nodes[stack_.back().node].end = static_cast<std::uint32_t>(tree_.nodes.size());
    stack_.pop_back();
    return true;
  }

  JsonTree& tree_;
  bool in_place_;
  Findings& findings_;
  std::vector<Frame> stack_;
};

}  // namespace

std::string shown_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !printable_ascii(name)) return "*";
  std::string out;
  for (const char c : name) {  // RFC 6901 §3
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

std::optional<JsonTree> parse_tree(std::string_view text, Findings& findings) {
  if (const auto bad = invalid_utf8(text)) {
    findings.push_back({Severity::error, {"text.undecodable", "", {std::to_string(*bad), "UTF-8"}}});
    return std::nullopt;
  }
  std::optional<JsonTree> out(std::in_place);
  out->text = text;
  out->nodes.reserve(text.size() / 10 + 1);  // a value with its name and what is around it
  Findings found;
  TreeBuilder quick(*out, true, found);
  if (read_json(out->text, quick)) {
    findings.insert(findings.end(), found.begin(), found.end());
    return out;
  }
  *out = {};
  TreeBuilder thorough(*out, false, findings);
  if (!nlohmann::json::sax_parse(text, &thorough)) return std::nullopt;
  return out;
}

}  // namespace huren::model
