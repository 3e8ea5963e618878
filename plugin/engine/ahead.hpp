// Reads and renders the events that come next, while the applier waits for a commit: neither waits for the other then.
// And, while nothing else waits, the event that is being spooled, while its own commit syncs.
// Promises: in the order of the spool and without a gap; the store is not touched; of what is ready at most one batch is held.
//   An event that kills the process here is counted (engine/mark.hpp) and in the end handed on unread; over which a process
//   has died is read when it is on disk.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/context.hpp"
#include "engine/events.hpp"
#include "engine/mark.hpp"

namespace huren::engine {

class Ahead {
 public:
  struct Work { SpooledEvent event; Prepared prepared; };
  // What a backlog commits together: the more, the fewer pages and syncs a report, and the longer the writer is held.
  static constexpr std::size_t kBatch = 128;

  Ahead(const Context& context, SpoolPort& spool, const std::string& mark_path) : context_(context), spool_(spool), mark_(mark_path) {}
  ~Ahead() { stop(); }
  void start();
  void stop() noexcept;
  void wake() noexcept;  // something was spooled
  void coming(const SpooledEvent& event) noexcept;  // on any thread; what is not taken up here is read later

  // From now until the next take(): what comes behind this event.
  void begin(std::int64_t after_seq);
  // The next events behind this one, at most kBatch: what is ready, and what else is there, read on the caller's thread.
  Result<std::vector<Work>> take(std::int64_t after_seq);
  // As many processes died over it, here, as the settings allow attempts: it was not read again.
  [[nodiscard]] bool deadly(const SpooledEvent& event) const { return mark_.deaths(Mark::Kind::event, event.seq) >= context_.config.max_attempts; }

 private:
  void run();
  void read_early(std::unique_lock<std::mutex>& lock);
  Work work(SpooledEvent&& event);

  const Context& context_;
  SpoolPort& spool_;
  Mark mark_;  // whoever has the turn
  std::mutex mutex_;
  std::condition_variable goes_, rests_;
  bool stopping_ = false, wanted_ = false, busy_ = false;
  bool look_ = true;          // the spool may hold more than was read
  std::int64_t from_ = 0;     // ready_ comes behind this event
  std::vector<Work> ready_;
  std::size_t bytes_ = 0;     // of the events in ready_
  bool idle_ = false;         // the last take() found nothing, and nothing was told of since
  std::unique_ptr<Work> told_, early_;  // what is to be read before it is on disk; what was, for whoever has the turn
  std::thread thread_;
};

}  // namespace huren::engine
