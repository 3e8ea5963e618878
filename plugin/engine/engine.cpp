#include "engine/engine.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "core/hl7/ack.hpp"
#include "engine/applier.hpp"
#include "engine/audit.hpp"
#include "engine/codes.hpp"
#include "engine/context.hpp"
#include "engine/exchange/exchange.hpp"
#include "engine/exchange/index.hpp"
#include "engine/feed_maps.hpp"
#include "engine/figures.hpp"
#include "engine/health.hpp"
#include "engine/inbound.hpp"
#include "engine/inspect.hpp"
#include "engine/loader.hpp"
#include "engine/metrics_server.hpp"
#include "engine/panel_link.hpp"
#include "engine/pump.hpp"
#include "engine/queries.hpp"
#include "engine/relay.hpp"
#include "engine/reports.hpp"
#include "engine/threads.hpp"
#include "engine/upkeep.hpp"
#include "huren/huren.h"

namespace huren::engine {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::int64_t kNoticeLeaseMs = 30'000;
constexpr milliseconds kLeaseRetry{1000};
constexpr std::uint32_t kSubmitMs = 2000;  // what an adapter hands over waits as long as huren_submit does

class Services final : public EngineServices {
 public:
  void log(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept override { log_->write(severity, event, fields); }
  std::int64_t now_ms() noexcept override { return clock_->now_ms(); }
  Reply accept(const huren::Inbound& inbound) noexcept override {
    if (!inbound_) return {};  // not the one that runs the hospital's traffic
    const bool passes_through = relay_partner(*context_, inbound.source) != nullptr;
    if (!passes_through && exchange_ && mapping::is_question(hl7::peek_header(inbound.body))) return exchange_->answer(inbound);
    Reply reply = inbound_->accept(inbound);
    figures_->received(reply.stored);
    return reply;
  }
  std::vector<Reply> accept_many(const std::vector<huren::Inbound>& messages) noexcept override {
    std::vector<Reply> replies;
    const auto reports = [&](const huren::Inbound& in) { return relay_partner(*context_, in.source) == nullptr && !(exchange_ && mapping::is_question(hl7::peek_header(in.body))); };
    if (messages.size() < 2 || !inbound_ || !std::ranges::all_of(messages, reports)) {
      for (const auto& in : messages) replies.push_back(accept(in));
      return replies;
    }
    replies = inbound_->accept_many(messages);
    for (const auto& reply : replies) figures_->received(reply.stored);
    return replies;
  }
  QueryAnswer query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) noexcept override {
    return link_->query(topic, json, deadline_ms);
  }
  Result<void> submit(std::string_view type, std::string_view key, std::string_view json) noexcept override {
    auto done = spool_->submit(type, key, json, kSubmitMs);
    if (done) applier_->wake();
    return done;
  }
  Log* log_ = nullptr;
  const Clock* clock_ = nullptr;
  EngineLink* link_ = nullptr;
  SpoolPort* spool_ = nullptr;
  Figures* figures_ = nullptr;
  Inbound* inbound_ = nullptr;
  const Context* context_ = nullptr;
  Applier* applier_ = nullptr;
  exchange::Exchange* exchange_ = nullptr;
};

class Engine final : public OpenEngine {
 public:
  explicit Engine(EngineSetup setup) : setup_(std::move(setup)), clock_(setup_.clock ? setup_.clock : std::make_shared<Clock>()) {}
  ~Engine() override { stop(0); }

  Result<void> open();
  void note_failure(const Error& error) noexcept {
    if (log_) log_->write(Severity::error, "engine.open_failed", error);
  }

  void coming(const SpooledEvent& event) noexcept override {
    if (applier_) applier_->coming(event);
  }
  void spooled() noexcept override {
    if (applier_) applier_->wake();
  }
  QueryAnswer query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) noexcept override;
  QueryAnswer poll(std::uint32_t wait_ms) noexcept override;
  void unpoll(std::string_view notice_id) noexcept override;
  QueryAnswer acknowledge(std::string_view notice_id) noexcept override;
  std::string health() noexcept override;
  void stop(std::uint32_t grace_ms) noexcept override;
  const Context& context() const noexcept override { return *context_; }
  bool live() const noexcept override { return live_; }
  Result<void> submit(std::string_view type, std::string_view key, std::string_view json) noexcept override { return services_.submit(type, key, json); }
  Replied ask(const std::string& partner, const Message& question, std::uint32_t deadline_ms) override;

