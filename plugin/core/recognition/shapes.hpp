// The parts that card and explanation share.
#pragma once
#include "core/base/fill.hpp"
#include "core/base/json_writer.hpp"
#include "core/recognition/order_check.hpp"

namespace huren::recognition {

// A chosen result as people need to see it: value, origin, laboratory, method, range, marks, age.
struct ShownResult {
  const Candidate* candidate = nullptr;
  const AnalyteDecision* analyte = nullptr;
  const terminology::Item* item = nullptr;
  std::string value;             // in this hospital's unit
  std::string_view unit;
  std::string original;          // as reported, with its comparator
  bool converted = false;
  std::string collected_at;      // ISO 8601; empty: not told
  std::int64_t age_hours = -1;   // -1: not known
  [[nodiscard]] const model::Observation& observation() const { return candidate->report->observations[candidate->position]; }
};
ShownResult shown_result(const Input& input, const AnalyteDecision& analyte);  // analyte.chosen is there
void write(JsonWriter& json, const ShownResult& result);
void write(JsonWriter& json, const Check& check, const CatalogueEntry* sentence);  // sentence: of its reason

// The sentence of a check, piece by piece to piece(text).
template <class Piece>
void say(const Check& check, const CatalogueEntry* sentence, Language language, Piece&& piece) {
  if (!sentence) return piece(check.reason);
  fill_pieces(language == Language::zh ? sentence->zh : sentence->en, check.facts.size(), [&](std::size_t n) -> const std::string& { return check.facts[n].value; }, piece);
}

const terminology::Item* item_of(const Input& input, std::string_view code);
std::string_view name_of(const terminology::Item* item, std::string_view code, Language language);  // item null: the code
inline std::string_view name_of(const ShownResult& result, Language language) { return name_of(result.item, result.analyte->item, language); }
std::string shown_number(double value);         // four significant digits
std::string uuid_of(std::string_view content);  // RFC 9562 version 8, from the content alone

}  // namespace huren::recognition
