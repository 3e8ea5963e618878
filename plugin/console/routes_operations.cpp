// What runs and what stands still: queues, parked messages, one message seen through, retractions, audit, backup, reconciliation.
#include <algorithm>
#include <array>

#include "console/console.hpp"
#include "console/see.hpp"
#include "core/base/time.hpp"
#include "engine/audit.hpp"
#include "engine/exchange/reconcile.hpp"
#include "engine/outbox_verbs.hpp"

namespace huren::console {
namespace {

using store::OutboxRow;
using store::OutboxState;

constexpr std::array kStates{OutboxState::waiting, OutboxState::claimed, OutboxState::on_wire, OutboxState::delivered, OutboxState::refused,
                             OutboxState::doubtful, OutboxState::parked, OutboxState::cancelled, OutboxState::committed};

// The one button that helps, and why; what else may be done stays behind it.
struct Help { const char *verb, *zh, *en; };
Help help_for(OutboxState state) {
  switch (state) {
    case OutboxState::refused: return {"retry", "按说明更正后重新发送；若内容须改，请由 HIS 发布更正报告，再取消本条。", "Mend what is told, then send again; if the content must change, have an amended report released and cancel this one."};
    case OutboxState::doubtful: return {"ask", "请向伙伴核实是否已收到此控制号：未收到则重新发送，已收到则取消。", "Ask the partner whether it has this control id: if not, send again; if it has, cancel."};
    case OutboxState::parked: return {"retry", "查明原因后重新发送。", "Find out why, then send again."};
    case OutboxState::committed: return {"wait", "伙伴已收妥，等待处理结果；超时后会转人工。", "The partner has it and owes its verdict; it will wait for a person when that takes too long."};
    default: return {"", "", ""};
  }
}

Json row_json(const Call& call, const OutboxRow& r) {
  const auto help = help_for(r.state);
  return {{"id", r.id}, {"message_id", r.message_id}, {"partner", r.partner}, {"type", r.type}, {"subject", r.subject}, {"state", store::word(r.state)}, {"attempts", r.attempts},
          {"created_at", at(call, r.created_ms)}, {"changed_at", at(call, r.changed_ms)}, {"next_at", at(call, r.next_ms)}, {"critical", r.lane == 0},
          {"zh", engine::remark_in(r.remark, Language::zh)}, {"en", engine::remark_in(r.remark, Language::en)},
          {"help", {{"verb", help.verb}, {"zh", help.zh}, {"en", help.en}}}};
}

// state: one of the store's, "person" for all that wait for one, or empty for all.
Answer outbox(Call& call) {
  const auto wanted = call.text("state"), partner = call.text("partner");
  const int limit = static_cast<int>(std::clamp<std::int64_t>(call.number("limit", 200), 1, 2000));
  std::vector<OutboxState> states;
  for (const auto s : kStates)
    if (wanted == store::word(s) || (wanted == "person" && (s == OutboxState::parked || s == OutboxState::refused || s == OutboxState::doubtful))) states.push_back(s);
  if (!wanted.empty() && states.empty()) return failed({"ctl.state", "/state", {wanted.substr(0, 40)}});
  auto list = Json::array();
  auto read = call.context().store.read([&](store::Reader& reader) -> Result<void> {
    std::vector<std::optional<OutboxState>> asked(states.begin(), states.end());
    if (asked.empty()) asked.emplace_back(std::nullopt);
    for (const auto state : asked) {
      auto rows = reader.outbox_newest(partner, state, limit);
      if (!rows) return rows.error();
      for (const auto& r : *rows) list.push_back(row_json(call, r));
    }
    return {};
  });
  if (!read) return failed(read.error());
  return ok({{"messages", std::move(list)}});
}

Answer act(Call& call) {
  const auto verb = call.text("verb");
  if (verb != "retry" && verb != "park" && verb != "release" && verb != "cancel") return failed({"console.bad_body", "/verb", {}});
  std::vector<std::int64_t> ids;
  if (call.body.contains("ids") && call.body["ids"].is_array())
    for (const auto& id : call.body["ids"])
      if (id.is_number_integer() && ids.size() < 1000) ids.push_back(id.get<std::int64_t>());
  if (ids.empty()) return failed({"console.bad_body", "/ids", {}});
  auto changes = engine::change_outbox(call.context().store, verb, ids, call.who(), call.context().clock.now_ms(), false);
  if (!changes) return failed(changes.error());
  return ok({{"changed", changes->size()}});
}

Looking looking(const Call& call) {
  const auto& context = call.context();
  return {.config = context.config, .profiles = context.profiles, .who = call.who(), .now_ms = context.clock.now_ms()};
}

// One message as event, as HL7 v2 and as document, each with what its checker says. Who looked is audited.
Answer message(Call& call) {
  OutboxRow row;
  Json seen;
  auto done = call.context().store.transact([&](store::Unit& unit) -> Result<void> {
    auto r = see_outbox(unit, looking(call), call.number("id", 0), row);
    if (!r) return r.error();
    seen = std::move(*r);
    return {};
  });
  if (!done) return failed(done.error());
  Json out{{"message", row_json(call, row)}};
  out.update(seen);
  return ok(out);
}

Json inbox_help(const std::string& state) {
  if (state == "applied") return {{"zh", "已入库生效，无需处理。"}, {"en", "It took effect: nothing is to be done."}};
  if (state == "received") return {{"zh", "已收妥，正在排队入库，无需处理。"}, {"en", "It has arrived and takes effect in its turn: nothing is to be done."}};
  if (state == "refused")
    return {{"zh", "请按原因改正（本院缺对照、协议等），或请对方改正后重新发送同一份；改好后再到即会受理。"},
            {"en", "Mend the cause here (mapping, agreement), or have the sender mend it; sent again it is taken."}};
  return {{"zh", "已收妥但未能入库：请按原因处理，再请对方发布更正版本；处理不了请保留现场，联系厂商。"},
          {"en", "It arrived but could not take effect: mend the cause, then have the sender release an amended version; else keep everything as it is and call the vendor."}};
}

Json inbox_json(const Call& call, const store::InboxRow& r) {
  return {{"id", r.id}, {"message_id", r.control_id}, {"partner", r.source}, {"state", r.state}, {"verdict", r.verdict}, {"received_at", at(call, r.received_ms)},
          {"zh", engine::remark_in(r.remark, Language::zh)}, {"en", engine::remark_in(r.remark, Language::en)}, {"help", inbox_help(r.state)}};
}

// Messages of partners and feeds that were refused, or taken and could not take effect.
Answer inbox(Call& call) {
  auto list = Json::array();
  auto read = call.context().store.read([&](store::Reader& reader) -> Result<void> {
    auto rows = reader.inbox_stopped(500);
    if (!rows) return rows.error();
    for (const auto& r : *rows) list.push_back(inbox_json(call, r));
    return {};
  });
  if (!read) return failed(read.error());
  return ok({{"messages", std::move(list)}});
}

Answer inbox_message(Call& call) {
  store::InboxRow row;
  Json seen;
  auto done = call.context().store.transact([&](store::Unit& unit) -> Result<void> {
    auto r = see_inbox(unit, looking(call), call.number("id", 0), row);
    if (!r) return r.error();
    seen = std::move(*r);
    return {};
  });
  if (!done) return failed(done.error());
  Json out{{"message", inbox_json(call, row)}};
  out.update(seen);
  return ok(out);
}

Answer retractions(Call& call) {
  auto list = Json::array();
  auto read = call.context().store.read([&](store::Reader& reader) -> Result<void> {
    auto open = reader.open_retractions();
    if (!open) return open.error();
    for (const auto& r : *open) {
      auto report = reader.report_head(r.report_id);
      if (!report) return report.error();
      const auto held = *report ? std::move(**report) : store::ReportRow{};
      list.push_back({{"notice", r.notice_id}, {"doctor", r.doctor_id}, {"source", held.source.empty() ? "own" : held.source}, {"number", held.number}, {"status", held.status},
                      {"told_at", at(call, r.at_ms)}, {"hours", (call.context().clock.now_ms() - r.at_ms) / 3'600'000}, {"escalated", r.escalated_ms > 0}});
    }
    return {};
  });
  if (!read) return failed(read.error());
  return ok({{"retractions", std::move(list)}});
}

// Events of the HIS that could not be taken in: they wait for the HIS, with the place of the fault.
Answer parked_events(Call& call) {
  auto list = Json::array();
  auto read = call.context().store.read([&](store::Reader& reader) -> Result<void> {
    auto events = reader.parked_events(200);
    if (!events) return events.error();
    for (const auto& e : *events)
      list.push_back({{"id", e.id}, {"type", e.type}, {"zh", engine::remark_in(e.remark, Language::zh)}, {"en", engine::remark_in(e.remark, Language::en)}, {"at", at(call, e.parked_ms)}});
    return {};
  });
  if (!read) return failed(read.error());
  return ok({{"events", std::move(list)}});
}

// Every link in pieces, so that no snapshot lasts long.
template <class Each>
Result<void> each_link(const engine::Context& context, std::int64_t& marked, Each each) {
  constexpr int kChunk = 5000;
  std::int64_t last = 0;
  for (bool more = true; more;) {
    auto read = context.store.read([&](store::Reader& reader) -> Result<void> {
      auto rows = reader.audit(last, kChunk);
      if (!rows) return rows.error();
      for (const auto& row : *rows) {
        each(row);
        last = row.seq;
      }
      more = rows->size() == kChunk;
      auto mark = reader.cursor(engine::kAuditMark);
      if (!mark) return mark.error();
      marked = *mark;
      return {};
    });
    if (!read) return read;
  }
  return {};
}

Answer audit_search(Call& call) {
  const auto& context = call.context();
  const auto moment = [&](const char* key, std::int64_t otherwise) {
    const auto t = parse_iso_time(call.text(key), context.config.hospital.offset_minutes);
    return t ? t->epoch_ms : otherwise;
  };
  const auto since = moment("since", INT64_MIN), until = moment("until", INT64_MAX);
  const auto event = call.text("event"), who = call.text("who"), object = call.text("object");
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(call.number("limit", 200), 1, 2000));
  std::vector<store::AuditRow> rows;
  std::int64_t marked = 0;
  auto read = each_link(context, marked, [&](const store::AuditRow& row) {
    if (row.at_ms < since || row.at_ms >= until || !row.event.starts_with(event) || row.who.find(who) == std::string::npos) return;
    if (!object.empty() && row.object.find(object) == std::string::npos && row.fields.find(object) == std::string::npos) return;
    rows.push_back(row);
    if (rows.size() > 2 * limit) rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(limit));
  });
  if (!read) return failed(read.error());
  auto list = Json::array();
  for (auto it = rows.rbegin(); it != rows.rend() && list.size() < limit; ++it) {
    const auto fields = Json::parse(it->fields, nullptr, false);
    list.push_back({{"seq", it->seq}, {"at", at(call, it->at_ms)}, {"event", it->event}, {"who", it->who}, {"object", it->object}, {"outcome", it->outcome},
                    {"fields", fields.is_object() ? fields : Json::object()}, {"hash", engine::hex(it->hash)}});
  }
  return ok({{"rows", std::move(list)}});
}

