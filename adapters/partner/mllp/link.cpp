#include "adapters/partner/mllp/link.hpp"

#include <utility>

#include "adapters/common/verdict.hpp"

namespace huren::partner_mllp {

using common::Deadline;

namespace {
constexpr std::uint32_t kLookAgainMs = 1'000;
}

Link::Link(LinkSettings settings, EngineServices& engine, const common::Waker& stop)
    : settings_(std::move(settings)), where_("partner." + settings_.partner), engine_(engine), stop_(stop) {}

Receipt Link::deliver(const Message& message, const Deadline& deadline) {
  const auto context = refresh();
  if (!context) return common::not_sent(context.error());
  while (auto kept = take_idle()) {
    auto done = exchange(*kept, message, deadline, where_);
    note_skipped(done.skipped);
    if (done.nothing_left) continue;  // it died between the check and the write
    if (done.reusable) give_back(std::move(*kept));
    return std::move(done.receipt);
  }
  auto fresh = open(*context, deadline);
  if (!fresh) return common::not_sent(fresh.error());
  auto done = exchange(*fresh, message, deadline, where_);
  note_skipped(done.skipped);
  if (done.reusable)
    give_back(std::move(*fresh));
  else
    fresh->stream.close();
  return std::move(done.receipt);
}

Result<Connection> Link::open(const std::shared_ptr<const common::TlsContext>& context, const Deadline& deadline) {
  auto stream = common::Stream::dial(settings_.address, Deadline::earlier(deadline, Deadline(settings_.connect_timeout_ms)),
                                     &stop_, where_);
  if (!stream) return stream.error();
  if (context) {
    auto secured = stream->secure(context, Deadline::earlier(deadline, Deadline(settings_.handshake_timeout_ms)), where_);
    if (!secured) return secured.error();
  }
  return Connection{.stream = std::move(*stream)};
}

std::optional<Connection> Link::take_idle() {
  for (;;) {
    std::optional<Connection> candidate;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) return std::nullopt;
      if (!idle_.back().until.passed()) candidate.emplace(std::move(idle_.back().connection));
      idle_.pop_back();
    }
    int skipped = 0;
    const bool good = candidate && still_good(*candidate, skipped);
    note_skipped(skipped);
    if (good) return candidate;
    if (candidate) candidate->stream.close();
  }
}

void Link::give_back(Connection connection) {
  const std::lock_guard lock(mutex_);
  if (stop_.raised() || idle_.size() >= settings_.max_idle) {
    connection.stream.close();
    return;
  }
  idle_.push_back({std::move(connection), Deadline(settings_.keep_idle_ms)});
}

void Link::close_idle() {
  const std::lock_guard lock(mutex_);
  for (auto& idle : idle_) idle.connection.stream.close();
  idle_.clear();
}

Result<std::shared_ptr<const common::TlsContext>> Link::refresh() {
  const std::lock_guard lock(mutex_);
  if (!settings_.tls || (look_again_ && !look_again_->passed())) return context_;
  auto current = settings_.tls->current();
  if (!current) return current.error();
  context_ = *current;
  look_again_.emplace(kLookAgainMs);
  const auto change = settings_.tls->take_change();
  for (const auto& e : change.failed)
    engine_.log(Severity::error, "tls.reload_failed", {{"name", where_}, {"reason", line(e)}});
  if (change.reloaded) {
    engine_.log(Severity::info, "tls.reloaded", {{"name", where_}});
    for (auto& idle : idle_) idle.connection.stream.close();  // the next message shows the new certificate
    idle_.clear();
  }
  expiry_.check(engine_, context_->settings().certificate, context_->own_not_after_ms());
  return context_;
}

void Link::note_skipped(int count) {
  if (count > 0)
    engine_.log(Severity::warning, "mllp.late_answer", {{"name", where_}, {"skipped", std::to_string(count)}});
}

}  // namespace huren::partner_mllp
