// A JSON text as it was read: one flat tree in the order of the text, made once and only looked at.
// Promises: strings are views into the tree's own copy of the text; of members with one name the last holds.
// Refuses: being changed; null for "absent" is its readers' business.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::model {

inline constexpr std::size_t kMaxDepth = 16;

enum class JsonKind : std::uint8_t { null, boolean, integer, natural, real, string, array, object };

struct JsonSpan { std::uint32_t at, size; };  // in the tree's text

struct JsonNode {
  JsonSpan key{};  // of a member
  union {
    std::uint64_t count = 0;  // of an array's elements or an object's members
    JsonSpan string;
    std::int64_t integer;
    std::uint64_t natural;
    double real;
    bool boolean;
  };
  std::uint32_t end = 0;  // the node behind its last descendant
  JsonKind kind = JsonKind::null;
  bool replaced = false;  // by a later member of the same name
};

struct JsonTree {
  std::string text;
  std::vector<JsonNode> nodes;  // nodes[0] is the root
};

// One value of a tree that outlives it; false when it stands for nothing.
class Json {
 public:
  class Iterator;

  Json() = default;
  Json(const JsonTree& tree, std::uint32_t index = 0) : tree_(&tree), index_(index) {}

  explicit operator bool() const { return tree_ != nullptr; }
  [[nodiscard]] JsonKind kind() const { return tree_ ? node().kind : JsonKind::null; }
  [[nodiscard]] bool is_object() const { return kind() == JsonKind::object; }
  [[nodiscard]] bool is_array() const { return kind() == JsonKind::array; }
  [[nodiscard]] bool is_string() const { return kind() == JsonKind::string; }
  [[nodiscard]] const JsonNode& node() const { return tree_->nodes[index_]; }
  [[nodiscard]] std::string_view key() const { return view(node().key); }
  [[nodiscard]] std::string_view string() const { return view(node().string); }  // of a string
  [[nodiscard]] std::size_t size() const { return is_object() || is_array() ? node().count : 0; }
  [[nodiscard]] Json find(std::string_view name) const {  // a member; nothing when this is no object
    if (!is_object()) return {};
    const auto end = node().end;
    for (auto i = index_ + 1; i < end; i = tree_->nodes[i].end)
      if (const auto& member = tree_->nodes[i]; member.key.size == name.size() && view(member.key) == name && !member.replaced) return {*tree_, i};
    return {};
  }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] Json other(std::uint32_t index) const { return {*tree_, index}; }  // of the same tree
  [[nodiscard]] Iterator begin() const;  // elements or members
  [[nodiscard]] Iterator end() const;

 private:
  [[nodiscard]] std::string_view view(JsonSpan s) const { return {tree_->text.data() + s.at, s.size}; }

  const JsonTree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

class Json::Iterator {
 public:
  Iterator(const JsonTree& tree, std::uint32_t index, std::uint32_t end) : tree_(tree), index_(index), end_(end) { pass_replaced(); }
  Json operator*() const { return {tree_, index_}; }
  Iterator& operator++() {
    index_ = tree_.nodes[index_].end;
    pass_replaced();
    return *this;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

 private:
  void pass_replaced() {
    while (index_ < end_ && tree_.nodes[index_].replaced) index_ = tree_.nodes[index_].end;
  }
  const JsonTree& tree_;
  std::uint32_t index_, end_;
};

inline Json::Iterator Json::begin() const {
  if (!is_object() && !is_array()) return end();
  return {*tree_, index_ + 1, node().end};
}
inline Json::Iterator Json::end() const { return {*tree_, node().end, node().end}; }

// Syntax, UTF-8, depth and doubled members; nullopt when the text cannot be read at all.
std::optional<JsonTree> parse_tree(std::string_view text, Findings& findings);

// A member's name as it may be shown: a host could put anything there, even a person's name.
std::string shown_name(std::string_view name);

}  // namespace huren::model
