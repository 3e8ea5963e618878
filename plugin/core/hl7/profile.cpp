#include "core/hl7/profile.hpp"

#include <algorithm>

#include "core/base/csv.hpp"
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

bool good(const Profile::Rule& r) {
  if (!known(r.severity, {"", "info", "warning", "error", "off"})) return false;
  if (r.rule == "severity") return catalogue_entry(r.value) && !r.severity.empty();
  if (r.path.segment.empty()) return false;
  if (r.rule == "usage") return known(r.value, {"R", "O", "X"});
  if (!r.path.field) return false;
  if (r.rule == "repeat" || r.rule == "length") return is_number(r.value);
  return r.rule == "table" || r.rule == "value";
}

}  // namespace

Result<Profile> Profile::parse(std::string_view csv, std::string name) {
  auto rows = parse_csv(csv);
  if (!rows) return rows.error();
  Profile p;
  p.name_ = std::move(name);
  for (std::size_t i = 1; i < rows->size(); ++i) {
    auto& row = (*rows)[i];
    const Error bad{"hl7.profile_row", p.name_ + ':' + std::to_string(i + 1), {p.name_, std::to_string(i + 1)}};
    if (row.size() != 4) return bad;
    if (row[1] == "base") {
      const auto* base = named(row[2]);
      if (!base) return bad;
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
      if (!parsed) return bad;
      rule.path = *std::move(parsed);
    }
    if (!good(rule)) return bad;
    p.rules_.push_back(std::move(rule));
  }
  return p;
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
