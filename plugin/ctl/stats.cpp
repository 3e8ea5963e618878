// huren-ctl stats: what was recognised and declined, here and by partners of our results, in one month.
#include <Poco/NumberFormatter.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/time.hpp"
#include "ctl/place.hpp"
#include "engine/codes.hpp"

namespace huren::ctl {
namespace {

// The month's first instant in the hospital's zone, and the next one's.
bool month_range(const std::string& month, int offset_minutes, std::int64_t& from, std::int64_t& to) {
  const auto first = parse_iso_time(month, offset_minutes);
  if (!first || first->precision != Precision::month) return false;
  from = first->epoch_ms;
  const int year = std::stoi(month.substr(0, 4)), number = std::stoi(month.substr(5, 2));
  char next[16];
  std::snprintf(next, sizeof next, "%04d-%02d", number == 12 ? year + 1 : year, number % 12 + 1);
  to = parse_iso_time(next, offset_minutes)->epoch_ms;
  return true;
}

std::string money(std::int64_t cents) { return Poco::NumberFormatter::format(static_cast<double>(cents) / 100.0, 2); }

}  // namespace

int stats(Place& place, const std::string& month_wanted) {
  const int offset = place.config.hospital.offset_minutes;
  const std::string month = month_wanted.empty() ? to_iso_time(from_epoch_ms(engine::Clock().now_ms(), offset)).substr(0, 7) : month_wanted;
  std::int64_t from = 0, to = 0;
  if (!month_range(month, offset, from, to)) {
    place.failed({"ctl.month", "--month", {month}});
    return kUnusable;
  }
  std::vector<store::StatRow> rows;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto r = reader.stats(from, to);
    if (!r) return r.error();
    rows = std::move(*r);
    return {};
  });
  if (!read) {
    place.failed(read.error());
    return kUnusable;
  }
  const auto codes = engine::load_codes(place.config, place.config_dir);
  const Date day = terminology::day_of(to - 1, offset);
  std::map<std::string, std::int64_t> recognised{{"here", 0}, {"there", 0}}, declined = recognised, saved = recognised;
  nlohmann::ordered_json reasons = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("何处", "where"), place.say("伙伴", "partner"), place.say("决定", "decision"), place.say("理由", "reason"),
                                               place.say("次数", "count"), place.say("节省（元）", "saved (CNY)")}};
  for (const auto& r : rows) {
    if (r.outcome == "accepted") recognised[r.side] += r.count;
    if (r.outcome == "declined") declined[r.side] += r.count;
    saved[r.side] += r.saved_cents;
    const auto* reason = codes.set && !r.reason.empty() ? codes.set->reason(r.reason, day) : nullptr;
    const std::string words = reason ? r.reason + " " + (place.language == Language::zh ? reason->zh : reason->en) : r.reason;
    const char* zh = r.outcome == "accepted" ? "互认" : r.outcome == "declined" ? "不互认" : "撤销";
    table.push_back({r.side == "here" ? place.say("本院", "here") : place.say("伙伴处", "at the partner"), r.partner, place.say(zh, r.outcome.c_str()), words,
                     std::to_string(r.count), money(r.saved_cents)});
    reasons.push_back({{"side", r.side}, {"partner", r.partner}, {"outcome", r.outcome}, {"reason", r.reason}, {"count", r.count}, {"saved_cents", r.saved_cents}});
  }
  if (place.json) {
    nlohmann::ordered_json answer{{"month", month}, {"hospital", place.config.hospital.code}};
    for (const char* side : {"here", "there"})
      answer[side] = {{"recognised", recognised[side]}, {"declined", declined[side]}, {"saved_cents", saved[side]},
                      {"rate", recognised[side] + declined[side] ? nlohmann::ordered_json(static_cast<double>(recognised[side]) / static_cast<double>(recognised[side] + declined[side])) : nullptr}};
    answer["rows"] = reasons;
    place.out << answer.dump(2) << "\n";
    return kOk;
  }
  place.out << place.config.hospital.name << "  " << month << "\n";
  print_table(place.out, table);
  for (const char* side : {"here", "there"})
    place.out << (side == std::string_view("here") ? place.say("本院合计", "here in all") : place.say("伙伴用本院结果合计", "partners with our results in all")) << ": "
              << place.say("互认 ", "recognised ") << recognised[side] << place.say("，不互认 ", ", declined ") << declined[side]
              << place.say("，节省 ", ", saved ") << money(saved[side]) << place.say(" 元", " CNY") << "\n";
  return kOk;
}

}  // namespace huren::ctl
