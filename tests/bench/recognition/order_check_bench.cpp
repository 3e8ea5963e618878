// order.check of five orders against ten million results of 200,000 patients in the SQLite store, through the engine as
// the module asks it, beside a bare primary-key read of the same rows of the same patients in the same run.
#include "order_check_bench.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <span>

#include "adapters/store/sqlite/result_pack.hpp"
#include "adapters/store/sqlite/store.hpp"
#include "core/model/brief.hpp"
#include "core/model/event.hpp"
#include "engine/engine.hpp"
#include "huren/huren.h"
#include "storage/spool.hpp"

namespace huren::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;
using storage::Database;
using storage::Query;

constexpr int kPatients = 200'000;
constexpr const char* kReady = "ready-7";  // changes with the shape of the data
constexpr const char* kLocalItems =
    "code,name,item,panel,unit\nL001,葡萄糖,GLU,,mmol/L\nL002,血脂四项,,LIPID,\nL003,肌酐,CREA,,umol/L\nL004,血钾,K,,mmol/L\nL005,谷丙转氨酶,ALT,,U/L\n";

struct Analyte { const char *item, *name, *unit, *value; };
constexpr std::array<Analyte, 18> kChemistry{{{"GLU", "葡萄糖", "mmol/L", "5.4"}, {"UREA", "尿素", "mmol/L", "5.1"}, {"CREA", "肌酐", "umol/L", "71"}, {"UA", "尿酸", "umol/L", "310"},
                                              {"NA", "钠", "mmol/L", "140"}, {"K", "钾", "mmol/L", "4.1"}, {"CL", "氯", "mmol/L", "103"}, {"CA", "钙", "mmol/L", "2.31"},
                                              {"P", "磷", "mmol/L", "1.1"}, {"TBIL", "总胆红素", "umol/L", "12"}, {"ALT", "丙氨酸氨基转移酶", "U/L", "22"}, {"AST", "天门冬氨酸氨基转移酶", "U/L", "20"},
                                              {"TP", "总蛋白", "g/L", "71"}, {"ALB", "白蛋白", "g/L", "43"}, {"TC", "总胆固醇", "mmol/L", "4.8"}, {"TG", "甘油三酯", "mmol/L", "1.3"},
                                              {"HDLC", "高密度脂蛋白胆固醇", "mmol/L", "1.3"}, {"LDLC", "低密度脂蛋白胆固醇", "mmol/L", "2.9"}}};
constexpr std::array<Analyte, 14> kBlood{{{"WBC", "白细胞", "10*9/L", "6.1"}, {"RBC", "红细胞", "10*12/L", "4.6"}, {"HGB", "血红蛋白", "g/L", "138"}, {"HCT", "红细胞压积", "L/L", "0.41"},
                                          {"MCV", "平均红细胞体积", "fL", "89"}, {"MCH", "平均血红蛋白量", "pg", "30"}, {"MCHC", "平均血红蛋白浓度", "g/L", "335"}, {"PLT", "血小板", "10*9/L", "220"},
                                          {"RDW", "红细胞分布宽度", "%", "13"}, {"MPV", "平均血小板体积", "fL", "9.8"}, {"NEUTP", "中性粒细胞百分数", "%", "61"}, {"LYMPHP", "淋巴细胞百分数", "%", "29"},
                                          {"MONOP", "单核细胞百分数", "%", "7"}, {"EOP", "嗜酸粒细胞百分数", "%", "2"}}};

void must(const Result<void>& r) {
  if (r) return;
  std::fprintf(stderr, "%s\n", line(r.error()).c_str());
  std::exit(1);
}
template <class T>
T must(Result<T> r) {
  if (!r) must(Result<void>(r.error()));
  return std::move(*r);
}

