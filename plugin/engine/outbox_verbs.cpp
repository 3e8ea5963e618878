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
  if (verb == "park" && state == OutboxState::parked) return false;  // its remark would be lost
  return waits_for_person || committed || state == OutboxState::waiting;
}

// Why the verb does not fit and which one does. Of what waits for a person only release, and park of what is parked, do not fit.
std::string_view why_not(OutboxState state) {
  switch (state) {
    case OutboxState::waiting: return "ctl.waits_already";
    case OutboxState::claimed:
    case OutboxState::on_wire: return "ctl.being_sent";
    case OutboxState::delivered: return "ctl.delivered_already";
    case OutboxState::refused: return "ctl.release_refused";
    case OutboxState::doubtful: return "ctl.release_doubtful";
    case OutboxState::parked: return "ctl.parked_already";
    case OutboxState::cancelled: return "ctl.cancelled_already";
    case OutboxState::committed: return "ctl.release_committed";
  }
  return "ctl.being_sent";
}

constexpr std::string_view kBar = " / ", kNext = "] | ";  // between the languages of a line, between two lines

// One line of core/base: "where: zh / en [id]". What fills the places stands in both halves, so the middle bar parts them.
std::string half(std::string_view line, Language language, bool with_id) {
  const auto id = line.rfind(" [");
  if (id == line.npos || !line.ends_with(']')) return std::string(line);
  const auto both = line.substr(0, id);
  std::vector<std::size_t> bars;
  for (auto at = both.find(kBar); at != both.npos; at = both.find(kBar, at + kBar.size())) bars.push_back(at);
  if (bars.empty()) return std::string(line);
  const auto bar = bars[bars.size() / 2];
  auto out = std::string(both.substr(0, bar));
  if (language == Language::en) {
    const auto colon = out.find(": ");
    const bool where = colon != out.npos && std::all_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) { return c > ' ' && c <= '~'; });
    out.erase(where ? colon + 2 : 0);
    out += both.substr(bar + kBar.size());
  }
  return with_id ? out.append(line.substr(id)) : out;
}

}  // namespace

Result<OutboxRow> outbox_message(store::Reader& reader, std::int64_t id) {
  auto row = reader.outbox_entry(id);
  if (!row) return row.error();
  if (!*row) return Error{"ctl.no_row", std::to_string(id), {std::to_string(id)}};
  return std::move(**row);
}

Result<std::vector<OutboxChange>> change_outbox(store::Store& store, std::string_view verb, const std::vector<std::int64_t>& ids, const std::string& who,
                                                std::int64_t now_ms, bool dry_run) {
  const auto target = verb == "retry" || verb == "release" ? OutboxState::waiting : verb == "park" ? OutboxState::parked : OutboxState::cancelled;
  std::vector<OutboxChange> changes;
  std::vector<OutboxRow> rows;
  const auto look = [&](store::Reader& reader) -> Result<void> {
    changes.clear();
    rows.clear();
    for (const auto id : ids) {
      auto row = outbox_message(reader, id);
      if (!row) return row.error();
      if (!fits(verb, row->state)) return Error{why_not(row->state), std::to_string(id), {std::to_string(id), std::string(verb), store::word(row->state)}};
      changes.push_back({id, row->state, target});
      rows.push_back(std::move(*row));
    }
    return {};
  };
  auto done = dry_run ? store.read(look) : store.transact([&](store::Unit& unit) -> Result<void> {
    if (auto r = look(unit); !r) return r;  // under the writer: the engine cannot claim one of them meanwhile
    std::vector<store::Settlement> settlements;
    for (const auto& row : rows) {
      if (auto r = audit(unit, now_ms, "operator.outbox", {who, "outbox:" + std::to_string(row.id), std::string(verb)}, {{"partner", row.partner}}); !r) return r;
      settlements.push_back({.id = row.id, .state = target, .next_ms = 0, .remark = who + " " + std::string(verb), .give_back = false, .at_ms = now_ms});
    }
    return unit.settle(settlements);
  });
  if (!done) return done.error();
  return changes;
}

std::string remark_in(std::string_view remark, Language language, bool with_id) {
  std::string out;
  for (auto next = remark.find(kNext); next != remark.npos; next = remark.find(kNext)) {
    out += half(remark.substr(0, next + 1), language, with_id) + " | ";
    remark.remove_prefix(next + kNext.size());
  }
  return out + half(remark, language, with_id);
}

}  // namespace huren::engine