 private:
  Result<void> make_partners();
  Result<void> make_feeds();
  void note_live();
  Result<void> go_live();   // pumps, listeners, applier: only with the lease
  void wait_for_lease();
  void changed();
  void wake_pumps();
  static QueryAnswer failed(const Error& error) { return {.status = status_of(error), .json = "", .error = error}; }

  EngineSetup setup_;
  std::shared_ptr<const Clock> clock_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Loader> loader_;
  Figures figures_;  // outlives the pumps that count in it
  Services services_;
  std::unique_ptr<Adapter> store_adapter_;
  store::Store* store_ = nullptr;
  Profiles profiles_;
  Documents documents_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Queries> queries_;
  std::unique_ptr<Inbound> inbound_;
  std::unique_ptr<Applier> applier_;
  std::unique_ptr<exchange::Exchange> exchange_;
  std::map<std::string, std::unique_ptr<Adapter>> adapters_;  // by id
  std::vector<std::unique_ptr<Pump>> pumps_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<Upkeep> upkeep_;
  MetricsServer metrics_;

  std::mutex mutex_;
  std::condition_variable notices_, lease_;
  std::uint64_t changes_ = 0;
  bool stopping_ = false;
  std::atomic<bool> live_{false};  // the applier and the pumps run
  std::set<std::string> started_;  // adapters, by id
  std::thread lease_thread_;
};

Result<void> Engine::open() {
  const auto& config = setup_.config;
  const std::string data = data_dir(config, setup_.config_dir);
  std::error_code ec;
  fs::create_directories(data, ec);
  if (ec) return Error{"engine.data_dir", "store.directory", {ec.message()}};
  const Severity least = config.log_level == "error" ? Severity::error : config.log_level == "warning" ? Severity::warning : Severity::info;
  log_ = std::make_unique<Log>(data + "/log", least, *clock_, setup_.hooks);
  services_.log_ = log_.get();
  services_.clock_ = clock_.get();
  services_.link_ = this;
  services_.spool_ = setup_.spool;
  services_.figures_ = &figures_;
  loader_ = std::make_unique<Loader>(setup_.adapter_dir, setup_.builtin);

  auto codes = load_codes(config, setup_.config_dir);
  for (const auto& f : codes.findings) log_->write(f.severity, "codes.finding", f.error);
  if (!codes.set)
    for (const auto& f : codes.findings)
      if (f.severity == Severity::error) return f.error;

  const auto map_faults = load_feed_maps(setup_.config, setup_.config_dir);
  for (const auto& f : map_faults) log_->write(f.severity, "feed.map_fault", {{"name", "feeds"}, {"why", line(f.error)}});
  if (has_error(map_faults)) return map_faults.front().error;
  auto profiles = load_profiles(config, setup_.config_dir);
  for (const auto& f : profiles.findings) log_->write(f.severity, "profile.refused", f.error);
  if (has_error(profiles.findings)) return profiles.findings.front().error;
  profiles_ = std::move(profiles.profiles);
  auto documents = Documents::load(config, setup_.config_dir);
  if (!documents) return documents.error();
  documents_ = std::move(*documents);

  AdapterSetup store_setup{.engine = &services_, .config_dir = setup_.config_dir, .options = config.store_options, .peers = {}};
  store_setup.options["directory"] = data;
  auto made = loader_->make(config.store_adapter, "huren.store/1", std::move(store_setup));
  if (!made) return located(made.error(), config, "huren.store/1");
  store_adapter_ = std::move(*made);
  store_ = dynamic_cast<StoreAdapter*>(store_adapter_.get());
  if (!store_) return Error{"engine.adapter_kind", config.store_adapter, {config.store_adapter, "?", "huren.store/1"}};
  if (auto r = store_adapter_->start(); !r) return r;

  context_ = std::make_unique<Context>(Context{setup_.config, *clock_, *log_, *store_, codes.set, profiles_, documents_});
  if (const auto& file = config.exchange.key_file; !file.empty()) {
    auto key = exchange::read_key((fs::path(setup_.config_dir) / file).string());
    if (!key) return key.error();
    context_->index_key = std::move(*key);
  }
  if (!config.console.listen.empty()) {
    auto key = panel_key(data + "/console/panel.key");
    if (!key) return key.error();
    context_->panel_key = std::move(*key);
  }
  queries_ = std::make_unique<Queries>(*context_);
  health_ = std::make_unique<Health>(*context_, *setup_.spool, setup_.config_dir, pumps_);
  upkeep_ = std::make_unique<Upkeep>(*context_);
  inbound_ = std::make_unique<Inbound>(*context_, [this] { wake_pumps(); }, data + "/in-hand-read");
  applier_ = std::make_unique<Applier>(*context_, *setup_.spool, *inbound_, data + "/in-hand", [this] { changed(); });
  inbound_->through(*applier_);
  exchange_ = std::make_unique<exchange::Exchange>(*context_, [this](const huren::Inbound& in) { return services_.accept(in); });
  services_.context_ = context_.get();
  services_.inbound_ = inbound_.get();
  services_.exchange_ = exchange_.get();
  services_.applier_ = applier_.get();
  if (auto r = make_partners(); !r) return r;
  if (auto r = make_feeds(); !r) return r;

  auto lease = store_->take_lease();
  if (!lease) return lease.error();
  if (*lease) return go_live();
  log_->write(Severity::info, "lease.held_elsewhere", {});
  lease_thread_ = quiet_thread([this] { wait_for_lease(); });
  return {};
}

