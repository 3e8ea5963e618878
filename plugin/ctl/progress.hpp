// How far long work has come, on a terminal alone: nothing is printed with --json, nor where standard error is a file or a pipe.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "ctl/place.hpp"

namespace huren::ctl {

class Progress {
 public:
  // total 0: not known; then the seconds run.
  Progress(const Place& place, std::string what, std::int64_t total = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void at(std::int64_t done) { done_ = done; }
  // One line of it, as it stands: "checking the audit chain  [#######.............]  35 %  12 s".
  static std::string line(const std::string& what, std::int64_t done, std::int64_t total, int seconds);

 private:
  void draw(std::stop_token stop);
  const Place& place_;
  const std::string what_;
  const std::int64_t total_;
  std::atomic<std::int64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace huren::ctl
