#include "module/instance.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "module/agent_link.hpp"
#include "module/content.hpp"
#include "module/guard.hpp"
#include "module/late_engine.hpp"

namespace huren::module {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;
constexpr milliseconds kAgain{2000};       // how long an answer that found no room waits for the same question
constexpr milliseconds kLook{1000};        // how long one look for a notice may take, whatever holds the store up
constexpr milliseconds kHealth{500};       // then health tells what the engine said before
constexpr milliseconds kBellSilence{1000}; // a notice leased to another screen comes back without a bell
constexpr std::size_t kMaxConfig = 2 * 1024 * 1024;

QueryAnswer bare(int status) { return {status, "", {"", "", {}}}; }

std::string below(const std::string& folder, const std::string& path) { return (fs::path(folder) / path).lexically_normal().string(); }

const char* truth(bool value) { return value ? "true" : "false"; }

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

// A program lies in bin; where the engine lies from there, the build says (in the build itself: lib).
std::string beside_program() {
  std::error_code ignored;
  for (const char* place : {"../" HUREN_MODULE_DIR, "../lib"})
    if (const auto folder = (fs::path(process::own_folder()) / place).lexically_normal(); fs::exists(folder / "huren-engine.so", ignored))
      return folder.string();
  return {};
}

std::string engine_place(const config::Config& config, const std::string& config_dir, bool of_program) {
  if (!config.engine_path.empty()) return below(config_dir, config.engine_path);
  return of_program ? beside_program() : std::string();
}

Findings just(Error error) { return {{Severity::error, std::move(error)}}; }

}  // namespace

std::string agent_socket(const config::Config& config, const std::string& config_dir) {
  if (!config.agent.socket.empty()) return below(config_dir, config.agent.socket);
  return below(below(config_dir, config.spool_dir.empty() ? config.data_dir : config.spool_dir), "agent.sock");
}

Findings inspect(const config::Config& config, const std::string& config_dir, const std::string& toml) {
  const process::QuietSignals quiet;
  return inspect_by_engine(engine_place(config, config_dir, true), config_dir, toml);
}

Instance::Opened Instance::open(const std::string& config_path, Host host, Role role, const std::string& toml) {
  std::error_code ignored;
  fs::path file = fs::absolute(config_path, ignored);
  if (fs::is_directory(file, ignored)) file /= "local.toml";
  auto text = toml.empty() ? process::read_file(file.string(), kMaxConfig) : Result<std::string>(toml);
  if (!text) return {nullptr, just(text.error())};
  auto parsed = config::parse(*text, file.filename().string());
  if (has_error(parsed.findings)) return {nullptr, std::move(parsed.findings)};
  if (role == Role::agent && parsed.config.mode != "agent")
    return {nullptr, just({"module.agent_mode", file.filename().string(), {parsed.config.mode}})};
  std::shared_ptr<Instance> instance(new Instance(std::move(parsed.config), std::move(host)));
  if (auto started = instance->start(file.parent_path().string(), role, toml); !started) return {nullptr, just(started.error())};
  return {std::move(instance), {}};
}

Result<void> Instance::start(const std::string& config_dir, Role role, const std::string& toml) {
  const auto spool_dir = below(config_dir, config_.spool_dir.empty() ? config_.data_dir : config_.spool_dir);
  if (auto made = process::make_folder(spool_dir); !made) return made.error();
  auto owner = process::FolderOwner::take(spool_dir);
  if (!owner) return owner.error();
  owner_ = *std::move(owner);
  auto spool = storage::Spool::open(below(spool_dir, "spool.db"), {});
  if (!spool) return spool.error();
  spool_ = *std::move(spool);
  const process::QuietSignals quiet;  // the engine's threads inherit it
  if (role == Role::host && config_.mode == "agent") {
    engine_ = reach_agent(agent_socket(config_, config_dir), callbacks_->hooks());
    return {};
  }
  auto load = [where = engine_place(config_, config_dir, role == Role::agent), config_dir, toml, spool = spool_.get(), hooks = callbacks_->hooks()] {
    return load_engine(where, config_dir, toml, spool, hooks);
  };
  auto engine = load();
  if (engine) {
    engine_ = *std::move(engine);
    return {};
  }
  // A store that is damaged, full or read-only must not keep the HIS from submitting: the spool takes it meanwhile.
  const auto status = status_of(engine.error());
  if (status != HUREN_E_STORE && status != HUREN_E_STORE_FULL) return engine.error();
  trouble_ = line(engine.error());
  engine_ = await_engine(std::move(load), engine.error(), callbacks_->hooks());
  return {};
}

void Instance::published(huren_handle handle) noexcept {
  const bool rang = callbacks_->opened(handle);
  try {
    if (!spool_->set_aside().empty())
      others_.post([callbacks = callbacks_, words = line({"module.set_aside", spool_->set_aside(), {}})] { callbacks->log(3, words.c_str()); });
    if (!trouble_.empty()) others_.post([callbacks = callbacks_, words = trouble_] { callbacks->log(3, words.c_str()); });
    if (rang) others_.post([callbacks = callbacks_] { callbacks->wake(); });
  } catch (const std::exception&) {  // no memory for a thread: better the bell on this one than a bell that is lost
    if (rang) callbacks_->wake();
  }
}

