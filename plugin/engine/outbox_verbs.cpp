#include "engine/outbox_verbs.hpp"

#include <algorithm>

#include "engine/audit.hpp"

namespace huren::engine {
namespace {

using store::OutboxRow;
using store::OutboxState;

bool fits(std::string_view verb, OutboxState state) {
  const bool waits_for_person = state == OutboxState::parked || state == OutboxState::refused || state == OutboxState::doubtful;
  const bool committed = state == OutboxState::committed;  // a person who has asked the partner need not wait on
  if (verb == "release") return state == OutboxState::parked;
  if (verb == "retry") return waits_for_person || committed;
  return waits_for_person || committed || state == OutboxState::waiting;
}

}  // namespace

Result<std::vector<OutboxChange>> change_outbox(store::Store& store, std::string_view verb, const std::vector<std::int64_t>& ids, const std::string& who,
                                                std::int64_t now_ms, bool dry_run) {
  const auto target = verb == "retry" || verb == "release" ? OutboxState::waiting : verb == "park" ? OutboxState::parked : OutboxState::cancelled;
  std::vector<OutboxRow> rows;
  auto read = store.read([&](store::Reader& reader) -> Result<void> {
    auto r = reader.outbox("", std::nullopt, 1'000'000);
    if (!r) return r.error();
    rows = std::move(*r);
    return {};
  });
  if (!read) return read.error();
  std::vector<OutboxChange> changes;
  std::vector<store::Settlement> settlements;
  std::vector<std::string> partners;
  for (const auto id : ids) {
    const auto it = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.id == id; });
    if (it == rows.end()) return Error{"ctl.no_row", std::to_string(id), {std::to_string(id)}};
    if (!fits(verb, it->state)) return Error{"ctl.not_now", std::to_string(id), {std::string(verb), store::word(it->state)}};
    changes.push_back({id, it->state, target});
    settlements.push_back({.id = id, .state = target, .next_ms = 0, .remark = who + " " + std::string(verb), .give_back = false, .at_ms = now_ms});
    partners.push_back(it->partner);
  }
  if (dry_run) return changes;
  auto done = store.transact([&](store::Unit& unit) -> Result<void> {
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (auto r = audit(unit, now_ms, "operator.outbox", {who, "outbox:" + std::to_string(ids[i]), std::string(verb)}, {{"partner", partners[i]}}); !r) return r;
    return unit.settle(settlements);
  });
  if (!done) return done.error();
  return changes;
}

std::string remark_in(const std::string& remark, Language language) {
  const auto bar = remark.find(" / ");
  const auto id = remark.rfind(" [");
  if (bar == remark.npos || id == remark.npos || id < bar) return remark;
  if (language == Language::zh) return remark.substr(0, bar);
  const auto where = remark.substr(0, bar).find(": ");
  return (where == remark.npos ? "" : remark.substr(0, where + 2)) + remark.substr(bar + 3, id - bar - 3);
}

}  // namespace huren::engine
