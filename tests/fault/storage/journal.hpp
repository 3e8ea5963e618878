// What the tester himself knows of acknowledged submits: the checker compares it with what a reopened file shows,
// and never asks the code under test what it thinks it did.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace huren::test {

class Journal {
 public:
  void acknowledged(const std::string& key) {
    const std::lock_guard lock(mutex_);
    keys_.insert(key);
  }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

  struct Verdict {
    std::size_t lost = 0, doubled = 0;
  };
  // shown: every key found afterwards, each as often as it was found.
  [[nodiscard]] Verdict compare(const std::vector<std::string>& shown) const {
    std::map<std::string, int> count;
    for (const auto& key : shown) ++count[key];
    Verdict verdict;
    for (const auto& key : keys_) verdict.lost += count.contains(key) ? 0 : 1;
    for (const auto& [key, n] : count) verdict.doubled += n > 1 ? 1 : 0;
    return verdict;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> keys_;
};

inline std::string body_of(const std::string& key) {
  std::string body = "{\"key\":\"" + key + "\",\"fill\":\"";
  return body + std::string(200 + std::hash<std::string>{}(key) % 3000, 'x') + "\"}";
}

}  // namespace huren::test
