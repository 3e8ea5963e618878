#include "core/mapping/map_apply.hpp"

#include <algorithm>

#include "core/mapping/observation_read.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

bool of_observation(std::string_view member) { return member.starts_with("observation."); }

void note(const ReadContext& context, std::string_view member, const Member& into, Traced::How how, std::string place, std::string theirs, const std::string& at) {
  if (context.options.trace) context.options.trace->push_back({std::string(member), how, std::move(place), std::move(theirs), member_text(into), at});
}

// at: of an observation where it stands; "": the place itself is told.
bool take(const Take& take, const Member& into, const ValueOf& value_of, const std::string& at, const ReadContext& context, Traced::How how) {
  for (const auto& place : take.places) {
    auto value = value_of(place);
    if (value.empty()) continue;
    context.assign_mapped(take.member, into, value, at.empty() ? place.text : at);
    if (take.member == "observation.flags")
      if (auto* flags = std::get_if<std::vector<std::string>*>(&into))
        for (auto& flag : **flags) flag = read_flag(flag);
    const bool by_table = context.translated(take.member, value) != value;
    note(context, take.member, into, by_table ? Traced::How::table : how, place.text, std::move(value), at);
    return true;
  }
  std::string all;
  for (const auto& place : take.places) all += (all.empty() ? "" : ", ") + place.text;
  note(context, take.member, into, Traced::How::nothing, all, "", at);
  return false;
}

void constants(const Words& words, bool observation, bool always, Traced::How how, const std::function<Member(std::string_view)>& member_of, const std::string& at,
               const ReadContext& context) {
  static const std::vector<std::string> none;
  const auto& dates = context.options.map ? context.options.map->dates : none;
  for (const auto& [name, value] : words) {
    if (of_observation(name) != observation) continue;
    const auto member = member_of(name);
    if (!always && holds_something(member)) continue;
    assign(member, value, context.options.offset_minutes, dates);
    note(context, name, member, how, "", value, at);
  }
}

}  // namespace

bool holds(const Condition& c, const std::string& value) {
  const bool fits = c.values.empty() ? !value.empty() : std::find(c.values.begin(), c.values.end(), value) != c.values.end();
  return fits != c.negated;
}

bool holds(const When& when, const ValueOf& value_of) {
  return std::all_of(when.all.begin(), when.all.end(), [&](const Condition& c) { return holds(c, value_of(c.place)); });
}

bool skips(const std::vector<When>& all, const ValueOf& value_of) {
  return std::any_of(all.begin(), all.end(), [&](const When& w) { return w.skip && holds(w, value_of); });
}

void take_report(const std::vector<Take>& from, const std::vector<When>& when, const Words& defaults, model::LabReport& report, const ValueOf& value_of,
                 const ReadContext& context) {
  const auto member_of = [&](std::string_view name) { return report_member(report, name); };
  for (const auto& t : from)
    if (!of_observation(t.member)) take(t, member_of(t.member), value_of, "", context, Traced::How::taken);
  for (const auto& w : when) {
    if (!w.speaks_of(false) || !holds(w, value_of)) continue;
    for (const auto& t : w.from)
      if (!of_observation(t.member)) take(t, member_of(t.member), value_of, "", context, Traced::How::condition);
    constants(w.values, false, true, Traced::How::condition, member_of, "", context);
  }
  constants(defaults, false, false, Traced::How::fallback, member_of, "", context);
}

void take_observation(const std::vector<Take>& from, const std::vector<When>& when, const Words& defaults, model::Observation& o, const ValueOf& value_of,
                      const std::string& at, const ReadContext& context) {
  const auto member_of = [&](std::string_view name) { return observation_member(o, name); };
  const auto take_one = [&](const Take& t, Traced::How how) {
    if (!of_observation(t.member) || !take(t, member_of(t.member), value_of, at, context, how)) return;
    if (t.member == "observation.value" && o.value_type != "CWE" && !read_as_number(o.value, o)) o.value_type = "ST";
  };
  for (const auto& t : from) take_one(t, Traced::How::taken);
  for (const auto& w : when) {
    if (!w.speaks_of(true) || !holds(w, value_of)) continue;
    for (const auto& t : w.from) take_one(t, Traced::How::condition);
    constants(w.values, true, true, Traced::How::condition, member_of, at, context);
  }
  constants(defaults, true, false, Traced::How::fallback, member_of, at, context);
}

}  // namespace huren::mapping
