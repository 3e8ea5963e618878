#include "core/referral/figures.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

namespace huren::referral {
namespace {

using By = std::map<std::string, std::string>;

const Step* first_request(const Counted& c) {
  for (const auto& s : c.life.steps)
    if (s.step == "requested" && s.by == s.from) return &s;
  return nullptr;
}

std::string month_of(const Step& s, int offset) { return to_iso_time(from_epoch_ms(s.at.epoch_ms, offset)).substr(0, 7); }

std::string disease_of(const Step& s) {
  if (s.diagnoses.empty()) return "-";
  const auto& d = s.diagnoses.front();
  return d.code.empty() ? d.name : d.code + (d.name.empty() ? "" : " " + d.name);
}

std::vector<FigureRow> group(const std::vector<Counted>& requests, const std::function<bool(const Counted&, const Step&, By&)>& place,
                             const std::function<std::int64_t(const Counted&, const Step&)>& until_ms) {
  std::map<By, FigureRow> rows;
  for (const auto& c : requests) {
    const auto* asked = first_request(c);
    const auto* now = c.life.step(c.life.request);
    By by;
    if (!asked || !now || !place(c, *now, by)) continue;
    by["month"] = month_of(*asked, c.offset_minutes);
    by["side"] = c.ours ? "asked" : "received";
    auto& row = rows[by];
    row.by = by;
    ++row.counts["requested"];
    if (const auto* a = c.life.step(c.life.answer)) ++row.counts[a->outcome];
    if (c.life.arrival >= 0) ++row.counts["arrived"];
    if (c.life.no_show >= 0) ++row.counts["no_show"];
    for (const auto state : {State::completed, State::withdrawn, State::cancelled, State::expired})
      if (c.life.state == state) ++row.counts[word(state)];
    if (const auto end = until_ms(c, *asked)) row.minutes.push_back((end - asked->at.epoch_ms) / 60'000);
    row.requests.push_back(now->key());
    for (const auto& s : c.life.steps) row.steps.push_back(s.fact_id);
  }
  std::vector<FigureRow> out;
  for (auto& [by, row] : rows) out.push_back(std::move(row));
  return out;
}

std::int64_t first_of(const Counted& c, std::string_view step) {  // the first answer or report is what was waited for
  for (const auto& s : c.life.steps)
    if (s.step == step && s.by == s.to) return s.at.epoch_ms;
  return 0;
}

std::string quoted(const std::string& s) {
  if (s.find_first_of(",\"\n\r") == s.npos) return s;
  std::string out = "\"";
  for (const char c : s) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& s : list) out += (out.empty() ? "" : " ") + s;
  return out;
}

std::string number(double value) {
  auto text = std::to_string(std::round(value * 10) / 10);
  return text.substr(0, text.find('.') + 2);
}

}  // namespace

double FigureRow::median_minutes() const {
  if (minutes.empty()) return -1;
  auto sorted = minutes;
  std::sort(sorted.begin(), sorted.end());
  const auto middle = sorted.size() / 2;
  return sorted.size() % 2 ? static_cast<double>(sorted[middle]) : static_cast<double>(sorted[middle - 1] + sorted[middle]) / 2.0;
}

std::vector<FigureRow> referral_figures(const std::vector<Counted>& requests) {
  return group(requests, [](const Counted& c, const Step& s, By& by) {
    by["direction"] = s.direction.empty() ? "-" : s.direction;
    by["hospital"] = c.ours ? s.to : s.from;
    by["disease"] = disease_of(s);
    return s.kind == "referral";
  }, [](const Counted& c, const Step&) { return first_of(c, "answered"); });
}

std::vector<FigureRow> reading_figures(const std::vector<Counted>& requests) {
  return group(requests, [](const Counted& c, const Step& s, By& by) {
    by["category"] = s.kind == "consult" ? "consult" : s.category.empty() ? "-" : s.category;
    by["hospital"] = c.ours ? s.to : s.from;
    return s.kind != "referral";
  }, [](const Counted& c, const Step&) { return first_of(c, "completed"); });
}

std::vector<FigureRow> outflow_figures(const std::vector<Counted>& requests) {
  return group(requests, [](const Counted& c, const Step& s, By& by) {
    by["disease"] = disease_of(s);
    by["destination"] = c.life.state == State::redirected && c.life.step(c.life.answer) ? c.life.step(c.life.answer)->redirect_to : s.to;
    return s.kind == "referral" && c.ours && (s.direction == "up" || s.direction == "sideways");
  }, [](const Counted&, const Step&) { return std::int64_t{0}; });
}

std::string to_csv(const std::vector<FigureRow>& rows) {
  std::set<std::string> by, counts;
  for (const auto& r : rows) {
    for (const auto& [k, v] : r.by) by.insert(k);
    for (const auto& [k, v] : r.counts) counts.insert(k);
  }
  std::string out;
  for (const auto& k : by) out += k + ",";
  for (const auto& k : counts) out += k + ",";
  out += "median_minutes,requests,steps\r\n";
  for (const auto& r : rows) {
    for (const auto& k : by) out += quoted(r.by.contains(k) ? r.by.at(k) : "") + ",";
    for (const auto& k : counts) out += std::to_string(r.counts.contains(k) ? r.counts.at(k) : 0) + ",";
    out += (r.minutes.empty() ? "" : number(r.median_minutes())) + "," + quoted(joined(r.requests)) + "," + quoted(joined(r.steps)) + "\r\n";
  }
  return out;
}

std::string to_json(const std::vector<FigureRow>& rows) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& r : rows) {
    nlohmann::ordered_json row(r.by);
    row["counts"] = r.counts;
    row["median_minutes"] = r.minutes.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(r.median_minutes());
    row["requests"] = r.requests;
    row["steps"] = r.steps;
    out.push_back(std::move(row));
  }
  return out.dump(2);
}

}  // namespace huren::referral
