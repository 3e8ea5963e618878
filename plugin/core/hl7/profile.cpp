#include "core/hl7/profile.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/base/csv.hpp"
#include "core/base/text.hpp"
#include "core/hl7/checker.hpp"
#include "core/hl7/dictionary.hpp"

namespace huren::hl7 {
namespace {

bool known(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_number(std::string_view s) {
  return !s.empty() && s.size() < 7 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What is wrong with a row, as the id of its words; empty: nothing.
std::string_view fault(const Profile::Rule& r, std::string_view structure) {
  const auto& d = dictionary();
  if (!known(r.severity, {"", "info", "warning", "error", "off"})) return "hl7.profile_severity";
  if (!structure.empty() && !d.structure(structure)) return "hl7.profile_path";
  if (!r.path.segment.empty() && r.path.segment[0] != 'Z' && !d.segment(r.path.segment)) return "hl7.profile_path";
  if (!known(r.rule, {"usage", "repeat", "length", "table", "value", "severity", "unique"})) return "hl7.profile_rule";
  if (r.rule == "severity") return !catalogue_entry(r.value) ? "hl7.profile_value" : r.severity.empty() ? "hl7.profile_severity" : "";
  if (r.path.segment.empty()) return "hl7.profile_path";
  if (r.rule == "usage") return known(r.value, {"R", "O", "X"}) ? "" : "hl7.profile_value";
  if (!r.path.field) return "hl7.profile_path";
  if (r.rule == "unique") return r.path.segment == "MSH" && r.path.field == 10 ? "" : "hl7.profile_path";
  if (r.rule == "repeat" || r.rule == "length") return is_number(r.value) ? "" : "hl7.profile_value";
  if (r.rule == "table") return r.value == "none" || d.table(r.value) ? "" : "hl7.profile_value";
  return "";
}

}  // namespace

Result<Profile> Profile::parse(std::string_view csv, std::string name) {
  if (const auto bad = invalid_utf8(csv)) return Error{"hl7.profile_utf8", name, {std::to_string(*bad + 1)}};
  auto rows = parse_csv_rows(csv);
  if (!rows) return Error{rows.error().id, name + ", " + rows.error().where, rows.error().args};
  Profile p;
  p.name_ = std::move(name);
  if (rows->empty() || rows->front().fields != std::vector<std::string>{"path", "rule", "value", "severity"})
    return Error{"hl7.profile_head", p.name_ + ":1", {}};
  for (std::size_t i = 1; i < rows->size(); ++i) {
    auto& row = (*rows)[i].fields;
    const auto bad = [&](std::string_view id, const std::string& what) {
      return Error{id, p.name_ + ':' + std::to_string((*rows)[i].line), {what.size() > 80 ? "..." : what}};
    };
    if (row.size() != 4) return bad("hl7.profile_row", std::to_string(row.size()));
    if (row[1] == "base") {
      const auto* base = named(row[2]);
      if (!base) return bad("hl7.profile_base", row[2]);
      p.rules_.insert(p.rules_.end(), base->rules_.begin(), base->rules_.end());
      continue;
    }
    Rule rule{.structure = {}, .path = {}, .rule = row[1], .value = row[2], .severity = row[3]};
    std::string_view path = row[0];
    if (const auto colon = path.find(':'); colon != std::string_view::npos) {
      rule.structure = path.substr(0, colon);
      path.remove_prefix(colon + 1);
    }
    if (path != "*") {
      auto parsed = parse_path(path);
      if (!parsed) return bad("hl7.profile_path", row[0]);
      rule.path = *std::move(parsed);
    }
    if (const auto id = fault(rule, rule.structure); !id.empty())
      return bad(id, id == "hl7.profile_path" ? row[0] : id == "hl7.profile_rule" ? row[1] : id == "hl7.profile_severity" ? row[3] : row[2]);
    p.rules_.push_back(std::move(rule));
  }
  p.lay_plans();
  return p;
}

void Profile::lay_plans() {
  plans_[""] = plan_of("");
  for (const auto& r : rules_)
    if (!plans_.contains(r.structure)) plans_[r.structure] = plan_of(r.structure);
}

Profile::Plan Profile::plan_of(std::string_view structure) const {
  Plan plan;
  // Of rules about the same place the last one wins, so that a partner's profile can loosen what its base asks for.
  std::set<std::tuple<std::string_view, std::string_view, int, int, int, int>> said;
  for (std::size_t i = rules_.size(); i-- > 0;) {
    const auto& r = rules_[i];
    const auto& p = r.path;
    if (!r.structure.empty() && r.structure != structure) continue;
    if (r.rule == "severity") plan.severities.push_back(i);
    else if (r.rule != "value" && p.field && !p.component) plan.fields.push_back(i);
    if ((r.rule != "usage" && r.rule != "value") || p.segment.empty()) continue;
    if (said.insert({r.rule, p.segment, p.segment_index, p.field, p.component, p.subcomponent}).second && r.severity != "off") plan.places.push_back(i);
  }
  for (auto* indexes : {&plan.fields, &plan.places, &plan.severities}) std::reverse(indexes->begin(), indexes->end());
  return plan;
}

const Profile::Plan& Profile::plan(std::string_view structure) const {
  static const Plan nothing;
  auto it = plans_.find(structure);
  if (it == plans_.end()) it = plans_.find("");
  return it == plans_.end() ? nothing : it->second;
}

bool Profile::unique_control_ids() const {
  const auto last = std::find_if(rules_.rbegin(), rules_.rend(), [](const Rule& r) { return r.rule == "unique"; });
  return last != rules_.rend() && last->severity != "off";
}

const Profile* Profile::named(std::string_view name) {
  if (name == "standard") return &standard();
  if (name == "strict") {
    static const Profile strict = *Profile::parse(embedded_file("strict.csv"), "strict");
    return &strict;
  }
  if (name == "alliance") {
    static const Profile alliance = *Profile::parse(embedded_file("alliance.csv"), "alliance");
    return &alliance;
  }
  if (name == "feed") {
    static const Profile feed = *Profile::parse(embedded_file("feed.csv"), "feed");
    return &feed;
  }
  return nullptr;
}

const Profile& Profile::standard() {
  static const Profile p = *Profile::parse(embedded_file("standard.csv"), "standard");
  return p;
}

Findings check(const Message& message, const Profile& profile) { return Checker(message, profile).run(); }

}  // namespace huren::hl7
