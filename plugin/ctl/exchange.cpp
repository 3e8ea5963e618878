// huren-ctl reconcile, backfill: what went between two hospitals, compared and repaired; how far a new agreement has come.
#include <nlohmann/json.hpp>

#include "ctl/place.hpp"
#include "ctl/progress.hpp"
#include "engine/codes.hpp"
#include "engine/exchange/backfill.hpp"
#include "engine/exchange/reconcile.hpp"
#include "engine/profiles.hpp"

namespace huren::ctl {
namespace {

// The partner's adapter with our certificate but no listener: huren-ctl calls and is never called.
PartnerAdapter* caller(Place& place, const config::Partner& partner, std::unique_ptr<Adapter>& holder) {
  static engine::NoEngine services;
  Options listener = place.config.listener;
  for (const char* key : {"listen", "https_listen", "channel"}) listener.erase(key);
  std::vector<Peer> peers{{partner.code, partner.options}};
  auto made = place.loader->make(partner.adapter, "huren.partner/1", {.engine = &services, .config_dir = place.config_dir, .options = std::move(listener), .peers = std::move(peers)});
  if (!made) {
    place.failed(engine::located(made.error(), place.config, "huren.partner/1"));
    return nullptr;
  }
  holder = std::move(*made);
  if (auto r = holder->start(); !r) {
    place.failed(r.error());
    return nullptr;
  }
  return dynamic_cast<PartnerAdapter*>(holder.get());
}

}  // namespace

int with_context(Place& place, const std::function<int(const engine::Context&)>& fn) {
  const engine::Clock clock;
  engine::Log log(place.data + "/log-ctl", Severity::info, clock, {});
  const auto profiles = engine::load_profiles(place.config, place.config_dir).profiles;
  const auto documents = engine::Documents::load(place.config, place.config_dir);
  if (!documents) {
    place.failed(documents.error());
    return kUnusable;
  }
  const auto codes = engine::load_codes(place.config, place.config_dir);
  if (!codes.set) {
    for (const auto& f : codes.findings) place.failed(f.error);
    return kUnusable;
  }
  return fn(engine::Context{place.config, clock, log, *place.store, codes.set, profiles, *documents});
}

int reconcile(Place& place, const std::string& partner_code, const std::string& from, const std::string& to, bool dry_run) {
  const auto* partner = partner_named(place, "PARTNER", partner_code);
  const auto first = parse_date(from), last = parse_date(to.empty() ? from : to);
  if (!first || !last || first->day == 0 || last->day == 0) {
    place.failed({"ctl.day", "--day", {to.empty() ? from : to}});
    return kUnusable;
  }
  std::unique_ptr<Adapter> holder;
  auto* adapter = partner ? caller(place, *partner, holder) : nullptr;
  if (!adapter) return kUnusable;
  std::optional<Result<engine::exchange::Reconciled>> outcome;
  const int usable = with_context(place, [&](const engine::Context& context) {
    const Progress progress(place, place.say("正在与 ", "comparing with ") + partner->code);
    const auto ask = [&](const Message& question) {
      return adapter->ask(partner->code, question, static_cast<std::uint32_t>(place.config.exchange.ask_timeout_ms));
    };
    outcome = engine::exchange::reconcile(context, *partner, ask, *first, *last, dry_run);
    return kOk;
  });
  holder->stop(1000);
  if (!outcome) return usable;
  auto& done = *outcome;
  if (!done) {
    place.failed(done.error());
    return kUnusable;
  }
  const auto& d = *done;
  const int open = d.waits_for_person + d.unknown_there + d.differs + d.only_there;
  if (place.json) {
    place.out << nlohmann::ordered_json{{"dry_run", dry_run}, {"days", d.days}, {"differing_days", d.differing_days}, {"sent", d.sent}, {"asked", d.asked},
                                        {"on_its_way", d.on_its_way}, {"waits_for_person", d.waits_for_person}, {"cancelled", d.cancelled}, {"unknown_there", d.unknown_there},
                                        {"differs", d.differs}, {"only_there", d.only_there}, {"reports", d.numbers}}.dump(2) << "\n";
  } else {
    const auto row = [&](const char* zh, const char* en, int n) { return std::vector<std::string>{place.say(zh, en), std::to_string(n)}; };
    print_table(place.out, {row("核对天数", "days compared", d.days), row("有差异的天数", "days that differ", d.differing_days),
                            row(dry_run ? "将重新发出" : "已重新发出", dry_run ? "would be sent again" : "sent again", d.sent),
                            row(dry_run ? "将请对方重发" : "已请对方重发", dry_run ? "would be asked for" : "asked for", d.asked), row("在途", "on their way", d.on_its_way), row("不发：已由人取消", "left out: a person cancelled it", d.cancelled),
                            row("待人工：已搁置或被拒", "for a person: parked or refused", d.waits_for_person), row("待人工：对方无法提供", "for a person: the partner cannot give", d.unknown_there),
                            row("待人工：同一版本内容不同", "for a person: one version, two contents", d.differs),
                            row("待人工：仅对方持有，本院库可能较旧", "for a person: only there, our store may be an older copy", d.only_there)});
    for (const auto& number : d.numbers) place.out << "  " << number << "\n";
  }
  return open ? kFindings : kOk;
}

int backfill(Place& place) {
  auto rows = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("协议", "agreement"), place.say("伙伴", "partner"), place.say("天数", "days"), place.say("已发", "sent"),
                                               place.say("进度", "progress"), place.say("已看至", "looked up to")}};
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    for (const auto& a : place.config.agreements) {
      if (a.backfill_days <= 0) continue;
      auto s = engine::exchange::backfill_state(reader, a);
      if (!s) return s.error();
      constexpr std::int64_t kDayMs = 86'400'000;
      const auto start = s->began_ms - a.backfill_days * kDayMs;
      const int percent = s->done ? 100 : s->looked_to_ms <= start ? 0 : static_cast<int>(std::min<std::int64_t>(99, (s->looked_to_ms - start) * 100 / (a.backfill_days * kDayMs)));
      rows.push_back({{"agreement", a.id}, {"partner", a.partner}, {"days", a.backfill_days}, {"sent", s->sent}, {"percent", percent}, {"done", s->done}});
      table.push_back({a.id, a.partner, std::to_string(a.backfill_days), std::to_string(s->sent), std::to_string(percent) + " %",
                       local_time(s->looked_to_ms, place.config.hospital.offset_minutes)});
    }
    return {};
  });
  if (!read) {
    place.failed(read.error());
    return kUnusable;
  }
  return print_rows(place, rows, table);
}

}  // namespace huren::ctl
