#include "core/recognition/shapes.hpp"

#include <array>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace huren::recognition {
namespace {

void put(Json& into, const char* name, const std::string& value) {
  if (!value.empty()) into[name] = value;
}

}  // namespace

std::string shown_number(double value) {
  std::array<char, 40> buffer{};
  const int n = std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  std::string text(buffer.data(), static_cast<std::size_t>(n));
  if (text.find('e') == std::string::npos) return text;
  const int m = std::snprintf(buffer.data(), buffer.size(), "%.0f", value);
  return value > 1 && m > 0 && m < 40 ? std::string(buffer.data(), static_cast<std::size_t>(m)) : text;
}

std::string item_name(const Input& input, const std::string& item, Language language) {
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  const auto* found = input.terminology->item(item, today);
  if (!found) return item;
  return language == Language::zh ? found->zh : found->en;
}

std::string uuid_of(std::string_view content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  std::array<unsigned, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned>((hash.high64 >> (56 - 8 * i)) & 0xFFU);
    bytes[8 + i] = static_cast<unsigned>((hash.low64 >> (56 - 8 * i)) & 0xFFU);
  }
  bytes[6] = (bytes[6] & 0x0FU) | 0x80U;
  bytes[8] = (bytes[8] & 0x3FU) | 0x80U;
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 0xFU];
  }
  return out;
}

Json check_json(const Check& check) {
  Json facts = Json::object();
  for (const auto& fact : check.facts) facts[std::string(fact.name)] = fact.value;
  return {{"check", word(check.aspect)}, {"verdict", word(check.verdict)}, {"reason", std::string(check.reason)},
          {"zh", text(check, Language::zh)}, {"en", text(check, Language::en)}, {"facts", std::move(facts)}};
}

Json result_json(const Input& input, const Candidate& candidate, const AnalyteDecision& analyte) {
  const auto& report = *candidate.report;
  const auto& o = report.observations[candidate.position];
  Json out{{"result_id", candidate.result_id}, {"report_id", candidate.report_id}, {"item", analyte.item},
           {"name", {{"zh", item_name(input, analyte.item, Language::zh)}, {"en", item_name(input, analyte.item, Language::en)}}}};
  Json original{{"value", o.comparator + o.value}};
  put(original, "unit", o.unit);
  out["original"] = original;
  const bool same = !analyte.display || analyte.display->unit == o.unit;
  out["value"] = same ? o.comparator + o.value : o.comparator + shown_number(analyte.display->value);
  put(out, "unit", same ? o.unit : analyte.display->unit);
  out["converted"] = !same;
  put(out, "range", o.range.text);
  if (!o.flags.empty()) out["flags"] = o.flags;
  out["status"] = model::status_word(o.status);
  const Timestamp collected = report.specimen.collected_at.present() ? report.specimen.collected_at : o.observed_at;
  put(out, "collected_at", to_iso_time(collected));
  put(out, "reported_at", to_iso_time(report.reported_at));
  if (collected.present()) out["age_hours"] = (input.at.epoch_ms - collected.epoch_ms) / 3'600'000;
  out["origin"] = {{"code", report.origin.code}, {"name", report.origin.name}};
  out["report_number"] = report.number;
  out["version"] = report.version;
  if (!o.performer.code.empty() || !o.performer.name.empty()) out["laboratory"] = {{"code", o.performer.code}, {"name", o.performer.name}};
  put(out, "method", o.method.name.empty() ? o.method.code : o.method.name);
  put(out, "method_group", o.method_group);
  put(out, "instrument", o.instrument);
  put(out, "specimen", report.specimen.type.name.empty() ? report.specimen.type.code : report.specimen.type.name);
  if (!o.marks.empty()) out["marks"] = o.marks;
  out["source"] = candidate.source.empty() ? "own" : candidate.source;
  return out;
}

}  // namespace huren::recognition
