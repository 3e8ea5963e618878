#include "storage/sqlite.hpp"

#include "storage/file_lock.hpp"
#include "storage/wal_gather.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

namespace huren::storage {
namespace {

Error file_error(const std::string& path, int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT) return {"storage.full", path, {}};
  if (error_number == EROFS || error_number == EACCES || error_number == EPERM) return {"storage.read_only", path, {}};
  return {"storage.open", path, {std::to_string(error_number)}};
}

// A private file whose name survives a power cut before anything is promised about its content: SQLite itself
// creates databases 0644 and syncs a directory only for its journals.
Result<void> create_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    if (errno == EEXIST) return {};
    return file_error(path, errno);
  }
  share_like_folder(file, path);
  int fault = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  const auto folder = folder_of(path);
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    if (::fsync(directory) != 0 && fault == 0) fault = errno;
    ::close(directory);
  }
  if (fault != 0) return file_error(path, fault);
  return {};
}

const char* word(Synchronous level) {
  switch (level) {
    case Synchronous::off: return "PRAGMA synchronous=OFF";
    case Synchronous::normal: return "PRAGMA synchronous=NORMAL";
    case Synchronous::full: break;
  }
  return "PRAGMA synchronous=FULL";
}

}  // namespace

Database::Database(std::string path, const OpenOptions& options) : path_(std::move(path)), options_(options) {}

