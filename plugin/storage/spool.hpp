// The spool: what the HIS submitted and nobody has processed yet, and the memory of all that it ever submitted.
// Promises: append() that returned stored is on disk (I1); the same (type, key) is stored once for ever: repeated with
//   the same content it is a duplicate, with another a conflict; several processes may share the file.
// Refuses: setting a damaged file aside unless no byte of it can be read; it says what to do instead.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/link.hpp"
#include "core/base/result.hpp"
#include "storage/group_commit.hpp"
#include "storage/sqlite.hpp"

namespace huren::storage {

enum class Appended { stored, duplicate, conflict };

struct SpoolOptions {
  std::string vfs{};                                // tests only
  Synchronous synchronous = Synchronous::full;      // tests only: anything less breaks I1
  std::int64_t check_fully_below_bytes = 64 << 20;  // larger files: only the waiting part is checked at open
  std::int64_t (*now_ms)() = nullptr;               // the clock for at_ms; nullptr: the system's
};

class Spool final : public SpoolPort {
 public:
  // Creates the file (0600) when missing; its directory must exist.
  static Result<std::unique_ptr<Spool>> open(const std::string& path, const SpoolOptions& options);

  // Told of a new event before its commit, which may still fail, on the thread of whoever commits; again when that was undone
  // and done once more. Outlives the spool's last append; neither throws nor waits.
  using Coming = std::function<void(const SpooledEvent&)>;
  // Waits at most timeout_ms; Error storage.busy then: the outcome is unknown and repeating the call is safe.
  Result<Appended> append(std::string_view type, std::string_view key, std::string_view content_type,
                          std::string_view body, std::uint32_t timeout_ms, Coming coming = {});

  Result<std::vector<SpooledEvent>> next(std::int64_t after_seq, int limit) noexcept override;
  Result<void> forget(std::int64_t up_to_seq) noexcept override;
  Result<std::int64_t> depth() noexcept override;
  Result<std::int64_t> newest() noexcept override;
  Result<void> submit(std::string_view type, std::string_view key, std::string_view body, std::uint32_t wait_ms) noexcept override;

  // Where an unreadable predecessor of this file was put; empty: there was none. Worth an error in the log.
  [[nodiscard]] const std::string& set_aside() const { return set_aside_; }
  [[nodiscard]] GroupCommit::Figures figures() const { return writes_.figures(); }

 private:
  Spool(std::unique_ptr<Database> writer, std::unique_ptr<Database> reader, const SpoolOptions& options,
        std::string set_aside);

  std::unique_ptr<Database> writer_;
  std::unique_ptr<Database> reader_;
  std::mutex reader_mutex_;
  GroupCommit writes_;
  SpoolOptions options_;
  std::string set_aside_;
};

}  // namespace huren::storage