Result<void> Engine::make_partners() {
  for (auto& [id, setup] : wanted_adapters(setup_.config, setup_.config_dir, "huren.partner/1", services_)) {
    auto made = loader_->make(id, "huren.partner/1", std::move(setup));
    if (!made) return located(made.error(), setup_.config, "huren.partner/1");
    auto* adapter = dynamic_cast<PartnerAdapter*>(made->get());
    if (!adapter) return Error{"engine.adapter_kind", id, {id, "?", "huren.partner/1"}};
    for (const auto& p : setup_.config.partners) {
      if (p.adapter != id) continue;
      const auto& c = setup_.config;
      exchange_->add(p, *adapter);
      pumps_.push_back(std::make_unique<Pump>(
          Pump::Setup{.partner = p.code,
                      .policy = {.peer_deduplicates = p.deduplicates, .max_attempts = c.max_attempts, .first_ms = c.retry_first_ms, .ceiling_ms = c.retry_ceiling_ms,
                                 .application_ack_ms = p.application_ack_timeout_ms},
                      .deliver_timeout_ms = static_cast<std::uint32_t>(c.deliver_timeout_ms),
                      .concurrency = p.concurrency,
                      .window = p.huren && p.deduplicates && adapter->pipelines() ? p.window : 1,
                      .figures = &figures_,
                      .delivered = setup_.delivered},
          *adapter, *store_, *clock_, *log_, [this](store::Unit& unit, const store::OutboxRow& row, const store::Settlement& s) {
            return tell_parked(unit, *context_, row, s);
          }));
    }
    adapters_[id] = std::move(*made);
  }
  return {};
}

Result<void> Engine::make_feeds() {
  for (auto& [id, setup] : wanted_adapters(setup_.config, setup_.config_dir, "huren.his/1", services_)) {
    auto made = loader_->make(id, "huren.his/1", std::move(setup));
    if (!made) return located(made.error(), setup_.config, "huren.his/1");
    adapters_[id] = std::move(*made);
  }
  return {};
}

