// What the store costs on this machine, each figure beside this disk's own fdatasync rate of the same run.
// usage: bench_store [QUEUED]   QUEUED rows in the outbox for the claim figures, default 200000
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/store/sqlite/store.hpp"
#include "storage/spool.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using store::OutboxState;
using store::sqlite::SqliteStore;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void must(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", line(result.error()).c_str());
  std::exit(1);
}

struct Figures {
  double rate = 0, p50_ms = 0, p99_ms = 0;
};

// `threads` callers, each doing `work(thread, i)` for about two seconds.
Figures measure(int threads, const std::function<void(int, int)>& work) {
  std::vector<std::vector<double>> times(static_cast<std::size_t>(threads));
  const auto start = Clock::now();
  {
    std::vector<std::jthread> pool;
    for (int t = 0; t < threads; ++t)
      pool.emplace_back([&, t] {
        for (int i = 0; seconds_since(start) < 2.0; ++i) {
          const auto begin = Clock::now();
          work(t, i);
          times[static_cast<std::size_t>(t)].push_back(seconds_since(begin) * 1000);
        }
      });
  }
  const double elapsed = seconds_since(start);
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  return {static_cast<double>(all.size()) / elapsed, all[all.size() / 2], all[all.size() * 99 / 100]};
}

void print(const char* name, const Figures& f, double fdatasync_rate) {
  std::printf("%-44s %10.0f/s   p50 %7.3f ms   p99 %7.3f ms   %6.2f x fdatasync\n", name, f.rate, f.p50_ms, f.p99_ms,
              f.rate / fdatasync_rate);
}

