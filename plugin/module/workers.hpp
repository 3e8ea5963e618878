// A few threads that ask the engine, so that one that hangs holds one of them and never the HIS's own thread (I6).
// Promises: run() returns by its deadline; threads take no signal; an answer that came too late goes to `late`.
// Refuses: to queue what has no chance: nullopt.
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
  using Late = std::function<void(const QueryAnswer&)>;
  static constexpr std::size_t kThreads = 8, kWaiting = 256;

  explicit Workers(std::size_t threads = kThreads) : most_(threads) {}
  ~Workers();  // joins: every work must have ended or be about to
  // nullopt: not in time. late: gets, on the worker, the answer that nobody waited for any more.
  std::optional<QueryAnswer> run(Work work, Time deadline, Late late = {});
  void post(std::function<void()> work);                     // without an answer; dropped while stopping

 private:
  struct Job {
    Work work;
    Late late;
    std::optional<QueryAnswer> answer;
    bool abandoned = false;
    std::condition_variable done;
  };
  void push(const std::shared_ptr<Job>& job);  // with mutex_ held
  void serve();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::shared_ptr<Job>> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace huren::module
