// huren-ctl outbox: what waits, what needs a person, and the verbs that help. Bodies are never printed; a report's version is read in them.
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/hl7/message.hpp"
#include "ctl/place.hpp"
#include "engine/outbox_verbs.hpp"

namespace huren::ctl {
namespace {

using store::OutboxRow;
using store::OutboxState;

constexpr std::array kStates{OutboxState::waiting, OutboxState::claimed, OutboxState::on_wire, OutboxState::delivered,
                             OutboxState::refused, OutboxState::doubtful, OutboxState::parked, OutboxState::cancelled,
                             OutboxState::committed};

struct Line { OutboxRow row; int version = 0; };  // of the report; 0: another message, or its bytes were dropped

// OBR-20, where an ORU^R01 between huren hospitals has it.
int version_in(const OutboxRow& row) {
  if (!row.type.starts_with("ORU") || row.body.empty()) return 0;
  const auto message = hl7::Message::read(row.body);
  int version = 0;
  if (!message) return version;
  const std::string text(message->segment("OBR").value(20));
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

Result<Line> line_of(store::Reader& reader, OutboxRow row) {
  auto whole = reader.outbox_whole(row.id);
  if (!whole) return whole.error();
  return Line{std::move(row), *whole ? version_in(**whole) : 0};
}

bool read_lines(Place& place, const std::string& partner, std::optional<OutboxState> state, int limit, std::vector<Line>& lines) {
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    lines.clear();
    auto rows = reader.outbox(partner, state, limit);
    if (!rows) return rows.error();
    for (auto& row : *rows) {
      auto line = line_of(reader, std::move(row));
      if (!line) return line.error();
      lines.push_back(std::move(*line));
    }
    return {};
  });
  return read ? true : place.failed(read.error());
}

// What a person does about it; plugin/doc/outbox.md has the long form.
std::string cure(const Place& place, const OutboxRow& r) {
  const auto id = std::to_string(r.id);
  switch (r.state) {
    case OutboxState::refused:
      return place.say(("请按说明更正后 outbox retry " + id + "；若须改内容，请 HIS 发布更正报告，再 outbox cancel " + id).c_str(),
                       ("mend what is told, then outbox retry " + id + "; if the content must change, have it released as amended and outbox cancel " + id).c_str());
    case OutboxState::doubtful:
      return place.say(("请向伙伴核实控制号 " + r.message_id + "：已收到则 outbox cancel " + id + "，未收到则 outbox retry " + id).c_str(),
                       ("ask the partner for control id " + r.message_id + ": has it, outbox cancel " + id + "; has it not, outbox retry " + id).c_str());
    case OutboxState::parked:
      return place.say(("请按说明查明原因，然后 outbox retry " + id + " 或 outbox cancel " + id).c_str(), ("find out why, then outbox retry " + id + " or outbox cancel " + id).c_str());
    default: return "";
  }
}

nlohmann::ordered_json to_json(const Line& line, int offset) {
  const auto& r = line.row;
  return {{"id", r.id}, {"message_id", r.message_id}, {"partner", r.partner}, {"type", r.type}, {"subject", r.subject}, {"version", line.version ? nlohmann::ordered_json(line.version) : nullptr}, {"state", store::word(r.state)},
          {"attempts", r.attempts}, {"created_at", json_time(r.created_ms, offset)}, {"changed_at", json_time(r.changed_ms, offset)},
          {"next_at", json_time(r.next_ms, offset)}, {"expires_at", json_time(r.expires_ms, offset)}, {"lane", r.lane}, {"remark", r.remark}};
}

}  // namespace

int outbox_list(Place& place, const std::string& partner, const std::string& state, int limit) {
  std::optional<OutboxState> wanted;
  for (const auto s : kStates)
    if (state == store::word(s) || state == place.word(store::word(s))) wanted = s;
  if (!state.empty() && !wanted) {
    place.failed({"ctl.state", "--state", {state}});
    return kUnusable;
  }
  std::vector<Line> lines;
  if (!read_lines(place, partner, wanted, limit, lines)) return kUnusable;
  const int offset = place.config.hospital.offset_minutes;
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{"id", place.say("伙伴", "partner"), place.say("类型", "type"), place.say("对象", "subject"), place.say("版本", "version"), place.say("状态", "state"),
                                               place.say("次数", "attempts"), place.say("变动时间", "changed"), place.say("说明与处理办法", "what happened, what to do")}};
  for (const auto& line : lines) {
    const auto& r = line.row;
    const auto todo = cure(place, r);
    list.push_back(to_json(line, offset));
    table.push_back({std::to_string(r.id), r.partner, r.type, r.subject, line.version ? std::to_string(line.version) : "", place.word(store::word(r.state)), std::to_string(r.attempts), local_time(r.changed_ms, offset),
                     engine::remark_in(r.remark, place.language) + (todo.empty() ? "" : " -> " + todo)});
  }
  return print_rows(place, list, table);
}

int outbox_show(Place& place, std::int64_t id) {
  Line line;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto found = engine::outbox_message(reader, id);
    if (!found) return found.error();
    auto whole = line_of(reader, std::move(*found));
    if (!whole) return whole.error();
    line = std::move(*whole);
    return {};
  });
  if (!read) {
    place.failed(read.error());
    return kUnusable;
  }
  place.out << to_json(line, place.config.hospital.offset_minutes).dump(2) << "\n";
  return kOk;
}

int outbox_change(Place& place, const std::string& verb, const std::vector<std::int64_t>& ids, bool dry_run) {
  auto changes = engine::change_outbox(*place.store, verb, ids, operator_name(), engine::Clock().now_ms(), dry_run);
  if (!changes) {
    place.failed(changes.error());
    return kUnusable;
  }
  for (const auto& c : *changes)
    place.out << c.id << "  " << place.word(store::word(c.from)) << " -> " << place.word(store::word(c.to)) << (dry_run ? place.say("  （演练，未改动）", "  (dry run, unchanged)") : "") << "\n";
  return kOk;
}

}  // namespace huren::ctl
