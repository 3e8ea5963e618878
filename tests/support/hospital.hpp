// One hospital in a test: the real engine on a real SQLite store and spool in a folder of its own, partners by loopback
// (what is sent can be read and answered as the test likes), bytes from outside through the engine's own accept().
#pragma once
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "adapters/partner/loopback/entry.hpp"
#include "adapters/store/sqlite/store.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"
#include "engine/engine.hpp"
#include "huren/huren.h"
#include "storage/spool.hpp"
#include "tests/support/temp_dir.hpp"

namespace huren::test {

using Json = nlohmann::json;
namespace loopback = huren::partner_loopback;

// The engine's services, caught by a feed adapter that does nothing else.
inline std::map<std::string, EngineServices*>& services_by_feed() {
  static std::map<std::string, EngineServices*> map;
  return map;
}
class Tap : public HisAdapter {};
inline const AdapterEntry& tap_entry() {
  static const AdapterEntry entry{HUREN_ADAPTER_SIGNATURE, "his.tap", "huren.his/1", "a test's way in", nullptr, 0,
                                  [](const AdapterSetup& setup) -> Result<std::unique_ptr<Adapter>> {
                                    for (const auto& peer : setup.peers) services_by_feed()[peer.code] = setup.engine;
                                    return std::unique_ptr<Adapter>(std::make_unique<Tap>());
                                  }};
  return entry;
}

// Real time plus what the test adds.
class MovingClock : public engine::Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const noexcept override { return engine::Clock::now_ms() + added_; }
  void advance(std::chrono::milliseconds by) { added_ += by.count(); }

 private:
  std::atomic<std::int64_t> added_{0};
};

class Hospital {
 public:
  static constexpr const char* kRid = "11010519491231002X";

  explicit Hospital(std::string code = "HB-CITY-01", std::string partner_code = "HB-COUNTY-01") : feed_("tap-" + dir_.path().filename().string()) {
    config.hospital = {.code = std::move(code), .name = "市医院", .region = "420500", .level = 3, .offset_minutes = 480};
    config.data_dir = "data";
    auto& partner = config.partners.emplace_back();
    partner.code = "other";
    partner.hospital = {.code = std::move(partner_code), .name = "县医院", .region = "420500", .level = 2, .offset_minutes = 480};
    partner.adapter = "partner.loopback";
    partner.options = {{"channel", feed_}};
    auto& feed = config.feeds.emplace_back();
    feed.name = feed_;
    feed.adapter = "his.tap";
    auto& agreement = config.agreements.emplace_back();
    agreement.id = "a";
    agreement.partner = "other";
    agreement.from = {2020, 1, 1};
    agreement.all_items = true;
    config.exchange.reconcile_hour = -1;  // a test that wants a nightly run says so
    config.retry_first_ms = 20;
    config.retry_ceiling_ms = 50;
    write("local_items.csv", "code,name,item,panel,unit\nGLU01,葡萄糖,GLU,,mmol/L\nK01,钾,K,,mmol/L\n");
    write("prices.csv", "code,price\nGLU01,6.00\n");
    config.local_items = "local_items.csv";
    config.prices = "prices.csv";
  }
  ~Hospital() { close(); }

  void write(const std::string& name, const std::string& text) { std::ofstream(dir_.path() / name, std::ios::binary) << text; }
  Result<void> try_open() {
    if (!spool_) {
      auto spool = storage::Spool::open(dir_.file("spool.db"), {});
      REQUIRE(spool);
      spool_ = std::move(*spool);
    }
    std::vector<const AdapterEntry*> builtin{&store_sqlite_entry(), &partner_loopback_entry(), &tap_entry()};
    builtin.insert(builtin.end(), more_adapters.begin(), more_adapters.end());
    auto engine = engine::open_engine({.config = config, .config_dir = dir_.path().string(), .adapter_dir = "", .spool = wrap_spool ? wrap_spool(spool_.get()) : spool_.get(), .hooks = {},
                                       .builtin = std::move(builtin), .clock = clock});
    if (!engine) return engine.error();
    engine_ = std::move(*engine);
    return {};
  }
  Hospital& open() {
    auto r = try_open();
    if (!r) FAIL(line(r.error()));
    return *this;
  }
  void close() {
    if (engine_) engine_->stop(0);
    engine_.reset();
  }

