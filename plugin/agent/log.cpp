#include "agent/log.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "core/base/time.hpp"

namespace huren::agent {
namespace {

constexpr int kPerSecond = 10;

bool flooded(std::string_view event, std::int64_t now_ms) {
  static std::mutex mutex;
  static std::map<std::string, std::pair<std::int64_t, int>, std::less<>> seen;
  const std::lock_guard guard(mutex);
  auto& [second, count] = seen.try_emplace(std::string(event)).first->second;
  if (second != now_ms / 1000) second = now_ms / 1000, count = 0;
  return ++count > kPerSecond;
}

const char* word(Severity s) { return s == Severity::info ? "info" : s == Severity::warning ? "warning" : "error"; }

}  // namespace

void log(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept try {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (flooded(event, now)) return;
  nlohmann::ordered_json line{{"at", to_iso_time(from_epoch_ms(now, 0))}, {"severity", word(severity)}, {"event", event}};
  for (const auto& [name, value] : fields) line[std::string(name)] = value;
  const auto text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
} catch (...) {  // nothing to say it with
}

void log(Severity severity, std::string_view event, const Error& error) noexcept try {
  log(severity, event, {{"id", std::string(error.id)}, {"where", error.where}, {"zh", text(error, Language::zh)}, {"en", text(error, Language::en)}});
} catch (...) {
}

}  // namespace huren::agent
