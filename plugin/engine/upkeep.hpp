// What nobody asks for but has to be done: retention.
// Promises: small pieces with pauses, so that nothing else waits; never what is undelivered or waits for a person (the
//   store's prune). Refuses: anything while another process holds the lease: start() comes with it.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/context.hpp"

namespace huren::engine {

class Upkeep {
 public:
  explicit Upkeep(const Context& context) : context_(context) {}
  ~Upkeep() { stop(); }
  void start();
  void stop() noexcept;

 private:
  void run();
  void retain();
  bool pause(std::chrono::milliseconds time);  // false: the end

  const Context& context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace huren::engine
