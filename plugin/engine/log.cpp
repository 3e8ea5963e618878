#include "engine/log.hpp"

#include <Poco/File.h>
#include <Poco/Message.h>

#include <nlohmann/json.hpp>

#include "core/base/time.hpp"

namespace huren::engine {
namespace {

const char* word(Severity s) {
  switch (s) {
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "error";
}

}  // namespace

Log::Log(const std::string& folder, Severity least, const Clock& clock, const HostHooks& hooks)
    : least_(least), clock_(clock), hooks_(hooks) {
  Poco::File(folder).createDirectories();
  file_ = new Poco::FileChannel(folder + "/huren.log");
  file_->setProperty(Poco::FileChannel::PROP_ROTATION, "10 M");
  file_->setProperty(Poco::FileChannel::PROP_PURGECOUNT, "10");
  file_->setProperty(Poco::FileChannel::PROP_FLUSH, "true");
  file_->open();
}

Log::~Log() = default;

void Log::write(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept try {
  ++counts_[static_cast<std::size_t>(severity)];
  if (severity < least_) return;
  const std::int64_t now = clock_.now_ms();
  const std::lock_guard lock(mutex_);
  auto& flood = floods_.try_emplace(std::string(event)).first->second;
  int dropped = 0;
  if (now / 1000 != flood.window_ms / 1000) {
    dropped = flood.dropped;
    flood = {.window_ms = now, .written = 0, .dropped = 0};
  }
  if (++flood.written > kPerSecond) {
    ++flood.dropped;
    return;
  }
  nlohmann::ordered_json line{{"at", to_iso_time(from_epoch_ms(now, 0))}, {"severity", word(severity)}, {"event", event}};
  for (const auto& [name, value] : fields) line[std::string(name)] = value;
  if (dropped) line["dropped_before"] = dropped;
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  file_->log(Poco::Message("huren", text, Poco::Message::PRIO_INFORMATION));
  if (hooks_.log) hooks_.log(hooks_.ctx, static_cast<int>(severity), text.c_str());
} catch (...) {  // a full disk must not stop the work; the store will say so by itself
}

void Log::write(Severity severity, std::string_view event, const Error& error) noexcept try {
  write(severity, event, {{"id", std::string(error.id)}, {"where", error.where}, {"zh", text(error, Language::zh)}, {"en", text(error, Language::en)}});
} catch (...) {
}

}  // namespace huren::engine