double rss_mib() {
  std::ifstream in("/proc/self/statm");
  long pages = 0, resident = 0;
  in >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double fdatasync_figures(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  const std::string block(4096, 'x');
  off_t at = 0;
  const auto f = measure(1, [&](int, int) {
    if (::pwrite(file, block.data(), block.size(), at) != static_cast<ssize_t>(block.size()) || ::fdatasync(file) != 0) std::exit(1);
    at += static_cast<off_t>(block.size());
  });
  ::close(file);
  print("write 4 KiB and fdatasync", f, f.rate);
  return f.rate;
}

void spool_figures(const std::string& path, double fdatasync_rate) {
  auto spool = storage::Spool::open(path, {});
  if (!spool) must(spool.error());
  const std::string body(3000, 'x');
  int run = 0;
  for (const int threads : {1, 8, 64}) {
    const auto before = (*spool)->figures();
    const auto f = measure(threads, [&](int t, int i) {
      const auto key = std::to_string(run) + "-" + std::to_string(t) + "-" + std::to_string(i);
      if (auto done = (*spool)->append("lab.report.released/1", key, "application/json", body, 10000); !done) must(done.error());
    });
    const auto after = (*spool)->figures();
    const std::string name = "spool append 3 KB, " + std::to_string(threads) + " submitters";
    print(name.c_str(), f, fdatasync_rate);
    std::printf("%-44s %10.1f\n", "  submits a commit", static_cast<double>(after.works - before.works) / static_cast<double>(after.commits - before.commits));
    ++run;
  }
}

void order_check_figures(SqliteStore& store, double fdatasync_rate) {
  constexpr int kPatients = 2000, kReports = 5, kItems = 20;
  for (int p = 0; p < kPatients; p += 100)
    must(store.transact([&](store::Unit& u) -> Result<void> {
      for (int q = p; q < p + 100; ++q)
        for (int r = 0; r < kReports; ++r) {
          store::ReportRow row;
          row.id = "R" + std::to_string(q) + "-" + std::to_string(r);
          row.origin = "H1";
          row.number = row.id;
          row.patient_id = "P" + std::to_string(q);
          std::vector<store::ResultRow> results(kItems);
          for (int i = 0; i < kItems; ++i) {
            auto& result = results[static_cast<std::size_t>(i)];
            result.item = "ITEM" + std::to_string(i);
            result.position = i;
            result.collected_ms = 1000 * r;
          }
          if (auto done = u.put_report(row, results); !done) return done;
        }
      return {};
    }));
  std::printf("%-44s %10d\n", "results stored", kPatients * kReports * kItems);
  const std::vector<std::string> panel = {"ITEM1", "ITEM3", "ITEM5", "ITEM7"};
  const auto f = measure(1, [&](int, int i) {
    must(store.read([&](store::Reader& r) -> Result<void> {
      auto rows = r.results_of("P" + std::to_string(i * 7919 % kPatients), panel, 0);
      if (!rows) return rows.error();
      return {};
    }));
  });
  print("order.check: 4 items of one patient", f, fdatasync_rate);
}

void fill(SqliteStore& store, int from, int to) {
  const std::string body(3000, 'x');
  for (int at = from; at < to; at += 2000)
    must(store.transact([&](store::Unit& u) -> Result<void> {
      for (int i = at; i < std::min(at + 2000, to); ++i) {
        store::OutboxRow row;
        row.message_id = "M" + std::to_string(i);
        row.partner = "b";
        row.type = "ORU^R01";
        row.body = body;
        row.order_key = "P" + std::to_string(i % (to / 4 + 1));
        row.subject = row.message_id;
        if (auto done = u.enqueue(row); !done) return done;
      }
      return {};
    }));
}

double cpu_us() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct Drained {
  double rate = 0, cpu_us_a_row = 0;  // the second says more on a machine that others use too
};

// Claims and settles `rows` rows in batches, each batch one transaction to claim and one to settle.
Drained drain(SqliteStore& store, int rows, int batch) {
  const auto start = Clock::now();
  const double cpu = cpu_us();
  int done = 0;
  while (done < rows) {
    std::vector<store::Settlement> settlements;
    must(store.transact([&](store::Unit& u) -> Result<void> {
      auto got = u.claim("b", 1, batch, OutboxState::on_wire);
      if (!got) return got.error();
      for (const auto& row : *got) settlements.push_back({.id = row.id, .state = OutboxState::delivered, .next_ms = 0, .remark = "AA"});
      return {};
    }));
    if (settlements.empty()) break;
    must(store.transact([&](store::Unit& u) { return u.settle(settlements); }));
    done += static_cast<int>(settlements.size());
  }
  return {done / seconds_since(start), (cpu_us() - cpu) / done};
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const int queued = argc > 1 ? std::atoi(argv[1]) : 200'000;
  test::TempDir dir;
  const double sync_rate = fdatasync_figures(dir.file("probe"));
  spool_figures(dir.file("spool.db"), sync_rate);

  auto store = SqliteStore::open(dir.file("data"), {});
  if (!store) must(store.error());
  for (const int threads : {1, 8, 64}) {
    const auto f = measure(threads, [&](int t, int i) {
      must((*store)->transact([&](store::Unit& u) { return u.set_cursor("c" + std::to_string(t), i); }));
    });
    const std::string name = "store transact of one row, " + std::to_string(threads) + " callers";
    print(name.c_str(), f, sync_rate);
  }
  order_check_figures(**store, sync_rate);

  for (const int rows : {10'000, queued}) {
    auto outbox = SqliteStore::open(dir.file("outbox" + std::to_string(rows)), {});
    if (!outbox) must(outbox.error());
    auto start = Clock::now();
    fill(**outbox, 0, rows);
    std::printf("%-44s %10.0f/s   RSS %.0f MiB\n", ("enqueue in 2000s to " + std::to_string(rows)).c_str(), rows / seconds_since(start), rss_mib());
    start = Clock::now();
    must((*outbox)->read([](store::Reader& r) -> Result<void> {
      auto depths = r.depths(1);
      if (!depths) return depths.error();
      return {};
    }));
    std::printf("%-44s %10.1f ms\n", "depths", seconds_since(start) * 1000);
    const int sample = std::min(rows / 10, 20'000);
    const auto first = drain(**outbox, sample, 50);
    const auto middle = drain(**outbox, rows - 2 * sample, 1000);
    const auto last = drain(**outbox, sample, 50);
    std::printf("%-44s %10.0f/s first, %.0f/s last (%.2f); CPU %.0f us a row first, %.0f us last (%.2f)\n", "claim and settle in 50s",
                first.rate, last.rate, last.rate / first.rate, first.cpu_us_a_row, last.cpu_us_a_row, last.cpu_us_a_row / first.cpu_us_a_row);
    std::printf("%-44s %10.0f/s   RSS %.0f MiB\n", "claim and settle in 1000s, between", middle.rate, rss_mib());
  }
}