  void submit(const std::string& type, const Json& body, std::string key = "", const std::string& content_type = "application/json") {
    if (key.empty()) key = "k" + std::to_string(++keys_);
    spool_only(type, body, key, content_type);
    engine_->spooled();
  }
  // The engine need not be there.
  void spool_only(const std::string& type, const Json& body, const std::string& key, const std::string& content_type = "application/json") {
    const auto bytes = body.is_string() && content_type != "application/json" ? body.get<std::string>() : body.dump();
    REQUIRE(spool_->append(type, key, content_type, bytes, 2000, [this](const SpooledEvent& event) {
      if (engine_) engine_->coming(event);
    }));
  }
  std::int64_t sequence_of(const std::string& key) {
    auto waiting = spool_->next(0, 1000);
    REQUIRE(waiting);
    for (const auto& e : *waiting)
      if (e.key == key) return e.seq;
    return 0;
  }
  QueryAnswer ask(const std::string& topic, const Json& body) { return engine_->query(topic, body.dump(), 10'000); }
  Json must_ask(const std::string& topic, const Json& body) {
    auto a = ask(topic, body);
    if (a.status != HUREN_OK) FAIL(topic + ": " + line(a.error));
    return Json::parse(a.json);
  }
  Json health() { return Json::parse(engine_->health()); }
  // Next notice, acknowledged; null when none comes.
  Json notice(std::uint32_t wait_ms = 3000) {
    auto a = engine_->poll(wait_ms);
    if (a.status != HUREN_OK) return nullptr;
    auto n = Json::parse(a.json);
    engine_->acknowledge(n["notice_id"].get<std::string>());
    return n;
  }
  Json notice_of(const std::string& topic) {
    for (auto n = notice(); !n.is_null(); n = notice())
      if (n["topic"] == topic) return n;
    return nullptr;
  }
  Reply receive(std::string bytes, const std::string& source = "other") {
    return services_by_feed().at(feed_)->accept({.source = source, .content_type = "application/hl7-v2", .body = std::move(bytes)});
  }
  Reply from_own_lab(std::string bytes) { return receive(std::move(bytes), "feed:" + feed_); }
  // Everything submitted or received so far has taken effect.
  void settle() { ask("results.list/1", Json::object()); }
  [[nodiscard]] loopback::Channel& wire() const { return loopback::channel(feed_); }
  [[nodiscard]] std::vector<loopback::Channel::Sent> reports_sent() const {  // without the referral that made the tie
    auto all = wire().sent();
    std::erase_if(all, [](const auto& m) { return m.type != "ORU^R01"; });
    return all;
  }
  template <class F>
  bool eventually(F&& holds) {
    for (int i = 0; i < 400; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    return false;
  }
  [[nodiscard]] std::string folder() const { return dir_.path().string(); }
  EngineLink& link() { return *engine_; }
  EngineServices& services() { return *services_by_feed().at(feed_); }  // as an adapter sees the engine

  void registers(const std::string& local_id = "P1", const char* birth = "1949-12-31", const char* rid = kRid) {
    submit("patient.registered/1", {{"patient", patient(local_id, birth, rid)}});
  }
  void encounter(const std::string& local_id = "P1", const std::string& id = "E1") {
    submit("encounter.started/1", {{"patient_id", local_id}, {"encounter_id", id}, {"doctor", doctor()}, {"at", "2026-11-22T08:00:00+08:00"}});
  }
  Json list(const std::string& local_id = "P1", const std::string& encounter_id = "E1") {
    return must_ask("results.list/1", {{"patient_id", local_id}, {"encounter_id", encounter_id}, {"doctor", doctor()}})["results"];
  }
  static Json doctor(const char* id = "D1") { return {{"id", id}, {"name", "赵敏"}}; }
  static Json patient(const std::string& local_id, const char* birth = "1949-12-31", const char* rid = kRid) {
    return {{"local_id", local_id}, {"name", "陈东珅"}, {"sex", "female"}, {"birth_date", birth}, {"identifiers", Json::array({{{"type", "resident_id"}, {"value", rid}}})}};
  }
  static Json report(const std::string& number, const std::string& value = "5.42", int version = 1) {
    Json body{{"number", number}, {"version", version}, {"status", version > 1 ? "corrected" : "final"}, {"panel", {{"code", "SH01"}, {"name", "生化"}}},
              {"patient", patient("P1")}, {"specimen", {{"id", "S1"}, {"type", {{"code", "serum"}, {"name", "血清"}}}, {"collected_at", "2026-11-22T07:00:00+08:00"}}},
              {"observations", Json::array({{{"set_id", "1"}, {"local", {{"code", "GLU01"}, {"name", "葡萄糖"}}}, {"value_type", "NM"}, {"value", value}, {"unit", "mmol/L"}, {"status", version > 1 ? "corrected" : "final"}}})},
              {"reported_at", "2026-11-22T08:30:00+08:00"}};
    if (version > 1) body["amendment_reason"] = "复核";
    return {{"report", body}};
  }
  [[nodiscard]] std::string log_text() const {
    std::string all;
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir_.path() / "data" / "log")) {
      std::ifstream in(file.path(), std::ios::binary);
      if (file.is_regular_file()) all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
  // An ORU^R01 of the partner as a huren writes it.
  static std::string oru(const std::string& number, const std::string& control_id, const std::string& value = "5.42", const std::string& extra = "F",
                         const char* birth = "19491231", const char* facility = "HB-COUNTY-01") {
    return "MSH|^~\\&|LIS|" + std::string(facility) + "|HIS|HB-CITY-01|20261122083000+0800||ORU^R01^ORU_R01|" + control_id +
           "|P|2.5.1|||||CHN|UNICODE UTF-8\rPID|1||A-1^^^HB-COUNTY-01^PI~" + kRid + "^^^^NNCHN||陈东珅||" + birth +
           "|F\rORC|RE||" + number + "\rOBR|1||" + number + "|SH01^生化^L|||20261122070000+0800|||||||||||||||20261122083000+0800|||" + extra +
           "\rOBX|1|NM|GLU01^葡萄糖^L^14749-6^^LN||" + value + "|mmol/L|3.9-6.1|N|||" + extra + "|||20261122070000+0800\rSPM|1|^S1||serum^血清|||||||||||||20261122070000+0800\r";
  }

  // The same as a huren writes it: the version travels.
  static std::string huren_oru(const std::string& number, const std::string& control_id, const std::string& value, int version,
                               const std::function<std::string(const model::LabReport&)>& document = {}) {
    auto parsed = model::parse_event(version > 1 ? "lab.report.amended/1" : "lab.report.released/1", report(number, value, version).dump(), 480);
    REQUIRE(parsed.event);
    auto r = std::get<model::LabReportReleased>(*parsed.event).report;
    r.origin = {"HB-COUNTY-01", "县医院"};
    r.observations[0].loinc = "14749-6";
    auto bytes = mapping::write_oru(r, document ? document(r) : "", {.control_id = control_id, .sender = "HB-COUNTY-01", .receiver = "HB-CITY-01", .at = *parse_hl7_time("20261122090000+0800", 480)});
    REQUIRE(bytes);
    return *bytes;
  }

  config::Config config;
  std::vector<const AdapterEntry*> more_adapters;
  std::function<SpoolPort*(SpoolPort*)> wrap_spool;  // a test's own between spool and engine
  std::shared_ptr<MovingClock> clock = std::make_shared<MovingClock>();

 private:
  TempDir dir_;
  std::string feed_;
  std::unique_ptr<storage::Spool> spool_;
  std::unique_ptr<EngineLink> engine_;
  int keys_ = 0;
};

}  // namespace huren::test
