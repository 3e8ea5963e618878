#include "agent/service.hpp"

#include <filesystem>

#include "agent/log.hpp"
#include "agent/system.hpp"
#include "huren/huren.h"
#include "module/process.hpp"

namespace huren::agent {
namespace {

constexpr std::size_t kMaxConfig = 2 * 1024 * 1024;
constexpr std::uint32_t kGraceMs = 5000, kAskMs = 2000;

Result<Access> access_of(const config::Config& config) {
  Access out;
  for (const auto& name : config.agent.users) {
    const auto id = user_id(name);
    if (!id) return Error{"local.no_account", "agent.users", {name}};
    out.users.push_back(*id);
  }
  if (!config.agent.group.empty()) {
    out.group = group_id(config.agent.group);
    if (!out.group) return Error{"local.no_account", "agent.group", {config.agent.group}};
  }
  return out;
}

}  // namespace

Service::Read read_config(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path file = fs::absolute(path, ignored);
  if (fs::is_directory(file, ignored)) file /= "local.toml";
  auto text = module::process::read_file(file.string(), kMaxConfig);
  if (!text) return {{}, "", "", {{Severity::error, text.error()}}};
  auto parsed = config::parse(*text, file.filename().string());
  if (!has_error(parsed.findings) && parsed.config.mode != "agent")
    parsed.findings.push_back({Severity::error, {"module.agent_mode", file.filename().string(), {parsed.config.mode}}});
  return {std::move(parsed.config), file.parent_path().string(), *std::move(text), std::move(parsed.findings)};
}

Service::Read check_config(const std::string& path) {
  auto read = read_config(path);
  if (has_error(read.findings)) return read;
  if (auto access = access_of(read.config); !access) read.findings.push_back({Severity::error, access.error()});
  for (auto& f : module::inspect(read.config, read.folder, read.text)) read.findings.push_back(std::move(f));
  return read;
}

Findings Service::start() {
  auto read = read_config(config_path_);
  if (has_error(read.findings)) return std::move(read.findings);
  auto faults = start(read);
  if (faults.empty()) ran_ = std::move(read);
  return faults;
}

Findings Service::start(const Read& read) {
  config_ = read.config;
  config_dir_ = read.folder;
  auto access = access_of(config_);
  if (!access) return {{Severity::error, access.error()}};
  server_ = std::make_unique<Server>(*std::move(access), static_cast<std::size_t>(config_.max_body_bytes));
  if (auto faults = open_engine(read.text); !faults.empty()) return faults;  // it makes the folder that the socket lies in
  if (auto taken = take_socket(); !taken) return {{Severity::error, taken.error()}};
  log(Severity::info, "agent.started", {{"socket", module::agent_socket(config_, config_dir_)}});
  return {};
}

Findings Service::open_engine(const std::string& toml) {
  module::Host host;
  host.user = server_.get();
  host.vendor = "huren";
  host.product = "huren-agent";
  host.log = [](void* user, std::int32_t severity, const char* line) { static_cast<Server*>(user)->log_line(severity, line); };
  host.wake = [](void* user, huren_handle) { static_cast<Server*>(user)->ring(); };
  auto opened = module::Instance::open(config_path_, std::move(host), module::Instance::Role::agent, toml);
  if (!opened.instance) return std::move(opened.findings);
  instance_ = std::move(opened.instance);
  instance_->published(1);
  server_->serve(instance_);
  return {};
}

Result<void> Service::take_socket() {
  const auto path = module::agent_socket(config_, config_dir_);
  auto access = access_of(config_);
  if (!access) return access.error();
  auto listener = local::Listener::take(path, access->socket_mode(), access->group);
  if (!listener) return listener.error();
  if (*listener) {
    server_->start(*std::move(*listener));
    if (stood_by_) log(Severity::info, "agent.took_over", {{"socket", path}});
  } else if (!stood_by_) {
    stood_by_ = true;
    log(Severity::info, "agent.stands_by", {{"socket", path}});
  }
  return {};
}

void Service::look() {
  if (!ran_) return;
  if (!instance_) {  // neither started: either may now
    auto read = check_config(config_path_);
    if (!has_error(read.findings) ? start_or_former(read) : start_or_former(*ran_)) return;
  }
  if (server_ && !server_->serving())
    if (auto taken = take_socket(); !taken) log(Severity::error, "agent.not_started", taken.error());
}

void Service::reload() {
  const auto read = check_config(config_path_);
  if (!has_error(read.findings)) {
    note_applied();
    start_or_former(read);
    return;
  }
  for (const auto& f : read.findings)  // what runs goes on
    if (f.severity == Severity::error) log(Severity::error, "agent.reload_refused", f.error);
}

// What looked right can fail to start all the same: a port that is taken, a socket's folder. A hospital must not go off the air for it.
bool Service::start_or_former(const Read& read) {
  end();
  const auto faults = start(read);
  if (faults.empty()) {
    if (&read != &*ran_) ran_ = read;
    return true;
  }
  end();
  if (ran_ && &read != &*ran_ && start(*ran_).empty()) {
    log(Severity::error, "agent.former_goes_on", faults.front().error);
    return true;
  }
  log(Severity::error, "agent.not_started", faults.front().error);
  end();
  return false;
}

// The console may have put another text in force since the engine was started.
void Service::note_applied() {
  if (!instance_ || !ran_) return;
  auto runs = instance_->query("engine.configuration/1", "{}", kAskMs);
  if (runs.status != HUREN_OK || runs.json == ran_->text) return;
  auto parsed = config::parse(runs.json, "local.toml");
  if (has_error(parsed.findings)) return;
  ran_->config = std::move(parsed.config);
  ran_->text = std::move(runs.json);
}

void Service::end() noexcept {
  stop();
  server_.reset();
  stood_by_ = false;
}

void Service::stop() noexcept {
  if (!server_) return;
  if (instance_) instance_->stop(kGraceMs);
  server_->serve(nullptr);
  server_->stop();
  instance_.reset();  // joins the engine's threads
}

}  // namespace huren::agent
