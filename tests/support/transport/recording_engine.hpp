// An engine for adapters under test: keeps what they log and hand in, answers as told, has a clock that is set by hand.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "huren/adapter.hpp"

namespace huren::test {

struct Logged {
  Severity severity = Severity::info;
  std::string event;
  std::map<std::string, std::string> fields;
};

class RecordingEngine final : public EngineServices {
 public:
  using Answer = std::function<Reply(const Inbound&)>;
  explicit RecordingEngine(Answer answer = {}) : answer_(std::move(answer)) {}

  void log(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept override;
  std::int64_t now_ms() noexcept override;
  Reply accept(const Inbound& inbound) noexcept override;
  std::vector<Reply> accept_many(const std::vector<Inbound>& messages) noexcept override;

  void answer_with(Answer answer);
  void set_now(std::int64_t now_ms);
  [[nodiscard]] std::vector<Inbound> accepted() const;
  [[nodiscard]] std::vector<std::size_t> together() const;  // how many were handed in at a time by accept_many
  [[nodiscard]] std::vector<Logged> logged(std::string_view event) const;
  [[nodiscard]] std::string everything_logged() const;
  // Waits until so many were accepted or logged; false after ten seconds, which fails the test that asked.
  bool wait_accepted(std::size_t count) const;
  bool wait_logged(std::string_view event, std::size_t count = 1) const;
  // The port of the newest transport.listening under this name.
  [[nodiscard]] std::uint16_t port(const std::string& name = "listener") const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Answer answer_;
  std::int64_t now_ms_ = 0;  // 0: the real time
  std::vector<Inbound> accepted_;
  std::vector<std::size_t> together_;
  std::vector<Logged> logged_;
};

std::string message(const std::string& control_id, std::size_t padding = 0);  // an ADT^A08 of an invented person
std::string ack(std::string_view code, const std::string& control_id, std::string_view err = "");
std::string control_id_of(std::string_view message);
Reply accepting(const Inbound& inbound);  // AA for its MSH-10

}  // namespace huren::test
