#include "storage/spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#include <xxhash.h>
#pragma GCC diagnostic pop

#include "core/base/embedded.hpp"
#include "storage/file_lock.hpp"
#include "storage/migrate.hpp"

namespace huren::embedded {
std::span<const File> spool_migrations();
}

namespace huren::storage {
namespace {

constexpr std::int32_t kSpoolFile = 0x48525350;  // "HRSP"
constexpr std::size_t kMostBytesAtOnce = 16u << 20;
constexpr int kForgetAtOnce = 1000;

std::int64_t file_size(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? std::int64_t{info.st_size} : -1;
}

// Provably unreadable: content that does not begin as any SQLite database does, and no WAL that could hold page 1.
bool unreadable(const std::string& path) {
  if (file_size(path) <= 0 || file_size(path + "-wal") > 0) return false;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::array<char, 16> head{};
  const auto got = ::read(file, head.data(), head.size());
  ::close(file);
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  return got >= 0 && std::string_view(head.data(), static_cast<std::size_t>(got)) != kMagic;
}

Result<std::string> put_aside(const std::string& path) {
  std::array<char, 32> stamp{};
  const std::time_t now = std::time(nullptr);
  struct tm utc {};
  ::gmtime_r(&now, &utc);
  std::strftime(stamp.data(), stamp.size(), "%Y%m%dT%H%M%SZ", &utc);
  const std::string target = path + ".damaged-" + stamp.data();
  if (file_size(target) >= 0 || ::rename(path.c_str(), target.c_str()) != 0)
    return Error{"storage.damaged", path, {"header"}};
  return target;
}

Result<void> check(Database& db, std::int64_t fully_below_bytes) {
  const bool fully = file_size(db.path()) < fully_below_bytes;
  Query query(db, fully ? "PRAGMA quick_check(1)" : "PRAGMA quick_check(waiting)");
  auto row = query.step();
  if (!row) return row.error();
  if (!*row || query.view(0) != "ok") return Error{"storage.damaged", db.path(), {"check"}};
  return {};
}

std::array<char, 16> content_hash(std::string_view content_type, std::string_view body) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const auto length = static_cast<std::uint32_t>(content_type.size());  // so that no byte can move between the two
  XXH3_128bits_update(&state, &length, sizeof length);
  XXH3_128bits_update(&state, content_type.data(), content_type.size());
  XXH3_128bits_update(&state, body.data(), body.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
  std::array<char, 16> out{};
  std::memcpy(out.data(), canonical.digest, out.size());
  return out;
}

std::int64_t system_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Owns all it uses: its caller may have left when it runs.
struct Append {
  SpooledEvent event;
  std::array<char, 16> hash{};
  Spool::Coming coming;
  Appended outcome = Appended::stored;

  Result<void> run(Database& db) {
    outcome = Appended::stored;
    const auto& [seq, type, key, content_type, body, at_ms] = event;
    const std::string_view bytes(hash.data(), hash.size());
    Query remember(db, "INSERT INTO seen(type, key, hash) VALUES(?, ?, ?) ON CONFLICT(type, key) DO NOTHING");
    if (auto done = remember.with_kept(type, key).bind_blob(bytes).run(); !done) return done.error();
    if (db.changes() == 0) {
      Query seen(db, "SELECT hash FROM seen WHERE type=? AND key=?");
      auto found = seen.with_kept(type, key).step();
      if (!found) return found.error();
      outcome = *found && seen.view(0) == bytes ? Appended::duplicate : Appended::conflict;
      return {};
    }
    Query store(db, "INSERT INTO waiting(type, key, content_type, at_ms, body) VALUES(?, ?, ?, ?, ?)");
    if (auto done = store.with_kept(type, key, content_type, at_ms).bind_blob(body).run(); !done) return done.error();
    event.seq = db.last_rowid();
    if (coming) coming(event);
    return {};
  }
};

template <class T, class F>
Result<T> no_throw(F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    return Error{"storage.memory", {}, {}};
  }
}

}  // namespace

Spool::Spool(std::unique_ptr<Database> writer, std::unique_ptr<Database> reader, const SpoolOptions& options,
             std::string set_aside)
    : writer_(std::move(writer)), reader_(std::move(reader)), writes_(*writer_), options_(options),
      set_aside_(std::move(set_aside)) {}

