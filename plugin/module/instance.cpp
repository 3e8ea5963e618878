#include "module/instance.hpp"

#include <filesystem>

#include "module/content.hpp"
#include "module/guard.hpp"

namespace huren::module {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxConfig = 2 * 1024 * 1024;

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

Findings just(Error error) { return {{Severity::error, std::move(error)}}; }

}  // namespace

Instance::Opened Instance::open(const std::string& config_path, Host host) {
  std::error_code ignored;
  fs::path file = fs::absolute(config_path, ignored);
  if (fs::is_directory(file, ignored)) file /= "local.toml";
  auto text = process::read_file(file.string(), kMaxConfig);
  if (!text) return {nullptr, just(text.error())};
  auto parsed = config::parse(*text, file.filename().string());
  if (has_error(parsed.findings)) return {nullptr, std::move(parsed.findings)};
  if (parsed.config.mode != "embedded") return {nullptr, just({"module.agent_mode", file.filename().string(), {parsed.config.mode}})};
  std::shared_ptr<Instance> instance(new Instance(std::move(parsed.config), std::move(host)));
  if (auto started = instance->start(file.parent_path().string()); !started) return {nullptr, just(started.error())};
  return {std::move(instance), {}};
}

Result<void> Instance::start(const std::string& config_dir) {
  const auto data_dir = below(config_dir, config_.data_dir);
  if (auto made = process::make_folder(data_dir); !made) return made.error();
  auto owner = process::FolderOwner::take(data_dir);
  if (!owner) return owner.error();
  owner_ = *std::move(owner);
  auto spool = storage::Spool::open(below(data_dir, "spool.db"), {});
  if (!spool) return spool.error();
  spool_ = *std::move(spool);
  const auto where = config_.engine_path.empty() ? std::string() : below(config_dir, config_.engine_path);
  const process::QuietSignals quiet;  // the engine's threads inherit it
  auto engine = load_engine(where, config_dir, spool_.get(), callbacks_->hooks());
  if (!engine) return engine.error();
  engine_ = *std::move(engine);
  return {};
}

void Instance::published(huren_handle handle) noexcept {
  const bool rang = callbacks_->opened(handle);
  try {
    if (!spool_->set_aside().empty())
      workers_.post([callbacks = callbacks_, words = line({"module.set_aside", spool_->set_aside(), {}})] { callbacks->log(3, words.c_str()); });
    if (rang) workers_.post([callbacks = callbacks_] { callbacks->wake(); });
  } catch (const std::exception&) {  // no memory for a thread: better the bell on this one than a bell that is lost
    if (rang) callbacks_->wake();
  }
}

Result<storage::Appended> Instance::submit(std::string_view type, std::string_view key, std::string_view content_type, std::string_view body) {
  auto appended = spool_->append(type, key, content_type, body, static_cast<std::uint32_t>(config_.submit_timeout_ms));
  if (appended && *appended == storage::Appended::stored) {
    ++submitted_;
    const process::QuietSignals quiet;
    engine_->link().spooled();
  }
  return appended;
}

QueryAnswer Instance::query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  ++asked_;
  auto* link = &engine_->link();
  // Copies: the caller's buffers are gone when the answer comes too late.
  auto answer = workers_.run(
      [link, deadline, topic = std::string(topic), json = std::string(json)] {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left < 0) return QueryAnswer{HUREN_NO_ANSWER, "", {"", "", {}}};
        return link->query(topic, json, static_cast<std::uint32_t>(left));
      },
      deadline);
  if (!answer || answer->status == HUREN_NO_ANSWER) ++unanswered_;
  return answer ? *std::move(answer) : QueryAnswer{HUREN_NO_ANSWER, "", {"", "", {}}};
}

QueryAnswer Instance::poll(std::uint32_t wait_ms) {
  const process::QuietSignals quiet;
  return engine_->link().poll(wait_ms);
}

void Instance::unpoll(std::string_view notice_json) {
  const auto id = notice_id(notice_json);
  const process::QuietSignals quiet;
  if (!id.empty()) engine_->link().unpoll(id);
}

QueryAnswer Instance::acknowledge(std::string_view notice_id) {
  const process::QuietSignals quiet;
  return engine_->link().acknowledge(notice_id);
}

std::string Instance::health() {
  const process::QuietSignals quiet;
  const auto& host = callbacks_->host();
  const auto depth = spool_->depth();
  const auto engine = engine_->link().health();
  std::string out = "{\"huren\":" + json_string(HUREN_VERSION) + ",\"abi\":\"" + std::to_string(HUREN_ABI_MAJOR) + "." + std::to_string(HUREN_ABI_MINOR) + "\"";
  out += ",\"mode\":" + json_string(config_.mode) + ",\"hospital\":" + json_string(config_.hospital.code);
  out += ",\"host\":{\"vendor\":" + json_string(host.vendor) + ",\"product\":" + json_string(host.product) + ",\"version\":" + json_string(host.version) + "}";
  out += ",\"spool\":{\"depth\":" + (depth ? std::to_string(*depth) : "null") + ",\"set_aside\":" + truth(!spool_->set_aside().empty());
  if (!depth) out += ",\"remark\":" + json_string(line(depth.error()));
  out += "},\"calls\":{\"submitted\":" + std::to_string(submitted_) + ",\"asked\":" + std::to_string(asked_) + ",\"unanswered\":" + std::to_string(unanswered_) + "}";
  out += ",\"faults\":" + std::to_string(faults().count()) + ",\"tripped\":" + truth(faults().tripped());
  return out + ",\"engine\":" + (json_text(engine) ? engine : "null") + "}";
}

void Instance::stop(std::uint32_t grace_ms) {
  const process::QuietSignals quiet;
  engine_->link().stop(grace_ms);
}

}  // namespace huren::module
