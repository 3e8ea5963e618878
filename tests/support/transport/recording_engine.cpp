#include "tests/support/transport/recording_engine.hpp"

#include <chrono>

#include "core/base/text.hpp"

namespace huren::test {

void RecordingEngine::log(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept {
  const std::lock_guard lock(mutex_);
  Logged row{.severity = severity, .event = std::string(event), .fields = {}};
  for (const auto& [key, value] : fields) row.fields.emplace(key, value);
  logged_.push_back(std::move(row));
  changed_.notify_all();
}

std::int64_t RecordingEngine::now_ms() noexcept {
  const std::lock_guard lock(mutex_);
  if (now_ms_ != 0) return now_ms_;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Reply RecordingEngine::accept(const Inbound& inbound) noexcept {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    answer = answer_;
  }
  Reply reply = answer ? answer(inbound) : accepting(inbound);
  const std::lock_guard lock(mutex_);
  accepted_.push_back(inbound);
  changed_.notify_all();
  return reply;
}

std::vector<Reply> RecordingEngine::accept_many(const std::vector<Inbound>& messages) noexcept {
  {
    const std::lock_guard lock(mutex_);
    together_.push_back(messages.size());
  }
  return EngineServices::accept_many(messages);
}

std::vector<std::size_t> RecordingEngine::together() const {
  const std::lock_guard lock(mutex_);
  return together_;
}

void RecordingEngine::answer_with(Answer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

void RecordingEngine::set_now(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  now_ms_ = now_ms;
}

std::vector<Inbound> RecordingEngine::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::vector<Logged> RecordingEngine::logged(std::string_view event) const {
  const std::lock_guard lock(mutex_);
  std::vector<Logged> out;
  for (const auto& row : logged_)
    if (row.event == event) out.push_back(row);
  return out;
}

std::string RecordingEngine::everything_logged() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& row : logged_) {
    out += row.event;
    for (const auto& [key, value] : row.fields) out += " " + key + "=" + value;
    out += "\n";
  }
  return out;
}

bool RecordingEngine::wait_accepted(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return accepted_.size() >= count; });
}

bool RecordingEngine::wait_logged(std::string_view event, std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
    std::size_t seen = 0;
    for (const auto& row : logged_) seen += row.event == event ? 1 : 0;
    return seen >= count;
  });
}

std::uint16_t RecordingEngine::port(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::uint16_t out = 0;
  for (const auto& row : logged_) {
    if (row.event != "transport.listening" || row.fields.at("name") != name) continue;
    const auto& address = row.fields.at("address");
    out = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  return out;
}

std::string message(const std::string& control_id, std::size_t padding) {
  std::string out = "MSH|^~\\&|HIS|A|HUREN|B|20261122093000+0800||ADT^A08^ADT_A01|" + control_id +
                    "|P|2.5.1||||||UNICODE UTF-8\rEVN||20261122093000\rPID|||900001^^^A||测试^患者\rPV1||O\r";
  if (padding > 0) out += "NTE|1||" + std::string(padding, 'x') + "\r";
  return out;
}

std::string ack(std::string_view code, const std::string& control_id, std::string_view err) {
  std::string out = "MSH|^~\\&|HUREN|B|HIS|A|20261122093001+0800||ACK^A08^ACK|R" + control_id + "|P|2.5.1\rMSA|";
  out.append(code).append("|").append(control_id).append("\r");
  if (!err.empty()) out.append(err).append("\r");
  return out;
}

std::string control_id_of(std::string_view message) {
  const auto fields = split(message.substr(0, message.find('\r')), '|');
  return fields.size() > 9 ? std::string(fields[9]) : "";
}

Reply accepting(const Inbound& inbound) { return {.body = ack("AA", control_id_of(inbound.body)), .stored = true}; }

}  // namespace huren::test
