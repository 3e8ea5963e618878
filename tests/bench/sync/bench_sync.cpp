// Sync end to end on this machine: two hospitals over mutual TLS, submit at A → committed at B → settled at A, each report
// 25 OBX with its CDA document; both engines in this one process, so CPU, bytes written and RSS are of both ends (and of
// the submitters). Every figure stands beside what the machine itself does in the same run.
// usage: bench_sync [PART...]   PART: flow, delay, relay, queue (default: all); short-queue: 100,000; profile [N [AHEAD]]: N
// reports (1,000), AHEAD (16) at a time, no figures. steady [SECONDS]: 64 submitters, at most 2,000 ahead, and nothing
// else; steady-one [SECONDS]: one submitter; steady-relay [SECONDS]: the relay on eight connections; steady-bare [SECONDS]: the bare one. Two builds are compared by running them in turns.
// Exit 1: a bar was missed.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>

#include "storage/sqlite.hpp"
#include "tests/bench/sync/bare_relay.hpp"
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

void machine(const test::TempDir& dir, const Certificates& c) {
  std::printf("== this machine, in this run\n");
  print("write 4 KiB and fdatasync", fdatasyncs(dir.file("probe"), 2));
  print("socket round trip, 4 KB and 100 bytes, plain", round_trips(c.folder, false, 1));
  print("the same over TLS 1.3", round_trips(c.folder, true, 1));
  print("SQLite, one row of 3 KB a commit (WAL, FULL)", single_commits(dir.file("probe.db"), 2));
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
  const auto start = Clock::now();
  {
    std::vector<std::jthread> pool;
    for (int t = 0; t < submitters; ++t)
      pool.emplace_back([&] {
        while (seconds_since(start) < seconds) {
          const auto mine = number++;
          pair.release(mine);
          pair.settled.wait_until_open_below(ahead);
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
  if (f.settled.p50_ms > 0) print(name, f.settled);
  else std::printf("%-54s %9.0f/s\n", name, f.settled.rate);
  std::printf("%-54s %9.0f us CPU a message   %7.1f KB written a message   RSS %.0f MiB\n", "", f.used.cpu_us / f.messages, f.used.written_bytes / f.messages / 1024, rss_mib());
}

// What one report weighs: looked up in what A stored.
void print_sizes(const std::string& store) {
  auto db = must(storage::Database::open(store, {.read_only = true}));
  storage::Query sizes(*db, "SELECT length(r.brief) + length(r.rest), (SELECT sum(length(results)) FROM result WHERE report_id=r.id), length(t.document), "
                            "(SELECT length(body) FROM message WHERE type='ORU^R01' ORDER BY seq DESC LIMIT 1) "
                            "FROM report r JOIN report_text t ON t.seq=r.seq ORDER BY r.seq DESC LIMIT 1");
  if (!must(sizes.step())) die("nothing was stored");
  std::printf("one report: records %lld bytes, results %lld, document (packed) %lld, message %lld\n", static_cast<long long>(sizes.integer(0)),
              static_cast<long long>(sizes.integer(1)), static_cast<long long>(sizes.integer(2)), static_cast<long long>(sizes.integer(3)));
}

// One submitter's latency in units of the machine's own, which differ from one second to the next: measured in turns, means of the turns.
struct Latency {
  Flow one;
  double fdatasync_ms = 0, tls_ms = 0;
};
Latency latency(Pair& pair, const test::TempDir& dir, const Certificates& c, std::atomic<std::int64_t>& number) {
  constexpr int kTurns = 6;
  Latency all;
  for (int i = 0; i < kTurns; ++i) {
    all.fdatasync_ms += fdatasyncs(dir.file("probe"), 0.4).p50_ms / kTurns;
    all.tls_ms += round_trips(c.folder, true, 0.2).p50_ms / kTurns;
    const auto turn = run(pair, 1, 1, number);
    all.one.settled.rate += turn.settled.rate / kTurns;
    all.one.settled.p50_ms += turn.settled.p50_ms / kTurns;
    all.one.settled.p99_ms += turn.settled.p99_ms / kTurns;
    all.one.used.cpu_us += turn.used.cpu_us;
    all.one.used.written_bytes += turn.used.written_bytes;
    all.one.messages += turn.messages;
  }
  return all;
}

void flow(const test::TempDir& dir, const Certificates& c) {
  std::printf("== two hospitals, both ends in this process (CPU, bytes and RSS are of both)\n");
  Pair pair(dir.file("flow"), c, 2000);
  std::atomic<std::int64_t> number{1};
  run(pair, 8, 1, number);  // warm
  const auto [one, fdatasync_ms, tls_ms] = latency(pair, dir, c, number);
  print_flow("1 submitter, each waits until settled", one);
  std::printf("%-54s p50 of fdatasync %.3f ms, of TLS round trips %.3f ms, in turns with these\n", "", fdatasync_ms, tls_ms);
  const auto many = run(pair, 64, 8, number);
  print_flow("64 submitters, each waits until settled", many);
  const auto open = sustain(pair, 64, 8, number, 2000);
  print_flow("64 submitters, at most 2,000 ahead", open);
  print_sizes(dir.file("flow/a/data/store.db"));
  bar("64 submitters sustain", std::max(many.settled.rate, open.settled.rate), ">=", 2500, "messages/s");
  bar("CPU of both ends together", std::min(many.used.cpu_us / many.messages, open.used.cpu_us / open.messages), "<=", 500, "us a message");
  bar("one submitter's p50 against 8 fdatasync + 4 TLS round trips", one.settled.p50_ms, "<=", 8 * fdatasync_ms + 4 * tls_ms, "ms");
  pair.close();
}

void delay(const test::TempDir& dir, const Certificates& c) {
  test::FaultVfs vfs(test::FaultVfs::Memory::none);
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

// One hospital whose feed only passes through: MLLP in, stored, MLLP out unchanged, plain sockets on loopback.
struct Relayed {
  double in = 0, through = 0;  // messages a second
};
Relayed relay_on(const test::TempDir& dir, int connections, double seconds) {
  Sink sink;
  const int port = free_port();
  std::atomic<std::int64_t> through{0};
  Hospital hospital(dir.file("relay" + std::to_string(connections)), relay_toml(port, sink.port()), [&](std::string_view) { ++through; });
  send_for(port, connections, 1, "W" + std::to_string(connections));  // warm
  while (hospital.figure("outbox_waiting") > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto before = used_so_far();
  const auto through_before = through.load();
  const auto start = Clock::now();
  const auto in = send_for(port, connections, seconds, "M" + std::to_string(connections));
  const double sent = in.rate * seconds;
  while (static_cast<double>(through - through_before) + 0.5 < sent && hospital.figure("outbox_waiting") > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const double elapsed = seconds_since(start);
  Flow flow;
  flow.settled = in;
  flow.messages = static_cast<double>(through - through_before);
  flow.used = used_so_far() - before;
  print_flow(connections == 1 ? "in, 1 connection, each waits for its AA" : "in, 8 connections, each waits for its AA", flow);
  std::printf("%-54s %9.0f/s   %lld received\n", "through, settled", flow.messages / elapsed, static_cast<long long>(sink.received()));
  hospital.close();
  return {in.rate, flow.messages / elapsed};
}

// The same feed and the same receiver with a relay between them that only keeps.
Relayed bare_relay_on(const test::TempDir& dir, int connections, double seconds) {
  Sink sink;
  BareRelay bare(dir.file("bare" + std::to_string(connections) + ".db"), sink.port());
  const auto all_through = [&](double sent) {
    while (static_cast<double>(bare.through()) + 0.5 < sent) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  all_through(send_for(bare.port(), connections, 1, "W").rate);  // warm
  const auto through_before = bare.through();
  const auto before = used_so_far();
  const auto start = Clock::now();
  Flow flow;
  flow.settled = send_for(bare.port(), connections, seconds, "M");
  all_through(static_cast<double>(through_before) + flow.settled.rate * seconds);
  const double elapsed = seconds_since(start);
  flow.messages = static_cast<double>(bare.through() - through_before);
  flow.used = used_so_far() - before;
  print_flow(connections == 1 ? "a bare relay in, 1 connection" : "a bare relay in, 8 connections", flow);
  std::printf("%-54s %9.0f/s\n", "through, marked as sent", flow.messages / elapsed);
  return {flow.settled.rate, flow.messages / elapsed};
}

void relay(const test::TempDir& dir) {
  std::printf("== plain relay, one hospital (CPU and bytes include the bench's own sender and receiver)\n");
  const auto bare_one = bare_relay_on(dir, 1, 3), bare_eight = bare_relay_on(dir, 8, 3);
  const auto one = relay_on(dir, 1, 5), eight = relay_on(dir, 8, 5);
  std::printf("of the bare relay: %.2f on one connection; on eight %.2f in, %.2f through\n", one.through / bare_one.through, eight.in / bare_eight.in, eight.through / bare_eight.through);
  bar("relay on one connection", one.through, ">=", 2000, "messages/s");
  bar("relay in, on eight", eight.in, ">=", 8000, "messages/s");
  bar("relay through, on eight", eight.through, ">=", 6000, "messages/s");
}

// `rows` messages that wait, as after days without the partner; then the partner comes back. In a process of its own, so
// that nothing of what ran before counts as memory.
int drain(const test::TempDir& dir, std::int64_t rows) {
  const auto folder = dir.file("queue");
  fill_outbox(folder, rows);
  Sink sink;
  std::atomic<std::int64_t> done{0};
  Hospital hospital(folder, relay_toml(free_port(), sink.port()), [&](std::string_view) { ++done; });
  const auto start = Clock::now();
  double rss = 0, first = 0, last_start = 0;
  auto look_at = rows / 20;  // at every hundredth of the way: of more looks the highest would be higher
  while (done < rows) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const auto now = done.load();
    if (now >= look_at && now <= rows * 19 / 20) {
      rss = std::max(rss, rss_mib());
      look_at = now + rows / 100;
    }
    if (first == 0 && now >= rows / 10) first = static_cast<double>(now) / seconds_since(start);
    if (last_start == 0 && now >= rows - rows / 10) last_start = seconds_since(start);
  }
  const double last = static_cast<double>(rows) / 10 / (seconds_since(start) - last_start);
  std::printf("%.1f %.0f %.0f\n", rss, first, last);
  hospital.close();
  return 0;
}

void queue(const std::string& program, std::int64_t many) {
  std::printf("== a partner that was away comes back: draining what waits (plain MLLP, 16 connections)\n");
  double rss[2] = {}, first[2] = {}, last[2] = {};
  const std::int64_t sizes[2] = {10'000, many};
  for (int i = 0; i < 2; ++i) {
    FILE* child = ::popen((program + " drain " + std::to_string(sizes[i])).c_str(), "r");
    if (!child || std::fscanf(child, "%lf %lf %lf", &rss[i], &first[i], &last[i]) != 3 || ::pclose(child) != 0) die("the draining process failed");
    std::printf("%10lld queued: RSS %7.1f MiB, first tenth %7.0f/s, last tenth %7.0f/s\n", static_cast<long long>(sizes[i]), rss[i], first[i], last[i]);
  }
  bar("RSS with the long queue against 10,000", std::max(rss[0], rss[1]) / std::min(rss[0], rss[1]), "<=", 1.10, "x");
  bar("last tenth of the drain against the first", last[1] / first[1], ">=", 0.9, "x");
}

// For a profiler: `count` reports and nothing else, `ahead` at a time.
void profile(const test::TempDir& dir, const Certificates& c, int count, int ahead) {
  Pair pair(dir.file("profile"), c, 16);
  const auto before = used_so_far();
  for (int i = 0; i < count; ++i) {
    pair.release(i);
    pair.settled.wait_until_open_below(ahead);
  }
  if (!pair.settled.wait_for_all(600)) die("not settled");
  std::printf("%.0f us CPU a message\n", (used_so_far() - before).cpu_us / count);
  pair.close();
}

void steady(const test::TempDir& dir, const Certificates& c, double seconds) {
  Pair pair(dir.file("steady"), c, 2000);
  std::atomic<std::int64_t> number{1};
  print_flow("64 submitters, at most 2,000 ahead", sustain(pair, 64, seconds, number, 2000));
  pair.close();
}

void steady_one(const test::TempDir& dir, const Certificates& c, double seconds) {
  Pair pair(dir.file("steady"), c, 2000);
  std::atomic<std::int64_t> number{1};
  run(pair, 8, 1, number);  // warm
  print_flow("1 submitter, each waits until settled", run(pair, 1, seconds, number));
  pair.close();
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
  if (argc == 3 && std::string(argv[1]) == "drain") return drain(dir, std::atoll(argv[2]));
  const Certificates certificates(dir.file("certs"));
  if (parts.contains("profile")) return profile(dir, certificates, argc > 2 ? std::atoi(argv[2]) : 1000, argc > 3 ? std::atoi(argv[3]) : 16), 0;
  const double steady_for = argc > 2 ? std::atof(argv[2]) : 5;
  if (parts.contains("steady-relay")) return relay_on(dir, 8, steady_for), 0;
  if (parts.contains("steady-bare")) return bare_relay_on(dir, 8, steady_for), 0;
  if (parts.contains("steady-one")) return steady_one(dir, certificates, steady_for), 0;
  if (parts.contains("steady")) return steady(dir, certificates, steady_for), 0;
  machine(dir, certificates);
  if (wanted("flow")) flow(dir, certificates);
  if (wanted("delay")) delay(dir, certificates);
  if (wanted("relay")) relay(dir);
  if (wanted("queue")) queue(argv[0], 1'000'000);
  else if (parts.contains("short-queue")) queue(argv[0], 100'000);
  std::printf("%s\n", missed ? "bars missed" : "all bars met");
  return missed ? 1 : 0;
}
