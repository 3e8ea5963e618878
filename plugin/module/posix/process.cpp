// process.hpp on POSIX systems.
#include "module/process.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "storage/file_lock.hpp"

namespace huren::module::process {
namespace {

char folder[PATH_MAX];

// At load time, while a relative path that the host gave to dlopen still means something. Inside huren-agent the map has
// no name, and argv[0] is none either where the shell found the program by its PATH.
__attribute__((constructor)) void find_own_folder() {
  Dl_info info{};
  link_map* map = nullptr;
  if (dladdr1(reinterpret_cast<void*>(&find_own_folder), &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 || !map) return;
  if (!realpath(map->l_name && *map->l_name ? map->l_name : "/proc/self/exe", folder)) folder[0] = '\0';
  if (auto* slash = std::strrchr(folder, '/')) *slash = '\0';
}

pthread_key_t key;
pthread_once_t key_once = PTHREAD_ONCE_INIT;
bool key_made = false;

extern "C" void make_thread_key() {
  key_made = pthread_key_create(&key, &std::free) == 0;
}

struct Owned {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<FolderOwner>> folders;
};
Owned& owned() {
  static auto& all = *new Owned;  // never destroyed: threads of the host may outlive our statics
  return all;
}

struct flock byte_of(std::int64_t process, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = process;
  lock.l_len = 1;
  return lock;
}

Error system_fault(std::string_view id, const std::string& what) {
  return {id, what, {std::to_string(errno)}};
}

}  // namespace

std::int64_t id() { return getpid(); }

const char* own_folder() { return folder; }

static_assert(sizeof(sigset_t) <= 128);

QuietSignals::QuietSignals() {
  sigset_t quiet;
  sigfillset(&quiet);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&quiet, fault);
  pthread_sigmask(SIG_SETMASK, &quiet, reinterpret_cast<sigset_t*>(saved_));
}

QuietSignals::~QuietSignals() { pthread_sigmask(SIG_SETMASK, reinterpret_cast<const sigset_t*>(saved_), nullptr); }

NoCancel::NoCancel() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &saved_); }
NoCancel::~NoCancel() { pthread_setcancelstate(saved_, nullptr); }

// A thread-specific key, not thread_local: the first touch of a dlopened module's thread_local allocates, and glibc
// ends the process when that fails.
ThreadState* thread_state() noexcept {
  pthread_once(&key_once, &make_thread_key);
  if (!key_made) return nullptr;
  if (auto* state = static_cast<ThreadState*>(pthread_getspecific(key))) return state;
  auto* state = static_cast<ThreadState*>(std::calloc(1, sizeof(ThreadState)));
  if (!state) return nullptr;
  if (pthread_setspecific(key, state) != 0) {
    std::free(state);
    return nullptr;
  }
  return state;
}

// A byte of the lock file per process: open-file-description locks tell two copies in one process apart.
Result<std::shared_ptr<FolderOwner>> FolderOwner::take(const std::string& path) {
  auto& all = owned();
  const std::lock_guard guard(all.mutex);
  char real[PATH_MAX];
  const std::string name = realpath(path.c_str(), real) ? real : path;
  if (auto mine = all.folders[name].lock(); mine && mine->process_ == id()) return mine;
  std::shared_ptr<FolderOwner> owner(new FolderOwner(id()));  // before the lock: it is let go whatever happens next
  owner->file_ = ::open((name + "/huren.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (owner->file_ < 0) return system_fault("module.data_dir", path);
  storage::share_like_folder(owner->file_, name + "/huren.lock");
  auto lock = byte_of(id(), F_WRLCK);
  if (fcntl(owner->file_, F_OFD_SETLK, &lock) != 0) return Error{"module.two_copies", path, {}};
  all.folders[name] = owner;
  return owner;
}

FolderOwner::~FolderOwner() {
  if (file_ < 0) return;
  if (process_ == id()) {  // a forked child shares the lock and must not drop its parent's
    auto lock = byte_of(process_, F_UNLCK);
    fcntl(file_, F_OFD_SETLK, &lock);
  }
  ::close(file_);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  struct Open {
    int file;
    ~Open() { if (file >= 0) ::close(file); }
  } const open{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (open.file < 0) return system_fault("config.unreadable", path);
  std::string out;
  char buffer[16384];
  while (out.size() <= limit) {
    const auto got = ::read(open.file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_fault("config.unreadable", path);
    if (got == 0) break;
    out.append(buffer, static_cast<std::size_t>(got));
  }
  return out;
}

Result<void> make_folder(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0700);  // a parent that cannot be made shows at the last step
  struct stat found{};
  if (::mkdir(path.c_str(), 0700) != 0 && (errno != EEXIST || ::stat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)))
    return system_fault("module.data_dir", path);
  return {};
}

bool run_at_exit(void (*function)()) { return std::atexit(function) == 0; }

}  // namespace huren::module::process
