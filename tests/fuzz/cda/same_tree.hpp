// The gate's tree beside pugixml's of the same text: equal but for comments and for text of blanks alone, which neither keeps.
#pragma once
#include <pugixml.hpp>
#include <string_view>

#include "core/cda/xml_tree.hpp"

namespace huren::cda {

inline bool same_tree(Node ours, pugi::xml_node theirs) {
  if (ours.name() != theirs.name()) return false;
  std::uint32_t n = 0;
  for (const auto a : theirs.attributes()) {
    if (n == ours.data().attribute_count) return false;
    const auto& b = ours.tree().attributes[ours.data().attributes + n++];
    if (b.name != a.name() || b.value != a.value()) return false;
  }
  if (n != ours.data().attribute_count) return false;
  auto child = ours.first_child();
  for (const auto c : theirs.children()) {
    if (!child) return false;
    const bool element = c.type() == pugi::node_element;
    if (element != child.is_element()) return false;
    if (element ? !same_tree(child, c) : child.value() != c.value()) return false;
    child = child.next_sibling();
  }
  return !child;
}

}  // namespace huren::cda
