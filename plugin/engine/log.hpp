// Named events with fields, one JSON line each, to data_dir/log/huren.log (10 MiB a file, ten kept) and to the host.
// Promises: never throws, never blocks on a partner, a flood of one event is thinned and counted.
// Refuses: sentences; patient data (types that hold it have no formatter, and fields are named in log_events.csv).
#pragma once
#include <Poco/AutoPtr.h>
#include <Poco/FileChannel.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/link.hpp"
#include "core/base/result.hpp"
#include "engine/clock.hpp"

namespace huren::engine {

class Log {
 public:
  using Field = std::pair<std::string_view, std::string>;
  Log(const std::string& folder, Severity least, const Clock& clock, const HostHooks& hooks);
  ~Log();
  void write(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept;
  void write(Severity severity, std::string_view event, const Error& error) noexcept;
  [[nodiscard]] std::uint64_t count(Severity severity) const noexcept { return counts_[static_cast<std::size_t>(severity)]; }

 private:
  struct Flood { std::int64_t window_ms = 0; int written = 0, dropped = 0; };
  static constexpr int kPerSecond = 20;  // of one event name
  const Severity least_;
  const Clock& clock_;
  const HostHooks hooks_;
  std::array<std::atomic<std::uint64_t>, 3> counts_{};  // thinned or not
  std::mutex mutex_;
  std::map<std::string, Flood, std::less<>> floods_;
  Poco::AutoPtr<Poco::FileChannel> file_;
};

}  // namespace huren::engine
