// Any bytes where a report's results should stand: what is told lies inside them, and a whole record packs to the same results.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "adapters/store/sqlite/result_pack.hpp"

using namespace huren::store;
using sqlite::PackedResult;
using sqlite::ResultPack;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<ResultRow> rows;
  ResultPack read(bytes);
  for (PackedResult one; read.next(one);) {
    expect(inside(one.item, bytes) && inside(one.status, bytes) && inside(one.brief, bytes));
    auto& row = rows.emplace_back();
    row.item = one.item;
    row.status = one.status;
    row.brief = one.brief;
    row.position = one.position;
    row.current = one.current;
  }
  expect(rows.size() <= size);
  if (!read.whole()) return 0;
  std::vector<const ResultRow*> all;
  for (const auto& row : rows) all.push_back(&row);
  const auto record = sqlite::packed(all);
  ResultPack again(record);
  std::size_t count = 0;
  for (PackedResult one; again.next(one); ++count) expect(inside(one.brief, record));
  expect(again.whole() && count == rows.size());
  return 0;
}
