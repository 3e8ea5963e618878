// huren-ctl stats: the month's figures, by item, department, partner, reason, day or week; as table, JSON or CSV; from the
// store's rows, from nothing but the audit trail, or both compared.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "ctl/place.hpp"
#include "ctl/progress.hpp"
#include "engine/codes.hpp"
#include "engine/month.hpp"

namespace huren::ctl {
namespace {

using recognition::Figures;

// The columns that each definition explains, as the table heads them; the sides are here and there in JSON and CSV alone.
struct Column { std::string_view name; const char *zh, *en; };
constexpr Column kColumns[] = {{"rate.numerator", "互认率的分子", "rate, numerator"},
                               {"rate.denominator", "互认率的分母", "rate, denominator"},
                               {"repeats_avoided", "互认", "recognised"},
                               {"saved_cents", "节省（元）", "saved (CNY)"},
                               {"suggestions", "提示、未答复", "shown, unanswered"},
                               {"side", "何处", "where"}};

std::string money(std::int64_t cents) {
  const auto rest = std::to_string(100 + cents % 100).substr(1);
  return std::to_string(cents / 100) + "." + rest;
}

std::string rate(const recognition::Tally& t) {
  if (t.denominator() == 0) return "-";
  const auto permille = (t.accepted * 1000 + t.denominator() / 2) / t.denominator();
  return std::to_string(permille / 10) + "." + std::to_string(permille % 10) + "%";
}

bool from_store(Place& place, Figures& figures) {
  auto read = place.store->read([&](store::Reader& reader) { return engine::figures_from_store(reader, figures); });
  return read ? true : place.failed(read.error());
}

bool from_audit(Place& place, Figures& figures, bool& broken) {
  Findings chain;
  if (auto r = engine::figures_from_audit(*place.store, figures, chain); !r) return place.failed(r.error());
  for (const auto& f : chain) place.err << place.say(f.error) << "\n";
  broken = !chain.empty();
  return true;
}

void print(Place& place, const Figures& figures, recognition::By by, const terminology::Set* codes) {
  std::vector<std::vector<std::string>> table{{place.say("何处", "where"), place.say("分组", "group"), place.say("互认", "recognised"), place.say("不互认", "declined"),
                                               place.say("不计入", "not counted"), place.say("撤销", "revoked"), place.say("互认率", "rate"),
                                               place.say("节省（元）", "saved (CNY)"), place.say("提示", "shown"), place.say("未答复", "unanswered")}};
  const auto line = [&](const std::string& side, const std::string& key, const recognition::Tally& t) {
    table.push_back({side == "here" ? place.say("本院", "here") : place.say("伙伴处", "at partners"), key, std::to_string(t.accepted), std::to_string(t.declined),
                     std::to_string(t.not_counted), std::to_string(t.revoked), rate(t), money(t.saved_cents), std::to_string(t.shown), std::to_string(t.unanswered)});
  };
  const Date day = terminology::day_of(figures.month().to_ms - 1, figures.month().offset_minutes);
  for (const auto& row : figures.rows(by)) {
    const auto* reason = by == recognition::By::reason && codes ? codes->reason(row.key, day) : nullptr;
    line(row.side, reason ? row.key + " " + (place.language == Language::zh ? reason->zh : reason->en) : row.key, row.tally);
  }
  line("here", place.say("合计", "in all"), figures.total(false));
  line("there", place.say("合计", "in all"), figures.total(true));
  print_table(place.out, table);
  for (const auto& d : recognition::definitions())
    for (const auto& [name, zh, en] : kColumns)
      if (name == d.name)
        place.out << "* " << place.say(zh, en) << place.say("：", ": ")
                  << (name == "side" ? place.say("本院，为本院医嘱；伙伴处，为伙伴医院医嘱使用本院结果", "here, our orders; at partners, their orders that used our results")
                                     : std::string(place.language == Language::zh ? d.zh : d.en))
                  << "\n";
}

// Months up to the one asked for, oldest first: what the console draws.
int months(Place& place, const recognition::Month& last, int count, const terminology::Set* codes) {
  std::vector<std::pair<std::string, std::array<recognition::Tally, 2>>> past;
  auto month = last;
  Progress progress(place, place.say("正在统计", "counting"), count);
  for (int i = 0; i < count; ++i) {
    Figures figures(month, codes);
    if (!from_store(place, figures)) return kUnusable;
    past.push_back({month.name, {figures.total(false), figures.total(true)}});
    month = recognition::month_of(month.from_ms - 1, month.offset_minutes);
    progress.at(i + 1);
  }
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("月份", "month"), place.say("何处", "where"), place.say("提示", "shown"), place.say("互认", "recognised"),
                                               place.say("不互认", "declined"), place.say("互认率", "rate"), place.say("节省（元）", "saved (CNY)")}};
  for (auto it = past.rbegin(); it != past.rend(); ++it)
    for (const bool there : {false, true}) {
      const auto& t = it->second[there];
      list.push_back({{"month", it->first}, {"side", there ? "there" : "here"}, {"shown", t.shown}, {"accepted", t.accepted}, {"declined", t.declined}, {"saved_cents", t.saved_cents}});
      table.push_back({it->first, there ? place.say("伙伴处", "at partners") : place.say("本院", "here"), std::to_string(t.shown), std::to_string(t.accepted), std::to_string(t.declined), rate(t), money(t.saved_cents)});
    }
  return print_rows(place, list, table);
}

}  // namespace

int stats(Place& place, const StatsWishes& wishes) {
  const int offset = place.config.hospital.offset_minutes;
  const auto month = wishes.month.empty() ? recognition::month_of(engine::Clock().now_ms(), offset) : recognition::month_of(wishes.month, offset);
  if (!month) {
    place.failed({"ctl.month", "--month", {wishes.month}});
    return kUnusable;
  }
  const auto by = recognition::by_word(wishes.by);
  if (!wishes.by.empty() && !by) {
    place.failed({"ctl.stats_by", "--by", {wishes.by}});
    return kUnusable;
  }
  // Without its tables a figure can still be counted, but not which reasons count: the reader is told.
  const auto codes = engine::load_codes(place.config, place.config_dir);
  bool findings = false;
  for (const auto& f : codes.findings) {
    place.err << place.say(f.error) << "\n";
    findings |= f.severity == Severity::error;
  }
  if (!codes.set) place.err << place.say({"ctl.stats_no_codes", "", {}}) << "\n";

  if (wishes.months > 1) return months(place, *month, wishes.months, codes.set.get());

  Figures figures(*month, codes.set.get());
  bool broken = false;
  if (wishes.from_audit ? !from_audit(place, figures, broken) : !from_store(place, figures)) return kUnusable;
  if (wishes.check) {
    Figures again(*month, codes.set.get());
    if (wishes.from_audit ? !from_store(place, again) : !from_audit(place, again, broken)) return kUnusable;
    if (figures.to_json("") != again.to_json("")) {
      place.failed({"ctl.stats_differ", "", {month->name}});
      return kFindings;
    }
    place.err << place.say({"ctl.stats_same", "", {month->name}}) << "\n";
  }
  if (place.json)
    place.out << nlohmann::ordered_json::parse(figures.to_json(place.config.hospital.code)).dump(2) << "\n";
  else if (wishes.csv)
    place.out << figures.to_csv(by);
  else {
    place.out << place.config.hospital.name << "  " << month->name << "\n";
    print(place, figures, by.value_or(recognition::By::reason), codes.set.get());
  }
  return findings || broken ? kFindings : kOk;
}

}  // namespace huren::ctl
