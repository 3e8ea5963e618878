// Many callers, one sync: whoever finds the writer free leads, runs everybody's work in one transaction, commits once, and
// tells the others. There is no thread of its own. Works have savepoints, which copy each page that they touch; those that may
// be done again go without: when one of them fails all are undone and done once more, each under its own.
// Promises: run() returns success only after the commit is on disk; one failing work undoes only itself; a failed
//   commit fails all of its works and leaves the database usable; nobody sleeps while work waits without a leader.
// Refuses: work that calls run() again (Error storage.reentrant); exceptions (they become storage.internal).
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/result.hpp"
#include "storage/file_lock.hpp"
#include "storage/sqlite.hpp"

namespace huren::storage {

class GroupCommit {
 public:
  using Work = std::function<Result<void>(Database&)>;
  struct Limits {
    int works = 256;                               // most works in one transaction
    std::chrono::milliseconds gather{50};          // no further work is taken once a transaction has run this long
  };
  struct Figures { std::uint64_t commits = 0, works = 0; };
  // Whether a work that was undone with others may be called again, as if for the first time.
  enum class Again { no, may };
  // Comes last in every transaction that has something to commit, on the leader's thread; what it does is undone alone.
  class Last {
   public:
    virtual ~Last() = default;
    virtual bool wants() noexcept = 0;
    virtual Result<void> run(Database& db) = 0;    // after wants() said true
    virtual void landed(bool on_disk) noexcept = 0;  // always after wants() said true
  };

  explicit GroupCommit(Database& writer) : GroupCommit(writer, Limits{}) {}
  GroupCommit(Database& writer, Limits limits)
      : db_(writer), limits_(limits), file_lock_(FileLock::beside(writer.path())) {
    batch_.reserve(static_cast<std::size_t>(limits.works));
    const Query kept(writer, "ROLLBACK");  // prepared now, for when memory has run out
  }

  // With a timeout: Error storage.busy when it passed; the work may still be done (outcome unknown), so it must own
  // all it uses. nullopt: waits as long as it takes, work may refer to the caller's frame.
  Result<void> run(Work work, std::optional<std::chrono::milliseconds> timeout, Again again = Again::no);
  void set_last(Last& last) { last_ = &last; }  // before the first run()
  // Runs work with the writer to itself, outside any transaction: checkpoints, backups, vacuum.
  Result<void> exclusive(const Work& work);
  [[nodiscard]] Figures figures() const;

 private:
  struct Request {
    Work work;
    bool may_again = false;
    std::condition_variable done_cv;
    Result<void> result;
    enum { queued, taken, done } state = queued;
  };
  using RequestPtr = std::shared_ptr<Request>;

  Result<void> begin(std::optional<Clock::time_point> deadline) noexcept;
  void lead(std::unique_lock<std::mutex>& lock, const RequestPtr& own, std::optional<Clock::time_point> deadline);
  Result<void> run_batch(std::unique_lock<std::mutex>& lock);
  Result<void> ended(const Result<void>& result, bool closed) noexcept;
  Result<void> take_apart(const Request* failed);  // nullptr: none of the works, but who came last
  void leave();  // with mutex_ held
  void wake_next();

  Database& db_;
  const Limits limits_;
  FileLock file_lock_;               // the leader's alone
  Last* last_ = nullptr;
  mutable std::mutex mutex_;
  std::deque<RequestPtr> queue_;
  std::vector<RequestPtr> batch_;    // the leader's alone
  std::condition_variable idle_cv_;  // for exclusive()
  bool leading_ = false;
  int excluders_ = 0;
  std::thread::id leader_;
  Figures figures_;
};

}  // namespace huren::storage