// On which tables and settings the engine works from now on, and where the audit chain stands: the log keeps the head
// outside the store, so that a tail that is cut off later is missed.
void Engine::note_live() {
  const auto& c = setup_.config;
  std::string settings = c.hospital.code + '\n' + c.hospital.region;
  for (const auto& a : c.agreements) settings += '\n' + a.id + ' ' + a.partner + ' ' + a.mode + ' ' + a.basis;
  std::optional<store::AuditRow> head;
  auto noted = store_->transact([&](store::Unit& unit) -> Result<void> {
    if (auto r = audit(unit, clock_->now_ms(), "engine.live", {"huren", "codes:" + context_->codes->version(), "live"}, {{"config", opaque(settings)}}); !r) return r;
    auto newest = unit.audit_head();
    if (!newest) return newest.error();
    head = std::move(*newest);
    return {};
  });
  if (noted && head)
    log_->write(Severity::info, "audit.head", {{"hash", hex(head->hash)}, {"seq", std::to_string(head->seq)}});
  else if (!noted)
    log_->write(Severity::error, "store.failed", noted.error());  // a full disk: the engine works on what it can
}

// May be called again after an error: what runs already is left alone.
Result<void> Engine::go_live() {
  if (!live_) {
    note_live();
    applier_->start();
    for (auto& pump : pumps_) pump->start();
    upkeep_->start();
    exchange_->start();
    live_ = true;
    if (!setup_.config.metrics_listen.empty())  // a hospital goes on without figures
      if (auto r = metrics_.start(setup_.config.metrics_listen, {[this] { return figures_.text(health_->report(live_)); }, [this] { return health(); }}); !r)
        log_->write(Severity::error, "metrics.not_served", r.error());
  }
  for (auto& [id, adapter] : adapters_) {
    if (started_.contains(id)) continue;
    if (auto r = adapter->start(); !r) return r;
    started_.insert(id);
  }
  log_->write(Severity::info, "engine.live", {});
  return {};
}

void Engine::wait_for_lease() {
  bool held = false;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (lease_.wait_for(lock, kLeaseRetry, [&] { return stopping_; })) return;
    }
    try {
      if (!held) {
        auto lease = store_->take_lease();
        held = lease && *lease;
        if (!held) continue;
      }
      auto r = go_live();  // a port may still be held by the process that has just died
      if (r) return;
      log_->write(Severity::error, "engine.not_live", r.error());
    } catch (const std::exception&) {  // the thread's wall
      log_->write(Severity::error, "engine.not_live", Error{"engine.worker_threw", "lease", {}});
    }
  }
}

void Engine::wake_pumps() {
  for (auto& pump : pumps_)
    if (!pump->carried()) pump->wake();  // where the store carries riders, the transaction itself has told
}

void Engine::changed() {
  wake_pumps();
  if (context_->asked->exchange(false)) exchange_->wake();  // else every commit would wake a thread for each partner
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
    notices_.notify_all();
  }
  if (setup_.hooks.wake) setup_.hooks.wake(setup_.hooks.ctx);
}

QueryAnswer Engine::query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) noexcept {
  try {
    // What this HIS submitted a moment ago should count: give the applier up to half the time.
    const auto begun = Steady::now();
    if (live_) applier_->caught_up(deadline_ms / 2);
    auto answer = queries_->answer(topic, json);
    // An index entry was opened: its report is on the way, and this question may wait for it by its own deadline.
    const auto until = Steady::now() + milliseconds(deadline_ms / 2);
    while (live_ && answer.error.id == "exchange.being_fetched") {
      exchange_->wake();
      {
        std::unique_lock lock(mutex_);
        const auto seen = changes_;
        if (!notices_.wait_until(lock, std::min(until, Steady::now() + milliseconds(200)), [&] { return stopping_ || changes_ != seen; }) && Steady::now() >= until) break;
        if (stopping_) break;
      }
      answer = queries_->answer(topic, json);
    }
    figures_.asked(topic, answer.status, std::chrono::duration<double>(Steady::now() - begun).count());
    return answer;
  } catch (const std::exception&) {  // the query wall; what() may quote content
    return failed({"engine.worker_threw", std::string(topic), {}});
  }
}

