// What the module asks of the operating system: who am I, leave my signals alone, where do I lie.
// Promises: nothing here changes the process for the host: a thread's signal mask and cancel state are given back.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.hpp"

namespace huren::module::process {

std::int64_t id();                  // changes in a forked child
const char* own_folder();           // folder of libhuren as it was loaded; "" when it cannot be told
inline constexpr const char* kDefaultConfig = "/etc/huren";

// While it lives, the calling thread takes no asynchronous signal, and threads made meanwhile never do (SIGPIPE too).
// Faults (SIGSEGV and its like) stay deliverable: the host's crash handler must see them.
class QuietSignals {
 public:
  QuietSignals();
  ~QuietSignals();
  QuietSignals(const QuietSignals&) = delete;
  QuietSignals& operator=(const QuietSignals&) = delete;

 private:
  alignas(16) unsigned char saved_[128];
};

// A host thread cancelled in the middle of a call would leave locks held: cancelling waits until the call is over.
class NoCancel {
 public:
  NoCancel();
  ~NoCancel();
  NoCancel(const NoCancel&) = delete;
  NoCancel& operator=(const NoCancel&) = delete;

 private:
  int saved_ = 0;
};

// The calling thread's own corner: why its last call failed, and whether it is inside a host callback.
struct ThreadState {
  static constexpr std::size_t kCapacity = 4096;
  std::size_t size = 0;
  int callbacks = 0;
  char text[kCapacity];
};
ThreadState* thread_state() noexcept;  // nullptr: out of memory

// SQLite's POSIX locks vanish when another copy of SQLite in the same process closes the same file. So one copy of
// huren in a process owns a data folder; other processes are welcome.
class FolderOwner {
 public:
  static Result<std::shared_ptr<FolderOwner>> take(const std::string& folder);
  ~FolderOwner();
  FolderOwner(const FolderOwner&) = delete;
  FolderOwner& operator=(const FolderOwner&) = delete;

 private:
  explicit FolderOwner(std::int64_t process) : process_(process) {}
  int file_ = -1;
  std::int64_t process_;
};

Result<std::string> read_file(const std::string& path, std::size_t limit);
Result<void> make_folder(const std::string& path);  // 0700, parents too; one that exists is left as it is
bool run_at_exit(void (*function)());               // before our own statics go

}  // namespace huren::module::process
