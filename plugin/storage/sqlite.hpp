// SQLite behind a small RAII: a connection, its statements, errors as Result with catalogue ids.
// Promises: WAL, synchronous FULL, foreign keys on; a new file is private (0600) and its name is on disk before use;
//   waiting for a lock ends at the deadline that the caller set; every value is bound, none is pasted into SQL.
// Refuses: a connection used by two threads at once (the owner serialises), shared cache, SQL from outside.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "core/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace huren::storage {

using Clock = std::chrono::steady_clock;

enum class Synchronous { off, normal, full };

struct OpenOptions {
  bool read_only = false;       // the connection refuses to write and never checkpoints; the file must exist
  bool create = true;
  Synchronous synchronous = Synchronous::full;
  int busy_timeout_ms = 5000;   // for statements outside a deadline
  // WAL pages before a commit also checkpoints; 0: never by this connection. Many: a page that every commit touches is
  // then copied home once for hundreds of them; 32 MB are read again in a moment after a crash.
  int checkpoint_pages = 8000;
  std::string vfs{};            // "": the system's; tests name a VFS that fails on purpose
};

class GatheringVfs;
class Query;

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& path, const OpenOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<void> exec(const char* sql);  // constant text: schema, pragmas, BEGIN and COMMIT
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] std::int64_t last_rowid() const;
  [[nodiscard]] std::int64_t changes() const;
  // Until when a statement may wait for another process's lock; nullopt: busy_timeout_ms for each statement.
  void wait_until(std::optional<Clock::time_point> deadline) { deadline_ = deadline; }
  // Whatever runs when this time comes ends with an error; nullopt: nothing does.
  void stop_at(std::optional<Clock::time_point> when);
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] sqlite3* raw() const { return db_; }
  // What an SQLite result code of this connection means to a person; where is the file.
  [[nodiscard]] Error error(int code) const;

 private:
  friend class Query;
  Database(std::string path, const OpenOptions& options);
  static int on_busy(void* self, int tries);
  static int on_progress(void* self);
  using Statements = std::vector<sqlite3_stmt*>;
  Statements& idle(std::string_view sql) { return idle_[sql]; }
  sqlite3_stmt* take(Statements& idle, std::string_view sql, int& code);
  static void give_back(Statements& idle, sqlite3_stmt* statement) noexcept;

  std::string path_;
  OpenOptions options_;
  std::unique_ptr<GatheringVfs> vfs_;  // a writer's: a commit is one write
  sqlite3* db_ = nullptr;
  std::optional<Clock::time_point> deadline_, stop_at_;
  Clock::time_point busy_since_;
  // Known by where they stand, for they are literals: to hash the text of each would be a fiftieth of all that a message costs.
  struct ByPlace {
    std::size_t operator()(std::string_view sql) const { return std::hash<const char*>()(sql.data()); }
    bool operator()(std::string_view a, std::string_view b) const { return a.data() == b.data() && a.size() == b.size(); }
  };
  std::unordered_map<std::string_view, Statements, ByPlace, ByPlace> idle_;
};

// One use of a prepared statement: bind in order, step, read columns. Statements are kept for the next use.
// The first fault sticks: binding needs no checks, step() and run() report it. sql must be a literal.
class Query {
 public:
  Query(Database& db, std::string_view sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::int64_t value);
  Query& bind(int value) { return bind(std::int64_t{value}); }
  Query& bind(bool value) { return bind(std::int64_t{value ? 1 : 0}); }
  Query& bind(std::string_view text);       // copied
  Query& bind(const std::string& text) { return bind(std::string_view(text)); }
  Query& bind(const char* text) { return bind(std::string_view(text)); }
  Query& bind_kept(std::string_view text);   // by reference: must live until the last step
  Query& bind_blob(std::string_view bytes);  // by reference, too
  Query& bind_null();
  template <class... Values>
  Query& with(const Values&... values) {
    (bind(values), ...);
    return *this;
  }

  // with(), but texts by reference, as bind_kept(): none may be a temporary.
  template <class... Values>
  Query& with_kept(Values&&... values) {
    static_assert((!std::is_same_v<std::string, Values> && ...), "a temporary does not live until the last step");
    (bind_by_reference(values), ...);
    return *this;
  }

  Result<bool> step();              // true: a row stands ready
  Result<void> run();               // to the end, rows ignored
  Result<std::int64_t> number();    // the first column of the only row; 0 when there is none
  void again();                     // ready for new values

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;  // blobs too
  [[nodiscard]] std::string_view view(int column) const;  // until the next step
  [[nodiscard]] bool null(int column) const;

 private:
  void bind_by_reference(std::string_view text) { bind_kept(text); }
  void bind_by_reference(const std::string& text) { bind_kept(text); }
  template <class Number>
  void bind_by_reference(Number value) requires std::is_arithmetic_v<Number> { bind(value); }

  Database& db_;
  Database::Statements& idle_;  // those of this text that nobody uses
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
  int code_ = 0;
};

// Lines of EXPLAIN QUERY PLAN, for the tests that assert them.
Result<std::vector<std::string>> query_plan(Database& db, const std::string& sql);

}  // namespace huren::storage