Result<std::unique_ptr<Spool>> Spool::open(const std::string& path, const SpoolOptions& options) {
  OpenOptions open{.synchronous = options.synchronous, .vfs = options.vfs};
  // Creation, migration and setting aside must not meet another process's.
  FileLock lock(FileLock::beside(path));
  const auto until = Clock::now() + std::chrono::milliseconds(open.busy_timeout_ms);
  if (auto taken = lock.take(until); !taken) return taken.error();
  std::string set_aside;
  if (unreadable(path)) {
    auto target = put_aside(path);
    if (!target) return target.error();
    set_aside = *target;
  }
  auto writer = Database::open(path, open);
  if (!writer) return writer.error();
  if (auto ready = migrate(**writer, kSpoolFile, embedded::spool_migrations()); !ready) return ready.error();
  if (auto sound = check(**writer, options.check_fully_below_bytes); !sound) return sound.error();
  open.read_only = true;
  auto reader = Database::open(path, open);
  if (!reader) return reader.error();
  return std::unique_ptr<Spool>(
      new Spool(std::move(*writer), std::move(*reader), options, std::move(set_aside)));
}

Result<Appended> Spool::append(std::string_view type, std::string_view key, std::string_view content_type,
                               std::string_view body, std::uint32_t timeout_ms, Coming coming) {
  auto job = std::make_shared<Append>();
  job->event = {.seq = 0, .type = std::string(type), .key = std::string(key), .content_type = std::string(content_type), .body = std::string(body),
                .at_ms = options_.now_ms ? options_.now_ms() : system_now_ms()};
  job->hash = content_hash(content_type, body);
  job->coming = std::move(coming);
  auto done = writes_.run([job](Database& db) { return job->run(db); }, std::chrono::milliseconds(timeout_ms), GroupCommit::Again::may);
  if (!done) return done.error();
  return job->outcome;
}

Result<void> Spool::submit(std::string_view type, std::string_view key, std::string_view body, std::uint32_t wait_ms) noexcept {
  return no_throw<void>([&]() -> Result<void> {
    auto done = append(type, key, "application/json", body, wait_ms);
    if (!done) return done.error();
    if (*done == Appended::conflict) return Error{"module.conflict", std::string(type), {}};
    return {};
  });
}

Result<std::vector<SpooledEvent>> Spool::next(std::int64_t after_seq, int limit) noexcept {
  using Events = std::vector<SpooledEvent>;
  return no_throw<Events>([&]() -> Result<Events> {
    const std::lock_guard lock(reader_mutex_);
    Query query(*reader_, "SELECT seq, type, key, content_type, body, at_ms FROM waiting WHERE seq>? ORDER BY seq LIMIT ?");
    query.with(after_seq, limit);
    Events events;
    std::size_t bytes = 0;
    while (bytes < kMostBytesAtOnce) {
      auto row = query.step();
      if (!row) return row.error();
      if (!*row) break;
      events.push_back({.seq = query.integer(0), .type = query.text(1), .key = query.text(2),
                        .content_type = query.text(3), .body = query.text(4), .at_ms = query.integer(5)});
      bytes += events.back().body.size();
    }
    return events;
  });
}

Result<void> Spool::forget(std::int64_t up_to_seq) noexcept {
  auto done = no_throw<bool>([&]() -> Result<bool> {
    for (;;) {  // in pieces, so that submits get their turn between
      auto removed = std::make_shared<std::int64_t>(0);
      auto ran = writes_.run(
          [removed, up_to_seq](Database& db) -> Result<void> {
            Query query(db, "DELETE FROM waiting WHERE seq IN (SELECT seq FROM waiting WHERE seq<=? ORDER BY seq LIMIT ?)");
            auto gone = query.with(up_to_seq, kForgetAtOnce).run();
            *removed = db.changes();
            return gone;
          },
          std::nullopt);
      if (!ran) return ran.error();
      if (*removed < kForgetAtOnce) return true;
    }
  });
  if (!done) return done.error();
  return {};
}

Result<std::int64_t> Spool::depth() noexcept {
  return no_throw<std::int64_t>([&] {
    const std::lock_guard lock(reader_mutex_);
    // Numbers leave from the front and have no gaps, so the ends tell the count without a walk through all rows.
    return Query(*reader_, "SELECT (SELECT coalesce(max(seq)+1, 0) FROM waiting) - (SELECT coalesce(min(seq), 0) FROM waiting)")
        .number();
  });
}

Result<std::int64_t> Spool::newest() noexcept {
  return no_throw<std::int64_t>([&] {
    const std::lock_guard lock(reader_mutex_);
    return Query(*reader_, "SELECT coalesce(max(seq), 0) FROM waiting").number();
  });
}

}  // namespace huren::storage
