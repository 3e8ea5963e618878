// The pure decision alone: at most 20 µs. One analyte with a history, a panel with a history, and a patient without any;
// beside them the request's parsing and the card's writing, which an answer also needs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "order_check_bench.hpp"
#include "tests/support/recognition.hpp"

namespace {

using namespace huren;
using test::Scene;

// Reports of the last weeks, the newest of them too fresh to be final: the decision has to look past it.
void fill(Scene& s, std::initializer_list<const char*> items, int reports) {
  for (int i = 0; i < reports; ++i) {
    auto& report = s.report("2026-11-21T08:00:00+08:00");
    report.specimen.collected_at.epoch_ms -= std::int64_t{i} * 3 * 86'400'000;
    for (const char* item : items) s.result(report, item, "4.5", "mmol/L");
    if (i == 0)
      for (auto& o : report.observations) o.status = model::Status::preliminary;
  }
}

void decide(benchmark::State& state, const Scene& s) {
  for (auto _ : state) {
    auto decision = recognition::decide(s.input);
    benchmark::DoNotOptimize(decision);
  }
  state.counters["bar_us"] = 20;
}

void one_analyte(benchmark::State& state) {
  Scene s;
  s.order("L001");
  fill(s, {"GLU"}, 5);
  decide(state, s);
}
BENCHMARK(one_analyte)->Unit(benchmark::kMicrosecond);

void lipid_panel(benchmark::State& state) {
  Scene s;
  s.order("L002");
  fill(s, {"TC", "TG", "HDLC", "LDLC"}, 1);
  for (auto& o : s.reports[0].observations) o.status = model::Status::final_result;
  decide(state, s);
}
BENCHMARK(lipid_panel)->Unit(benchmark::kMicrosecond);

void no_history(benchmark::State& state) {
  Scene s;
  s.order("L001");
  decide(state, s);
}
BENCHMARK(no_history)->Unit(benchmark::kMicrosecond);

void panel_with_history(benchmark::State& state) {  // for orientation: 20 candidates for four analytes
  Scene s;
  s.order("L002");
  fill(s, {"TC", "TG", "HDLC", "LDLC"}, 5);
  for (auto _ : state) benchmark::DoNotOptimize(recognition::decide(s.input));
}
BENCHMARK(panel_with_history)->Unit(benchmark::kMicrosecond);

void cards_of_a_panel(benchmark::State& state) {
  Scene s;
  s.order("L002");
  fill(s, {"TC", "TG", "HDLC", "LDLC"}, 2);
  const auto decision = recognition::decide(s.input);
  for (auto _ : state) benchmark::DoNotOptimize(recognition::to_cards(s.input, decision));
}
BENCHMARK(cards_of_a_panel)->Unit(benchmark::kMicrosecond);

void request(benchmark::State& state) {
  const std::string json = R"({"patient_id":"P1","encounter_id":"E1","department":"内科","doctor":{"id":"D1","name":"李"},"at":"2026-11-22T10:00:00+08:00",
    "orders":[{"order_id":"O1","item":{"code":"L001","name":"葡萄糖"}},{"order_id":"O2","item":{"code":"L002","name":"血脂四项"}}]})";
  for (auto _ : state) benchmark::DoNotOptimize(recognition::parse_order_check(json, 480));
}
BENCHMARK(request)->Unit(benchmark::kMicrosecond);

void load_tables(benchmark::State& state) {
  const terminology::Table own{"local_items.csv", test::kLocalItems};
  for (auto _ : state) benchmark::DoNotOptimize(terminology::extend(*terminology::packaged(), {&own, 1}));
}
BENCHMARK(load_tables)->Unit(benchmark::kMillisecond);

// The orders of the store's bench, one by one: each has its own decision.
bool decision_bar() {
  bool met = true;
  for (const char* order : {"L001", "L002", "L009", "L005", "L011"}) {
    Scene s;
    s.order(order);
    fill(s, {"GLU", "TC", "TG", "HDLC", "LDLC", "K", "CREA", "HBA1C"}, 2);
    std::vector<double> us;
    for (int i = 0; i < 5000; ++i) {
      const auto from = std::chrono::steady_clock::now();
      auto decision = recognition::decide(s.input);
      benchmark::DoNotOptimize(decision);
      us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - from).count());
    }
    std::sort(us.begin(), us.end());
    const bool good = us[us.size() / 2] <= 20;
    std::printf("pure decision of order %s over %zu candidates: p50 %.1f us, p99 %.1f us, bar 20: %s\n", order, s.input.candidates.size(), us[us.size() / 2], us[us.size() * 99 / 100],
                good ? "met" : "MISSED");
    met &= good;
  }
  return met;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  const bool decided = decision_bar();
  return bench::order_check(HUREN_BENCH_DATA "/recognition") && decided ? 0 : 1;
}
