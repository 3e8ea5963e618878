#include "store.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "core/base/embedded.hpp"
#include "storage/backup.hpp"
#include "storage/file_lock.hpp"
#include "storage/migrate.hpp"
#include "unit.hpp"

namespace huren::embedded {
std::span<const File> store_sqlite_migrations();
}

namespace huren::store::sqlite {
namespace {

constexpr std::int32_t kStoreFile = 0x48525354;  // "HRST"
constexpr int kMostReaders = 16;
constexpr auto kPatience = std::chrono::seconds(10);  // for another process that is just opening or writing

std::int64_t file_size(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? std::int64_t{info.st_size} : -1;
}

// As much as the time allows: what is damaged further on shows when it is read, and in `huren-ctl store check`.
Result<void> check_at_start(Database& db, const StoreOptions& options) {
  const bool fully = file_size(db.path()) < options.check_fully_below_bytes;
  const auto until = storage::Clock::now() + options.check_for;
  struct Limit {
    Database& db;
    Limit(Database& d, storage::Clock::time_point t) : db(d) { db.stop_at(t); }
    ~Limit() { db.stop_at(std::nullopt); }
  } const limit(db, until);
  for (const char* sql : {"PRAGMA quick_check(1)", "PRAGMA quick_check(outbox)", "PRAGMA quick_check(inbox)"}) {
    if ((std::string_view(sql) == "PRAGMA quick_check(1)") != fully) continue;
    Query query(db, sql);
    auto row = query.step();
    const bool out_of_time = storage::Clock::now() >= until;
    if (!row && out_of_time) return {};
    if (!row) return row.error();
    if (!*row || query.view(0) != "ok") return Error{"storage.damaged", db.path(), {"check"}};
  }
  return {};
}

}  // namespace

Result<void> UnitOn::nested(const std::function<Result<void>()>& fn) {
  if (auto set = Query(db_, "SAVEPOINT nested").run(); !set) return set;
  const Kept before = kept_;
  // An exception passes through: the transaction's own wall undoes everything.
  auto result = fn();
  if (!result) kept_ = before;
  if (!db_.in_transaction()) return result ? Result<void>(Error{"storage.internal", db_.path(), {"rolled back"}}) : result;
  if (!result)
    if (auto undone = Query(db_, "ROLLBACK TO nested").run(); !undone) return undone;
  if (auto released = Query(db_, "RELEASE nested").run(); !released) return released;
  return result;
}

Result<void> UnitOn::finish() {
  for (const auto& [name, value] : kept_.cursors)
    if (auto done = sqlite::set_cursor(db_, name, value); !done) return done;
  kept_.cursors.clear();
  return {};
}

Result<std::int64_t> UnitOn::cursor(const std::string& name) {
  const auto set = kept_.cursors.find(name);
  return set != kept_.cursors.end() ? Result<std::int64_t>(set->second) : sqlite::cursor(db_, name);
}

// Who takes a report in asks more than once what came before it: mostly nothing.
Rows<ReportRow> UnitOn::report_versions(const std::string& origin, const std::string& number) {
  if (kept_.unheard_of && kept_.unheard_of->first == origin && kept_.unheard_of->second == number) return std::vector<ReportRow>();
  auto versions = sqlite::report_versions(db_, origin, number);
  if (versions && versions->empty()) kept_.unheard_of.emplace(origin, number);
  return versions;
}

Maybe<AuditRow> UnitOn::audit_head() {
  if (!kept_.head) {
    auto head = sqlite::audit_head(db_);
    if (!head) return head;
    kept_.head = std::move(*head);
  }
  return *kept_.head;
}

Result<void> UnitOn::put_audit(const AuditRow& row) {
  const auto head = audit_head();
  if (!head) return head.error();
  const auto seq = *head ? (*head)->seq : 0;
  if (row.seq != seq + 1) return Error{"store.audit_order", "audit", {std::to_string(row.seq), std::to_string(seq)}};
  if (auto done = sqlite::put_audit(db_, row); !done) return done;
  kept_.head = row;
  return {};
}

SqliteStore::SqliteStore(const std::string& directory, std::unique_ptr<Database> writer, std::unique_ptr<Lease> presence, const StoreOptions& options)
    : path_(writer->path()), options_(options), writer_(std::move(writer)), writes_(*writer_),
      lease_(directory + "/store.lease"), presence_(std::move(presence)) {
  writes_.set_last(*this);
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& directory, const StoreOptions& options) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return Error{"storage.open", directory, {std::to_string(errno)}};
  storage::FileLock lock(storage::FileLock::beside(directory + "/store.db"));
  if (auto taken = lock.take(storage::Clock::now() + kPatience); !taken) return taken.error();
  auto presence = std::make_unique<Lease>(directory + "/store.open");
  auto shared = presence->take(Lease::Kind::shared);
  if (!shared) return shared.error();
  if (!*shared) return Error{"storage.busy", directory, {}};  // a backup is just being put in its place
  auto writer = Database::open(directory + "/store.db", {.synchronous = options.synchronous, .vfs = options.vfs});
  if (!writer) return writer.error();
  if (auto ready = storage::migrate(**writer, kStoreFile, embedded::store_sqlite_migrations()); !ready) return ready.error();
  if (auto sound = check_at_start(**writer, options); !sound) return sound.error();
  return std::unique_ptr<SqliteStore>(new SqliteStore(directory, std::move(*writer), std::move(presence), options));
}

