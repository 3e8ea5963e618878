// One open huren: the checked configuration, the spool, the engine, the threads that ask it.
// Promises: what submit() answers HUREN_OK is on disk whatever the engine does, a store that cannot be opened included;
//   every other call is back in its time, for the engine is asked on threads of ours (I6).
// Refuses: doing anything that the engine could do: this lives in the HIS's process.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/link.hpp"
#include "core/config/config.hpp"
#include "module/callbacks.hpp"
#include "module/engine_loader.hpp"
#include "module/process.hpp"
#include "module/workers.hpp"
#include "storage/spool.hpp"

namespace huren::module {

std::string agent_socket(const config::Config& config, const std::string& config_dir);

// What would keep huren-agent's engine from opening this configuration, which was parsed from toml without an error.
Findings inspect(const config::Config& config, const std::string& config_dir, const std::string& toml);

class Instance {
 public:
  struct Opened { std::shared_ptr<Instance> instance; Findings findings; };  // instance absent: findings say why
  enum class Role { host, agent };  // agent: huren-agent itself, which runs the engine that the others reach
  // toml: what is opened instead of the file's text; empty: that.
  static Opened open(const std::string& config_path, Host host, Role role = Role::host, const std::string& toml = {});

  Result<storage::Appended> submit(std::string_view type, std::string_view key, std::string_view content_type, std::string_view body);
  QueryAnswer query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms);
  void unanswered(std::string_view topic, std::string_view json, QueryAnswer answer) noexcept;  // the host's buffer was too small
  QueryAnswer poll(std::uint32_t wait_ms);
  void unpoll(std::string_view notice_json);  // the host's buffer was too small
  QueryAnswer acknowledge(std::string_view notice_id);
  std::string health();
  std::string engine_health();                // the engine's part alone
  void spooled() noexcept;                    // another process did
  void published(huren_handle handle) noexcept;  // the host may be called from now on
  void stop(std::uint32_t grace_ms);          // wakes whoever waits in poll()
  [[nodiscard]] std::int64_t max_body_bytes() const { return config_.max_body_bytes; }
  [[nodiscard]] const std::shared_ptr<Callbacks>& callbacks() const { return callbacks_; }

 private:
  Instance(config::Config config, Host host) : config_(std::move(config)), callbacks_(std::make_shared<Callbacks>(std::move(host))) {}
  Result<void> start(const std::string& config_dir, Role role, const std::string& toml);

  const config::Config config_;
  std::shared_ptr<Callbacks> callbacks_;
  std::shared_ptr<process::FolderOwner> owner_;
  std::unique_ptr<storage::Spool> spool_;
  std::unique_ptr<Engine> engine_;
  std::string trouble_;      // why there is no engine yet
  // An answer that found no room. Whoever asks the same again at once gets it: the question is asked, and audited, once.
  struct Kept {
    std::string topic, json;
    QueryAnswer answer;
    std::chrono::steady_clock::time_point until;
  };
  std::mutex kept_mutex_;
  std::unique_ptr<Kept> kept_;
  std::mutex health_mutex_;
  std::string last_health_;  // the engine's, as it said last
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> submitted_{0}, asked_{0}, unanswered_{0};
  // Declared last: their threads end before the engine that they use. A query that hangs holds up no notice.
  Workers queries_, others_{6};
};

}  // namespace huren::module
