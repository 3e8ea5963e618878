// store.sqlite: huren.store/1 on one SQLite file. One writer connection shared by group commit, readers from a pool.
// Promises: transact() that returned is on disk; several stores and processes may open the file, one holds the lease.
// Options: directory (store.db and store.lease lie there). restore_from, set by the restore verb alone and never by a
//   configuration: the backup that takes the store's place before it is opened.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "huren/adapter.hpp"
#include "lease.hpp"
#include "storage/group_commit.hpp"
#include "storage/sqlite.hpp"

namespace huren::store::sqlite {

struct StoreOptions {
  std::string vfs{};                                                   // tests only
  storage::Synchronous synchronous = storage::Synchronous::full;       // tests only: anything less breaks I1 and I9
  std::int64_t check_fully_below_bytes = 256 << 20;                    // larger files: only the queues are checked at open
  std::chrono::milliseconds check_for{5000};                           // and no longer than this
};

class SqliteStore final : public StoreAdapter, private storage::GroupCommit::Last {
 public:
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& directory, const StoreOptions& options);
  using Store::transact;
  Result<void> transact(const std::function<Result<void>(Unit&)>& fn, Again again) override;
  Result<void> read(const std::function<Result<void>(Reader&)>& fn) override;
  bool carry(Rider& rider) override;
  void drop(Rider& rider) noexcept override;
  Result<bool> take_lease() override { return lease_.take(); }
  Result<void> backup(const std::string& file) override;
  Result<void> check() override;
  Result<bool> prune(std::int64_t before_ms, int limit) override;
  Result<bool> prune_checks(std::int64_t before_ms, int limit) override;
  // Puts a backup in the place of the directory's store, which nobody may run; the former file stays beside it.
  // Returns the former file's new name.
  static Result<std::string> restore(const std::string& backup, const std::string& directory);
  [[nodiscard]] storage::GroupCommit::Figures figures() const { return writes_.figures(); }

 private:
  SqliteStore(const std::string& directory, std::unique_ptr<storage::Database> writer, std::unique_ptr<Lease> presence, const StoreOptions& options);
  bool wants() noexcept override;
  Result<void> run(storage::Database& db) override;
  void landed(bool on_disk) noexcept override;
  Result<std::unique_ptr<storage::Database>> borrow();
  void give_back(std::unique_ptr<storage::Database> db) noexcept;
  Result<bool> upkeep(Result<bool> (*step)(storage::Database&, std::int64_t, int), std::int64_t before_ms, int limit);

  std::string path_;
  StoreOptions options_;
  std::unique_ptr<storage::Database> writer_;
  storage::GroupCommit writes_;
  std::set<std::string> enqueued_;  // the partners that get rows by the transaction in hand; its leader's alone
  std::mutex riders_mutex_;         // held from a wants() that says true to landed()
  std::vector<Rider*> riders_;
  std::vector<std::pair<Rider*, bool>> aboard_;  // and whether it did well; room for all since carry()
  Lease lease_;
  std::unique_ptr<Lease> presence_;  // shared by all who have the store open
  std::mutex pool_mutex_;
  std::condition_variable pool_cv_;
  std::vector<std::unique_ptr<storage::Database>> idle_;
  int readers_ = 0;
};

}  // namespace huren::store::sqlite

namespace huren {
const AdapterEntry& store_sqlite_entry();
}
