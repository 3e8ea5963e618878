// A few threads that run queries, so that an engine that hangs holds one of them and never the HIS's own thread.
// Promises: run() returns by its deadline; threads take no signal. Refuses: to queue what has no chance: nullopt.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/link.hpp"

namespace huren::module {

class Workers {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Work = std::function<QueryAnswer()>;
  static constexpr std::size_t kThreads = 8, kWaiting = 256;

  ~Workers();  // joins: every work must have ended or be about to
  std::optional<QueryAnswer> run(Work work, Time deadline);  // nullopt: not in time
  void post(std::function<void()> work);                     // without an answer; dropped while stopping

 private:
  struct Job {
    Work work;
    std::optional<QueryAnswer> answer;
    bool abandoned = false;
    std::condition_variable done;
  };
  void push(const std::shared_ptr<Job>& job);  // with mutex_ held
  void serve();

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::shared_ptr<Job>> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace huren::module
