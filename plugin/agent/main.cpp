// huren-agent: runs one hospital's engine as a service. Stays in the foreground; SIGTERM stops, SIGHUP reads local.toml again.
// Exit codes: 0 stopped as asked; 1 could not start, worth another try; 2 the configuration is at fault, trying again is not.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "agent/log.hpp"
#include "agent/service.hpp"
#include "agent/system.hpp"
#include "huren/huren.h"
#include "module/process.hpp"

namespace {

using namespace huren;
constexpr std::chrono::milliseconds kLook{1000};

int told(const Findings& findings) {
  int code = 0;
  for (const auto& f : findings) {
    if (f.severity != Severity::error) continue;
    std::fprintf(stderr, "%s\n", line(f.error).c_str());
    const auto status = status_of(f.error);
    code = std::max(code, status == HUREN_E_CONFIG || status == HUREN_E_ARGUMENT ? 2 : 1);
  }
  return code;
}

// In both languages, as all that it says before it reads which one the hospital speaks.
Error words_for(const CLI::ParseError& fault, const CLI::App& app) {
  const auto rest = app.remaining();
  if (!rest.empty()) return {"ctl.stray_word", "", {rest.front(), "huren-agent"}};
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&fault)) return {"ctl.value_missing", "", {"--config", "huren-agent"}};
  return {"ctl.words_wrong", "", {"huren-agent"}};
}

}  // namespace

int main(int argc, char** argv) {
  std::string config = module::process::kDefaultConfig;
  bool check = false;
  CLI::App app{"huren-agent: runs one hospital's huren as a service / 以服务方式运行本院互认插件"};
  app.set_version_flag("--version", "huren-agent " HUREN_VERSION);
  app.add_option("-c,--config", config, "folder of local.toml / 配置目录");
  app.add_flag("--check", check, "check the configuration and end / 只检查配置");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // help and version
    std::fprintf(stderr, "%s\n", line(words_for(e, app)).c_str());
    return 2;
  }
  if (check) return told(agent::check_config(config).findings);

  agent::hold_signals();
  agent::Service service(config);
  if (const int code = told(service.start()); code != 0) return code;
  agent::tell_manager("READY=1\nSTATUS=running");
  const auto watchdog = agent::watchdog_period();
  const auto tick = watchdog.count() > 0 ? std::min(watchdog, kLook) : kLook;
  for (;;) {
    switch (agent::next_signal(tick)) {
      case agent::Signal::stop:
        agent::tell_manager("STOPPING=1");
        service.stop();
        agent::log(Severity::info, "agent.stopped", {});
        return 0;
      case agent::Signal::reload:
        agent::tell_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(agent::monotonic_us()));
        service.reload();
        agent::tell_manager("READY=1");
        break;
      case agent::Signal::none: service.look(); break;
    }
    if (watchdog.count() > 0) agent::tell_manager("WATCHDOG=1");
  }
}
