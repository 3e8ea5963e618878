// The profile's tables (schemas/cda/kinds.csv, sections.csv): which kinds there are, and where each item of a kind stands.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/document.hpp"

namespace huren::cda {

struct KindRow {
  Kind kind = Kind::unknown;
  std::string word, template_id, code, code_system, code_system_name, title_zh, title_en, source;
};
struct ItemRow {
  std::string kind, section_code, section_name, section_zh, section_en, key, element, name_zh, name_en, source;
  bool required = false;
};
const std::vector<KindRow>& kinds();
const std::vector<ItemRow>& items();  // in the order of the document
const KindRow* kind_row(Kind kind);
// Rows of one kind.
std::vector<const ItemRow*> items_of(std::string_view kind);

}  // namespace huren::cda
