#include "result_pack.hpp"

#include <algorithm>

#include "core/base/text_out.hpp"

namespace huren::store::sqlite {
namespace {

// Form 1: the form, how many results, 1 and the status of all of them or 0; then of each result, the last position first:
// the position (after the first: how far it lies below the one before), twice the item's length and 1 where it does not
// count, the item, its status where they differ, its brief. Numbers are base 128, low digits first, positions modulo 2^32;
// a text has its length before it.
constexpr char kForm = 1;
constexpr std::size_t kLongestNumber = 10, kShortestResult = 3;

char* number(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

char* text(char* at, std::string_view value) { return put(number(at, value.size()), value); }

}  // namespace

std::string packed(const std::vector<const ResultRow*>& results) {
  auto sorted = results;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->position > b->position; });
  const bool alike = !sorted.empty() && std::all_of(sorted.begin(), sorted.end(), [&](const auto* r) { return r->status == sorted.front()->status; });
  std::size_t most = 1 + 2 * kLongestNumber;
  for (const auto* r : sorted) most += 4 * kLongestNumber + r->item.size() + r->status.size() + r->brief.size();
  TextOut out(most);
  char* at = out.room(most);
  *at++ = kForm;
  at = number(at, sorted.size());
  at = number(at, alike ? 1 : 0);
  if (alike) at = text(at, sorted.front()->status);
  const ResultRow* above = nullptr;
  for (const auto* r : sorted) {
    const auto position = static_cast<std::uint32_t>(r->position);
    at = number(at, above ? static_cast<std::uint32_t>(above->position) - position : position);
    above = r;
    at = put(number(at, 2 * std::uint64_t{r->item.size()} + (r->current ? 0 : 1)), r->item);
    if (!alike) at = text(at, r->status);
    at = text(at, r->brief);
  }
  out.used(at);
  return out.take();
}

ResultPack::ResultPack(std::string_view record) : at_(record.data()), end_(record.data() + record.size()) {
  if (record.empty() || *at_++ != kForm) {
    fail();
    return;
  }
  left_ = number();
  const auto alike = number();
  if (alike == 1) status_ = piece(number());
  if (alike > 1 || left_ > static_cast<std::uint64_t>(end_ - at_) / kShortestResult) fail();
}

bool ResultPack::next(PackedResult& into) {
  if (!good_ || left_ == 0) return false;
  --left_;
  const auto position = number();
  if (position > UINT32_MAX) return fail();
  above_ = above_ ? *above_ - static_cast<std::uint32_t>(position) : static_cast<std::uint32_t>(position);
  into.position = static_cast<int>(*above_);
  const auto item = number();
  into.current = (item & 1) == 0;
  into.item = piece(item >> 1);
  into.status = status_ ? *status_ : piece(number());
  into.brief = piece(number());
  return good_;
}

bool ResultPack::fail() {
  good_ = false;
  at_ = end_;
  return false;
}

std::uint64_t ResultPack::number() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at_++);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

std::string_view ResultPack::piece(std::uint64_t size) {
  if (size > static_cast<std::uint64_t>(end_ - at_)) {
    fail();
    return {};
  }
  const std::string_view found(at_, size);
  at_ += size;
  return found;
}

}  // namespace huren::store::sqlite
