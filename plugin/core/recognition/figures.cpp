#include "core/recognition/figures.hpp"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/csv.hpp"

namespace huren::recognition {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<By, std::string_view>, 6> kBys{{{By::item, "item"}, {By::department, "department"}, {By::partner, "partner"},
                                                               {By::reason, "reason"}, {By::day, "day"}, {By::week, "week"}}};

std::string day_text(std::int64_t at_ms, int offset_minutes) { return to_iso_date(terminology::day_of(at_ms, offset_minutes)); }

// ISO 8601 week, "2026-W47": the week belongs to the year of its Thursday.
std::string week_text(std::int64_t at_ms, int offset_minutes) {
  using namespace std::chrono;
  const Date d = terminology::day_of(at_ms, offset_minutes);
  const sys_days day{year{d.year} / month{static_cast<unsigned>(d.month)} / std::chrono::day{static_cast<unsigned>(d.day)}};
  const sys_days thursday = day + days{4 - static_cast<int>(weekday{day}.iso_encoding())};
  const year_month_day of{thursday};
  const auto week = (thursday - sys_days{of.year() / January / 1}).count() / 7 + 1;
  char out[40];
  std::snprintf(out, sizeof out, "%04d-W%02d", static_cast<int>(of.year()), static_cast<int>(week));
  return out;
}

std::string money(std::int64_t cents) {
  char out[32];
  std::snprintf(out, sizeof out, "%lld.%02lld", static_cast<long long>(cents / 100), static_cast<long long>(cents % 100));
  return out;
}

std::string share(std::int64_t numerator, std::int64_t denominator) {
  if (denominator == 0) return "";
  char out[40];
  std::snprintf(out, sizeof out, "%.4f", static_cast<double>(numerator) / static_cast<double>(denominator));
  return out;
}

Json tally_json(const Tally& t) {
  Json rate{{"numerator", t.accepted}, {"denominator", t.denominator()}, {"value", nullptr}};
  if (t.denominator() != 0) rate["value"] = static_cast<double>(t.accepted) / static_cast<double>(t.denominator());
  return {{"recognised", t.accepted}, {"declined", t.declined}, {"declined_not_counted", t.not_counted}, {"revoked", t.revoked},
          {"repeats_avoided", t.accepted}, {"saved_cents", t.saved_cents}, {"rate", std::move(rate)},
          {"suggestions", {{"shown", t.shown}, {"accepted", t.taken}, {"declined", t.refused}, {"revoked", t.taken_back}, {"ignored", t.ignored}, {"unanswered", t.unanswered}, {"informed_only", t.informed}}}};
}

constexpr std::array kDefinitions{
    Definition{"rate.numerator", "当月最后决定为互认的医嘱数", "orders of the month whose last decision is to recognise"},
    Definition{"rate.denominator", "当月最后决定为互认或不互认的医嘱数；不互认理由不计入者、已撤销者、未答复者不计",
               "orders of the month whose last decision is to recognise or to decline; not those declined for a reason that does not count, revoked, or never answered"},
    Definition{"repeats_avoided", "等于互认的医嘱数：每次互认少做一次检验", "the orders recognised: each is one test not repeated"},
    Definition{"saved_cents", "互认医嘱按作出决定医院的价目表合计", "prices of the orders recognised, by the price list of the hospital that decided"},
    Definition{"suggestions", "当月首次提示的建议，按建议而非按次计；其结果不论何时答复", "suggestions first shown in the month, each counted once however often it was shown; answered whenever"},
    Definition{"side", "here：本院医嘱；there：伙伴医院医嘱使用本院结果", "here: our orders; there: partners' orders that used our results"},
};

}  // namespace

std::span<const Definition> definitions() { return kDefinitions; }

std::optional<By> by_word(std::string_view text) {
  for (const auto& [by, name] : kBys)
    if (name == text) return by;
  return std::nullopt;
}

