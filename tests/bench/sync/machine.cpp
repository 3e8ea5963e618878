#include "tests/bench/sync/machine.hpp"

#include <Poco/Net/ServerSocket.h>
#include <fcntl.h>
#include <malloc.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "adapters/common/stream.hpp"
#include "adapters/common/tls_context.hpp"
#include "storage/sqlite.hpp"

namespace huren::bench {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr std::size_t kRequest = 4096, kAnswer = 100;

bool read_exactly(common::Stream& stream, std::size_t count) {
  std::array<char, 16 * 1024> chunk{};
  while (count > 0) {
    const auto io = stream.read({chunk.data(), std::min(count, chunk.size())}, common::Deadline(10'000));
    if (io.status != common::IoStatus::ok) return false;
    count -= io.bytes;
  }
  return true;
}

std::shared_ptr<const common::TlsContext> context(const std::string& folder, const char* name, bool server) {
  common::TlsSettings settings;
  settings.server = server;
  settings.certificate = folder + "/" + name + ".pem";
  settings.private_key = folder + "/" + name + ".key";
  settings.trust = folder + "/ca.pem";
  settings.host = "localhost";
  return must(common::TlsSource(settings).current());
}

}  // namespace

void die(const std::string& words) {
  std::fprintf(stderr, "bench_sync: %s\n", words.c_str());
  std::_Exit(2);
}

void must(const Result<void>& result) {
  if (!result) die(line(result.error()));
}

Figures figures_of(std::vector<double> times_ms, double seconds) {
  if (times_ms.empty()) return {};
  std::sort(times_ms.begin(), times_ms.end());
  return {static_cast<double>(times_ms.size()) / seconds, times_ms[times_ms.size() / 2], times_ms[times_ms.size() * 99 / 100]};
}

Figures measure(int threads, double seconds, const std::function<void(int, int)>& work) {
  std::vector<std::vector<double>> times(static_cast<std::size_t>(threads));
  const auto start = Clock::now();
  {
    std::vector<std::jthread> pool;
    for (int t = 0; t < threads; ++t)
      pool.emplace_back([&, t] {
        for (int i = 0; seconds_since(start) < seconds; ++i) {
          const auto begin = Clock::now();
          work(t, i);
          times[static_cast<std::size_t>(t)].push_back(seconds_since(begin) * 1000);
        }
      });
  }
  const double elapsed = seconds_since(start);
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  return figures_of(std::move(all), elapsed);
}

Figures fdatasyncs(const std::string& path, double seconds) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) die("no file " + path);
  const std::string block(4096, 'x');
  off_t at = 0;
  const auto f = measure(1, seconds, [&](int, int) {
    if (::pwrite(file, block.data(), block.size(), at) != static_cast<ssize_t>(block.size()) || ::fdatasync(file) != 0) die("fdatasync");
    at += static_cast<off_t>(block.size());
  });
  ::close(file);
  return f;
}

Figures single_commits(const std::string& path, double seconds) {
  auto db = must(storage::Database::open(path, {}));
  must(db->exec("CREATE TABLE row(id INTEGER PRIMARY KEY, body BLOB NOT NULL)"));
  const std::string body(3000, 'x');
  return measure(1, seconds, [&](int, int) { must(storage::Query(*db, "INSERT INTO row(body) VALUES(?)").bind_blob(body).run()); });
}

Figures round_trips(const std::string& certificates, bool tls, double seconds) {
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  const auto port = listener.address().port();
  const auto server_side = tls ? context(certificates, "b", true) : nullptr;
  std::thread server([&] {
    common::block_sigpipe();
    common::Stream stream(listener.acceptConnection(), nullptr);
    if (tls) must(stream.secure(server_side, common::Deadline(10'000), "bench"));
    const std::string answer(kAnswer, 'a');
    while (read_exactly(stream, kRequest) && stream.write(answer, common::Deadline(10'000)).status == common::IoStatus::ok) continue;
    stream.close();
  });
  auto stream = must(common::Stream::dial({"127.0.0.1", port}, common::Deadline(10'000), nullptr, "bench"));
  if (tls) must(stream.secure(context(certificates, "a", false), common::Deadline(10'000), "bench"));
  const std::string request(kRequest, 'q');
  const auto f = measure(1, seconds, [&](int, int) {
    if (stream.write(request, common::Deadline(10'000)).status != common::IoStatus::ok || !read_exactly(stream, kAnswer)) die("round trip");
  });
  stream.close();
  server.join();
  return f;
}

Figures vfs_syncs(const std::string& path, double seconds) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  std::vector<char> room(static_cast<std::size_t>(vfs->szOsFile));
  auto* file = reinterpret_cast<sqlite3_file*>(room.data());
  const std::string zero_ended = path + std::string(2, '\0');  // SQLite's file names end in more than one zero
  if (vfs->xOpen(vfs, zero_ended.c_str(), file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB, nullptr) != SQLITE_OK) die("vfs open");
  const std::string block(4096, 'x');
  sqlite3_int64 at = 0;
  const auto f = measure(1, seconds, [&](int, int) {
    if (file->pMethods->xWrite(file, block.data(), static_cast<int>(block.size()), at) != SQLITE_OK || file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK) die("vfs sync");
    at += static_cast<sqlite3_int64>(block.size());
  });
  file->pMethods->xClose(file);
  return f;
}

Used used_so_far() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  Used used;
  used.cpu_us = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  std::ifstream io("/proc/self/io");
  for (std::string name, value; io >> name >> value;)
    if (name == "write_bytes:") used.written_bytes = std::stod(value);
  return used;
}

double rss_mib() {
  ::malloc_trim(0);  // what the allocator only keeps is not what a queue needs
  std::ifstream in("/proc/self/statm");
  long pages = 0, resident = 0;
  in >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

}  // namespace huren::bench
