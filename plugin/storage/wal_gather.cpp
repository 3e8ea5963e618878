#include "storage/wal_gather.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

namespace huren::storage {
namespace {

constexpr std::size_t kMostBytes = 120'000;  // SQLite's VFS for Unix takes less than 128 KiB at a time

constexpr sqlite3_int64 kAhead = 1 << 20;     // a WAL grows by this much

// Places in the first block of the WAL-index, in words of 32 bits (sqlite.org/walformat.html, "WAL-Index File Format").
constexpr int kNewestFrame = 16 / 4, kCheckpointTo = 128 / 4;

// A WAL or a database. The file of the VFS below lies behind this one in the same block; other files are opened there directly.
struct File {
  sqlite3_file base;
  sqlite3_int64 from;     // where the gathered bytes belong
  std::string* gathered;  // nullptr: every write goes through
  // Of a WAL:
  bool grows_ahead;
  sqlite3_int64 room;     // the file was at least so long
  // Of a database:
  const volatile std::uint32_t* index;  // the first block of its WAL-index, while it is mapped
  int fault;                            // of the last write that a checkpoint gathered: to be told
};

File& mine(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }
sqlite3_vfs* real(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

// Where there is no place for the zeros nothing is missed.
void grow_ahead(sqlite3_file* file, sqlite3_int64 end) {
  auto& f = mine(file);
  if (!f.grows_ahead || end <= f.room || real(file)->pMethods->xFileSize(real(file), &f.room) != SQLITE_OK || end <= f.room) return;
  static std::array<char, kMostBytes> zeros;  // not const: it takes no place in the library
  for (const auto until = (end / kAhead + 1) * kAhead; end < until; end += static_cast<sqlite3_int64>(zeros.size())) {
    const auto count = std::min(static_cast<sqlite3_int64>(zeros.size()), until - end);
    if (real(file)->pMethods->xWrite(real(file), zeros.data(), static_cast<int>(count), end) != SQLITE_OK) return;
    f.room = end + count;
  }
}

int write_out(sqlite3_file* file) {
  auto* const gathered = mine(file).gathered;
  if (!gathered || gathered->empty()) return SQLITE_OK;
  grow_ahead(file, mine(file).from + static_cast<sqlite3_int64>(gathered->size()));
  const int code = real(file)->pMethods->xWrite(real(file), gathered->data(), static_cast<int>(gathered->size()), mine(file).from);
  gathered->clear();
  return code;
}

int x_close(sqlite3_file* file) {
  const int written = write_out(file);
  const int closed = real(file)->pMethods->xClose(real(file));
  delete mine(file).gathered;
  mine(file).gathered = nullptr;
  return written ? written : closed;
}

int x_read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  const int written = write_out(file);
  return written ? written : real(file)->pMethods->xRead(real(file), to, count, offset);
}

int x_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  auto& f = mine(file);
  if (!f.gathered) return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
  if (offset != f.from + static_cast<sqlite3_int64>(f.gathered->size()) || f.gathered->size() + static_cast<std::size_t>(count) > kMostBytes)
    if (const int written = write_out(file)) return written;
  if (f.gathered->empty()) f.from = offset;
  try {
    f.gathered->append(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
  } catch (const std::bad_alloc&) {
    f.gathered->clear();
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

// A checkpoint of all of the WAL is followed by a truncation and a sync, which tell what went wrong with the last write.
void begin_checkpoint(sqlite3_file* file) {
  auto& f = mine(file);
  f.fault = SQLITE_OK;
  if (f.index && f.index[kNewestFrame] == f.index[kCheckpointTo]) f.gathered = new (std::nothrow) std::string;
}

void end_checkpoint(sqlite3_file* file) {
  auto& f = mine(file);
  f.fault = write_out(file);
  delete std::exchange(f.gathered, nullptr);
}

int x_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int written = write_out(file);
  return written ? written : real(file)->pMethods->xTruncate(real(file), size);
}

int x_sync(sqlite3_file* file, int flags) {
  const int written = write_out(file);
  return written ? written : real(file)->pMethods->xSync(real(file), flags);
}

int x_size(sqlite3_file* file, sqlite3_int64* size) {
  const int written = write_out(file);
  return written ? written : real(file)->pMethods->xFileSize(real(file), size);
}

int db_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int fault = std::exchange(mine(file).fault, SQLITE_OK)) return fault;
  return x_truncate(file, size);
}

int db_sync(sqlite3_file* file, int flags) {
  if (const int fault = std::exchange(mine(file).fault, SQLITE_OK)) return fault;
  return x_sync(file, flags);
}

int x_lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int x_unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int x_reserved(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int x_control(sqlite3_file* file, int op, void* arg) { return real(file)->pMethods->xFileControl(real(file), op, arg); }
int db_control(sqlite3_file* file, int op, void* arg) {
  if (op == SQLITE_FCNTL_CKPT_START) begin_checkpoint(file);
  if (op == SQLITE_FCNTL_CKPT_DONE) end_checkpoint(file);
  return x_control(file, op, arg);
}
int x_sector(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int x_traits(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }

int db_map(sqlite3_file* file, int block, int size, int extend, void volatile** out) {
  const int code = real(file)->pMethods->xShmMap(real(file), block, size, extend, out);
  if (block == 0 && code == SQLITE_OK) mine(file).index = static_cast<const volatile std::uint32_t*>(*out);
  return code;
}

int db_unmap(sqlite3_file* file, int gone) {
  mine(file).index = nullptr;
  return real(file)->pMethods->xShmUnmap(real(file), gone);
}

int db_shm_lock(sqlite3_file* file, int offset, int n, int flags) { return real(file)->pMethods->xShmLock(real(file), offset, n, flags); }
void db_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }

const sqlite3_io_methods kMethods = {1,          x_close,   x_read,  x_write, x_truncate, x_sync,  x_size,  x_lock,  x_unlock, x_reserved,
                                     x_control,  x_sector,  x_traits, nullptr, nullptr,    nullptr, nullptr, nullptr, nullptr};

const sqlite3_io_methods kDatabase = {2,          x_close,  x_read,   x_write, db_truncate, db_sync,     x_size,     x_lock,   x_unlock, x_reserved,
                                      db_control, x_sector, x_traits, db_map,  db_shm_lock, db_barrier,  db_unmap,   nullptr,  nullptr};

int x_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  if (!(flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB))) return real(vfs)->xOpen(real(vfs), name, file, flags, out_flags);
  mine(file) = {};
  const int code = real(vfs)->xOpen(real(vfs), name, real(file), flags, out_flags);
  if (!real(file)->pMethods) return code;
  const bool wal = flags & SQLITE_OPEN_WAL;
  mine(file).base.pMethods = wal || real(file)->pMethods->iVersion < 2 ? &kMethods : &kDatabase;  // below 2 there is no WAL
  if (wal && x_traits(file) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) mine(file).gathered = new (std::nothrow) std::string;
  mine(file).grows_ahead = wal;
  return code;
}

