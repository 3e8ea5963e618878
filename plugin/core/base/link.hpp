// Between the module (in the HIS's process) and the engine (a second module in embedded mode).
// Promises: exactly one copy of SQLite opens the spool in a process (two copies would drop each other's POSIX locks):
//   the module owns the file, the engine reads it through SpoolPort. Functions never throw.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

#define HUREN_ENGINE_SIGNATURE "huren 0.1.0;engine 4;" __VERSION__

namespace huren {

struct SpooledEvent { std::int64_t seq = 0; std::string type, key, content_type, body; std::int64_t at_ms = 0; };

class SpoolPort {  // offered by the module
 public:
  virtual ~SpoolPort() = default;
  virtual Result<std::vector<SpooledEvent>> next(std::int64_t after_seq, int limit) noexcept = 0;
  virtual Result<void> forget(std::int64_t up_to_seq) noexcept = 0;  // bodies dropped; keys and hashes stay for de-duplication
  virtual Result<std::int64_t> depth() noexcept = 0;
  virtual Result<std::int64_t> newest() noexcept = 0;  // seq of the newest that waits; 0: none does
  // An event that an adapter took over for the HIS. On disk when it returns; the same key and content again is no fault.
  virtual Result<void> submit(std::string_view type, std::string_view key, std::string_view body, std::uint32_t wait_ms) noexcept = 0;
};

struct HostHooks {  // the HIS's callbacks, already guarded by the module; either may be empty
  void* ctx = nullptr;
  void (*log)(void* ctx, int severity, const char* message) = nullptr;
  void (*wake)(void* ctx) = nullptr;
};

struct QueryAnswer { int status = 0; std::string json; Error error{"", "", {}}; };  // status: huren_status

class EngineLink {  // offered by the engine
 public:
  virtual ~EngineLink() = default;  // joins every thread
  // An event that is being spooled. Its commit is not on disk yet, and may fail: what is made of it until then is for memory alone.
  // Called within the spool's transaction: never waits.
  virtual void coming(const SpooledEvent& event) noexcept = 0;
  virtual void spooled() noexcept = 0;  // there is something new in the spool
  virtual QueryAnswer query(std::string_view topic, std::string_view json, std::uint32_t deadline_ms) noexcept = 0;
  // Waits up to wait_ms for a notice and leases it; HUREN_EMPTY when none came.
  virtual QueryAnswer poll(std::uint32_t wait_ms) noexcept = 0;
  virtual void unpoll(std::string_view notice_id) noexcept = 0;  // the caller's buffer was too small: nothing consumed
  virtual QueryAnswer acknowledge(std::string_view notice_id) noexcept = 0;
  virtual std::string health() noexcept = 0;  // JSON object
  virtual void stop(std::uint32_t grace_ms) noexcept = 0;  // wakes pollers, ends work in progress
};

struct EngineEntry {
  const char* signature;
  // config_dir holds local.toml; the text was parsed and found clean by the module. toml: a text in its place, or "".
  Result<std::unique_ptr<EngineLink>> (*open)(const std::string& config_dir, const std::string& toml, SpoolPort* spool, const HostHooks& hooks);
  // What would keep open() from opening that text; an engine may run meanwhile.
  Findings (*inspect)(const std::string& config_dir, const std::string& toml);
};
// exported as: extern "C" const huren::EngineEntry huren_engine_entry

}  // namespace huren
