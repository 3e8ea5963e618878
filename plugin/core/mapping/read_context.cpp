#include "core/mapping/read_context.hpp"

namespace huren::mapping {

void ReadContext::error(std::string_view id, std::string where, std::vector<std::string> args) const {
  findings.push_back({Severity::error, {id, std::move(where), std::move(args)}});
}
void ReadContext::warn(std::string_view id, std::string where, std::vector<std::string> args) const {
  findings.push_back({Severity::warning, {id, std::move(where), std::move(args)}});
}
void ReadContext::remark(std::string_view id, std::string where, std::vector<std::string> args) const {
  findings.push_back({Severity::info, {id, std::move(where), std::move(args)}});
}

std::string ReadContext::translated(std::string_view name, const std::string& value) const {
  if (!options.map) return value;
  const auto table = options.map->tables.find(std::string(name));
  if (table == options.map->tables.end()) return value;
  const auto word = table->second.find(value);
  return word == table->second.end() ? value : word->second;
}

void ReadContext::member(std::string_view name, const Member& into, const std::string& value, const Found& where, std::string_view complaint) const {
  if (value.empty()) return;
  const auto dates = options.map ? std::span<const std::string>(options.map->dates) : std::span<const std::string>();
  if (!assign(into, translated(name, value), options.offset_minutes, dates)) warn(complaint, where.text());
}

void ReadContext::assign_mapped(std::string_view name, const Member& into, const std::string& value, const std::string& where) const {
  const bool time = std::holds_alternative<Timestamp*>(into) || std::holds_alternative<Date*>(into);
  const bool sex = std::holds_alternative<model::Sex*>(into);
  member(name, into, value, std::string_view(where), time ? "mapping.bad_time" : sex ? "mapping.sex_unknown" : "mapping.status_unknown");
}

}  // namespace huren::mapping
