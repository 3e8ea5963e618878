// huren-ctl outbox open, outbox queues, inbox, events: what the console's operation pages show. Content is patient data: that
// somebody looked is in the audit trail.
#include <nlohmann/json.hpp>

#include "console/see.hpp"
#include "ctl/place.hpp"
#include "engine/outbox_verbs.hpp"

namespace huren::ctl {
namespace {

using Json = nlohmann::ordered_json;

int print(Place& place, const Json& seen) {
  if (place.json) {
    place.out << seen.dump(2) << "\n";
    return kOk;
  }
  const char* language = place.language == Language::zh ? "zh" : "en";
  const auto title = [&](const char* zh, const char* en) { place.out << "== " << place.say(zh, en) << "\n"; };
  title("事件", "event");
  place.out << (seen["event"].is_null() ? place.say("这类消息由系统产生，没有 HIS 事件", "made by huren itself, no event of the HIS") : seen["event"].dump(2)) << "\n";
  title("HL7 v2", "HL7 v2");
  place.out << (seen["hl7"].get<std::string>().empty() ? place.say("报文正文已按保留期清理", "the message's bytes were dropped when they were old") + "\n" : seen["hl7"].get<std::string>());
  for (const auto& d : seen["documents"]) {
    place.out << "== " << d["title"].get<std::string>() << "  " << d["bytes"].get<std::size_t>() << place.say(" 字节", " bytes") << "\n";
    if (const auto& text = d["text"].get_ref<const std::string&>(); !text.empty()) place.out << text << "\n";
  }
  title("检查结果", "findings");
  if (seen["findings"].empty()) place.out << place.say("无", "none") << "\n";
  for (const auto& f : seen["findings"]) place.out << f["severity"].get<std::string>() << "  " << f["part"].get<std::string>() << "  " << f["where"].get<std::string>() << "  " << f[language].get<std::string>() << "\n";
  return seen["findings"].empty() ? kOk : kFindings;
}

template <class Row, class See>
int look(Place& place, std::int64_t id, See see) {
  const auto profiles = engine::load_profiles(place.config, place.config_dir).profiles;
  Json seen;
  auto done = place.store->transact([&](store::Unit& unit) -> Result<void> {
    Row row;
    auto r = see(unit, console::Looking{.config = place.config, .profiles = profiles, .who = operator_name(), .now_ms = engine::Clock().now_ms(), .by_ctl = true}, id, row);
    if (!r) return r.error();
    seen = std::move(*r);
    return {};
  });
  if (!done) return place.failed(done.error()), kUnusable;
  return print(place, seen);
}

}  // namespace

int outbox_open(Place& place, std::int64_t id) { return look<store::OutboxRow>(place, id, &console::see_outbox); }
int inbox_open(Place& place, std::int64_t id) { return look<store::InboxRow>(place, id, &console::see_inbox); }

int outbox_queues(Place& place) {
  store::Depths depths;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto d = reader.depths(engine::Clock().now_ms());
    if (!d) return d.error();
    depths = std::move(*d);
    return {};
  });
  if (!read) return place.failed(read.error()), kUnusable;
  auto list = Json::array();
  std::vector<std::vector<std::string>> table{{place.say("伙伴", "partner"), place.say("待投递", "waiting"), place.say("最早已等（秒）", "oldest waits (s)"), place.say("待人工", "for a person")}};
  for (const auto& p : place.config.partners) {
    store::PartnerDepth depth{.partner = p.code};
    for (const auto& d : depths.partners)
      if (d.partner == p.code) depth = d;
    list.push_back({{"partner", p.code}, {"waiting", depth.waiting}, {"oldest_waiting_ms", depth.oldest_waiting_ms}, {"parked", depth.parked}});
    table.push_back({p.code, std::to_string(depth.waiting), std::to_string(depth.oldest_waiting_ms / 1000), std::to_string(depth.parked)});
  }
  return print_rows(place, list, table);
}

int inbox_list(Place& place, int limit) {
  std::vector<store::InboxRow> rows;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto found = reader.inbox_stopped(limit);
    if (!found) return found.error();
    rows = std::move(*found);
    return {};
  });
  if (!read) return place.failed(read.error()), kUnusable;
  const int offset = place.config.hospital.offset_minutes;
  auto list = Json::array();
  std::vector<std::vector<std::string>> table{{"id", place.say("来源", "from"), place.say("控制号", "control id"), place.say("状态", "state"), place.say("应答", "answer"), place.say("时间", "time"), place.say("原因", "why")}};
  for (const auto& r : rows) {
    const auto why = engine::remark_in(r.remark, place.language);
    list.push_back({{"id", r.id}, {"source", r.source}, {"message_id", r.control_id}, {"state", r.state}, {"verdict", r.verdict}, {"received_at", json_time(r.received_ms, offset)}, {"why", why}});
    table.push_back({std::to_string(r.id), r.source, r.control_id, place.word(r.state), r.verdict, local_time(r.received_ms, offset), why});
  }
  print_rows(place, list, table);
  if (!place.json) place.out << place.say("* 只列被拒或未能入库的来件；已生效的不列，见 huren-ctl results", "* refused, or taken and without effect; what took effect is not listed here: huren-ctl results") << "\n";
  return kOk;
}

int events_parked(Place& place, int limit) {
  std::vector<store::ParkedEvent> rows;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto found = reader.parked_events(limit);
    if (!found) return found.error();
    rows = std::move(*found);
    return {};
  });
  if (!read) return place.failed(read.error()), kUnusable;
  const int offset = place.config.hospital.offset_minutes;
  auto list = Json::array();
  std::vector<std::vector<std::string>> table{{"id", place.say("时间", "time"), place.say("类型", "type"), place.say("幂等键", "key"), place.say("原因", "why")}};
  for (const auto& e : rows) {
    const auto why = engine::remark_in(e.remark, place.language);
    list.push_back({{"id", e.id}, {"at", json_time(e.parked_ms, offset)}, {"type", e.type}, {"key", e.key}, {"why", why}});
    table.push_back({std::to_string(e.id), local_time(e.parked_ms, offset), e.type, e.key, why});
  }
  return print_rows(place, list, table);
}

}  // namespace huren::ctl