Answer audit_verify(Call& call) {
  engine::AuditChain chain;
  Findings faults;
  std::int64_t marked = 0;
  auto read = each_link(call.context(), marked, [&](const store::AuditRow& row) {
    if (auto fault = chain.add(row); fault && faults.size() < 100) faults.push_back({Severity::error, std::move(*fault)});
  });
  if (!read) return failed(read.error());
  if (auto fault = chain.end(marked)) faults.push_back({Severity::error, std::move(*fault)});
  auto list = Json::array();
  for (const auto& f : faults) list.push_back(finding_json(f));
  return ok({{"whole", faults.empty()}, {"links", chain.seq()}, {"head", engine::hex(chain.hash())}, {"findings", std::move(list)}});
}

Answer backup(Call& call) {
  const auto now = call.context().now();
  std::string name = "huren-" + to_hl7_time(now).substr(0, 14) + ".db";
  const auto folder = std::filesystem::path(call.console.ports.data_dir) / "backup";
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (auto r = call.context().store.backup((folder / name).string()); !r) return failed(r.error());
  if (auto r = note_change(call, "backup", "made"); !r) return failed(r.error());
  const auto size = std::filesystem::file_size(folder / name, ec);
  return ok({{"file", "backup/" + name}, {"bytes", ec ? 0 : static_cast<std::int64_t>(size)}});
}

