// huren-ctl outbox: what waits, what needs a person, and the verbs that help. Bodies are never printed; a report's version is read in them.
#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
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

constexpr std::array kForAPerson{OutboxState::refused, OutboxState::doubtful, OutboxState::parked};
constexpr std::string_view kPerson = "person";  // the word for those three

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

// The newest of these states, or of all, in the order of their numbers. cut: there are more.
bool read_lines(Place& place, const std::string& partner, std::vector<std::optional<OutboxState>> states, int limit, std::vector<Line>& lines, bool& cut) {
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    std::vector<OutboxRow> all;
    for (const auto state : states) {
      auto rows = reader.outbox_newest(partner, state, limit + 1);
      if (!rows) return rows.error();
      std::move(rows->begin(), rows->end(), std::back_inserter(all));
    }
    std::ranges::sort(all, {}, &OutboxRow::id);
    cut = all.size() > static_cast<std::size_t>(limit);
    if (cut) all.erase(all.begin(), all.end() - limit);
    lines.clear();
    for (auto& row : all) {
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
  std::vector<std::optional<OutboxState>> wanted;
  for (const auto s : kStates)
    if (state == store::word(s) || state == place.word(store::word(s))) wanted.push_back(s);
  if (state == kPerson || state == place.word(kPerson)) wanted.assign(kForAPerson.begin(), kForAPerson.end());
  if (state.empty()) wanted.push_back(std::nullopt);
  if (wanted.empty()) {
    place.failed({"ctl.state", "--state", {state}});
    return kUnusable;
  }
  std::string code;
  if (!partner.empty()) {
    const auto* known = partner_named(place, "--partner", partner);
    if (!known) return kUnusable;
    code = known->code;
  }
  std::vector<Line> lines;
  bool cut = false;
  if (!read_lines(place, code, std::move(wanted), limit, lines, cut)) return kUnusable;
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
  const int printed = print_rows(place, list, table);
  if (cut) place.err << place.say(("只列出最新 " + std::to_string(limit) + " 条；更多请用 --limit，或用 --state、--partner 缩小范围").c_str(),
                                  ("only the newest " + std::to_string(limit) + "; --limit shows more, --state and --partner fewer").c_str()) << "\n";
  return printed;
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
  auto shown = to_json(line, place.config.hospital.offset_minutes);
  if (!place.json) shown["remark"] = engine::remark_in(line.row.remark, place.language, true);
  place.out << shown.dump(2) << "\n";
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
