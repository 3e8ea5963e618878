#include "console/keeper.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "console/console.hpp"
#include "console/server.hpp"
#include "engine/files.hpp"
#include "engine/inspect.hpp"
#include "engine/threads.hpp"
#include "huren/huren.h"

namespace huren::console {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;
using engine::OpenEngine;

constexpr milliseconds kLook{500};
constexpr std::uint32_t kGraceMs = 3000;

class Keeper final : public EngineLink {
 public:
  explicit Keeper(Setup setup) : setup_(std::move(setup)) {}
  ~Keeper() override { stop(0); }

  Result<void> open();

  void coming(const SpooledEvent& event) noexcept override {
    if (const auto engine = get(Steady::now())) engine->coming(event);
  }
  void spooled() noexcept override {
    if (const auto engine = get(Steady::now())) engine->spooled();
  }
  QueryAnswer query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) noexcept override {
    if (topic == "engine.configuration/1") {  // the agent's; nobody outside may ask it (module::known_topic)
      const std::lock_guard lock(mutex_);
      return {.status = HUREN_OK, .json = toml_, .error = {"", "", {}}};
    }
    const auto begun = Steady::now();
    const auto engine = get(begun + milliseconds(deadline_ms));
    if (!engine) return {.status = HUREN_NO_ANSWER, .json = "", .error = {"console.not_live", "", {}}};
    const auto spent = std::chrono::duration_cast<milliseconds>(Steady::now() - begun).count();
    return engine->query(topic, json, deadline_ms - static_cast<std::uint32_t>(std::min<std::int64_t>(spent, deadline_ms)));
  }
  QueryAnswer poll(std::uint32_t wait_ms) noexcept override {
    const auto until = Steady::now() + milliseconds(wait_ms);
    while (true) {
      const auto engine = get(until);
      if (!engine) return {.status = HUREN_EMPTY, .json = "", .error = {"", "", {}}};
      const auto left = std::chrono::duration_cast<milliseconds>(until - Steady::now()).count();
      auto answer = engine->poll(left > 0 ? static_cast<std::uint32_t>(left) : 0);
      // An engine that ends answers its pollers at once: the next one may have something.
      if (answer.status != HUREN_EMPTY || Steady::now() >= until || !changing()) return answer;
    }
  }
  void unpoll(std::string_view notice_id) noexcept override {
    if (const auto engine = get(Steady::now() + milliseconds(kGraceMs))) engine->unpoll(notice_id);
  }
  QueryAnswer acknowledge(std::string_view notice_id) noexcept override {
    const auto engine = get(Steady::now() + milliseconds(kGraceMs));
    if (!engine) return {.status = HUREN_E_BUSY, .json = "", .error = {"console.not_live", "", {}}};
    return engine->acknowledge(notice_id);
  }
  std::string health() noexcept override {
    const auto engine = get(Steady::now() + milliseconds(kGraceMs));
    return engine ? engine->health() : R"({"live":false})";
  }
  void stop(std::uint32_t grace_ms) noexcept override;

 private:
  Result<std::unique_ptr<OpenEngine>> open_engine_with(const std::string& toml);
  std::shared_ptr<OpenEngine> get(Steady::time_point until) noexcept;
  bool changing() noexcept {
    const std::lock_guard lock(mutex_);
    return !stopping_ && !engine_;
  }
  Result<void> apply();
  void take(std::unique_ptr<OpenEngine> engine);
  void look();

  const Setup setup_;
  std::mutex applying_;                     // one at a time
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<OpenEngine> engine_;      // null while it is opened anew
  std::string toml_, loaded_;               // what the running engine was opened with
  bool stopping_ = false;
  config::Config::Console wish_;
  std::unique_ptr<Console> console_;
  Server server_;
  std::thread looking_;
};

Result<std::unique_ptr<OpenEngine>> Keeper::open_engine_with(const std::string& toml) {
  auto parsed = config::parse(toml, "local.toml");
  for (const auto& f : parsed.findings)
    if (f.severity == Severity::error) return f.error;
  auto adapters = parsed.config.adapter_dir.empty() ? setup_.adapter_dir : parsed.config.adapter_dir;
  return engine::open_engine({.config = std::move(parsed.config), .config_dir = setup_.config_dir, .adapter_dir = std::move(adapters), .spool = setup_.spool,
                              .hooks = setup_.hooks, .builtin = {}, .clock = nullptr});
}

void Keeper::take(std::unique_ptr<OpenEngine> engine) {
  const std::lock_guard lock(mutex_);
  engine_ = std::move(engine);
  changed_.notify_all();
}

