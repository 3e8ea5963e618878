// How fast core/hl7 reads and writes an ORU^R01 of 25 OBX, beside a scalar table-driven delimiter scan of the same bytes
// in the same run: the bars are ratios to that scan, so that they hold on any machine.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/hl7/charset.hpp"
#include "core/hl7/message.hpp"
#include "core/hl7/profile.hpp"
#include "core/hl7/writer.hpp"

namespace huren::bench {
extern std::size_t allocations;
}

namespace {

using namespace huren;
using namespace huren::hl7;
using huren::bench::allocations;

struct Row { const char *code, *name, *zh, *value, *unit, *range; };
constexpr std::array<Row, 5> kRows{{{"2345-7", "Glucose", "葡萄糖", "5.62", "mmol/L", "3.90-6.10"},
                                    {"2951-2", "Sodium", "钠", "141.3", "mmol/L", "137.0-147.0"},
                                    {"1742-6", "ALT", "丙氨酸氨基转移酶", "23", "U/L", "9-50"},
                                    {"2160-0", "Creatinine", "肌酐", "71.5", "umol/L", "57.0-97.0"},
                                    {"777-3", "Platelets", "血小板计数", "212", "10^9/L", "125-350"}}};

void write_oru(Writer& w, bool ascii) {
  w.reset();
  Header h;
  h.sending_app = "LIS";
  h.sending_facility = "COUNTY";
  h.receiving_app = "HUREN";
  h.receiving_facility = "CITY";
  h.time = "20261122093000+0800";
  h.type = "ORU";
  h.trigger = "R01";
  h.structure = "ORU_R01";
  h.control_id = "20261122093000001";
  h.charset = "UNICODE UTF-8";
  w.msh(h);
  w.segment("PID").set(1, "1").field(3).add({"11010519491231002X", "", "", "MPS", "NI"}).add({"Z0012345", "", "", "COUNTY", "PI"});
  w.set(5, {ascii ? "Zhang" : "张", ascii ? "San" : "三"}).set(7, "19491231").set(8, "F");
  w.segment("PV1").set(1, "1").set(2, "O");
  w.segment("ORC").set(1, "RE").set(2, "A0001").set(3, "L0001");
  w.segment("OBR").set(1, "1").set(2, "A0001").set(3, "L0001").set(4, {"24323-8", "Panel", "LN"}).set(7, "20261122080500+0800");
  w.set(22, "20261122092500+0800").set(25, "F");
  for (int i = 0; i < 25; ++i) {
    const auto& r = kRows[static_cast<std::size_t>(i) % kRows.size()];
    w.segment("OBX").set(1, std::to_string(i + 1)).set(2, "NM").set(3, {r.code, r.name, "LN", "GLU", ascii ? "local name" : r.zh, "L"});
    w.set(5, r.value).set(6, {r.unit, "", "UCUM"}).set(7, r.range).set(8, "N").set(11, "F").set(14, "20261122080500+0800");
    w.set(17, {"M1"});
  }
  w.segment("SPM").set(1, "1").set(4, {"SER"}).set(17, "20261122080500+0800");
}

const std::string& oru(bool ascii = true) {
  const auto make = [](bool a) {
    Writer w;
    write_oru(w, a);
    return *w.finish();
  };
  static const std::string plain = make(true), chinese = make(false);
  return ascii ? plain : chinese;
}

void figures(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

// The yardstick: one table look-up a byte, the position of every delimiter into a flat table.
void ScalarScan(benchmark::State& state) {
  const auto& text = oru();
  std::array<unsigned char, 256> table{};
  for (const char c : {'|', '^', '~', '\\', '&', '\r', '\n'}) table[static_cast<unsigned char>(c)] = 1;
  std::vector<std::uint32_t> out(text.size());
  for (auto _ : state) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (table[static_cast<unsigned char>(text[i])]) out[n++] = static_cast<std::uint32_t>(i);
    benchmark::DoNotOptimize(n);
    benchmark::ClobberMemory();
  }
  figures(state, text.size());
}

void read_with(benchmark::State& state, bool scalar, bool ascii) {
  const auto& text = oru(ascii);
  ReadOptions options;
  options.scalar = scalar;
  const auto before = allocations;
  for (auto _ : state) {
    auto m = Message::view(text, options);
    benchmark::DoNotOptimize(m);
  }
  state.counters["allocations"] = static_cast<double>(allocations - before) / static_cast<double>(state.iterations());
  const auto m = Message::read(text);
  state.counters["memory/bytes"] = static_cast<double>(m->memory_bytes()) / static_cast<double>(text.size());
  figures(state, text.size());
}
void ReadScalar(benchmark::State& state) { read_with(state, true, true); }
void Read(benchmark::State& state) { read_with(state, false, true); }
void ReadChinese(benchmark::State& state) { read_with(state, false, false); }

void ReadEveryField(benchmark::State& state) {
  const auto& text = oru();
  std::string value;
  for (auto _ : state) {
    auto m = Message::view(text);
    std::size_t total = 0;
    for (const auto segment : *m)
      for (int f = 1, last = segment.fields(); f <= last; ++f) {
        value.clear();
        segment.field(f).append_text(value);
        total += value.size();
      }
    benchmark::DoNotOptimize(total);
  }
  figures(state, text.size());
}

void Write(benchmark::State& state) {
  Writer w;
  for (auto _ : state) {
    write_oru(w, true);
    auto text = w.finish();
    benchmark::DoNotOptimize(text);
  }
  figures(state, oru().size());
}

void Check(benchmark::State& state) {
  const auto m = Message::view(oru());
  for (auto _ : state) {
    auto findings = check(*m);
    benchmark::DoNotOptimize(findings);
  }
  figures(state, oru().size());
}

void ReadGb18030(benchmark::State& state) {
  auto text = oru(false);
  text.replace(text.find("UNICODE UTF-8"), 13, "GB 18030-2000");
  const auto bytes = *from_utf8(text, Charset::gb18030);
  for (auto _ : state) {
    auto m = Message::view(bytes);
    benchmark::DoNotOptimize(m);
  }
  figures(state, bytes.size());
}

BENCHMARK(ScalarScan);
BENCHMARK(ReadScalar);
BENCHMARK(Read);
BENCHMARK(ReadChinese);
BENCHMARK(ReadEveryField);
BENCHMARK(Write);
BENCHMARK(Check);
BENCHMARK(ReadGb18030);

}  // namespace

BENCHMARK_MAIN();
