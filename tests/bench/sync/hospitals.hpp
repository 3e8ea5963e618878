// Two hospitals in one process, each the real engine on a real SQLite store and spool (synchronous FULL), talking MLLP
// over mutual TLS on loopback. A submit goes the module's way: the checks of huren_submit, the spool, the engine's bell.
// Promises: every report that was submitted is followed until it is settled at A.
#pragma once
#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/link.hpp"
#include "storage/spool.hpp"
#include "tests/bench/sync/machine.hpp"
#include "tests/support/temp_dir.hpp"

namespace huren::bench {

struct Certificates {
  explicit Certificates(const std::string& folder);
  std::string folder, fingerprint_a, fingerprint_b;
};

int free_port();
// A hospital that relays its feed's messages to one partner without TLS.
std::string relay_toml(int feed_port, int partner_port);
// Messages of 3 KB that wait for that partner, in the store of the hospital at `folder`, four of each patient.
void fill_outbox(const std::string& folder, std::int64_t rows);

// One hospital from its TOML text; data below `folder`.
class Hospital {
 public:
  // settled: told of every subject (or, without one, message id) whose delivery is settled on disk.
  Hospital(const std::string& folder, const std::string& toml, std::function<void(std::string_view)> settled);
  ~Hospital();
  Hospital(const Hospital&) = delete;
  Hospital& operator=(const Hospital&) = delete;

  void submit(std::string_view type, std::string_view key, std::string_view json);
  [[nodiscard]] std::int64_t spooled();                 // events that were not taken in yet
  [[nodiscard]] std::int64_t figure(const char* name);  // of the health report
  void close();

 private:
  std::unique_ptr<storage::Spool> spool_;
  std::unique_ptr<EngineLink> engine_;
};

// Lets submitters wait for what they submitted.
class Settled {
 public:
  void expect(const std::string& subject);
  void tell(std::string_view subject);
  bool wait(const std::string& subject, double seconds);
  [[nodiscard]] std::int64_t count() const;
  bool wait_for_all(double seconds);  // nothing is open
  void wait_until_open_below(std::int64_t limit);

 private:
  mutable std::mutex mutex_;
  std::condition_variable any_, room_;
  struct One { bool done = false; std::condition_variable done_cv; };
  std::unordered_map<std::string, std::shared_ptr<One>> open_;
  std::int64_t count_ = 0;
};

class Pair {
 public:
  Pair(const std::string& folder, const Certificates& certificates, int patients);
  // Of patient i % patients: 25 results, an ORU^R01 of about 3 KB before the document goes in.
  void release(std::int64_t number);
  static std::string subject(std::int64_t number);
  void close();

  Settled settled;
  std::unique_ptr<Hospital> a, b;

 private:
  std::vector<std::string> people_;    // as JSON
  std::array<std::string, 3> report_;  // before its number, between number and patient, and the rest
};

}  // namespace huren::bench
