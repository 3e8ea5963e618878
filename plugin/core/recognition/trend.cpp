#include "core/recognition/trend.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "core/recognition/judge.hpp"
#include "core/base/json_writer.hpp"

namespace huren::recognition {
namespace {

std::string digits(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

bool final_word(const Candidate& c, const model::Observation& o) {
  const auto good = [](model::Status s) { return s == model::Status::final_result || s == model::Status::corrected; };
  return c.current && good(o.status) && good(c.report->status);
}

}  // namespace

Trend trend(const Input& input, std::string_view code) {
  Trend out;
  out.item = code;
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  const auto* item = input.terminology->item(code, today);
  if (!item) return out;
  const Analyte analyte = analyte_of(input, *item, {});
  out.unit = analyte.printed_unit;
  for (std::size_t i = 0; i < input.candidates.size(); ++i) {
    const auto& c = input.candidates[i];
    if (!c.report || c.position >= c.report->observations.size()) continue;
    const auto& o = c.report->observations[c.position];
    const Meaning meaning = meaning_of(o, *input.terminology, today);
    if (!meaning.item || meaning.how == "item.conflict" || !answers(*meaning.item, *item) || !final_word(c, o)) continue;
    if (judge_person(input, c).verdict != Verdict::pass) continue;
    const PartnerAgreement* partner = nullptr;
    for (const auto& a : input.agreements)
      if (!c.source.empty() && a.agreement.partner == c.source) partner = &a;
    TrendPoint p;
    p.candidate = i;
    p.at = taken_at(c, partner ? partner->partner.offset_minutes : input.asking.offset_minutes);
    if (!p.at.present() || p.at.epoch_ms > input.at.epoch_ms) continue;
    const auto display = converted(analyte, o, meaning);
    if (display) p.value = display->value;
    p.original = o.value;
    p.original_unit = o.unit;
    p.comparator = o.comparator;
    p.source = c.source.empty() ? "own" : c.source;
    p.method_group = method_of(*input.terminology, o, meaning);
    if (p.method_group.empty() && c.source.empty()) p.method_group = analyte.method_group;
    const Check abnormal = judge_abnormal(o, meaning);
    p.critical = abnormal.verdict != Verdict::pass;
    p.outside_range = p.critical || abnormal.reason == "abnormal.outside_range";
    out.points.push_back(std::move(p));
  }
  std::sort(out.points.begin(), out.points.end(), [](const auto& a, const auto& b) {
    return std::pair{a.at.epoch_ms, a.candidate} < std::pair{b.at.epoch_ms, b.candidate};
  });
  // One line a method group where the method matters; what has no value or no known group stands in a line of its own.
  std::map<std::string, int> lines;
  const TrendPoint* before = nullptr;
  for (auto& p : out.points) {
    const bool alone = !p.value || (item->method_dependent && p.method_group.empty());
    if (alone) {
      p.line = out.lines++;
    } else {
      const auto [it, fresh] = lines.emplace(item->method_dependent ? p.method_group : "", out.lines);
      if (fresh) ++out.lines;
      p.line = it->second;
    }
    p.break_before = before && before->line != p.line;
    before = &p;
  }
  return out;
}

namespace {

std::string series(const Trend& trend, const Input* input) {
  JsonWriter json;
  json.open('{').member("item", trend.item).member("unit", trend.unit).member("lines", trend.lines).key("points").open('[');
  for (const auto& p : trend.points) {
    json.open('{');
    if (input) {
      const auto& c = input->candidates[p.candidate];
      const auto& o = c.report->observations[c.position];
      const auto& lab = o.performer.name.empty() ? c.report->origin : o.performer;
      json.member("result_id", c.result_id).member("report_id", c.report_id).some("laboratory", lab.name);
      json.some("method", o.method.name.empty() ? o.method.code : o.method.name).some("instrument", o.instrument).some("range", o.range.text);
    }
    json.member("at", to_iso_time(p.at));
    if (p.value) json.key("value").raw(digits(*p.value));
    json.key("original").open('{').member("value", p.comparator + p.original).some("unit", p.original_unit).close('}');
    json.member("source", p.source).some("method_group", p.method_group).member("line", p.line).member("break_before", p.break_before);
    json.member("critical", p.critical).member("outside_range", p.outside_range).close('}');
  }
  return json.close(']').close('}').take();
}

}  // namespace

std::string to_json(const Trend& trend) { return series(trend, nullptr); }
std::string to_json(const Input& input, const Trend& trend) { return series(trend, &input); }

}  // namespace huren::recognition
