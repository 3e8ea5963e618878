// What this machine does without huren, measured in the same run as huren itself: the yardsticks of every bar; and what
// the process has used so far.
#pragma once
#include <cstdint>
#include <functional>
#include <type_traits>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace huren::bench {

struct Figures {
  double rate = 0, p50_ms = 0, p99_ms = 0;
};
Figures figures_of(std::vector<double> times_ms, double seconds);
// `threads` callers, each doing work(thread, i) again and again for `seconds`.
Figures measure(int threads, double seconds, const std::function<void(int, int)>& work);

Figures fdatasyncs(const std::string& path, double seconds);           // 4 KiB appended and synced
Figures single_commits(const std::string& path, double seconds);       // one row a transaction, WAL, synchronous FULL
Figures round_trips(const std::string& certificates, bool tls, double seconds);  // 4 KB there, 100 bytes back, kept open
// Syncs a second of SQLite's default VFS as it now is (tests/support/fault_vfs may stand in front).
Figures vfs_syncs(const std::string& path, double seconds);

struct Used {
  double cpu_us = 0, written_bytes = 0;
  Used operator-(const Used& earlier) const { return {cpu_us - earlier.cpu_us, written_bytes - earlier.written_bytes}; }
};
Used used_so_far();  // by this whole process: user and system time, bytes that went to the disk
double rss_mib();

// Ends the program with the words; a bench that goes on after a fault measures nothing.
[[noreturn]] void die(const std::string& words);
void must(const Result<void>& result);
template <class T>
  requires(!std::is_void_v<T>)
T must(Result<T>&& result) {
  if (!result) die(line(result.error()));
  return std::move(*result);
}

}  // namespace huren::bench
