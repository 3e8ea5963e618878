#include "storage/group_commit.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace huren::storage {
namespace {

constexpr std::size_t kCrowd = 4;  // of fewer nobody is waited for
constexpr auto kPatience = std::chrono::seconds(10);  // for another process's commit, where the caller set no limit

// No exception leaves: a leader that died half-way would leave everybody else asleep. Out of memory, not even the
// path is copied.
template <class F>
Result<void> guarded(F&& f) noexcept {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return Error{"storage.memory", {}, {}};
  } catch (...) {
    return Error{"storage.internal", {}, {}};
  }
}

// From a kept statement: with no memory left nothing new can be prepared. Where even that fails the transaction stays
// open, and begin() ends it before anything else is done.
Result<void> roll_back(Database& db) noexcept {
  return db.in_transaction() ? guarded([&] { return Query(db, "ROLLBACK").run(); }) : Result<void>();
}

// The transaction holds nothing else yet, so undoing this work is undoing the transaction, and no page is copied on the
// chance of it. closed: the transaction is open and holds this work whole or nothing.
Result<void> run_first(const GroupCommit::Work& work, Database& db, bool& closed) {
  auto result = guarded([&] { return work(db); });
  const bool ended = !db.in_transaction();  // some faults (disk full, I/O) end the whole transaction
  closed = result && !ended;
  if (result && ended) result = Error{"storage.internal", db.path(), {"rolled back"}};
  if (result || ended) return result;
  if (roll_back(db)) closed = static_cast<bool>(guarded([&] { return Query(db, "BEGIN IMMEDIATE").run(); }));
  return result;
}

// Work under a savepoint: what it wrote stays only when it succeeded. Some faults (disk full, I/O) end the whole
// transaction; the caller sees that by in_transaction(). closed: nothing half-done is left in the transaction.
Result<void> run_one(const GroupCommit::Work& work, Database& db, bool& closed) {
  if (auto set = Query(db, "SAVEPOINT work").run(); !set) {
    closed = true;
    return set.error();
  }
  auto result = guarded([&] { return work(db); });
  if (!db.in_transaction()) {
    closed = true;
    if (result) return Error{"storage.internal", db.path(), {"rolled back"}};
    return result;
  }
  auto undone = result ? Result<void>() : Query(db, "ROLLBACK TO work").run();
  if (undone) undone = Query(db, "RELEASE work").run();
  closed = static_cast<bool>(undone);
  return undone ? result : undone;
}

}  // namespace

Result<void> GroupCommit::run(Work work, std::optional<std::chrono::milliseconds> timeout, Again again) {
  std::optional<Clock::time_point> deadline;
  if (timeout) deadline = Clock::now() + *timeout;
  auto own = std::make_shared<Request>();
  own->work = std::move(work);
  own->may_again = again == Again::may;

  std::unique_lock lock(mutex_);
  if (leading_ && leader_ == std::this_thread::get_id()) return Error{"storage.reentrant", db_.path(), {}};
  queue_.push_back(own);
  if (awaited_ > 0 && queue_.size() >= awaited_) company_cv_.notify_one();
  while (!own->done) {
    if (!own->taken && !leading_ && excluders_ == 0) {
      lead(lock, own, deadline);
      continue;
    }
    lock.unlock();
    const bool in_time = own->wait(deadline);
    if (own->done) return own->result;
    lock.lock();
    if (in_time || own->done) continue;
    if (!own->taken) queue_.erase(std::find(queue_.begin(), queue_.end(), own));
    wake_next();
    return Error{"storage.busy", db_.path(), {}};
  }
  return own->result;
}

void GroupCommit::Request::ring() {
  {
    const std::lock_guard lock(mutex_);
    rung_ = true;
  }
  bell_.notify_one();
}

bool GroupCommit::Request::wait(std::optional<Clock::time_point> deadline) {
  std::unique_lock lock(mutex_);
  const auto rung = [this] { return rung_; };
  if (!deadline)
    bell_.wait(lock, rung);
  else if (!bell_.wait_until(lock, *deadline, rung))
    return false;
  rung_ = false;
  return true;
}

Result<void> GroupCommit::begin(std::optional<Clock::time_point> deadline) noexcept {
  auto outcome = guarded([&] { return file_lock_.take(deadline.value_or(Clock::now() + kPatience)); });
  if (!outcome) return outcome;
  db_.wait_until(deadline);
  outcome = roll_back(db_);  // what an earlier batch could not
  if (outcome) outcome = guarded([&] { return Query(db_, "BEGIN IMMEDIATE").run(); });
  db_.wait_until(std::nullopt);
  if (!outcome) file_lock_.release();
  return outcome;
}

void GroupCommit::lead(std::unique_lock<std::mutex>& lock, const RequestPtr& own,
                       std::optional<Clock::time_point> deadline) {
  leading_ = true;
  leader_ = std::this_thread::get_id();
  lock.unlock();
  std::vector<RequestPtr> told;
  std::optional<bool> rode;
  auto outcome = guarded([&]() -> Result<void> {
    told.reserve(static_cast<std::size_t>(limits_.works));
    return {};
  });
  if (outcome) outcome = begin(deadline);
  lock.lock();
  if (outcome) {
    outcome = run_batch(lock, deadline, rode);
    ++figures_.commits;
    figures_.works += batch_.size();
    for (const auto& request : batch_)
      if (!outcome && request->result) request->result = guarded([&]() -> Result<void> { return outcome.error(); });
    told.swap(batch_);
  } else {
    // Only the leader's own work fails: the others still have their own time to wait for the lock.
    queue_.erase(std::find(queue_.begin(), queue_.end(), own));
    own->result = outcome.error();
    own->done = true;
  }
  leave();  // who leads next is awake before the others are told
  lock.unlock();
  if (rode) last_->landed(*rode);
  for (const auto& request : told) {
    request->done = true;
    if (request != own) request->ring();
  }
  lock.lock();
}

