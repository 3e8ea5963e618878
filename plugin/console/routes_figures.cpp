// The month's figures as JSON for the charts and as CSV for the health commission's form.
#include <array>

#include "console/console.hpp"
#include "engine/month.hpp"

namespace huren::console {
namespace {

Result<recognition::Figures> figures_of(Call& call, const recognition::Month& month) {
  recognition::Figures figures(month, call.context().codes.get());
  auto read = call.context().store.read([&](store::Reader& reader) { return engine::figures_from_store(reader, figures); });
  if (!read) return read.error();
  return figures;
}

std::optional<recognition::Month> month_of(const Call& call) {
  const int offset = call.context().config.hospital.offset_minutes;
  const auto wanted = call.text("month");
  return wanted.empty() ? recognition::month_of(call.context().clock.now_ms(), offset) : recognition::month_of(wanted, offset);
}

Answer figures(Call& call) {
  const auto month = month_of(call);
  if (!month) return failed({"ctl.month", "/month", {call.text("month").substr(0, 20)}});
  auto figures = figures_of(call, *month);
  if (!figures) return failed(figures.error());
  auto out = Json::parse(figures->to_json(call.context().config.hospital.code));
  auto names = Json::object();
  for (const auto& r : call.context().codes->reasons()) names[r.code] = {{"zh", r.zh}, {"en", r.en}};
  for (const auto& p : call.context().config.partners)
    for (const auto& code : {p.code, p.hospital.code}) names[code] = {{"zh", p.hospital.name}, {"en", p.hospital.name}};
  for (const auto& d : call.context().codes->departments()) names[d.code] = {{"zh", d.zh}, {"en", d.en.empty() ? d.zh : d.en}};
  const auto today = call.context().today();
  for (const auto& i : call.context().codes->items())
    if (terminology::holds(i.period, today)) names[i.code] = {{"zh", i.zh}, {"en", i.en}};
  return ok({{"figures", std::move(out)}, {"names", std::move(names)}});
}

// Twelve months up to the one asked for, the newest first.
Answer trend(Call& call) {
  auto month = month_of(call);
  if (!month) return failed({"ctl.month", "/month", {call.text("month").substr(0, 20)}});
  auto rows = Json::array();
  for (int i = 0; i < 12; ++i) {
    auto figures = figures_of(call, *month);
    if (!figures) return failed(figures.error());
    for (const bool there : {false, true}) {
      const auto t = figures->total(there);
      rows.push_back({{"month", month->name}, {"side", there ? "there" : "here"}, {"shown", t.shown}, {"accepted", t.accepted}, {"declined", t.declined}, {"saved_cents", t.saved_cents}});
    }
    month = recognition::month_of(month->from_ms - 1, month->offset_minutes);
  }
  return ok({{"months", std::move(rows)}});
}

Answer csv(Call& call) {
  const auto month = month_of(call);
  if (!month) return failed({"ctl.month", "/month", {call.text("month").substr(0, 20)}});
  auto figures = figures_of(call, *month);
  if (!figures) return failed(figures.error());
  return ok({{"name", "huren-" + month->name + ".csv"}, {"csv", figures->to_csv(recognition::by_word(call.text("by")))}});
}

// Referrals of the month by direction, readings by category, and what left upwards: rows as core/referral counts them.
Answer requests(Call& call) {
  const auto month = month_of(call);
  if (!month) return failed({"ctl.month", "/month", {call.text("month").substr(0, 20)}});
  std::vector<referral::Counted> counted;
  auto read = call.context().store.read([&](store::Reader& reader) -> Result<void> {
    auto found = engine::counted_requests(reader, call.context().config, month->from_ms, month->to_ms, call.context().clock.now_ms());
    if (!found) return found.error();
    counted = std::move(*found);
    return {};
  });
  if (!read) return failed(read.error());
  const auto plain = [](const std::vector<referral::FigureRow>& rows) {
    auto list = Json::array();
    for (const auto& r : rows) list.push_back({{"by", r.by}, {"counts", r.counts}, {"median_minutes", r.median_minutes()}});
    return list;
  };
  const auto referrals = referral::referral_figures(counted);
  return ok({{"referrals", plain(referrals)}, {"readings", plain(referral::reading_figures(counted))}, {"outflow", plain(referral::outflow_figures(counted))},
             {"name", "huren-referrals-" + month->name + ".csv"}, {"csv", referral::to_csv(referrals, "referrals")}});
}

constexpr std::array kRoutes{
    Route{"POST", "/figures", Right::read, true, &figures},
    Route{"POST", "/figures/trend", Right::read, true, &trend},
    Route{"POST", "/figures/requests", Right::read, true, &requests},
    Route{"POST", "/figures/csv", Right::read, true, &csv},
};

}  // namespace

std::span<const Route> figure_routes() { return kRoutes; }

}  // namespace huren::console
