// What writing and reading a C0007 of 25 analytes cost beside pugixml alone, which prints and parses the same tree in the same run;
// and how much memory reading a document takes at its peak. Bars (issue 4): write 4x, read 3x, memory 16x the document.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <new>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "core/cda/lab_document.hpp"
#include "core/cda/page.hpp"
#include "core/cda/rules.hpp"
#include "tests/unit/core/cda/samples.hpp"

namespace huren::bench {
extern std::size_t live, peak;
}

namespace {

using namespace huren;
using huren::bench::live;
using huren::bench::peak;
using namespace huren::cda;

model::LabReport report(int analytes) {
  auto r = test::report();
  const auto model = test::glucose();
  r.observations.clear();
  for (int i = 0; i < analytes; ++i) {
    auto o = model;
    o.set_id = std::to_string(i + 1);
    o.local.code = "G" + std::to_string(i);
    o.value = std::to_string(4 + i % 5) + ".2";
    if (i % 3) o.notes.clear();
    r.observations.push_back(std::move(o));
  }
  return r;
}

struct Text : pugi::xml_writer {
  std::string out;
  void write(const void* data, std::size_t size) override { out.append(static_cast<const char*>(data), size); }
};

const model::LabReport& sample() {
  static const auto r = report(25);
  return r;
}
const std::string& document() {
  static const auto d = *write_lab_report(sample(), {});
  return d;
}

void rate(benchmark::State& state) { state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(document().size())); }

void pugixml_parse(benchmark::State& state) {
  for (auto _ : state) {
    pugi::xml_document d;
    benchmark::DoNotOptimize(d.load_buffer(document().data(), document().size()));
  }
  rate(state);
}
void pugixml_print(benchmark::State& state) {
  pugi::xml_document d;
  d.load_buffer(document().data(), document().size());
  for (auto _ : state) {
    Text text;
    d.save(text, "", pugi::format_raw);
    benchmark::DoNotOptimize(text.out.size());
  }
  rate(state);
}
void write(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(write_lab_report(sample(), {})->size());
  rate(state);
}
void read(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(read_lab_report(document(), {}).report->observations.size());
  rate(state);
}
void render(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(lab_page(sample(), {}).size());
}
void rule_check(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(check(document(), {}).findings.size());
}
BENCHMARK(pugixml_parse);
BENCHMARK(read);
BENCHMARK(pugixml_print);
BENCHMARK(write);
BENCHMARK(render);
BENCHMARK(rule_check);

template <class F>
double best_ns(F&& f) {  // CPU time, the best of many short rounds: least touched by neighbours
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
  };
  double best = 1e18;
  for (int round = 0; round < 40; ++round) {
    const double from = now();
    for (int i = 0; i < 20; ++i) f();
    best = std::min(best, (now() - from) / 20);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  pugi::set_memory_management_functions([](std::size_t n) { return operator new(n); }, [](void* p) { operator delete(p); });

  const auto parse = best_ns([] { pugi::xml_document d; benchmark::DoNotOptimize(d.load_buffer(document().data(), document().size())); });
  const auto reading = best_ns([] { benchmark::DoNotOptimize(read_lab_report(document(), {}).findings.size()); });
  pugi::xml_document tree;
  tree.load_buffer(document().data(), document().size());
  const auto print = best_ns([&] { Text t; tree.save(t, "", pugi::format_raw); benchmark::DoNotOptimize(t.out.size()); });
  const auto writing = best_ns([] { benchmark::DoNotOptimize(write_lab_report(sample(), {})->size()); });

  int analytes = 1;
  std::string fifty = *write_lab_report(report(1), {});
  while (fifty.size() < 50 * 1024) fifty = *write_lab_report(report(++analytes), {});
  const auto before = live;
  peak = live;
  benchmark::DoNotOptimize(read_lab_report(fifty, {}).findings.size());
  const double memory = static_cast<double>(peak - before) / static_cast<double>(fifty.size());

  std::printf("\n25 analytes, %zu bytes; figures of this run\n", document().size());
  std::printf("read  %8.0f ns  pugixml parse %8.0f ns  ratio %.2f (bar 3)\n", reading, parse, reading / parse);
  std::printf("write %8.0f ns  pugixml print %8.0f ns  ratio %.2f (bar 4)\n", writing, print, writing / print);
  std::printf("memory at the peak of reading %zu bytes: %.1f times the document (bar 16)\n", fifty.size(), memory);
  return reading / parse <= 3 && writing / print <= 4 && memory < 16 ? 0 : 1;
}
