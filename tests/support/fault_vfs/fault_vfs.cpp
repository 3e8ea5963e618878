#include "fault_vfs.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

namespace huren::test {
namespace {

constexpr std::int64_t kSector = 512;

// The real file lies behind this one in the same block.
struct File {
  sqlite3_file base;
  FaultVfs* owner;
  std::string* path;  // nullptr: a temporary file, of no interest
};

File& mine(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }
FaultVfs& owner(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }

int x_close(sqlite3_file* file) {
  const int code = real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
  delete mine(file).path;
  mine(file).path = nullptr;
  return code;
}
int x_read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  if (mine(file).path)
    if (const int code = mine(file).owner->on_read()) return code;
  return real(file)->pMethods->xRead(real(file), to, count, offset);
}
int x_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  if (!mine(file).path) return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
  sqlite3_int64 size = 0;
  if (const int code = real(file)->pMethods->xFileSize(real(file), &size)) return code;
  int most = count;
  const int fault = mine(file).owner->on_write(*mine(file).path, size, offset, bytes, count, most);
  if (most > 0)
    if (const int code = real(file)->pMethods->xWrite(real(file), bytes, most, offset)) return code;
  return fault;
}
int x_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (mine(file).path)
    if (const int code = mine(file).owner->on_truncate(*mine(file).path, size)) return code;
  return real(file)->pMethods->xTruncate(real(file), size);
}
int x_sync(sqlite3_file* file, int flags) {
  if (!mine(file).path) return SQLITE_OK;
  const int code = mine(file).owner->on_sync(*mine(file).path);
  // The model is the disk: the real one need not turn, unless somebody measures.
  return code || !mine(file).owner->delays() ? code : real(file)->pMethods->xSync(real(file), flags);
}
int x_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int x_lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int x_unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int x_reserved(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int x_control(sqlite3_file* file, int op, void* arg) {
  if (op == SQLITE_FCNTL_LAST_ERRNO)
    if (const int simulated = mine(file).owner->last_errno()) {
      *static_cast<int*>(arg) = simulated;
      return SQLITE_OK;
    }
  return real(file)->pMethods->xFileControl(real(file), op, arg);
}
int x_sector(sqlite3_file* /*file*/) { return static_cast<int>(kSector); }
// As the system's own: a torn write harms no byte beside it.
int x_traits(sqlite3_file* /*file*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
int x_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  if (const int code = mine(file).owner->on_map(extend != 0)) return code;
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int x_shm_lock(sqlite3_file* file, int offset, int n, int flags) { return real(file)->pMethods->xShmLock(real(file), offset, n, flags); }
void x_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int x_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

const sqlite3_io_methods kMethods = {2,          x_close,   x_read,    x_write,  x_truncate, x_sync,     x_size,
                                     x_lock,     x_unlock,  x_reserved, x_control, x_sector, x_traits,   x_map,
                                     x_shm_lock, x_barrier, x_unmap,   nullptr,  nullptr};

int x_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  auto& self = owner(vfs);
  mine(file).base.pMethods = nullptr;
  mine(file).owner = &self;
  mine(file).path = nullptr;
  const bool existed = name && ::access(name, F_OK) == 0;
  if (name)
    if (const int code = self.on_open(name, existed)) return code;
  const int code = self.real()->xOpen(self.real(), name, real(file), flags, out_flags);
  if (real(file)->pMethods) mine(file).base.pMethods = &kMethods;
  if (code == SQLITE_OK && name) mine(file).path = new std::string(name);
  return code;
}
int x_delete(sqlite3_vfs* vfs, const char* name, int sync) {
  if (const int code = owner(vfs).on_delete(name)) return code;
  return owner(vfs).real()->xDelete(owner(vfs).real(), name, sync);
}
int x_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) { return owner(vfs).real()->xAccess(owner(vfs).real(), name, flags, out); }
int x_full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return owner(vfs).real()->xFullPathname(owner(vfs).real(), name, size, out);
}
int x_random(sqlite3_vfs* vfs, int size, char* out) { return owner(vfs).real()->xRandomness(owner(vfs).real(), size, out); }
int x_sleep(sqlite3_vfs* vfs, int us) { return owner(vfs).real()->xSleep(owner(vfs).real(), us); }
int x_time(sqlite3_vfs* vfs, double* out) { return owner(vfs).real()->xCurrentTime(owner(vfs).real(), out); }
int x_time64(sqlite3_vfs* vfs, sqlite3_int64* out) { return owner(vfs).real()->xCurrentTimeInt64(owner(vfs).real(), out); }
int x_error(sqlite3_vfs* vfs, int size, char* out) {
  if (const int simulated = owner(vfs).last_errno()) return simulated;
  return owner(vfs).real()->xGetLastError(owner(vfs).real(), size, out);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

FaultVfs::FaultVfs(Memory memory) : memory_(memory) {
  static std::atomic<int> count = 0;
  name_ = "fault-" + std::to_string(++count);
  sqlite3_initialize();
  real_ = sqlite3_vfs_find(nullptr);
  vfs_ = new sqlite3_vfs{};
  vfs_->iVersion = 2;
  vfs_->szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_->mxPathname = real_->mxPathname;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = x_open;
  vfs_->xDelete = x_delete;
  vfs_->xAccess = x_access;
  vfs_->xFullPathname = x_full_path;
  vfs_->xRandomness = x_random;
  vfs_->xSleep = x_sleep;
  vfs_->xCurrentTime = x_time;
  vfs_->xGetLastError = x_error;
  vfs_->xCurrentTimeInt64 = x_time64;
  sqlite3_vfs_register(vfs_, 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(vfs_);
  delete vfs_;
}

void FaultVfs::cut_after(std::int64_t calls) {
  const std::lock_guard lock(mutex_);
  cut_at_ = calls_ + calls;
}

bool FaultVfs::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_;
}

std::int64_t FaultVfs::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::int64_t FaultVfs::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

void FaultVfs::set_room(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  room_ = bytes;
  if (bytes != 0) errno_ = 0;
}

void FaultVfs::take_half(bool on) {
  const std::lock_guard lock(mutex_);
  half_ = on;
}

void FaultVfs::set_read_only(bool on) {
  const std::lock_guard lock(mutex_);
  read_only_ = on;
  errno_ = 0;
}

void FaultVfs::fail(Call call, std::int64_t after, std::int64_t times) {
  const std::lock_guard lock(mutex_);
  failures_[call] = {after, times};
}

bool FaultVfs::delays() const {
  const std::lock_guard lock(mutex_);
  return delay_.count() > 0;
}

void FaultVfs::delay_sync(std::chrono::microseconds delay) {
  const std::lock_guard lock(mutex_);
  delay_ = delay;
}

int FaultVfs::last_errno() const {
  const std::lock_guard lock(mutex_);
  return errno_;
}

bool FaultVfs::step() {
  ++calls_;
  if (cut_at_ < 0 || calls_ < cut_at_ || dead_) return false;
  dead_ = true;
  return true;
}

int FaultVfs::injected(Call call) {
  auto& failure = failures_[call];
  if (failure.after < 0 || failure.times == 0) return 0;
  if (failure.after > 0) {
    --failure.after;
    return 0;
  }
  --failure.times;
  errno_ = EIO;
  return 1;
}

void FaultVfs::apply(std::string& content, const Change& change) {
  if (change.offset < 0) {
    content.resize(static_cast<std::size_t>(change.size));
    return;
  }
  const auto from = static_cast<std::size_t>(change.offset);
  if (content.size() < from + change.bytes.size()) content.resize(from + change.bytes.size());
  content.replace(from, change.bytes.size(), change.bytes);
}

int FaultVfs::on_open(const std::string& path, bool existed) {
  const std::lock_guard lock(mutex_);
  if (dead_) return SQLITE_CANTOPEN;
  if (memory_ == Memory::none) return SQLITE_OK;
  auto [at, fresh] = images_.try_emplace(path);
  if (fresh && existed) {
    at->second.durable = content_of(path);
    at->second.named = true;
  }
  return SQLITE_OK;
}

int FaultVfs::on_read() {
  const std::lock_guard lock(mutex_);
  if (dead_ || injected(Call::read)) return SQLITE_IOERR_READ;
  return SQLITE_OK;
}

int FaultVfs::on_write(const std::string& path, std::int64_t now_size, std::int64_t offset, const void* bytes, int count,
                       int& most) {
  const std::lock_guard lock(mutex_);
  most = 0;
  if (dead_) return SQLITE_IOERR_WRITE;
  if (read_only_) {
    errno_ = EROFS;
    return SQLITE_IOERR_WRITE;
  }
  if (injected(Call::write)) return SQLITE_IOERR_WRITE;
  int fault = SQLITE_OK;
  most = count;
  const std::int64_t growth = std::max<std::int64_t>(0, offset + count - now_size);
  if (room_ >= 0 && growth > room_) {
    most = half_ ? static_cast<int>(std::clamp<std::int64_t>(now_size + room_ - offset, 0, count / 2)) : 0;
    if (most > 0) room_ -= std::max<std::int64_t>(0, offset + most - now_size);
    errno_ = ENOSPC;
    fault = SQLITE_FULL;
  } else if (room_ >= 0) {
    room_ -= growth;
  }
  if (most > 0 && memory_ == Memory::of_the_disk)
    images_[path].pending.push_back({offset, 0, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(most))});
  if (step()) {
    most = 0;
    return SQLITE_IOERR_WRITE;
  }
  return fault;
}

int FaultVfs::on_truncate(const std::string& path, std::int64_t size) {
  const std::lock_guard lock(mutex_);
  if (dead_ || injected(Call::truncate) || step()) return SQLITE_IOERR_TRUNCATE;
  if (memory_ == Memory::of_the_disk) images_[path].pending.push_back({-1, size, {}});
  return SQLITE_OK;
}

int FaultVfs::on_sync(const std::string& path) {
  std::chrono::microseconds delay;
  {
    const std::lock_guard lock(mutex_);
    if (dead_ || injected(Call::sync) || step()) return SQLITE_IOERR_FSYNC;
    ++syncs_;
    delay = delay_;
    if (memory_ == Memory::of_the_disk) {
      auto& image = images_[path];
      for (const auto& change : image.pending) apply(image.durable, change);
      image.pending.clear();
      image.named = true;
    }
  }
  if (delay.count() > 0) std::this_thread::sleep_for(delay);
  return SQLITE_OK;
}

int FaultVfs::on_delete(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (dead_ || step()) return SQLITE_IOERR_DELETE;
  images_.erase(path);
  return SQLITE_OK;
}

int FaultVfs::on_map(bool extend) {
  const std::lock_guard lock(mutex_);
  if (extend && room_ == 0) {
    errno_ = ENOSPC;
    return SQLITE_IOERR_SHMSIZE;
  }
  return SQLITE_OK;
}

void FaultVfs::power_on(Unsynced unsynced, unsigned seed) {
  const std::lock_guard lock(mutex_);
  std::mt19937 random(seed);
  for (auto at = images_.begin(); at != images_.end();) {
    auto& [path, image] = *at;
    std::string content = image.durable;
    for (auto& change : image.pending) {
      if (unsynced == Unsynced::lost) break;
      if (unsynced != Unsynced::kept && random() % 2 == 0) continue;
      if (unsynced == Unsynced::torn && change.offset >= 0 && random() % 2 == 0)
        change.bytes.resize(change.bytes.size() * (random() % 8) / 8 / kSector * kSector);
      apply(content, change);
    }
    ::unlink((path + "-shm").c_str());
    const bool gone = !image.named && (unsynced == Unsynced::lost || (unsynced != Unsynced::kept && random() % 2 == 0));
    if (gone) {
      ::unlink(path.c_str());
      at = images_.erase(at);
      continue;
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    image = {std::move(content), true, {}};
    ++at;
  }
  dead_ = false;
  cut_at_ = -1;
  room_ = -1;
  errno_ = 0;
  failures_.clear();
}

}  // namespace huren::test
