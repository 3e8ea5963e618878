// Many callers, one sync: whoever finds the writer free leads, runs everybody's work in one transaction, commits once, and
// tells the others. Where many come together the leader waits a moment for all of them (ADR 0028). There is no thread of its
// own. Works have savepoints, which copy each page that they touch; those that may be done again go without: when one of them
// fails all are undone and done once more, each under its own.
// Promises: run() returns success only after the commit is on disk; one failing work undoes only itself; a failed
//   commit fails all of its works and leaves the database usable; nobody sleeps while work waits without a leader.
// Refuses: work that calls run() again (Error storage.reentrant); exceptions (they become storage.internal).
#pragma once
#include <atomic>
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
    // Always after wants() said true, and before the works' callers are told; the next transaction may have begun. It must not write.
    virtual void landed(bool on_disk) noexcept = 0;
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
  // Each waits at a bell of its own: who has been told of its commit leaves without meeting the others at mutex_.
  struct Request {
    Work work;
    bool may_again = false;
    bool taken = false;             // with mutex_ held
    Result<void> result;            // the leader's, until done
    std::atomic<bool> done{false};
    void ring();                    // look again: done, or nobody leads
    bool wait(std::optional<Clock::time_point> deadline);  // false: the deadline passed

   private:
    std::mutex mutex_;
    std::condition_variable bell_;
    bool rung_ = false;
  };
  using RequestPtr = std::shared_ptr<Request>;

  Result<void> begin(std::optional<Clock::time_point> deadline) noexcept;
  void lead(std::unique_lock<std::mutex>& lock, const RequestPtr& own, std::optional<Clock::time_point> deadline);
  // rode: whether what came last is on disk, if anything did
  Result<void> run_batch(std::unique_lock<std::mutex>& lock, std::optional<Clock::time_point> deadline, std::optional<bool>& rode);
  bool company_comes(std::unique_lock<std::mutex>& lock, Clock::time_point latest, std::optional<Clock::time_point>& patience);
  void remember(Clock::duration took);  // of the batch that was committed
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
  std::condition_variable company_cv_;
  std::size_t awaited_ = 0;          // a queue so long wakes the leader
  std::size_t usual_ = 0;            // works that lately came together
  Clock::duration commit_takes_{};   // lately
  bool leading_ = false;
  int excluders_ = 0;
  std::thread::id leader_;
  Figures figures_;
};

}  // namespace huren::storage
