#include "tests/bench/sync/hospitals.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include <Poco/Net/ServerSocket.h>

#include "adapters/his/hl7v2_feed/entry.hpp"
#include "adapters/partner/mllp/entry.hpp"
#include "adapters/store/sqlite/store.hpp"
#include "engine/engine.hpp"
#include "module/content.hpp"
#include "tests/bench/sync/peers.hpp"

namespace huren::bench {
namespace {

using Json = nlohmann::json;

std::string first_word(const std::string& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

}  // namespace

int free_port() { return Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", 0)).address().port(); }

namespace {

std::string toml(const char* code, const char* name, int port, const Certificates& c, const char* key, const char* partner, const char* partner_code, int partner_port,
                 const std::string& pin) {
  std::string out = "[hospital]\ncode = \"" + std::string(code) + "\"\nname = \"" + name + "\"\nregion = \"420500\"\nlevel = 3\n";
  out += "[store]\ndirectory = \"data\"\n[engine]\nlog_level = \"warning\"\n";
  out += "[listener]\nlisten = \"127.0.0.1:" + std::to_string(port) + "\"\ncertificate = \"" + c.folder + "/" + key + ".pem\"\nprivate_key = \"" + c.folder + "/" + key +
         ".key\"\ntrust = \"" + c.folder + "/ca.pem\"\n";
  out += "[partner." + std::string(partner) + "]\norganisation = \"" + partner_code + "\"\nname = \"" + partner + "\"\nregion = \"420500\"\nlevel = 3\naddress = \"127.0.0.1:" +
         std::to_string(partner_port) + "\"\ncertificate_sha256 = \"" + pin + "\"\nserver_name = \"localhost\"\n";
  out += "[agreement.x]\npartner = \"" + std::string(partner) + "\"\nfrom = 2020-01-01\nbasis = \"consent\"\n[codes]\nlocal_items = \"local_items.csv\"\n";
  return out;
}

struct Analyte { const char* code; const char* name; const char* item; const char* unit; const char* range; const char* value; };
constexpr std::array<Analyte, 25> kAnalytes{{
    {"ALT", "丙氨酸氨基转移酶", "ALT", "U/L", "9-50", "31"}, {"AST", "天门冬氨酸氨基转移酶", "AST", "U/L", "15-40", "28"},
    {"TP", "总蛋白", "TP", "g/L", "65-85", "72.1"}, {"ALB", "白蛋白", "ALB", "g/L", "40-55", "44.3"},
    {"TBIL", "总胆红素", "TBIL", "umol/L", "0-26", "12.4"}, {"DBIL", "直接胆红素", "DBIL", "umol/L", "0-8", "3.2"},
    {"GGT", "γ-谷氨酰转移酶", "GGT", "U/L", "10-60", "25"}, {"ALP", "碱性磷酸酶", "ALP", "U/L", "45-125", "78"},
    {"TBA", "总胆汁酸", "TBA", "umol/L", "0-10", "4.5"}, {"CHE", "胆碱酯酶", "CHE", "U/L", "5000-12000", "8200"},
    {"BUN", "尿素", "UREA", "mmol/L", "3.1-8.0", "5.6"}, {"CREA", "肌酐", "CREA", "umol/L", "57-97", "71"},
    {"UA", "尿酸", "UA", "umol/L", "208-428", "333"}, {"GLU", "葡萄糖", "GLU", "mmol/L", "3.9-6.1", "5.42"},
    {"TC", "总胆固醇", "TC", "mmol/L", "2.8-5.2", "4.80"}, {"TG", "甘油三酯", "TG", "mmol/L", "0.4-1.7", "1.35"},
    {"HDL", "高密度脂蛋白胆固醇", "HDLC", "mmol/L", "1.0-1.9", "1.21"}, {"LDL", "低密度脂蛋白胆固醇", "LDLC", "mmol/L", "0-3.4", "2.9"},
    {"K", "钾", "K", "mmol/L", "3.5-5.3", "4.12"}, {"NA", "钠", "NA", "mmol/L", "137-147", "140"},
    {"CL", "氯", "CL", "mmol/L", "99-110", "103"}, {"CA", "钙", "CA", "mmol/L", "2.11-2.52", "2.31"},
    {"P", "无机磷", "P", "mmol/L", "0.85-1.51", "1.1"}, {"MG", "镁", "MG", "mmol/L", "0.75-1.02", "0.9"},
    {"CK", "肌酸激酶", "CK", "U/L", "50-310", "120"},
}};

Json patient(int i) {
  char rid[32];
  std::snprintf(rid, sizeof rid, "1101051949%02d%02d%03d", 1 + i / 28 % 12, 1 + i % 28, i / 336 % 1000);
  int sum = 0;
  constexpr int kWeights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  for (int d = 0; d < 17; ++d) sum += (rid[d] - '0') * kWeights[d];
  const std::string id = std::string(rid) + "10X98765432"[sum % 11];
  const std::string birth = id.substr(6, 4) + "-" + id.substr(10, 2) + "-" + id.substr(12, 2);
  return {{"local_id", "P" + std::to_string(i)}, {"name", "陈东珅"}, {"sex", (rid[16] - '0') % 2 ? "male" : "female"}, {"birth_date", birth},
          {"identifiers", Json::array({{{"type", "resident_id"}, {"value", id}}})}};
}

}  // namespace

std::string relay_toml(int feed_port, int partner_port) {
  return "[hospital]\ncode = \"HB-COUNTY-01\"\nname = \"县医院\"\n[store]\ndirectory = \"data\"\n[engine]\nlog_level = \"warning\"\n"
         "[codes]\nlocal_items = \"local_items.csv\"\n[feed.lab]\nlisten = \"127.0.0.1:" + std::to_string(feed_port) + "\"\nrelay_to = \"city\"\n"
         "[partner.city]\norganisation = \"HB-CITY-01\"\nname = \"市医院\"\ntls = false\ncertificate_sha256 = \"" + std::string(64, '0') + "\"\naddress = \"127.0.0.1:" + std::to_string(partner_port) + "\"\n";
}

void fill_outbox(const std::string& folder, std::int64_t rows) {
  constexpr std::int64_t kAtOnce = 2000;
  std::filesystem::create_directories(folder + "/data");
  auto store = must(store::sqlite::SqliteStore::open(folder + "/data", {}));
  for (std::int64_t from = 0; from < rows; from += kAtOnce)
    must(store->transact([&](store::Unit& unit) -> Result<void> {
      for (std::int64_t i = from; i < std::min(rows, from + kAtOnce); ++i) {
        store::OutboxRow row;
        row.message_id = "Q" + std::to_string(i);
        row.partner = "city";
        row.type = "ORU^R01";
        row.content_type = "application/hl7-v2";
        row.body = oru(row.message_id, static_cast<int>(i % 1000));
        row.order_key = "P" + std::to_string(i % (rows / 4 + 1));
        row.created_ms = row.changed_ms = 1;
        if (auto done = unit.enqueue(row); !done) return done;
      }
      return {};
    }));
}

Certificates::Certificates(const std::string& where) : folder(where) {
  if (std::system((HUREN_SOURCE_DIR "/tests/support/make_certs.sh " + folder + " a b >/dev/null").c_str()) != 0) die("make_certs.sh");
  fingerprint_a = first_word(folder + "/a.sha256");
  fingerprint_b = first_word(folder + "/b.sha256");
}

Hospital::Hospital(const std::string& folder, const std::string& text, std::function<void(std::string_view)> settled) {
  std::filesystem::create_directories(folder + "/data");
  auto parsed = config::parse(text, "local.toml");
  for (const auto& f : parsed.findings)
    if (f.severity == Severity::error) die(line(f.error));
  std::ofstream items(folder + "/local_items.csv");
  items << "code,name,item,panel,unit\n";
  for (const auto& a : kAnalytes) items << a.code << ',' << a.name << ',' << a.item << ",," << a.unit << '\n';
  items.close();
  spool_ = must(storage::Spool::open(folder + "/data/spool.db", {}));
  engine_ = must(engine::open_engine({.config = std::move(parsed.config), .config_dir = folder, .adapter_dir = "", .spool = spool_.get(), .hooks = {},
                                      .builtin = {&store_sqlite_entry(), &partner_mllp_entry(), &his_hl7v2_feed_entry()}, .clock = nullptr,
                                      .delivered = [told = std::move(settled)](const store::OutboxRow& row) { if (told) told(row.subject.empty() ? row.message_id : row.subject); }}));
}

Hospital::~Hospital() { close(); }

void Hospital::close() {
  if (engine_) engine_->stop(2000);
  engine_.reset();
  spool_.reset();
}

void Hospital::submit(std::string_view type, std::string_view key, std::string_view json) {
  must(module::known_event(type));
  must(module::json_text(json));
  if (must(spool_->append(type, key, "application/json", json, 60'000, [this](const SpooledEvent& event) { engine_->coming(event); })) != storage::Appended::stored) die("not a new event");
  engine_->spooled();
}

std::int64_t Hospital::spooled() { return must(spool_->depth()); }

std::int64_t Hospital::figure(const char* name) { return Json::parse(engine_->health()).at(name).get<std::int64_t>(); }

void Settled::expect(const std::string& subject) {
  const std::lock_guard lock(mutex_);
  open_.emplace(subject, std::make_shared<One>());
}

void Settled::tell(std::string_view subject) {
  const std::lock_guard lock(mutex_);
  const auto it = open_.find(std::string(subject));
  if (it == open_.end()) return;
  it->second->done = true;
  it->second->done_cv.notify_one();
  open_.erase(it);
  ++count_;
  room_.notify_one();
  if (open_.empty()) any_.notify_all();
}

bool Settled::wait(const std::string& subject, double seconds) {
  std::unique_lock lock(mutex_);
  const auto it = open_.find(subject);
  if (it == open_.end()) return true;
  const auto one = it->second;
  return one->done_cv.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return one->done; });
}

std::int64_t Settled::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

bool Settled::wait_for_all(double seconds) {
  std::unique_lock lock(mutex_);
  return any_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return open_.empty(); });
}

void Settled::wait_until_open_below(std::int64_t limit) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return static_cast<std::int64_t>(open_.size()) < limit; });
}