Result<storage::Appended> Instance::submit(std::string_view type, std::string_view key, std::string_view content_type, std::string_view body) {
  auto* link = &engine_->link();
  auto appended = spool_->append(type, key, content_type, body, static_cast<std::uint32_t>(config_.submit_timeout_ms),
                                 [link](const SpooledEvent& event) { link->coming(event); });
  if (appended && *appended == storage::Appended::stored) {
    ++submitted_;
    const process::QuietSignals quiet;
    link->spooled();
  }
  return appended;
}

QueryAnswer Instance::query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  {
    std::unique_ptr<Kept> kept;
    const std::lock_guard lock(kept_mutex_);
    if (kept_ && Steady::now() >= kept_->until) kept_.reset();
    if (kept_ && kept_->topic == topic && kept_->json == json) kept = std::move(kept_);
    if (kept) return std::move(kept->answer);
  }
  ++asked_;
  auto* link = &engine_->link();
  // Copies: the caller's buffers are gone when the answer comes too late.
  auto answer = queries_.run(
      [link, deadline, topic = std::string(topic), json = std::string(json)] {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline - Steady::now()).count();
        if (left < 0) return bare(HUREN_NO_ANSWER);
        return link->query(topic, json, static_cast<std::uint32_t>(left));
      },
      deadline);
  if (!answer || answer->status == HUREN_NO_ANSWER) ++unanswered_;
  return answer ? *std::move(answer) : bare(HUREN_NO_ANSWER);
}

void Instance::unanswered(std::string_view topic, std::string_view json, QueryAnswer answer) noexcept try {
  auto kept = std::make_unique<Kept>(Kept{std::string(topic), std::string(json), std::move(answer), Steady::now() + kAgain});
  const std::lock_guard lock(kept_mutex_);
  kept_ = std::move(kept);
} catch (const std::exception&) {  // then it is asked again
}

QueryAnswer Instance::poll(std::uint32_t wait_ms) {
  const auto until = Steady::now() + milliseconds(wait_ms);
  auto* link = &engine_->link();
  for (;;) {
    const auto seen = callbacks_->bells();
    if (stopping_) return bare(HUREN_EMPTY);
    auto answer = others_.run([link] { return link->poll(0); }, Steady::now() + kLook, [link](const QueryAnswer& late) {
      if (late.status == HUREN_OK) link->unpoll(notice_id(late.json));  // nobody took it: it must come again at once
    });
    if (answer && answer->status != HUREN_EMPTY) return *std::move(answer);
    const auto now = Steady::now();
    if (now >= until) return bare(HUREN_EMPTY);
    callbacks_->wait_bell(seen, std::min(until, now + kBellSilence));
  }
}

void Instance::unpoll(std::string_view notice_json) {
  auto* link = &engine_->link();
  static_cast<void>(others_.run(
      [link, id = notice_id(notice_json)] {
        if (!id.empty()) link->unpoll(id);
        return bare(HUREN_OK);
      },
      Steady::now() + kLook));
}

QueryAnswer Instance::acknowledge(std::string_view notice_id) {
  auto* link = &engine_->link();
  auto answer = others_.run([link, id = std::string(notice_id)] { return link->acknowledge(id); },
                            Steady::now() + milliseconds(config_.submit_timeout_ms));
  return answer ? *std::move(answer) : QueryAnswer{HUREN_E_BUSY, "", {"storage.busy", "", {}}};
}

std::string Instance::engine_health() {
  auto* link = &engine_->link();
  auto answer = others_.run([link] { return QueryAnswer{HUREN_OK, link->health(), {"", "", {}}}; }, Steady::now() + kHealth);
  const std::lock_guard guard(health_mutex_);
  if (answer && answer->status == HUREN_OK) last_health_ = json_text(answer->json) ? std::move(answer->json) : std::string();
  return last_health_.empty() ? "null" : last_health_;
}

std::string Instance::health() {
  const process::QuietSignals quiet;
  const auto& host = callbacks_->host();
  const auto depth = spool_->depth();
  std::string out = "{\"huren\":" + json_string(HUREN_VERSION) + ",\"abi\":\"" + std::to_string(HUREN_ABI_MAJOR) + "." + std::to_string(HUREN_ABI_MINOR) + "\"";
  out += ",\"mode\":" + json_string(config_.mode) + ",\"hospital\":" + json_string(config_.hospital.code);
  out += ",\"host\":{\"vendor\":" + json_string(host.vendor) + ",\"product\":" + json_string(host.product) + ",\"version\":" + json_string(host.version) + "}";
  out += ",\"spool\":{\"depth\":" + (depth ? std::to_string(*depth) : "null") + ",\"set_aside\":" + truth(!spool_->set_aside().empty());
  if (!depth) out += ",\"remark\":" + json_string(line(depth.error()));
  out += "},\"calls\":{\"submitted\":" + std::to_string(submitted_) + ",\"asked\":" + std::to_string(asked_) + ",\"unanswered\":" + std::to_string(unanswered_) + "}";
  out += ",\"faults\":" + std::to_string(faults().count()) + ",\"tripped\":" + truth(faults().tripped());
  return out + ",\"engine\":" + engine_health() + "}";
}

void Instance::spooled() noexcept { engine_->link().spooled(); }

void Instance::stop(std::uint32_t grace_ms) {
  stopping_ = true;
  callbacks_->stir();
  const process::QuietSignals quiet;
  engine_->link().stop(grace_ms);
}

}  // namespace huren::module