int x_delete(sqlite3_vfs* vfs, const char* name, int sync) { return real(vfs)->xDelete(real(vfs), name, sync); }
int x_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) { return real(vfs)->xAccess(real(vfs), name, flags, out); }
int x_full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) { return real(vfs)->xFullPathname(real(vfs), name, size, out); }
int x_random(sqlite3_vfs* vfs, int size, char* out) { return real(vfs)->xRandomness(real(vfs), size, out); }
int x_sleep(sqlite3_vfs* vfs, int us) { return real(vfs)->xSleep(real(vfs), us); }
int x_time(sqlite3_vfs* vfs, double* out) { return real(vfs)->xCurrentTime(real(vfs), out); }
int x_error(sqlite3_vfs* vfs, int size, char* out) { return real(vfs)->xGetLastError(real(vfs), size, out); }
int x_time64(sqlite3_vfs* vfs, sqlite3_int64* out) { return real(vfs)->xCurrentTimeInt64(real(vfs), out); }

}  // namespace

GatheringVfs::GatheringVfs(sqlite3_vfs& below) {
  static std::atomic<int> count = 0;
  name_ = "gather-" + std::to_string(++count);
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + below.szOsFile;
  vfs_.mxPathname = below.mxPathname;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = &below;
  vfs_.xOpen = x_open;
  vfs_.xDelete = x_delete;
  vfs_.xAccess = x_access;
  vfs_.xFullPathname = x_full_path;
  vfs_.xRandomness = x_random;
  vfs_.xSleep = x_sleep;
  vfs_.xCurrentTime = x_time;
  vfs_.xGetLastError = x_error;
  vfs_.xCurrentTimeInt64 = x_time64;
  sqlite3_vfs_register(&vfs_, 0);
}

GatheringVfs::~GatheringVfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace huren::storage