std::optional<Month> month_of(std::string_view text, int offset_minutes) {
  const auto first = parse_iso_time(text, offset_minutes);
  if (!first || first->precision != Precision::month || text.size() != 7) return std::nullopt;
  Month month{std::string(text), first->epoch_ms, 0, offset_minutes};
  const Date day = terminology::day_of(first->epoch_ms, offset_minutes);
  char next[40];
  std::snprintf(next, sizeof next, "%04d-%02d", day.month == 12 ? day.year + 1 : day.year, day.month % 12 + 1);
  const auto after = parse_iso_time(next, offset_minutes);
  if (!after) return std::nullopt;
  month.to_ms = after->epoch_ms;
  return month;
}

Month month_of(std::int64_t epoch_ms, int offset_minutes) {
  return month_of(to_iso_time(from_epoch_ms(epoch_ms, offset_minutes)).substr(0, 7), offset_minutes).value_or(Month{});
}

void Figures::add(DecisionFact fact) {
  const auto it = decisions_.find(fact.id);
  if (it == decisions_.end()) {
    auto id = fact.id;
    decisions_.emplace(std::move(id), std::move(fact));
  } else if (fact.at_ms >= it->second.at_ms) {
    it->second = std::move(fact);
  }
}

void Figures::add(ShownFact fact) {
  if (fact.at_ms < month_.from_ms || fact.at_ms >= month_.to_ms) return;
  const auto it = shown_.find(fact.id);
  if (it == shown_.end()) {
    auto id = fact.id;
    shown_.emplace(std::move(id), std::move(fact));
  } else if (std::pair{fact.at_ms, fact.department} < std::pair{it->second.at_ms, it->second.department}) {
    it->second = std::move(fact);
  }
}

bool Figures::counts(const DecisionFact& fact) const {
  const auto* reason = codes_ ? codes_->reason(fact.reason, terminology::day_of(fact.at_ms, month_.offset_minutes)) : nullptr;
  return !reason || reason->counts_as_decline;  // what the tables do not know is not taken off the denominator
}

// each(there, a fact with item, department, partner and at_ms, the reason of a decline or nullptr, add(Tally&))
template <class Each>
void Figures::walk(Each each) const {
  std::map<std::string, const DecisionFact*> answers;  // by the suggestion's uuid: the latest
  for (const auto& [id, d] : decisions_) {
    if (!d.there && !d.suggestion.empty()) {
      auto& latest = answers[d.suggestion];
      if (!latest || std::pair{d.at_ms, d.id} > std::pair{latest->at_ms, latest->id}) latest = &d;
    }
    if (d.at_ms < month_.from_ms || d.at_ms >= month_.to_ms) continue;
    each(d.there, d, d.outcome == "declined" ? &d.reason : nullptr, [&](Tally& t) {
      if (d.outcome == "accepted") {
        ++t.accepted;
        t.saved_cents += d.saved_cents;
      }
      if (d.outcome == "declined") ++(counts(d) ? t.declined : t.not_counted);
      if (d.outcome == "revoked") ++t.revoked;
    });
  }
  for (const auto& [id, s] : shown_) {
    const auto answer = answers.find(s.accepting);
    const std::string_view became = s.accepting.empty() ? "informed" : answer != answers.end() ? std::string_view(answer->second->outcome) : ignored_.contains(s.accepting) ? "ignored" : "";
    each(false, s, nullptr, [&](Tally& t) {
      if (became == "informed") {
        ++t.informed;
        return;
      }
      ++t.shown;
      ++(became == "accepted" ? t.taken : became == "declined" ? t.refused : became == "revoked" ? t.taken_back : became == "ignored" ? t.ignored : t.unanswered);
    });
  }
}

Tally Figures::total(bool there) const {
  Tally out;
  walk([&](bool side, const auto&, const std::string*, const auto& add) {
    if (side == there) add(out);
  });
  return out;
}

