// What was handed over of the newest stretch of a table that is read by a growing column.
// A row that commits late stands behind others that were read before, so the place from which reading begins follows only
// after a while; within the stretch, what was taken is known by key and cursor.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace huren::his_db_view {

class Window {
 public:
  Window(std::string low, std::int64_t keep_ms) : low_(std::move(low)), keep_ms_(keep_ms) {}

  [[nodiscard]] const std::string& low() const { return low_; }  // reading begins here, inclusive; "": at the beginning
  [[nodiscard]] bool knows(const std::string& key, const std::string& cursor) const;
  void took(const std::string& key, const std::string& cursor, std::int64_t now_ms);
  // Forgets what is old; true when low() moved.
  bool pass(std::int64_t now_ms);
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

 private:
  struct Row { std::string key, cursor; std::int64_t at_ms = 0; };
  std::string low_;
  std::int64_t keep_ms_;
  std::deque<Row> rows_;
  std::map<std::string, std::string> newest_;  // key → cursor
};

}  // namespace huren::his_db_view
