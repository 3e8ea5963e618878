// Sync end to end on this machine: two hospitals over mutual TLS, submit at A → committed at B → settled at A, each report
// 25 OBX with its CDA document; both engines in this one process, so CPU, bytes written and RSS are of both ends (and of
// the submitters). Every figure stands beside what the machine itself does in the same run.
// usage: bench_sync [PART...]   PART: flow, delay, relay, queue (default: all). Exit 1: a bar was missed.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <thread>

#include "storage/sqlite.hpp"
#include "tests/bench/sync/hospitals.hpp"
#include "tests/bench/sync/peers.hpp"
#include "tests/support/fault_vfs/fault_vfs.hpp"

namespace huren::bench {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

int missed = 0;
void bar(const char* what, double value, const char* relation, double limit, const char* unit) {
  const bool holds = relation[0] == '>' ? value >= limit : value <= limit;
  missed += holds ? 0 : 1;
  std::printf("  %-4s %-62s %10.2f %s %.2f %s\n", holds ? "ok" : "MISS", what, value, relation, limit, unit);
}

void print(const char* name, const Figures& f) { std::printf("%-54s %9.0f/s   p50 %8.3f ms   p99 %8.3f ms\n", name, f.rate, f.p50_ms, f.p99_ms); }

struct Yardsticks {
  Figures fdatasync, tcp, tls, commit;
};

Yardsticks machine(const test::TempDir& dir, const Certificates& c) {
  Yardsticks y;
  y.fdatasync = fdatasyncs(dir.file("probe"), 2);
  y.tcp = round_trips(c.folder, false, 1);
  y.tls = round_trips(c.folder, true, 1);
  y.commit = single_commits(dir.file("probe.db"), 2);
  std::printf("== this machine, in this run\n");
  print("write 4 KiB and fdatasync", y.fdatasync);
  print("socket round trip, 4 KB and 100 bytes, plain", y.tcp);
  print("the same over TLS 1.3", y.tls);
  print("SQLite, one row of 3 KB a commit (WAL, FULL)", y.commit);
  return y;
}

// `submitters` threads, each waiting for its report to be settled at A before it releases the next.
struct Flow {
  Figures settled;
  Used used;
  double messages = 0;
};
Flow run(Pair& pair, int submitters, double seconds, std::atomic<std::int64_t>& number) {
  const auto before = used_so_far();
  Flow flow;
  std::atomic<std::int64_t> done{0};
  flow.settled = measure(submitters, seconds, [&](int, int) {
    const auto mine = number++;
    pair.release(mine);
    if (!pair.settled.wait(Pair::subject(mine), 60)) die("a report was not settled within 60 s");
    ++done;
  });
  flow.used = used_so_far() - before;
  flow.messages = static_cast<double>(done);
  return flow;
}

// Submitters that do not wait for settlement: the spool takes what it can, at most `ahead` reports run ahead of A's
// settlements. Measured from the first submit to the last settlement.
Flow sustain(Pair& pair, int submitters, double seconds, std::atomic<std::int64_t>& number, std::int64_t ahead) {
  const auto before = used_so_far();
  const auto settled_before = pair.settled.count();
  const auto first = number.load();
  const auto start = Clock::now();
  std::vector<double> times;
  {
    std::vector<std::jthread> pool;
    for (int t = 0; t < submitters; ++t)
      pool.emplace_back([&] {
        while (seconds_since(start) < seconds) {
          const auto mine = number++;
          pair.release(mine);
          while (mine - first - (pair.settled.count() - settled_before) > ahead) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      });
  }
  if (!pair.settled.wait_for_all(120)) die("reports were not settled within 120 s");
  Flow flow;
  const double elapsed = seconds_since(start);
  flow.messages = static_cast<double>(pair.settled.count() - settled_before);
  flow.settled.rate = flow.messages / elapsed;
  flow.used = used_so_far() - before;
  return flow;
}

void print_flow(const char* name, const Flow& f) {
  print(name, f.settled);
  std::printf("%-54s %9.0f us CPU a message   %7.1f KB written a message   RSS %.0f MiB\n", "", f.used.cpu_us / f.messages, f.used.written_bytes / f.messages / 1024, rss_mib());
}

// What one report weighs: looked up in what A stored.
void print_sizes(const std::string& store) {
  auto db = must(storage::Database::open(store, {.read_only = true}));
  storage::Query sizes(*db, "SELECT avg(length(r.json)), avg(length(t.hl7)), avg(length(t.document)), avg(length(m.body)) FROM report r JOIN report_text t ON t.seq=r.seq, "
                            "(SELECT body FROM message WHERE type='ORU^R01' ORDER BY seq DESC LIMIT 1) m WHERE r.seq=(SELECT max(seq) FROM report)");
  if (!must(sizes.step())) die("nothing was stored");
  std::printf("one report: JSON %lld bytes, ORU^R01 without its document %lld, document %lld, message %lld\n", static_cast<long long>(sizes.integer(0)),
              static_cast<long long>(sizes.integer(1)), static_cast<long long>(sizes.integer(2)), static_cast<long long>(sizes.integer(3)));
}

void flow(const test::TempDir& dir, const Certificates& c, const Yardsticks& y) {
  std::printf("== two hospitals, both ends in this process (CPU, bytes and RSS are of both)\n");
  Pair pair(dir.file("flow"), c, 2000);
  std::atomic<std::int64_t> number{1};
  run(pair, 8, 1, number);  // warm
  const auto one = run(pair, 1, 4, number);
  print_flow("1 submitter, each waits until settled", one);
  const auto many = run(pair, 64, 8, number);
  print_flow("64 submitters, each waits until settled", many);
  const auto open = sustain(pair, 64, 8, number, 2000);
  print_flow("64 submitters, at most 2,000 ahead", open);
  print_sizes(dir.file("flow/a/data/store.db"));
  bar("64 submitters sustain", std::max(many.settled.rate, open.settled.rate), ">=", 2500, "messages/s");
  bar("CPU of both ends together", std::min(many.used.cpu_us / many.messages, open.used.cpu_us / open.messages), "<=", 500, "us a message");
  bar("one submitter's p50 against 8 fdatasync + 4 TLS round trips", one.settled.p50_ms, "<=", 8 * y.fdatasync.p50_ms + 4 * y.tls.p50_ms, "ms");
  pair.close();
}

void delay(const test::TempDir& dir, const Certificates& c) {
  test::FaultVfs vfs;
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  sqlite3_vfs_register(sqlite3_vfs_find(vfs.name().c_str()), 1);
  {
    Pair pair(dir.file("delay"), c, 200);
    std::printf("== the same with 4 ms added to every sync by the VFS\n");
    vfs.delay_sync(std::chrono::milliseconds(4));
    const auto syncs = vfs_syncs(dir.file("delayed"), 2);
    print("write 4 KiB and sync through that VFS", syncs);
    std::atomic<std::int64_t> number{1};
    const auto many = run(pair, 64, 6, number);
    print_flow("64 submitters, each waits until settled", many);
    const auto open = sustain(pair, 64, 6, number, 2000);
    print_flow("64 submitters, at most 2,000 ahead", open);
    bar("throughput in units of that sync rate", std::max(many.settled.rate, open.settled.rate) / syncs.rate, ">=", 8, "x");
    vfs.delay_sync(std::chrono::microseconds(0));
    pair.close();
  }
  sqlite3_vfs_register(system, 1);
}

}  // namespace
}  // namespace huren::bench

int main(int argc, char** argv) {
  using namespace huren;
  using namespace huren::bench;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::set<std::string> parts(argv + 1, argv + argc);
  const auto wanted = [&](const char* part) { return parts.empty() || parts.contains(part); };
  test::TempDir dir;
  const Certificates certificates(dir.file("certs"));
  const auto y = machine(dir, certificates);
  if (wanted("flow")) flow(dir, certificates, y);
  if (wanted("delay")) delay(dir, certificates);
  std::printf("%s\n", missed ? "bars missed" : "all bars met");
  return missed ? 1 : 0;
}
