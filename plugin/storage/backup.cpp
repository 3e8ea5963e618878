#include "storage/backup.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>

#include "storage/file_lock.hpp"

namespace huren::storage {
namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& path, int fault) {
  if (fault == ENOSPC || fault == EDQUOT) return {"storage.full", path, {}};
  if (fault == EROFS || fault == EACCES || fault == EPERM) return {"storage.read_only", path, {}};
  return {"storage.open", path, {std::to_string(fault)}};
}

// A file under its working name, removed unless it was moved to its own.
class Part {
 public:
  explicit Part(const std::string& target) : target_(target), path_(target + ".part") {}
  ~Part() {
    std::error_code ignored;
    if (!moved_) fs::remove(path_, ignored);
    fs::remove(path_ + "-journal", ignored);
  }
  Result<void> create() {
    std::error_code ignored;
    fs::remove(path_, ignored);
    const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return system_error(path_, errno);
    ::close(file);
    return {};
  }
  Result<void> move() {
    if (auto done = sync(path_, O_RDWR); !done) return done;
    if (::rename(path_.c_str(), target_.c_str()) != 0) return system_error(target_, errno);
    moved_ = true;
    const auto folder = fs::path(target_).parent_path();
    return sync(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static Result<void> sync(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0) return system_error(path, errno);
    const int fault = ::fsync(file) == 0 ? 0 : errno;
    ::close(file);
    if (fault != 0) return system_error(path, fault);
    return {};
  }
  std::string target_, path_;
  bool moved_ = false;
};

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Raw = std::unique_ptr<sqlite3, Close>;

// Pages as they are, in one read transaction: no page of a later commit comes along.
Result<void> copy_pages(Database& source, const std::string& target) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(target.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const Raw to(opened);
  if (code != SQLITE_OK) return source.error(code);
  sqlite3_exec(to.get(), "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);  // synced as a whole before the rename
  auto* backup = sqlite3_backup_init(to.get(), "main", source.raw(), "main");
  if (!backup) return source.error(sqlite3_extended_errcode(to.get()));
  const int step = sqlite3_backup_step(backup, -1);
  const int end = sqlite3_backup_finish(backup);
  if (step != SQLITE_DONE) return source.error(step);
  if (end != SQLITE_OK) return source.error(end);
  return {};
}

std::string former_name(const std::string& database) {
  std::array<char, 32> stamp{};
  const std::time_t now = std::time(nullptr);
  struct tm utc {};
  ::gmtime_r(&now, &utc);
  std::strftime(stamp.data(), stamp.size(), "%Y%m%dT%H%M%SZ", &utc);
  std::string name = database + ".before-restore-" + stamp.data();
  for (int i = 2; fs::exists(name); ++i) name = database + ".before-restore-" + stamp.data() + "-" + std::to_string(i);
  return name;
}

// The old file keeps a name of its own, and no WAL of it may stay behind: it would be played onto the new one.
Result<std::string> keep_former(const std::string& database) {
  if (!fs::exists(database)) return std::string();
  {
    auto db = Database::open(database, {.create = false});  // closing the last connection empties and removes the WAL
    if (db) (void)(*db)->exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const auto former = former_name(database);
  if (::link(database.c_str(), former.c_str()) != 0) return system_error(former, errno);
  std::error_code fault;
  for (const char* suffix : {"-wal", "-shm"})  // left only when the old file cannot even be opened
    if (fs::exists(database + suffix)) {
      fs::rename(database + suffix, former + suffix, fault);
      if (fault) return system_error(database + suffix, fault.value());
    }
  return former;
}

}  // namespace

Result<void> check_all(Database& db) {
  {
    Query query(db, "PRAGMA integrity_check(1)");
    auto row = query.step();
    if (!row) return row.error();
    if (!*row || query.view(0) != "ok") return Error{"storage.damaged", db.path(), {"check"}};
  }
  Query query(db, "PRAGMA foreign_key_check");
  auto row = query.step();
  if (!row) return row.error();
  if (*row) return Error{"storage.damaged", db.path(), {"reference"}};
  return {};
}

Result<void> back_up(const std::string& database, const std::string& target, const std::string& vfs) {
  if (fs::exists(target)) return Error{"storage.exists", target, {}};
  OpenOptions options{.read_only = true};
  options.vfs = vfs;
  auto source = Database::open(database, options);
  if (!source) return source.error();
  Part part(target);
  if (auto made = part.create(); !made) return made;
  if (auto copied = copy_pages(**source, part.path()); !copied) return copied;
  {
    auto copy = Database::open(part.path(), {.create = false});
    if (!copy) return copy.error();
    if (auto sound = check_all(**copy); !sound) return sound;
  }
  return part.move();
}

Result<std::string> restore(const std::string& backup, const std::string& database, std::int32_t application_id) {
  if (!fs::exists(backup)) return Error{"storage.open", backup, {std::to_string(ENOENT)}};
  Part part(database);
  if (auto made = part.create(); !made) return made.error();
  {
    auto source = Database::open(backup, {.read_only = true});
    if (!source && source.error().id == "storage.damaged") return Error{"storage.no_backup", backup, {}};  // the store itself is not
    if (!source) return source.error();
    auto kind = Query(**source, "PRAGMA application_id").number();
    if (!kind) return kind.error();
    if (*kind != application_id) return Error{"storage.foreign", backup, {}};
    if (auto copied = copy_pages(**source, part.path()); !copied) return copied.error();
  }
  {
    auto copy = Database::open(part.path(), {.create = false});
    if (!copy) return copy.error();
    if (auto sound = check_all(**copy); !sound) return sound.error();
  }
  FileLock lock(FileLock::beside(database));
  if (auto taken = lock.take(Clock::now() + std::chrono::seconds(10)); !taken) return taken.error();
  auto former = keep_former(database);
  if (!former) return former;
  if (auto moved = part.move(); !moved) return moved.error();
  return former;
}

}  // namespace huren::storage