QueryAnswer Engine::poll(std::uint32_t wait_ms) noexcept try {
  const auto until = Steady::now() + milliseconds(wait_ms);
  while (true) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return {.status = HUREN_EMPTY, .json = "", .error = {"", "", {}}};
      seen = changes_;
    }
    std::optional<store::NoticeRow> notice;
    const std::int64_t now = clock_->now_ms();
    auto done = store_->transact([&](store::Unit& unit) -> Result<void> {
      auto leased = unit.lease_notice(now, now + kNoticeLeaseMs);
      if (!leased) return leased.error();
      notice = std::move(*leased);
      return {};
    });
    if (!done) return failed(done.error());
    if (notice) return {.status = HUREN_OK, .json = std::move(notice->json), .error = {"", "", {}}};
    std::unique_lock lock(mutex_);
    // A lease of another screen may run out while nothing changes: look again at least every second.
    notices_.wait_until(lock, std::min(until, Steady::now() + milliseconds(1000)), [&] { return stopping_ || changes_ != seen; });
    if (stopping_ || Steady::now() >= until) {
      if (changes_ != seen && !stopping_) continue;
      return {.status = HUREN_EMPTY, .json = "", .error = {"", "", {}}};
    }
  }
} catch (const std::exception&) {
  return failed({"engine.worker_threw", "poll", {}});
}

void Engine::unpoll(std::string_view notice_id) noexcept try {
  auto done = store_->transact([&](store::Unit& unit) { return unit.unlease_notice(std::string(notice_id)); });
  if (!done) log_->write(Severity::warning, "notice.unlease_failed", done.error());  // the lease ends by itself
} catch (const std::exception&) {
}

QueryAnswer Engine::acknowledge(std::string_view notice_id) noexcept try {
  bool known = false;
  auto done = store_->transact([&](store::Unit& unit) -> Result<void> {
    auto r = unit.acknowledge_notice(std::string(notice_id), clock_->now_ms());
    if (!r) return r.error();
    known = *r;
    return {};
  });
  if (!done) return failed(done.error());
  if (!known) return failed({"query.unknown_notice", "notice_id", {}});
  return {.status = HUREN_OK, .json = "", .error = {"", "", {}}};
} catch (const std::exception&) {
  return failed({"engine.worker_threw", "acknowledge", {}});
}

Replied Engine::ask(const std::string& partner, const Message& question, std::uint32_t deadline_ms) {
  for (const auto& p : setup_.config.partners)
    if (const auto found = adapters_.find(p.adapter); p.code == partner && found != adapters_.end())
      if (auto* adapter = dynamic_cast<PartnerAdapter*>(found->second.get())) return adapter->ask(partner, question, deadline_ms);
  return {{.outcome = Outcome::not_sent, .code = "", .remark = {"event.unknown_partner", "partner." + partner, {partner}}}, {}};
}

std::string Engine::health() noexcept try {
  return health_->report(live_).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
} catch (const std::exception&) {
  return R"({"live":false})";
}

void Engine::stop(std::uint32_t grace_ms) noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    notices_.notify_all();
    lease_.notify_all();
  }
  if (lease_thread_.joinable()) lease_thread_.join();
  metrics_.stop();
  if (upkeep_) upkeep_->stop();
  for (auto& [id, adapter] : adapters_) adapter->stop(grace_ms);  // no new bytes in; deliveries in progress end early
  if (exchange_) exchange_->stop();
  for (auto& pump : pumps_) pump->stop();
  if (applier_) applier_->stop();
  if (live_.exchange(false)) log_->write(Severity::info, "engine.stopped", {});
}

}  // namespace

std::string data_dir(const config::Config& config, const std::string& config_dir) {
  return fs::absolute(fs::path(config_dir) / config.data_dir).lexically_normal().string();
}

Result<std::unique_ptr<OpenEngine>> open_engine(EngineSetup setup) {
  auto engine = std::make_unique<Engine>(std::move(setup));
  try {
    if (auto r = engine->open(); !r) {
      engine->note_failure(r.error());
      return r.error();
    }
  } catch (const std::exception& e) {
    return Error{"engine.open_failed", "", {e.what()}};
  }
  return std::unique_ptr<OpenEngine>(std::move(engine));
}

}  // namespace huren::engine
