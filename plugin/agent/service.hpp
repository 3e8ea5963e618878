// The agent's life: configuration, engine, socket; start, reload, stop.
// Promises: a second agent with the same configuration stands by and takes over when the first is gone; a configuration
//   with faults is never taken in the place of one that works, and where one does not start after all the former goes on.
#pragma once
#include <memory>
#include <optional>
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
  void reload();  // SIGHUP: the configuration is read again and looked at; the engine stops and starts
  void look();    // now and then: takes the socket when it has come free, starts what could not be started
  void stop() noexcept;

  struct Read { config::Config config; std::string folder, text; Findings findings; };  // text: of the file

 private:
  Findings start(const Read& read);
  void end() noexcept;
  bool start_or_former(const Read& read);
  void note_applied();
  Findings open_engine(const std::string& toml);
  Result<void> take_socket();

  const std::string config_path_;
  config::Config config_;
  std::string config_dir_;
  std::optional<Read> ran_;  // what was started last without a fault
  std::unique_ptr<Server> server_;
  std::shared_ptr<module::Instance> instance_;
  bool stood_by_ = false;
};

// The configuration, and where its folder is.
Service::Read read_config(const std::string& path);
// And looked at by all that it names: files, keys, accounts, adapters. Shared by --check.
Service::Read check_config(const std::string& path);

}  // namespace huren::agent
