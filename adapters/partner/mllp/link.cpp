#include "adapters/partner/mllp/link.hpp"

#include <utility>

#include "adapters/common/verdict.hpp"

namespace huren::partner_mllp {

Link::Link(common::LinkSettings settings, EngineServices& engine, const common::Waker& stop)
    : dialer_(std::move(settings), engine, stop), engine_(engine) {
  late_ = [this](std::string&& ack) {
    return engine_.accept({.source = dialer_.settings().partner, .content_type = "application/hl7-v2", .body = std::move(ack)}).body;
  };
}

std::vector<Replied> Link::exchange_over(std::span<const Message> messages, const common::Deadline& deadline) {
  const auto none_sent = [&](const Error& why) { return std::vector<Replied>(messages.size(), {common::not_sent(why), {}}); };
  const auto current = dialer_.refresh();
  if (!current) return none_sent(current.error());
  if (current->renewed) pool_.clear();
  while (auto kept = take_good()) {
    auto done = exchange(*kept, messages, deadline, dialer_.where(), late_);
    note_skipped(done.skipped);
    if (done.nothing_left) continue;  // it died between the check and the write
    if (done.reusable) pool_.give(std::move(*kept), dialer_);
    return std::move(done.each);
  }
  auto stream = dialer_.dial(current->tls, deadline);
  if (!stream) return none_sent(stream.error());
  Connection fresh{.stream = std::move(*stream)};
  auto done = exchange(fresh, messages, deadline, dialer_.where(), late_);
  note_skipped(done.skipped);
  if (done.reusable)
    pool_.give(std::move(fresh), dialer_);
  else
    fresh.stream.close();
  return std::move(done.each);
}

std::optional<Connection> Link::take_good() {
  while (auto candidate = pool_.take()) {
    int skipped = 0;
    const bool good = still_good(*candidate, skipped, late_);
    note_skipped(skipped);
    if (good) return candidate;
    candidate->stream.close();
  }
  return std::nullopt;
}

void Link::note_skipped(int count) {
  if (count > 0)
    engine_.log(Severity::warning, "mllp.late_answer", {{"name", dialer_.where()}, {"skipped", std::to_string(count)}});
}

}  // namespace huren::partner_mllp