Pair::Pair(const std::string& folder, const Certificates& c, int patients) : people_(static_cast<std::size_t>(patients)) {
  const int port_a = free_port(), port_b = free_port();
  b = std::make_unique<Hospital>(folder + "/b", toml("HB-CITY-01", "市医院", port_b, c, "b", "county", "HB-COUNTY-01", port_a, c.fingerprint_a), nullptr);
  a = std::make_unique<Hospital>(folder + "/a", toml("HB-COUNTY-01", "县医院", port_a, c, "a", "city", "HB-CITY-01", port_b, c.fingerprint_b),
                                 [this](std::string_view subject) { settled.tell(subject); });
  constexpr int kHands = 16;
  std::vector<std::jthread> hands;
  for (int hand = 0; hand < kHands; ++hand)
    hands.emplace_back([this, hand, patients] {
      for (int i = hand; i < patients; i += kHands) {
        people_[static_cast<std::size_t>(i)] = patient(i).dump();
        const auto person = "{\"patient\":" + people_[static_cast<std::size_t>(i)] + '}';
        const auto key = std::to_string(i);
        b->submit("patient.registered/1", key, person);
        a->submit("patient.registered/1", key, person);
        a->submit("consent.given/1", key, Json{{"patient_id", "P" + key}, {"partner", "city"}, {"at", "2026-11-22T08:00:00+08:00"}}.dump());
      }
    });
  hands.clear();
  Json report{{"number", "@"}, {"version", 1}, {"status", "final"}, {"panel", {{"code", "SH25"}, {"name", "生化全套"}}}, {"category", "生化"}, {"patient_class", "outpatient"},
              {"department", "内分泌科"}, {"specimen", {{"id", "S1"}, {"type", {{"code", "serum"}, {"name", "血清"}}}, {"collected_at", "2026-11-22T07:00:00+08:00"}}},
              {"observations", Json::array()}, {"requester", {{"id", "D0311"}, {"name", "王芳"}}}, {"author", {{"id", "L0007"}, {"name", "李强"}}},
              {"verifier", {{"id", "L0002"}, {"name", "周海"}}}, {"reported_at", "2026-11-22T08:30:00+08:00"}, {"patient", "#"}};
  int position = 0;
  for (const auto& o : kAnalytes)
    report["observations"].push_back({{"set_id", std::to_string(++position)}, {"local", {{"code", o.code}, {"name", o.name}}}, {"value_type", "NM"}, {"value", o.value},
                                      {"unit", o.unit}, {"range", {{"text", o.range}}}, {"status", "final"}});
  const auto text = Json{{"report", report}}.dump();
  const auto number = text.find('@'), person = text.find("\"#\"", number);
  if (person == std::string::npos) die("the report's number does not come before its patient");
  report_ = {text.substr(0, number), text.substr(number + 1, person - number - 1), text.substr(person + 3)};
  // Everything arrives before the clock starts.
  while (a->spooled() > 0 || b->spooled() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

std::string Pair::subject(std::int64_t number) { return "HB-COUNTY-01/R" + std::to_string(number); }

void Pair::release(std::int64_t number) {
  const auto key = "R" + std::to_string(number);
  const auto& person = people_[static_cast<std::size_t>(number) % people_.size()];
  std::string text;
  text.reserve(report_[0].size() + report_[1].size() + report_[2].size() + key.size() + person.size());
  text.append(report_[0]).append(key).append(report_[1]).append(person).append(report_[2]);
  settled.expect(subject(number));
  a->submit("lab.report.released/1", key, text);
}

void Pair::close() {
  a->close();
  b->close();
}

}  // namespace huren::bench