Answer reconcile(Call& call) {
  const auto& context = call.context();
  const auto* partner = context.partner(call.text("partner"));
  const auto first = parse_date(call.text("from")), last = parse_date(call.text("to").empty() ? call.text("from") : call.text("to"));
  if (!partner) return failed({"event.unknown_partner", "/partner", {call.text("partner").substr(0, 64)}});
  if (!first || !last || !first->day || !last->day) return failed({"ctl.day", "/from", {call.text("from").substr(0, 40)}});
  const bool dry_run = call.flag("dry_run");
  const auto ask = [&](const Message& question) {
    return call.engine->ask(partner->code, question, static_cast<std::uint32_t>(context.config.exchange.ask_timeout_ms));
  };
  auto done = engine::exchange::reconcile(context, *partner, ask, *first, *last, dry_run);
  if (!done) return failed(done.error());
  const auto& d = *done;
  if (auto r = note_change(call, "reconcile." + partner->code, dry_run ? "compared" : "repaired"); !r) return failed(r.error());
  return ok({{"dry_run", dry_run}, {"days", d.days}, {"differing_days", d.differing_days}, {"sent", d.sent}, {"asked", d.asked}, {"on_its_way", d.on_its_way},
             {"waits_for_person", d.waits_for_person}, {"unknown_there", d.unknown_there}, {"differs", d.differs}, {"only_there", d.only_there}, {"reports", d.numbers}});
}

constexpr std::array kRoutes{
    Route{"POST", "/outbox", Right::read, true, &outbox},
    Route{"POST", "/outbox/act", Right::operate, true, &act},
    Route{"POST", "/message", Right::message, true, &message},
    Route{"GET", "/inbox", Right::read, true, &inbox},
    Route{"POST", "/inbox/message", Right::message, true, &inbox_message},
    Route{"GET", "/retractions", Right::read, true, &retractions},
    Route{"GET", "/events/parked", Right::read, true, &parked_events},
    Route{"POST", "/audit", Right::audit, true, &audit_search},
    Route{"POST", "/audit/verify", Right::audit, true, &audit_verify},
    Route{"POST", "/backup", Right::operate, true, &backup},
    Route{"POST", "/reconcile", Right::operate, true, &reconcile},
};

}  // namespace

std::span<const Route> operation_routes() { return kRoutes; }

}  // namespace huren::console
