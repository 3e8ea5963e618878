// huren-ctl audit: list, verify, export; huren-ctl replay: one recorded suggestion decided again.
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/time.hpp"
#include "ctl/place.hpp"
#include "ctl/progress.hpp"
#include "engine/audit.hpp"
#include "engine/checks.hpp"

namespace huren::ctl {
namespace {

using store::AuditRow;

constexpr int kChunk = 5000;

// Every link in order, in pieces, so that no snapshot lasts long; false: the store failed, and it was said.
template <class Each>
bool each_link(Place& place, std::int64_t& marked, Each each) {
  std::int64_t last = 0, total = 0;
  auto newest = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto head = reader.audit_head();
    if (!head) return head.error();
    if (*head) total = (*head)->seq;
    return {};
  });
  if (!newest) return place.failed(newest.error());
  Progress progress(place, place.say("正在读审计链", "reading the audit chain"), total);
  for (bool more = true; more;) {
    auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
      auto rows = reader.audit(last, kChunk);
      if (!rows) return rows.error();
      for (const auto& row : *rows) {
        if (!each(row)) {
          more = false;
          return {};
        }
        last = row.seq;
        progress.at(last);
      }
      more = rows->size() == kChunk;
      auto mark = reader.cursor(engine::kAuditMark);
      if (!mark) return mark.error();
      marked = *mark;
      return {};
    });
    if (!read) return place.failed(read.error());
  }
  return true;
}

nlohmann::ordered_json json_of(const Place& place, const AuditRow& row) {
  return {{"seq", row.seq}, {"at", to_iso_time(from_epoch_ms(row.at_ms, place.config.hospital.offset_minutes))}, {"at_ms", row.at_ms}, {"event", row.event},
          {"who", row.who}, {"object", row.object}, {"outcome", row.outcome}, {"fields", nlohmann::ordered_json::parse(row.fields, nullptr, false)}, {"hash", engine::hex(row.hash)}};
}

bool moment(Place& place, const std::string& text, const char* option, std::int64_t& into) {
  if (text.empty()) return true;
  const auto t = parse_iso_time(text, place.config.hospital.offset_minutes);
  if (!t) return place.failed({"ctl.time", option, {text}});
  into = t->epoch_ms;
  return true;
}

}  // namespace

int audit_list(Place& place, const AuditWishes& wishes) {
  std::int64_t since = INT64_MIN, until = INT64_MAX, marked = 0;
  if (!moment(place, wishes.since, "--since", since) || !moment(place, wishes.until, "--until", until)) return kUnusable;
  std::vector<AuditRow> rows;
  const bool read = each_link(place, marked, [&](const AuditRow& row) {
    const bool wanted = row.at_ms >= since && row.at_ms < until && row.event.starts_with(wishes.event) && row.who.find(wishes.who) != std::string::npos &&
                        (wishes.object.empty() || row.object.find(wishes.object) != std::string::npos || row.fields.find(wishes.object) != std::string::npos);
    if (wanted) rows.push_back(row);
    if (rows.size() > static_cast<std::size_t>(wishes.limit)) rows.erase(rows.begin());  // the newest stay
    return true;
  });
  if (!read) return kUnusable;
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("序号", "seq"), place.say("时间", "time"), place.say("事件", "event"), place.say("谁", "who"), place.say("对象", "object"),
                                               place.say("结果", "outcome"), place.say("其他", "fields")}};
  for (const auto& row : rows) {
    list.push_back(json_of(place, row));
    table.push_back({std::to_string(row.seq), local_time(row.at_ms, place.config.hospital.offset_minutes), row.event, row.who, row.object, row.outcome, row.fields});
  }
  if (place.json)
    place.out << list.dump(2) << "\n";
  else
    print_table(place.out, table);
  return kOk;
}

int audit_verify(Place& place, const std::string& head) {
  const auto colon = head.find(':');
  std::int64_t head_seq = 0;
  if (!head.empty()) {
    try {
      head_seq = std::stoll(head);
    } catch (const std::exception&) {
    }
    const auto hash = colon == std::string::npos ? std::string_view() : std::string_view(head).substr(colon + 1);
    const bool whole = hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (!whole || head_seq <= 0) {
      place.failed({"ctl.audit_head", "--head", {head}});
      return kUnusable;
    }
  }
  engine::AuditChain chain;
  Findings faults;
  std::string there;  // hash of the link that --head names
  std::int64_t marked = 0;
  const bool read = each_link(place, marked, [&](const AuditRow& row) {
    if (auto fault = chain.add(row); fault && faults.size() < 100) faults.push_back({Severity::error, std::move(*fault)});
    if (row.seq == head_seq) there = engine::hex(row.hash);
    return true;
  });
  if (!read) return kUnusable;
  if (auto fault = chain.end(std::max(marked, head_seq))) faults.push_back({Severity::error, std::move(*fault)});
  if (head_seq > 0 && head_seq <= chain.seq() && there != head.substr(colon + 1)) faults.push_back({Severity::error, {"audit.other_head", "audit", {std::to_string(head_seq)}}});
  if (place.json) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& f : faults) list.push_back({{"id", f.error.id}, {"zh", text(f.error, Language::zh)}, {"en", text(f.error, Language::en)}});
    place.out << nlohmann::ordered_json{{"links", chain.seq()}, {"head", std::to_string(chain.seq()) + ":" + engine::hex(chain.hash())}, {"whole", faults.empty()}, {"faults", list}}.dump(2) << "\n";
  } else {
    for (const auto& f : faults) place.out << place.say(f.error) << "\n";
    place.out << place.say({faults.empty() ? "audit.whole" : "audit.broken", "", {std::to_string(chain.seq()), std::to_string(chain.seq()) + ":" + engine::hex(chain.hash())}}) << "\n";
  }
  return faults.empty() ? kOk : kFindings;
}

int audit_export(Place& place, const std::string& file) {
  std::ofstream out;
  if (!file.empty()) {
    out.open(file, std::ios::binary);
    if (!out) {
      place.failed({"ctl.audit_file", "--out", {file}});
      return kUnusable;
    }
  }
  std::ostream& into = file.empty() ? place.out : out;
  std::int64_t marked = 0;
  const bool read = each_link(place, marked, [&](const AuditRow& row) {
    into << json_of(place, row).dump() << "\n";
    return into.good();
  });
  into.flush();
  if (read && into.good()) return kOk;
  if (read) place.failed({"ctl.audit_file", "--out", {file}});
  return kUnusable;
}

int replay(Place& place, const std::string& uuid) {
  std::optional<engine::Replay> replayed;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto r = engine::replay(reader, uuid);
    if (!r) return r.error();
    replayed = std::move(*r);
    return {};
  });
  if (!read) {
    place.failed(read.error());
    return kUnusable;
  }
  const bool same = replayed->recorded == replayed->again;
  if (place.json) {
    using Json = nlohmann::ordered_json;
    place.out << Json{{"at", to_iso_time(from_epoch_ms(replayed->at_ms, place.config.hospital.offset_minutes))}, {"codes", replayed->codes}, {"same", same},
                      {"recorded", Json::parse(replayed->recorded)}, {"again", Json::parse(replayed->again)}, {"explanation", Json::parse(replayed->explanation)}}
                     .dump(2)
              << "\n";
  } else {
    place.out << replayed->again << "\n";
  }
  place.err << place.say({same ? "replay.same" : "replay.differs", "", {local_time(replayed->at_ms, place.config.hospital.offset_minutes), replayed->codes}}) << "\n";
  return same ? kOk : kFindings;
}

}  // namespace huren::ctl
