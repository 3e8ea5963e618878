#include "core/cda/profile.hpp"

#include <span>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"

namespace huren {
namespace embedded {
std::span<const File> cda_tables();
}
namespace cda {
namespace {

std::vector<std::vector<std::string>> table(std::string_view name, std::size_t columns) {
  for (const auto& file : embedded::cda_tables()) {
    if (file.name != name) continue;
    auto rows = parse_csv(file.text);
    if (!rows || rows->empty()) return {};
    rows->erase(rows->begin());
    std::erase_if(*rows, [&](const auto& row) { return row.size() != columns; });  // the test of the tables fails on one
    return std::move(*rows);
  }
  return {};
}

}  // namespace

const std::vector<KindRow>& kinds() {
  static const auto rows = [] {
    std::vector<KindRow> out;
    for (auto& r : table("kinds.csv", 8))
      out.push_back({kind_from_code(r[0]).value_or(Kind::unknown), r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]});
    return out;
  }();
  return rows;
}

const std::vector<ItemRow>& items() {
  static const auto rows = [] {
    std::vector<ItemRow> out;
    for (auto& r : table("sections.csv", 11)) out.push_back({r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[10], r[9] == "1"});
    return out;
  }();
  return rows;
}

const KindRow* kind_row(Kind kind) {
  for (const auto& row : kinds())
    if (row.kind == kind) return &row;
  return nullptr;
}

std::vector<const ItemRow*> items_of(std::string_view kind) {
  std::vector<const ItemRow*> out;
  for (const auto& row : items())
    if (row.kind == kind) out.push_back(&row);
  return out;
}

}  // namespace cda
}  // namespace huren
