#include "core/recognition/shapes.hpp"

#include <array>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace huren::recognition {
std::string shown_number(double value) {
  std::array<char, 40> buffer{};
  const int n = std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  std::string text(buffer.data(), static_cast<std::size_t>(n));
  if (text.find('e') == std::string::npos) return text;
  const int m = std::snprintf(buffer.data(), buffer.size(), "%.0f", value);
  return value > 1 && m > 0 && m < 40 ? std::string(buffer.data(), static_cast<std::size_t>(m)) : text;
}

const terminology::Item* item_of(const Input& input, std::string_view code) {
  return input.terminology->item(code, terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes));
}

std::string_view name_of(const terminology::Item* item, std::string_view code, Language language) {
  if (!item) return code;
  return language == Language::zh ? item->zh : item->en;
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
  std::array<char, 36> text{};
  char* at = text.data();
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    *at++ = "0123456789abcdef"[bytes[i] >> 4];
    *at++ = "0123456789abcdef"[bytes[i] & 0xFU];
  }
  return {text.data(), text.size()};
}

void write(JsonWriter& json, const Check& check, const CatalogueEntry* sentence) {
  json.open('{').member("check", word(check.aspect)).member("verdict", word(check.verdict)).member("reason", check.reason);
  const auto piece = [&](std::string_view part) { json.piece(part); };
  json.key("zh").open_text();
  say(check, sentence, Language::zh, piece);
  json.close_text().key("en").open_text();
  say(check, sentence, Language::en, piece);
  json.close_text().key("facts").open('{');
  for (const auto& fact : check.facts) json.member(fact.name, fact.value);
  json.close('}').close('}');
}

ShownResult shown_result(const Input& input, const AnalyteDecision& analyte) {
  ShownResult out;
  out.analyte = &analyte;
  out.candidate = &input.candidates[analyte.considered[*analyte.chosen].candidate];
  out.item = item_of(input, analyte.item);
  const auto& o = out.observation();
  out.original = o.comparator + o.value;
  out.converted = analyte.display && analyte.display->changed;
  out.value = out.converted ? o.comparator + shown_number(analyte.display->value) : out.original;
  out.unit = out.converted ? std::string_view(analyte.display->unit) : std::string_view(o.unit);
  const auto& specimen = out.candidate->report->specimen;
  const Timestamp& collected = specimen.collected_at.present() ? specimen.collected_at : o.observed_at;
  out.collected_at = to_iso_time(collected);
  if (collected.present()) out.age_hours = (input.at.epoch_ms - collected.epoch_ms) / 3'600'000;
  return out;
}

void write(JsonWriter& json, const ShownResult& r) {
  const auto& report = *r.candidate->report;
  const auto& o = r.observation();
  json.open('{').member("result_id", r.candidate->result_id).member("report_id", r.candidate->report_id).member("item", r.analyte->item);
  json.both("name", name_of(r, Language::zh), name_of(r, Language::en));
  json.key("original").open('{').member("value", r.original).some("unit", o.unit).close('}');
  json.member("value", r.value).some("unit", r.unit).member("converted", r.converted).some("range", o.range.text);
  if (!o.flags.empty()) json.texts("flags", o.flags);
  json.member("status", model::status_word(o.status)).some("collected_at", r.collected_at).some("reported_at", to_iso_time(report.reported_at));
  if (!r.collected_at.empty()) json.member("age_hours", r.age_hours);
  json.key("origin").open('{').member("code", report.origin.code).member("name", report.origin.name).close('}');
  json.member("report_number", report.number).member("version", report.version);
  if (!o.performer.code.empty() || !o.performer.name.empty())
    json.key("laboratory").open('{').member("code", o.performer.code).member("name", o.performer.name).close('}');
  json.some("method", o.method.name.empty() ? o.method.code : o.method.name).some("method_group", o.method_group).some("instrument", o.instrument);
  json.some("specimen", report.specimen.type.name.empty() ? report.specimen.type.code : report.specimen.type.name);
  if (!o.marks.empty()) json.texts("marks", o.marks);
  json.member("source", r.candidate->source.empty() ? std::string_view("own") : std::string_view(r.candidate->source)).close('}');
}

}  // namespace huren::recognition