std::string padded(const char* kind, int n) {  // as long as an id of huren's own
  char out[40];
  std::snprintf(out, sizeof out, "0199%s%026d", kind, n);
  return out;
}
std::string local_id(int p) { return "P" + std::to_string(100'000 + p); }

model::Patient patient(int p) {
  static constexpr std::array weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  char number[24];
  std::snprintf(number, sizeof number, "%06d1980010%d%02d%d", 420100 + p / 400 % 900, 1 + p % 9, p / 4 % 100, 1 + p % 4 * 2);
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (number[i] - '0') * weights[i];
  model::Patient out;
  out.local_id = local_id(p);
  out.name = "王" + std::to_string(p);
  out.sex = model::Sex::male;
  out.birth_date = {1980, 1, 1 + p % 9};
  out.identifiers = {{"resident_id", std::string(number, 17) + "10X98765432"[sum % 11], ""}};
  return out;
}

// Three reports a patient, 18 + 18 + 14 results, of the last weeks; the city hospital's, so that an agreement decides.
struct Sheet { std::span<const Analyte> analytes; int days_ago; };
constexpr std::array<Sheet, 3> kSheets{{{kChemistry, 20}, {kBlood, 2}, {kChemistry, 3}}};

model::LabReport report(int p, int sheet, std::int64_t at_ms) {
  model::LabReport r;
  r.origin = {"91420000CITY000001", "市医院"};
  r.number = "R" + std::to_string(p) + "-" + std::to_string(sheet);
  r.patient = patient(p);
  r.specimen = {"S1", {sheet == 1 ? "whole_blood" : "serum", sheet == 1 ? "全血" : "血清", ""}, from_epoch_ms(at_ms - kSheets[static_cast<std::size_t>(sheet)].days_ago * 86'400'000LL, 480), {}};
  r.reported_at = from_epoch_ms(r.specimen.collected_at.epoch_ms + 7'200'000, 480);
  int position = 0;
  for (const auto& a : kSheets[static_cast<std::size_t>(sheet)].analytes) {
    model::Observation o;
    o.set_id = std::to_string(++position);
    o.local = {std::string("C") + a.item, a.name, "L"};
    o.standard = {a.item, a.name, "huren"};
    o.value_type = "NM";
    o.value = a.value;
    o.unit = a.unit;
    o.range.text = "见报告";
    o.instrument = "AU5800";
    o.method = {"", "酶法", ""};
    r.observations.push_back(std::move(o));
  }
  return r;
}

void build(const fs::path& dir, std::int64_t at_ms) {
  fs::remove_all(dir);
  fs::create_directories(dir / "data");
  must(store::sqlite::SqliteStore::open((dir / "data").string(), {}));
  auto db = must(Database::open((dir / "data/store.db").string(), {.synchronous = storage::Synchronous::off, .checkpoint_pages = 200'000}));
  must(db->exec("PRAGMA cache_size=-400000"));
  // Indexes come last: sorted, as a store grown over years has them after a VACUUM; the rows lie in order of release.
  std::vector<std::string> indexes;
  {
    Query q(*db, "SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL AND tbl_name IN ('result', 'report')");
    std::vector<std::string> names;
    while (must(q.step())) {
      names.push_back(q.text(0));
      indexes.push_back(q.text(1));
    }
    for (const auto& n : names) must(db->exec(("DROP INDEX " + n).c_str()));
  }
  must(db->exec("BEGIN"));
  Query put_patient(*db, "INSERT INTO patient(id, local_id, json) VALUES(?, ?, ?)");
  Query put_tie(*db, "INSERT INTO tie(patient_id, partner, basis, reference, from_ms, to_ms) VALUES(?, '', 'encounter', 'E1', 0, 0)");
  for (int p = 0; p < kPatients; ++p) {
    must(put_patient.with(padded("a", p), local_id(p), model::to_json(patient(p))).run());
    put_patient.again();
    must(put_tie.with(padded("a", p)).run());
    put_tie.again();
  }
  Query put_report(*db,
                   "INSERT INTO report(id, origin, number, version, status, source, patient_id, stored_ms, current, reported_ms, digest, brief, rest) "
                   "VALUES(?1, ?2, ?3, 1, 'final', 'city', ?4, ?5, 1, ?5, 'd', ?6, ?7)");
  Query put_text(*db, "INSERT INTO report_text(seq, hl7, document) VALUES(?, x'', x'')");
  Query put_result(*db,
                   "INSERT INTO result(owner, collected_ms, report_id, current, results) VALUES(?, ?, ?, 1, ?)");
  std::vector<int> order(kPatients);
  for (int p = 0; p < kPatients; ++p) order[static_cast<std::size_t>(p)] = p;
  std::mt19937 random(7);
  std::int64_t results = 0;
  std::array<std::vector<std::string>, 3> ids;
  for (auto& of_sheet : ids) of_sheet.resize(kPatients);
  for (int sheet = 0; sheet < static_cast<int>(kSheets.size()); ++sheet) {
    std::shuffle(order.begin(), order.end(), random);  // reports of one patient lie far apart
    for (int i = 0; i < kPatients; ++i) {
      const int p = order[static_cast<std::size_t>(i)];
      const auto r = report(p, sheet, at_ms);
      const auto id = padded("b", sheet * kPatients + i), owner = padded("a", p);
      const auto head = model::brief_of(r), rest = model::rest_of(r);
      must(put_report.with(id, r.origin.code, r.number, owner, r.reported_at.epoch_ms).bind_blob(head).bind_blob(rest).run());
      put_report.again();
      must(put_text.with(db->last_rowid()).run());
      put_text.again();
      ids[static_cast<std::size_t>(sheet)][static_cast<std::size_t>(p)] = id;
    }
  }
  // The results' own tree is in order of patient: filled in that order it is as the indexes above.
  for (int p = 0; p < kPatients; ++p) {
    if (p % 20'000 == 0) std::fprintf(stderr, "\rbuilding the store: %lld results", static_cast<long long>(results));
    for (const std::size_t sheet : {0U, 2U, 1U}) {  // oldest first
      const auto r = report(p, static_cast<int>(sheet), at_ms);
      std::vector<store::ResultRow> rows;
      for (const auto& o : r.observations) rows.push_back({.id = "", .report_id = "", .patient_id = "", .item = o.standard.code, .position = static_cast<int>(rows.size()), .status = "final", .brief = model::brief_of(o)});
      std::vector<const store::ResultRow*> together;
      for (const auto& row : rows) together.push_back(&row);
      const auto packed = store::sqlite::packed(together);
      put_result.with(padded("a", p), r.specimen.collected_at.epoch_ms, ids[sheet][static_cast<std::size_t>(p)]).bind_blob(packed);
      must(put_result.run());
      put_result.again();
      results += static_cast<std::int64_t>(rows.size());
    }
  }
  must(db->exec("COMMIT"));
  for (const auto& sql : indexes) must(db->exec(sql.c_str()));
  std::fprintf(stderr, "\rbuilding the store: %lld results, done\n", static_cast<long long>(results));
  db.reset();
  std::ofstream(dir / "local_items.csv") << kLocalItems;
  std::ofstream(dir / kReady) << at_ms;
}

struct Times {
  std::vector<double> us;
  void add(Clock::time_point from) { us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - from).count()); }
  double at(double share) {
    std::sort(us.begin(), us.end());
    return us[std::min(us.size() - 1, static_cast<std::size_t>(static_cast<double>(us.size()) * share))];
  }
};

void print(const char* name, Times& t) { std::printf("%-58s p50 %9.1f us   p99 %9.1f us   max %9.1f us   n %zu\n", name, t.at(0.5), t.at(0.99), t.at(1), t.us.size()); }

bool bar(const char* name, double value, double most, const char* unit) {
  const bool met = value <= most;
  std::printf("  %-56s %9.2f %s, bar %.0f: %s\n", name, value, unit, most, met ? "met" : "MISSED");
  return met;
}

// The rows that order.check reads, each by its primary key, columns taken out: nothing is cheaper than that.
class Bare {
 public:
  explicit Bare(const std::string& file) : db_(must(Database::open(file, {.read_only = true}))) {}
  struct Keys { std::int64_t patient = 0; std::string patient_id; std::vector<std::int64_t> reports, results; };
  Keys keys(int p) {
    Keys k;
    k.patient_id = padded("a", p);
    k.patient = must(Query(*db_, "SELECT rowid FROM patient WHERE id=?").with(k.patient_id).number());
    std::vector<std::string> reports;
    Query q(*db_, "SELECT seq, report_id, results FROM result WHERE owner=? AND current=1 AND collected_ms>0");
    q.with(k.patient_id);
    while (must(q.step())) {
      static constexpr std::array<std::string_view, 11> items{"GLU", "TC", "TG", "HDLC", "LDLC", "CREA", "K", "ALT", "APOA1", "APOB", "LPA"};
      bool asked = false;
      store::sqlite::ResultPack pack(q.view(2));
      for (store::sqlite::PackedResult one; pack.next(one);) asked |= std::find(items.begin(), items.end(), one.item) != items.end();
      k.results.push_back(q.integer(0));  // it reads every record of the stretch, and the heads of the reports that hold something asked for
      if (!asked) continue;
      if (std::find(reports.begin(), reports.end(), q.text(1)) == reports.end()) reports.push_back(q.text(1));
    }
    for (const auto& id : reports) k.reports.push_back(must(Query(*db_, "SELECT seq FROM report WHERE id=?").with(id).number()));
    return k;
  }
  std::size_t read(const Keys& k) {
    std::size_t rows = 0;
    must(Query(*db_, "BEGIN").run());
    {
      Query one(*db_, "SELECT id, local_id, json FROM patient WHERE rowid=?");
      rows += take(one.with(k.patient), 3);
      Query tie(*db_, "SELECT from_ms, to_ms FROM tie WHERE patient_id=? AND partner='' AND basis='encounter' AND reference='E1'");
      rows += take(tie.with(k.patient_id), 2);
      Query result(*db_, "SELECT report_id, collected_ms, current, results FROM result WHERE seq=?");
      for (const auto key : k.results) {
        rows += take(result.with(key), 4);
        result.again();
      }
      Query report(*db_, "SELECT id, origin, number, version, status, source, patient_id, stored_ms, current, brief FROM report WHERE seq=?");
      for (const auto key : k.reports) {
        rows += take(report.with(key), 10);
        report.again();
      }
    }
    must(Query(*db_, "ROLLBACK").run());
    return rows;
  }

 private:
  std::size_t take(Query& q, int columns) {
    if (!must(q.step())) return 0;
    for (int c = 0; c < columns; ++c) bytes_ += q.text(c).size();
    return 1;
  }
  std::unique_ptr<Database> db_;
  std::size_t bytes_ = 0;
};

config::Config settings() {
  config::Config c;
  c.hospital = {.code = "91420000COUNTY0001", .name = "县医院", .region = "420111", .level = 2, .offset_minutes = 480};
  c.data_dir = "data";
  c.local_items = "local_items.csv";
  auto& partner = c.partners.emplace_back();
  partner.code = "city";
  partner.adapter = "bench.wire";
  partner.hospital = {.code = "91420000CITY000001", .name = "市医院", .region = "420100", .level = 3, .offset_minutes = 480};
  auto& agreement = c.agreements.emplace_back();
  agreement.id = "a";
  agreement.partner = "city";
  agreement.from = {2020, 1, 1};
  agreement.all_items = true;
  return c;
}

}  // namespace

bool order_check(const std::string& scratch) {
  const fs::path dir(scratch);
  const std::int64_t at_ms = parse_iso_time("2026-11-22T10:00:00+08:00", 480)->epoch_ms;
  if (!fs::exists(dir / kReady)) build(dir, at_ms);
  auto spool = must(storage::Spool::open((dir / "spool.db").string(), {}));
  class Wire final : public PartnerAdapter {
    Receipt deliver(const std::string&, const Message&, std::uint32_t) override { return {}; }
  };
  static const AdapterEntry wire{HUREN_ADAPTER_SIGNATURE, "bench.wire", "huren.partner/1", "no wire", nullptr, 0,
                                 [](const AdapterSetup&) -> Result<std::unique_ptr<Adapter>> { return std::unique_ptr<Adapter>(std::make_unique<Wire>()); }};
  auto engine = must(engine::open_engine({.config = settings(), .config_dir = dir.string(), .adapter_dir = "", .spool = spool.get(), .hooks = {},
                                          .builtin = {&store_sqlite_entry(), &wire}, .clock = nullptr}));

  const std::string doctor = "D" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());  // nothing was shown to this one yet
  const auto request = [&](int p) {
    Json orders = Json::array();
    for (const char* code : {"L001", "L002", "L003", "L004", "L005"}) orders.push_back({{"order_id", std::string("O-") + code}, {"item", {{"code", code}}}});
    return Json{{"patient_id", local_id(p)}, {"encounter_id", "E1"}, {"department", "内科"}, {"doctor", {{"id", doctor}, {"name", "赵敏"}}}, {"at", "2026-11-22T10:00:00+08:00"}, {"orders", orders}}.dump();
  };
  const auto ask = [&](const std::string& json) {
    auto a = engine->query("order.check/1", json, 2000);
    if (a.status != HUREN_OK) must(Result<void>(a.error));
    return a.json;
  };

  Bare bare((dir / "data/store.db").string());
  std::mt19937 random(static_cast<unsigned>(std::random_device{}()));
  std::uniform_int_distribution<int> any(0, kPatients - 1);
  const auto sample = Json::parse(ask(request(0)));
  std::printf("order.check of 5 orders (8 analytes needed), 10,000,000 results of %d patients: %zu cards, %zu bytes, the first %s\n", kPatients, sample["cards"].size(),
              sample.dump().size(), sample["cards"].empty() ? "none" : sample["cards"][0]["extension"]["huren"]["outcome"].get<std::string>().c_str());

  constexpr int kFirst = 2'000, kSteady = 20'000;
  Times first, steady, keyed;
  std::vector<int> known;
  for (int i = 0; i < kFirst; ++i) {
    const int p = any(random);
    const auto json = request(p);
    const auto from = Clock::now();
    ask(json);
    first.add(from);
    known.push_back(p);
  }
  std::size_t rows = 0;
  for (int i = 0; i < kSteady; ++i) {
    const int p = known[static_cast<std::size_t>(i % kFirst)];
    const auto json = request(p);
    const auto keys = bare.keys(p);
    const auto read_keys = [&] {
      const auto from = Clock::now();
      rows = bare.read(keys);
      keyed.add(from);
    };
    if (i % 2 == 0) read_keys();
    const auto from = Clock::now();
    ask(json);
    steady.add(from);
    if (i % 2 != 0) read_keys();
  }
  std::printf("rows read: %zu\n", rows);
  print("bare primary-key read of the same rows", keyed);
  print("order.check, shown before (nothing to note)", steady);
  print("order.check, first showing (noted on disk before the answer)", first);
  bool met = bar("p50 against the bare read", steady.at(0.5) / keyed.at(0.5), 6, "x");
  met &= bar("p99 against the bare read", steady.at(0.99) / keyed.at(0.99), 6, "x");
  met &= bar("p99, shown before", steady.at(0.99) / 1000, 10, "ms");
  met &= bar("p99, first showing", first.at(0.99) / 1000, 10, "ms");
  engine->stop(0);
  return met;
}

}  // namespace huren::bench
