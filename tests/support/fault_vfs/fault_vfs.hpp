// A disk that can be told to fail: an SQLite VFS over the system's own that remembers what was not yet synced.
// Promises: after a power cut a file holds what was synced, plus as much of the rest as the tester chose, torn at
//   sectors; until power is back every call fails. Full disks and I/O errors look as the system's own do.
// Refuses: knowing about files that SQLite opens by itself (the -shm index: it goes with the power, as memory does).
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace huren::test {

class FaultVfs {
 public:
  enum class Unsynced { lost, some, torn, kept };  // what a power cut does to writes that were never synced
  enum class Call { read, write, sync, truncate };

  enum class Memory { of_the_disk, none };  // none: slow or failing only, as fast as the system's own; power_on() is not for it
  explicit FaultVfs(Memory memory = Memory::of_the_disk);  // registers under a name of its own
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }

  // The power goes at the n-th write, sync, truncation or removal from now (the n-th does not complete).
  void cut_after(std::int64_t calls);
  [[nodiscard]] bool dead() const;
  // Call with all connections closed: the files become what the disk holds, and the power is back.
  void power_on(Unsynced unsynced, unsigned seed);

  void set_room(std::int64_t bytes);          // files may grow by so much, then the disk is full; -1: no limit
  void take_half(bool on);                    // a full disk takes the first half of the write, or what of it there is room for
  void set_read_only(bool on);                // the file system was mounted anew: every write is EROFS
  void fail(Call call, std::int64_t after, std::int64_t times);  // EIO, once `after` calls of that kind went well
  void delay_sync(std::chrono::microseconds delay);  // on top of a real sync; 0: there is none
  [[nodiscard]] bool delays() const;
  [[nodiscard]] std::int64_t calls() const;   // writes, syncs, truncations, removals so far
  [[nodiscard]] std::int64_t syncs() const;

  struct Change {
    std::int64_t offset = 0;  // -1: truncation to size
    std::int64_t size = 0;
    std::string bytes{};
  };
  // Called by the VFS functions alone. Each says which SQLite code to return instead of going on; 0: go on.
  int on_open(const std::string& path, bool existed);
  int on_read();
  int on_write(const std::string& path, std::int64_t now_size, std::int64_t offset, const void* bytes, int count, int& most);
  int on_truncate(const std::string& path, std::int64_t size);
  int on_sync(const std::string& path);
  int on_delete(const std::string& path);
  int on_map(bool extend);
  [[nodiscard]] int last_errno() const;
  [[nodiscard]] sqlite3_vfs* real() const { return real_; }

 private:
  struct Image {
    std::string durable;
    bool named = false;  // its name is on disk
    std::vector<Change> pending;
  };
  struct Failure {
    std::int64_t after = -1, times = 0;
  };
  bool step();  // counts one call; true: the power has just gone
  int injected(Call call);
  static void apply(std::string& content, const Change& change);

  mutable std::mutex mutex_;
  const Memory memory_;
  std::string name_;
  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs* vfs_ = nullptr;
  std::map<std::string, Image> images_;
  std::map<Call, Failure> failures_;
  std::int64_t calls_ = 0, syncs_ = 0, cut_at_ = -1, room_ = -1;
  bool dead_ = false, half_ = false, read_only_ = false;
  std::chrono::microseconds delay_{0};
  int errno_ = 0;
};

}  // namespace huren::test