Result<void> Keeper::open() {
  const auto file = engine::read_file(fs::path(setup_.config_dir) / "local.toml").value_or("");
  const auto toml = setup_.toml.empty() ? file : setup_.toml;
  auto digest = toml == file ? configuration_digest(setup_.config_dir) : std::string();  // a former text: the file waits to be put in force
  auto opened = open_engine_with(toml);
  if (!opened) return opened.error();
  toml_ = toml;
  loaded_ = std::move(digest);
  const auto& config = (*opened)->context().config;
  wish_ = config.console;
  const auto data = engine::data_dir(config, setup_.config_dir);
  take(std::move(*opened));
  if (wish_.listen.empty()) return {};
  console_ = std::make_unique<Console>(Console::Ports{.engine = [this] { return get(Steady::now() + milliseconds(kGraceMs)); },
                                                      .apply = [this] { return apply(); },
                                                      .loaded = [this] {
                                                        const std::lock_guard lock(mutex_);
                                                        return loaded_;
                                                      },
                                                      .config_dir = setup_.config_dir, .data_dir = data, .clock = std::make_shared<engine::Clock>()});
  looking_ = engine::quiet_thread([this] { look(); });
  return {};
}

// Pages are served by the process that holds the lease; when that one dies another takes the lease and, once the port is
// free, the pages.
void Keeper::look() {
  bool told = false;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, told ? 4 * kLook : milliseconds(50), [&] { return stopping_; })) return;
    }
    try {
      const auto engine = get(Steady::now());
      if (!engine || !engine->live()) continue;
      const auto file = [&](const std::string& name) { return name.empty() ? std::string() : (fs::path(setup_.config_dir) / name).string(); };
      auto started = server_.start({wish_.listen, file(wish_.certificate), file(wish_.private_key)}, *console_);
      auto& log = engine->context().log;
      if (started) {
        log.write(Severity::info, "console.served", {{"port", std::to_string(server_.port())}});
        return;
      }
      if (!told) log.write(Severity::error, "console.not_served", started.error());
      told = true;
    } catch (const std::exception&) {  // the thread's wall
      told = true;
    }
  }
}

std::shared_ptr<OpenEngine> Keeper::get(Steady::time_point until) noexcept {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return stopping_ || engine_; });
  return engine_;
}

Result<void> Keeper::apply() {
  const std::lock_guard one(applying_);
  const auto toml = engine::read_file(fs::path(setup_.config_dir) / "local.toml").value_or("");
  auto digest = configuration_digest(setup_.config_dir);
  const auto faults = inspect(setup_.config_dir, setup_.adapter_dir, toml);  // what runs goes on
  std::shared_ptr<OpenEngine> old;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Error{"console.not_live", "", {}};
    if (!faults.empty()) {
      if (engine_) engine_->context().log.write(Severity::error, "console.not_applied", faults.front().error);
      return faults.front().error;
    }
    old = std::move(engine_);
    engine_ = nullptr;
  }
  if (old) old->stop(kGraceMs);
  // Calls that are under way still hold it; they end by their deadlines.
  while (old && old.use_count() > 1) std::this_thread::sleep_for(milliseconds(5));
  old.reset();
  auto opened = open_engine_with(toml);
  if (opened) {
    {
      const std::lock_guard lock(mutex_);
      toml_ = toml;
      loaded_ = std::move(digest);
    }
    (*opened)->context().log.write(Severity::info, "console.applied", {});
    take(std::move(*opened));
    return {};
  }
  // What ran before runs again: a hospital must not stand still because of a new agreement. Its tables may have changed on
  // disk all the same, so even that can fail, and then the words of the first fault count.
  auto former = open_engine_with(toml_);
  if (former) {
    (*former)->context().log.write(Severity::error, "console.not_applied", opened.error());
    take(std::move(*former));
  }
  return opened.error();
}

void Keeper::stop(std::uint32_t grace_ms) noexcept try {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (looking_.joinable()) looking_.join();
  server_.stop();
  const std::lock_guard one(applying_);
  std::shared_ptr<OpenEngine> engine;
  {
    const std::lock_guard lock(mutex_);
    engine = engine_;
  }
  if (engine) engine->stop(grace_ms);
} catch (const std::exception&) {
}

}  // namespace

Findings inspect(const std::string& config_dir, const std::string& adapter_dir, const std::string& toml) {
  auto parsed = config::parse(toml, "local.toml");
  std::erase_if(parsed.findings, [](const Finding& f) { return f.severity != Severity::error; });
  return parsed.findings.empty() ? engine::inspect(parsed.config, config_dir, adapter_dir) : std::move(parsed.findings);
}

Result<std::unique_ptr<EngineLink>> open_with_console(Setup setup) {
  auto keeper = std::make_unique<Keeper>(std::move(setup));
  if (auto r = keeper->open(); !r) return r.error();
  return std::unique_ptr<EngineLink>(std::move(keeper));
}

}  // namespace huren::console