Result<void> GroupCommit::run_batch(std::unique_lock<std::mutex>& lock, std::optional<Clock::time_point> deadline, std::optional<bool>& rode) {
  const auto until = Clock::now() + limits_.gather, latest = deadline ? std::min(until, *deadline - commit_takes_) : until;
  std::optional<Clock::time_point> patience;  // with those who are not here yet
  bool written = false;
  bool bare = true;  // what the transaction holds has no savepoints, and may be done again
  Result<void> outcome;
  while (outcome && (!queue_.empty() || company_comes(lock, latest, patience)) && batch_.size() < static_cast<std::size_t>(limits_.works) &&
         (batch_.empty() || Clock::now() < until)) {
    auto request = queue_.front();
    queue_.pop_front();
    request->taken = true;
    batch_.push_back(request);  // has its room since construction
    lock.unlock();
    bool closed = true;
    const bool first = !written, apart = !first && !(bare && request->may_again);
    request->result = guarded([&] { return first ? run_first(request->work, db_, closed) : apart ? run_one(request->work, db_, closed) : request->work(db_); });
    outcome = ended(request->result, closed);
    if (outcome && !request->result && !first && !apart) {
      outcome = take_apart(request.get());
      bare = false;
    }
    if (request->result) bare = bare && request->may_again;
    written = written || request->result;
    lock.lock();
  }
  lock.unlock();
  Result<void> last;
  const bool rides = outcome && written && last_ && last_->wants();
  if (rides) {
    bool closed = true;
    const Work ride = [this](Database& db) { return last_->run(db); };
    last = guarded([&] { return bare ? ride(db_) : run_one(ride, db_, closed); });
    outcome = ended(last, closed);
    if (outcome && !last && bare) outcome = take_apart(nullptr);
  }
  const auto begun = Clock::now();
  if (outcome) {
    outcome = guarded([&] { return Query(db_, "COMMIT").run(); });
    if (!outcome) (void)roll_back(db_);
  }
  const auto took = Clock::now() - begun;
  file_lock_.release();  // COMMIT has checkpointed too, when it was due
  if (rides) rode = last && outcome;
  lock.lock();
  if (outcome && written) remember(took);
  return outcome;
}

// Callers who were told together come again together, each a little later than the one before. The first of them would lead a commit
// of its own and keep all others waiting for it: so it waits for as many as there were last, half of what is missing at a time, and
// altogether no longer than a commit takes, and not so long that its own commit would come too late.
bool GroupCommit::company_comes(std::unique_lock<std::mutex>& lock, Clock::time_point latest, std::optional<Clock::time_point>& patience) {
  if (usual_ < kCrowd || batch_.size() >= usual_ || excluders_ > 0) return false;
  if (!patience) patience = std::min(latest, Clock::now() + commit_takes_);
  awaited_ = (usual_ - batch_.size() + 1) / 2;
  company_cv_.wait_until(lock, *patience, [this] { return queue_.size() >= awaited_ || excluders_ > 0; });
  awaited_ = 0;
  return !queue_.empty();
}

void GroupCommit::remember(Clock::duration took) {
  usual_ = batch_.size() >= usual_ ? batch_.size() : (usual_ + batch_.size()) / 2;
  // A checkpoint now and then is no measure.
  commit_takes_ = took < commit_takes_ || commit_takes_ == Clock::duration::zero() ? took : commit_takes_ + (std::min(took, 2 * commit_takes_) - commit_takes_) / 8;
}

// Whether the transaction is still there after a work. A savepoint that cannot be closed cannot be trusted: it is never
// committed, even when the roll-back fails, too.
Result<void> GroupCommit::ended(const Result<void>& result, bool closed) noexcept {
  if (!closed) (void)roll_back(db_);
  if (closed && db_.in_transaction()) return {};
  return guarded([&]() -> Result<void> { return result ? Error{"storage.internal", db_.path(), {"rolled back"}} : result.error(); });
}

Result<void> GroupCommit::take_apart(const Request* failed) {
  if (auto undone = roll_back(db_); !undone) return undone;
  if (auto begun = guarded([&] { return Query(db_, "BEGIN IMMEDIATE").run(); }); !begun) return begun;
  for (const auto& request : batch_) {
    if (!request->result && request.get() != failed) continue;  // it has left nothing
    bool closed = false;
    request->result = guarded([&] { return run_one(request->work, db_, closed); });
    if (auto alive = ended(request->result, closed); !alive) return alive;
  }
  return {};
}

Result<void> GroupCommit::exclusive(const Work& work) {
  std::unique_lock lock(mutex_);
  if (leading_ && leader_ == std::this_thread::get_id()) return Error{"storage.reentrant", db_.path(), {}};
  ++excluders_;
  company_cv_.notify_one();
  idle_cv_.wait(lock, [&] { return !leading_; });
  --excluders_;
  leading_ = true;
  leader_ = std::this_thread::get_id();
  lock.unlock();
  auto result = guarded([&] { return file_lock_.take(Clock::now() + kPatience); });
  if (result) {
    result = guarded([&] { return work(db_); });
    file_lock_.release();
  }
  lock.lock();
  leave();
  return result;
}

void GroupCommit::leave() {
  leading_ = false;
  leader_ = {};
  wake_next();
}

void GroupCommit::wake_next() {
  if (leading_) return;
  if (excluders_ > 0)
    idle_cv_.notify_one();
  else if (!queue_.empty())
    queue_.front()->ring();
}

GroupCommit::Figures GroupCommit::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

}  // namespace huren::storage
