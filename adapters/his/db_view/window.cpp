#include "adapters/his/db_view/window.hpp"

namespace huren::his_db_view {
namespace {

constexpr std::size_t kMost = 5'000;

}  // namespace

bool Window::knows(const std::string& key, const std::string& cursor) const {
  const auto it = newest_.find(key);
  return it != newest_.end() && it->second == cursor;
}

void Window::took(const std::string& key, const std::string& cursor, std::int64_t now_ms) {
  newest_[key] = cursor;
  rows_.push_back({key, cursor, now_ms});
}

bool Window::pass(std::int64_t now_ms) {
  bool moved = false;
  while (rows_.size() > 1 && (rows_.size() > kMost || rows_.front().at_ms + keep_ms_ <= now_ms)) {
    // Rows of one cursor are read again together, so they go together; the newest ones stay, for reading begins at them.
    std::size_t same = 1;
    while (same < rows_.size() && rows_[same].cursor == rows_.front().cursor) ++same;
    if (same == rows_.size() || (rows_.size() <= kMost && rows_[same - 1].at_ms + keep_ms_ > now_ms)) break;
    for (; same > 0; --same) {
      const auto& row = rows_.front();
      if (const auto it = newest_.find(row.key); it != newest_.end() && it->second == row.cursor) newest_.erase(it);
      rows_.pop_front();
    }
    low_ = rows_.front().cursor;
    moved = true;
  }
  return moved;
}

}  // namespace huren::his_db_view