std::vector<Figures::Row> Figures::rows(By by) const {
  std::map<std::pair<bool, std::string>, Tally> groups;
  walk([&](bool there, const auto& fact, const std::string* reason, const auto& add) {
    std::string key;
    switch (by) {
      case By::item: key = fact.item; break;
      case By::department: {
        const auto* known = codes_ ? codes_->department(fact.department) : nullptr;
        key = known ? known->code : fact.department;
        break;
      }
      case By::partner: key = fact.partner; break;
      case By::day: key = day_text(fact.at_ms, month_.offset_minutes); break;
      case By::week: key = week_text(fact.at_ms, month_.offset_minutes); break;
      case By::reason:
        if (!reason) return;
        key = *reason;
        break;
    }
    add(groups[{there, key}]);
  });
  std::vector<Row> out;
  for (auto& [group, tally] : groups) out.push_back({group.first ? "there" : "here", group.second, tally});
  return out;
}

std::string Figures::to_json(std::string_view hospital_code) const {
  Json out{{"month", month_.name}, {"hospital", hospital_code}, {"from", to_iso_time(from_epoch_ms(month_.from_ms, month_.offset_minutes))},
           {"to", to_iso_time(from_epoch_ms(month_.to_ms, month_.offset_minutes))}};
  Json words = Json::object();
  for (const auto& d : kDefinitions) words[std::string(d.name)] = {{"zh", d.zh}, {"en", d.en}};
  out["definitions"] = std::move(words);
  out["here"] = tally_json(total(false));
  out["there"] = tally_json(total(true));
  for (const auto& [by, name] : kBys) {
    Json list = Json::array();
    for (const auto& row : rows(by)) {
      Json entry{{"side", row.side}, {std::string(name), row.key}};
      if (by == By::reason && codes_) {
        if (const auto* reason = codes_->reason(row.key, terminology::day_of(month_.to_ms - 1, month_.offset_minutes)))
          entry.update({{"zh", reason->zh}, {"en", reason->en}, {"counts_as_decline", reason->counts_as_decline}});
      }
      entry.update(tally_json(row.tally));
      list.push_back(std::move(entry));
    }
    out["by_" + std::string(name)] = std::move(list);
  }
  Json rows = Json::array();
  std::map<std::array<std::string, 4>, std::pair<std::int64_t, std::int64_t>> groups;
  for (const auto& [id, d] : decisions_) {
    if (d.at_ms < month_.from_ms || d.at_ms >= month_.to_ms) continue;
    auto& [count, saved] = groups[{d.there ? "there" : "here", d.partner, d.outcome, d.reason}];
    ++count;
    saved += d.outcome == "accepted" ? d.saved_cents : 0;
  }
  for (const auto& [key, sums] : groups)
    rows.push_back({{"side", key[0]}, {"partner", key[1]}, {"outcome", key[2]}, {"reason", key[3]}, {"count", sums.first}, {"saved_cents", sums.second}});
  out["rows"] = std::move(rows);
  return out.dump();
}

std::string Figures::to_csv(std::optional<By> wanted) const {
  std::string out;
  for (const auto& d : kDefinitions) {
    out += "# " + std::string(d.name) + ": ";
    out += d.zh;
    out += " / ";
    out += d.en;
    out += "\n";
  }
  out += "month,by,key,side,recognised,declined,declined_not_counted,revoked,rate_numerator,rate_denominator,rate,repeats_avoided,saved,"
         "suggestions_shown,suggestions_accepted,suggestions_declined,suggestions_revoked,suggestions_ignored,suggestions_unanswered,informed_only\n";
  const auto line = [&](std::string_view by, const Row& row) {
    const Tally& t = row.tally;
    out += month_.name + "," + std::string(by) + "," + to_csv_field(row.key) + "," + row.side;
    for (const auto n : {t.accepted, t.declined, t.not_counted, t.revoked, t.accepted, t.denominator()}) out += "," + std::to_string(n);
    out += "," + share(t.accepted, t.denominator()) + "," + std::to_string(t.accepted) + "," + money(t.saved_cents);
    for (const auto n : {t.shown, t.taken, t.refused, t.taken_back, t.ignored, t.unanswered, t.informed}) out += "," + std::to_string(n);
    out += "\n";
  };
  if (!wanted) {
    line("total", {"here", "", total(false)});
    line("total", {"there", "", total(true)});
  }
  for (const auto& [by, name] : kBys)
    if (!wanted || *wanted == by)
      for (const auto& row : rows(by)) line(name, row);
  return out;
}

}  // namespace huren::recognition