Database::~Database() {
  for (auto& [sql, statements] : idle_)
    for (auto* statement : statements) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const OpenOptions& options) {
  // Nobody reads SQLite's count of its memory, and the count costs a lock for every allocation of every thread. Too late
  // (a test's VFS came first) is no fault.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(uncounted);
  if (options.create && !options.read_only)
    if (auto made = create_file(path); !made) return made.error();
  std::unique_ptr<Database> db(new Database(path, options));
  const bool gathers = !options.read_only && options.synchronous == Synchronous::full;
  std::string vfs = options.vfs;
  if (auto* const below = gathers ? sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str()) : nullptr) {
    db->vfs_ = std::make_unique<GatheringVfs>(*below);
    vfs = db->vfs_->name();
  }
  const int code = sqlite3_open_v2(path.c_str(), &db->db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) return db->error(db->db_ ? sqlite3_extended_errcode(db->db_) : code);
  sqlite3_extended_result_codes(db->db_, 1);
  sqlite3_busy_handler(db->db_, &Database::on_busy, db.get());
  sqlite3_db_config(db->db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db->db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(db->db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db->db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // A statement keeps its plan whatever is bound: later SQLites (seen: 3.54) would plan anew for each LIMIT that differs from the last.
  sqlite3_db_config(db->db_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  if (options.read_only) {
    sqlite3_db_config(db->db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    if (auto done = db->exec("PRAGMA query_only=ON"); !done) return done.error();
  } else {
    // Two processes that both turn WAL on meet an exclusive lock for which SQLite does not call the busy handler.
    const auto until = Clock::now() + std::chrono::milliseconds(options.busy_timeout_ms);
    for (;;) {
      auto mode = db->exec("PRAGMA journal_mode=WAL");
      if (mode) break;
      if (mode.error().id != "storage.busy" || Clock::now() >= until) return mode.error();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  for (const char* pragma : {word(options.synchronous), gathers ? "PRAGMA cache_spill=OFF" : "PRAGMA cache_spill=ON", "PRAGMA foreign_keys=ON", "PRAGMA cell_size_check=ON",
                             "PRAGMA temp_store=MEMORY", options.read_only ? "PRAGMA cache_size=-4000" : "PRAGMA cache_size=-16000",
                             "PRAGMA journal_size_limit=67108864"})
    if (auto done = db->exec(pragma); !done) return done.error();
  sqlite3_wal_autocheckpoint(db->db_, options.read_only ? 0 : options.checkpoint_pages);
  return db;
}

int Database::on_busy(void* self, int tries) {
  auto& db = *static_cast<Database*>(self);
  const auto now = Clock::now();
  if (tries == 0) db.busy_since_ = now;
  const auto until =
      db.deadline_ ? *db.deadline_ : db.busy_since_ + std::chrono::milliseconds(db.options_.busy_timeout_ms);
  if (now >= until) return 0;
  const auto nap = std::chrono::microseconds(tries < 10 ? 200 : 2000);
  std::this_thread::sleep_for(std::min<Clock::duration>(nap, until - now));
  return 1;
}

int Database::on_progress(void* self) { return Clock::now() >= *static_cast<Database*>(self)->stop_at_; }

void Database::stop_at(std::optional<Clock::time_point> when) {
  stop_at_ = when;
  sqlite3_progress_handler(db_, when ? 10'000 : 0, when ? &Database::on_progress : nullptr, this);
}

Result<void> Database::exec(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error(sqlite3_extended_errcode(db_));
  return {};
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
std::int64_t Database::last_rowid() const { return sqlite3_last_insert_rowid(db_); }
std::int64_t Database::changes() const { return sqlite3_changes64(db_); }

namespace {

// What the system said. SQLite notes it for statements but not for a COMMIT that fails: there the files know.
int system_error(sqlite3* db) {
  if (const int noted = sqlite3_system_errno(db)) return noted;
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    int system = 0;
    if (sqlite3_file_control(db, "main", which, static_cast<void*>(&file)) == SQLITE_OK && file && file->pMethods &&
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &system) == SQLITE_OK && system != 0)
      return system;
  }
  return 0;
}

}  // namespace

Error Database::error(int code) const {
  const std::string detail = std::to_string(code);
  switch (code & 0xFF) {
    case SQLITE_FULL: return {"storage.full", path_, {}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {"storage.busy", path_, {}};
    case SQLITE_READONLY:
    case SQLITE_PERM: return {"storage.read_only", path_, {}};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {"storage.damaged", path_, {detail}};
    case SQLITE_NOMEM: return {"storage.memory", path_, {}};
    case SQLITE_CONSTRAINT: return {"storage.constraint", path_, {detail}};
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_NOMEM) return {"storage.memory", path_, {}};
      if (code == SQLITE_IOERR_CORRUPTFS) return {"storage.damaged", path_, {detail}};
      [[fallthrough]];
    case SQLITE_CANTOPEN: {
      const int system = db_ ? system_error(db_) : 0;
      if (system == ENOSPC || system == EDQUOT) return {"storage.full", path_, {}};
      if (system == EROFS || system == EACCES || system == EPERM) return {"storage.read_only", path_, {}};
      if ((code & 0xFF) == SQLITE_CANTOPEN) return {"storage.open", path_, {std::to_string(system)}};
      return {"storage.io", path_, {detail}};
    }
    default: return {"storage.internal", path_, {detail}};
  }
}

sqlite3_stmt* Database::take(Statements& idle, std::string_view sql, int& code) {
  // Another text in the place of a former one, should it not have been a literal, must never run the former's statement.
  if (!idle.empty() && sql.starts_with(sqlite3_sql(idle.back()))) {
    auto* statement = idle.back();
    idle.pop_back();
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                            nullptr);
  return statement;
}

void Database::give_back(Statements& idle, sqlite3_stmt* statement) noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  try {
    idle.push_back(statement);
  } catch (...) {
    sqlite3_finalize(statement);
  }
}

Query::Query(Database& db, std::string_view sql) : db_(db), idle_(db.idle(sql)) { statement_ = db_.take(idle_, sql, code_); }

Query::~Query() {
  if (statement_) Database::give_back(idle_, statement_);
}

Query& Query::bind(std::int64_t value) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

// A null pointer would bind NULL instead of the empty text.
Query& Query::bind(std::string_view text) {
  if (code_ == SQLITE_OK)
    code_ = sqlite3_bind_text64(statement_, next_++, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Query& Query::bind_kept(std::string_view text) {
  if (code_ == SQLITE_OK)
    code_ = sqlite3_bind_text64(statement_, next_++, text.data() ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Query& Query::bind_blob(std::string_view bytes) {
  if (code_ == SQLITE_OK)
    code_ = sqlite3_bind_blob64(statement_, next_++, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_STATIC);
  return *this;
}

Query& Query::bind_null() {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_null(statement_, next_++);
  return *this;
}

Result<bool> Query::step() {
  if (code_ == SQLITE_OK) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    code_ = code;
  }
  return db_.error(code_);
}

Result<void> Query::run() {
  for (;;) {
    auto row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

Result<std::int64_t> Query::number() {
  auto row = step();
  if (!row) return row.error();
  return *row ? integer(0) : std::int64_t{0};
}

void Query::again() {
  if (statement_) sqlite3_reset(statement_);
  next_ = 1;
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Query::view(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
               : std::string_view();
}

std::string Query::text(int column) const { return std::string(view(column)); }
bool Query::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<std::vector<std::string>> query_plan(Database& db, const std::string& sql) {
  const std::string explain = "EXPLAIN QUERY PLAN " + sql;
  sqlite3_stmt* statement = nullptr;
  if (const int code = sqlite3_prepare_v2(db.raw(), explain.c_str(), -1, &statement, nullptr); code != SQLITE_OK)
    return db.error(code);
  std::vector<std::string> lines;
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, 3));
    lines.emplace_back(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, 3)));
  }
  sqlite3_finalize(statement);
  if (code != SQLITE_DONE) return db.error(code);
  return lines;
}

}  // namespace huren::storage
