// The agent's life: configuration, engine, socket; start, reload, stop.
// Promises: a second agent with the same configuration stands by and takes over when the first is gone; a configuration
//   with faults is never taken in the place of one that works.
#pragma once
#include <memory>
#include <string>

#include "agent/server.hpp"
#include "core/config/config.hpp"

namespace huren::agent {

class Service {
 public:
  explicit Service(std::string config_path) : config_path_(std::move(config_path)) {}
  ~Service() { stop(); }
  // The faults; empty: it runs. A fault of the configuration has status HUREN_E_CONFIG.
  Findings start();
  void reload();  // SIGHUP: the configuration is read again; the engine stops and starts
  void look();    // now and then: takes the socket when it has come free, starts what could not be started
  void stop() noexcept;

 private:
  Findings open_engine();
  Result<void> take_socket();

  const std::string config_path_;
  config::Config config_;
  std::string config_dir_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<module::Instance> instance_;
  bool stood_by_ = false;
};

// The configuration and where its folder is; shared by --check.
struct Read { config::Config config; std::string folder; Findings findings; };
Read read_config(const std::string& path);

}  // namespace huren::agent
