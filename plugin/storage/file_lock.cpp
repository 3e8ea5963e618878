#include "storage/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

namespace huren::storage {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

void share_like_folder(int file, const std::string& path) {
  struct stat folder {};
  if (::stat(folder_of(path).c_str(), &folder) == 0 && (folder.st_mode & S_IWGRP)) ::fchmod(file, 0660);
}

FileLock::~FileLock() {
  if (file_ < 0) return;
  release();
  ::close(file_);
}

Result<void> FileLock::take(Clock::time_point until) {
  if (file_ < 0) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ >= 0) share_like_folder(file_, path_);
  }
  if (file_ < 0) {
    if (errno == ENOSPC || errno == EDQUOT) return Error{"storage.full", path_, {}};
    if (errno == EROFS || errno == EACCES || errno == EPERM) return Error{"storage.read_only", path_, {}};
    return Error{"storage.open", path_, {std::to_string(errno)}};
  }
  // flock knows no time limit, so it is asked again and again, ever less eagerly.
  for (auto nap = std::chrono::microseconds(50); ::flock(file_, LOCK_EX | LOCK_NB) != 0;
       nap = std::min(nap * 2, std::chrono::microseconds(1000))) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Error{"storage.open", path_, {std::to_string(errno)}};
    const auto now = Clock::now();
    if (now >= until) return Error{"storage.busy", path_, {}};
    std::this_thread::sleep_for(std::min<Clock::duration>(nap, until - now));
  }
  return {};
}

void FileLock::release() {
  // Unlocked by name and not by closing: a forked child's copy of the descriptor would hold it on.
  if (file_ >= 0) ::flock(file_, LOCK_UN);
}

}  // namespace huren::storage