Result<void> SqliteStore::transact(const std::function<Result<void>(Unit&)>& fn, Again again) {
  return writes_.run(
      [this, &fn](Database& db) {
        UnitOn unit(db, enqueued_);
        auto done = fn(unit);
        return done ? unit.finish() : done;
      },
      std::nullopt, again == Again::may ? storage::GroupCommit::Again::may : storage::GroupCommit::Again::no);
}

bool SqliteStore::carry(Rider& rider) {
  const std::lock_guard lock(riders_mutex_);
  aboard_.reserve(riders_.size() + 1);
  riders_.push_back(&rider);
  return true;
}

void SqliteStore::drop(Rider& rider) noexcept {
  const std::lock_guard lock(riders_mutex_);
  std::erase(riders_, &rider);
}

bool SqliteStore::wants() noexcept {
  riders_mutex_.lock();
  for (auto* rider : riders_)
    if (rider->wants(enqueued_.contains(rider->partner()))) aboard_.emplace_back(rider, false);
  enqueued_.clear();
  if (!aboard_.empty()) return true;
  riders_mutex_.unlock();
  return false;
}

Result<void> SqliteStore::run(Database& db) {
  UnitOn unit(db, enqueued_);
  if (aboard_.size() == 1) {  // what it did alone is undone as a whole
    auto done = aboard_.front().first->ride(unit);
    if (done) done = unit.finish();
    aboard_.front().second = static_cast<bool>(done);
    return done;
  }
  for (auto& [rider, good] : aboard_) {
    auto done = unit.nested([&, one = rider] { return one->ride(unit); });
    good = static_cast<bool>(done);
    if (!db.in_transaction()) return done;
  }
  return unit.finish();
}

void SqliteStore::landed(bool on_disk) noexcept {
  for (auto& [rider, good] : aboard_) rider->landed(good && on_disk);
  aboard_.clear();
  riders_mutex_.unlock();
}

Result<void> SqliteStore::read(const std::function<Result<void>(Reader&)>& fn) {
  auto db = borrow();
  if (!db) return db.error();
  struct Turn {
    SqliteStore& store;
    std::unique_ptr<Database> db;
    ~Turn() {
      if (db->in_transaction()) (void)Query(*db, "ROLLBACK").run();
      store.give_back(std::move(db));
    }
  } turn{*this, std::move(*db)};
  if (auto begun = Query(*turn.db, "BEGIN").run(); !begun) return begun;
  ReaderOn<Reader> reader(*turn.db);
  return fn(reader);
}

Result<void> SqliteStore::backup(const std::string& file) { return storage::back_up(path_, file, options_.vfs); }

Result<void> SqliteStore::check() {
  auto db = Database::open(path_, {.read_only = true, .vfs = options_.vfs});
  if (!db) return db.error();
  return storage::check_all(**db);
}

Result<bool> SqliteStore::upkeep(Result<bool> (*step)(Database&, std::int64_t, int), std::int64_t before_ms, int limit) {
  bool round_done = false;
  auto done = writes_.run(
      [&](Database& db) -> Result<void> {
        auto pruned = step(db, before_ms, limit);
        if (!pruned) return pruned.error();
        round_done = *pruned;
        return {};
      },
      std::nullopt);
  if (!done) return done.error();
  return round_done;
}

Result<bool> SqliteStore::prune(std::int64_t before_ms, int limit) { return upkeep(&sqlite::prune, before_ms, limit); }
Result<bool> SqliteStore::prune_checks(std::int64_t before_ms, int limit) { return upkeep(&sqlite::prune_checks, before_ms, limit); }

Result<std::string> SqliteStore::restore(const std::string& backup, const std::string& directory) {
  Lease lease(directory + "/store.lease");
  auto ours = lease.take();
  if (!ours) return ours.error();
  if (!*ours) return Error{"store.in_use", directory, {}};
  Lease alone(directory + "/store.open");  // who answers queries without the lease has it open, too
  auto nobody = alone.take();
  for (int i = 0; i < 30 && nobody && !*nobody; ++i) {  // an engine that waits for this restore looks in now and then
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    nobody = alone.take();
  }
  if (!nobody) return nobody.error();
  if (!*nobody) return Error{"store.in_use", directory, {}};
  return storage::restore(backup, directory + "/store.db", kStoreFile);
}

Result<std::unique_ptr<Database>> SqliteStore::borrow() {
  {
    std::unique_lock lock(pool_mutex_);
    pool_cv_.wait(lock, [&] { return !idle_.empty() || readers_ < kMostReaders; });
    if (!idle_.empty()) {
      auto db = std::move(idle_.back());
      idle_.pop_back();
      return db;
    }
    ++readers_;
  }
  auto db = Database::open(path_, {.read_only = true, .vfs = options_.vfs});
  if (!db) give_back(nullptr);
  return db;
}

void SqliteStore::give_back(std::unique_ptr<Database> db) noexcept {
  {
    const std::lock_guard lock(pool_mutex_);
    try {
      if (db)
        idle_.push_back(std::move(db));
      else
        --readers_;
    } catch (...) {
      --readers_;
    }
  }
  pool_cv_.notify_one();
}

}  // namespace huren::store::sqlite
