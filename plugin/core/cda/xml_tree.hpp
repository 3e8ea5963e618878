// A document as the gate saw it: a flat tree of views into its text, built in the gate's own pass.
// Promises: what was checked is what is read (no second parser that could see it otherwise); values have their references decoded
//   and their line ends as XML 1.0 §2.11 and §3.3.3 want them; equal start tags share their attributes. Comments are not in it,
//   nor is text of blanks alone.
// Refuses: being changed, but for the marks of the walk. Internal to core/cda.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace huren::cda {

// The attributes that CDA data types have; `none`: structural (classCode and the like); `odd`: any other.
enum class Key : std::uint8_t {
  none, odd, code, system, system_name, display, value, unit, root, extension, type, null, inclusive, assigner
};
Key key_of(std::string_view attribute);

struct TreeAttribute {
  std::string_view name, value;
  Key key = Key::none;
};
struct TreeNode {
  std::string_view name;       // of an element
  std::string_view value;      // of a text
  std::uint32_t at = 0, to = 0;  // where it stands in the text, tags included
  std::uint32_t parent = 0, next = 0, end = 0;  // indexes; next 0: the last child; end: past the last descendant
  std::uint32_t attributes = 0;                 // the first one's index
  std::uint16_t attribute_count = 0;
  bool element = true;
  bool odd = false;            // has an attribute that CDA data types do not know
  std::uint8_t marks = 0;      // of Walk
};

struct Tree {
  std::vector<TreeNode> nodes;  // in the order of the document; nodes[0] is the root element
  std::vector<TreeAttribute> attributes;
  std::deque<std::string> decoded;  // values that do not stand in the text as they are
};

// A handle; null when it stands for nothing. The tree outlives it.
class Node {
 public:
  Node() = default;
  Node(Tree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}

  explicit operator bool() const { return tree_ != nullptr; }
  friend bool operator==(const Node&, const Node&) = default;
  [[nodiscard]] bool is_element() const { return tree_ && data().element; }
  [[nodiscard]] std::string_view name() const { return tree_ ? data().name : std::string_view{}; }
  [[nodiscard]] std::string_view value() const { return tree_ ? data().value : std::string_view{}; }
  [[nodiscard]] Node parent() const { return tree_ && index_ > 0 ? Node(*tree_, data().parent) : Node{}; }
  [[nodiscard]] Node first_child() const { return tree_ && data().end > index_ + 1 ? Node(*tree_, index_ + 1) : Node{}; }
  [[nodiscard]] Node next_sibling() const { return tree_ && data().next > 0 ? Node(*tree_, data().next) : Node{}; }
  [[nodiscard]] Node child(std::string_view name) const {
    for (auto c = first_child(); c; c = c.next_sibling())
      if (c.data().element && c.data().name == name) return c;
    return {};
  }
  [[nodiscard]] std::string_view attribute(std::string_view name) const {  // empty when there is none
    if (!tree_) return {};
    for (std::uint32_t i = 0; i < data().attribute_count; ++i) {
      const auto& a = tree_->attributes[data().attributes + i];
      if (a.name == name) return a.value;
    }
    return {};
  }
  [[nodiscard]] TreeNode& data() const { return tree_->nodes[index_]; }
  [[nodiscard]] Tree& tree() const { return *tree_; }
  [[nodiscard]] std::uint32_t index() const { return index_; }

 private:
  Tree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

void append_utf8(std::string& out, std::uint32_t character);
// Undoes what XML does to a value on its way into a document.
std::string plain(std::string_view raw, bool attribute);

}  // namespace huren::cda
