#include "core/recognition/order_check.hpp"

namespace huren::recognition {

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::advise: return "advise";
    case Verdict::fail: break;
  }
  return "fail";
}

const char* word(Outcome outcome) {
  switch (outcome) {
    case Outcome::recognised: return "recognised";
    case Outcome::partial: return "partial";
    case Outcome::advisory: return "advisory";
    case Outcome::none: break;
  }
  return "none";
}

const char* word(Aspect aspect) {
  switch (aspect) {
    case Aspect::identity: return "identity";
    case Aspect::status: return "status";
    case Aspect::item: return "item";
    case Aspect::specimen: return "specimen";
    case Aspect::window: return "window";
    case Aspect::quality: return "quality";
    case Aspect::method: return "method";
    case Aspect::unit: return "unit";
    case Aspect::level: return "level";
    case Aspect::situation: return "situation";
    case Aspect::abnormal: return "abnormal";
    case Aspect::agreement: break;
  }
  return "agreement";
}

// As huren::text of an Error, straight from the facts: a card holds a hundred of these, and a doctor waits for it.
std::string text(const Check& check, Language language) {
  const auto* entry = catalogue_entry(check.reason);
  if (!entry) return std::string(check.reason);
  const std::string_view pattern = language == Language::zh ? entry->zh : entry->en;
  std::string out;
  std::size_t size = pattern.size(), from = 0;
  for (const auto& fact : check.facts) size += fact.value.size();
  out.reserve(size);
  for (auto at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
    if (at + 2 >= pattern.size() || pattern[at + 2] != '}' || pattern[at + 1] < '0' || pattern[at + 1] > '9') continue;
    out.append(pattern, from, at - from);
    const auto n = static_cast<std::size_t>(pattern[at + 1] - '0');
    if (n < check.facts.size()) out += check.facts[n].value;
    from = at + 3;
  }
  return out.append(pattern, from);
}

}  // namespace huren::recognition
