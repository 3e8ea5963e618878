// The engine as an adapter of the HIS sees it, in a test: keeps what it is handed, fails when told to, answers what is asked.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "huren/adapter.hpp"

namespace huren::test {

struct Submitted { std::string type, key, json; };

class HisEngine final : public EngineServices {
 public:
  void log(Severity, std::string_view event, std::initializer_list<Field> fields) noexcept override {
    const std::lock_guard lock(mutex_);
    logged_ += std::string(event);
    for (const auto& [name, value] : fields) logged_ += " " + std::string(name) + "=" + value;
    logged_ += "\n";
    for (const auto& [name, value] : fields)
      if (event == "transport.listening" && name == "address") port_ = static_cast<std::uint16_t>(std::stoi(value.substr(value.rfind(':') + 1)));
    changed_.notify_all();
  }
  std::int64_t now_ms() noexcept override { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }
  Reply accept(const Inbound& inbound) noexcept override { return accept_with ? accept_with(inbound) : Reply{}; }
  std::function<Reply(const Inbound&)> accept_with;  // set before the adapter starts
  QueryAnswer query(std::string_view, std::string_view json, std::uint32_t) noexcept override {
    const std::lock_guard lock(mutex_);
    asked_.emplace_back(json);
    changed_.notify_all();
    if (answers_.empty()) return {.status = 0, .json = "{\"next\":" + std::to_string(next_) + ",\"recognitions\":[]}", .error = {"", "", {}}};
    auto answer = answers_.front();
    answers_.erase(answers_.begin());
    return {.status = 0, .json = answer, .error = {"", "", {}}};
  }
  Result<void> submit(std::string_view type, std::string_view key, std::string_view json) noexcept override {
    const std::lock_guard lock(mutex_);
    ++tried_;
    changed_.notify_all();
    if (failing_) return Error{"storage.busy", "spool", {}};
    if (keys_.insert(std::string(key)).second) submitted_.push_back({std::string(type), std::string(key), std::string(json)});
    return {};
  }

  void fail(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  void will_answer(std::string json, std::int64_t next) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(json));
    next_ = next;
  }
  std::vector<Submitted> submitted() const {
    const std::lock_guard lock(mutex_);
    return submitted_;
  }
  int tried() const {
    const std::lock_guard lock(mutex_);
    return tried_;
  }
  std::string logged() const {
    const std::lock_guard lock(mutex_);
    return logged_;
  }
  std::uint16_t port() const { return port_; }
  // True once it holds; false after ten seconds.
  template <class Holds>
  bool wait(Holds holds) const {
    for (int i = 0; i < 1000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  bool wait_submitted(std::size_t count) const {
    return wait([&] { return submitted().size() >= count; });
  }
  bool wait_logged(const std::string& words) const {
    return wait([&] { return logged().find(words) != std::string::npos; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool failing_ = false;
  int tried_ = 0;
  std::int64_t next_ = 0;
  std::uint16_t port_ = 0;
  std::set<std::string> keys_;
  std::vector<Submitted> submitted_;
  std::vector<std::string> asked_, answers_;
  std::string logged_;
};

}  // namespace huren::test
