#include "core/hl7/show.hpp"

#include <map>

namespace huren::hl7 {
namespace {

using Json = nlohmann::ordered_json;

void add_field(Json& out, const Field& field, Path path) {
  const int repetitions = field.repetitions();
  for (int r = 1; r <= repetitions; ++r) {
    const auto repetition = field.repetition(r);
    path.repetition = repetitions > 1 ? r : 0;
    const int components = repetition.components();
    for (int c = 1; c <= components; ++c) {
      const auto component = repetition.component(c);
      const int subcomponents = component.subcomponents();
      for (int s = 1; s <= subcomponents; ++s) {
        const auto leaf = component.subcomponent(s);
        if (leaf.empty()) continue;
        path.subcomponent = subcomponents > 1 ? s : 0;
        path.component = components > 1 || path.subcomponent ? c : 0;
        if (leaf.is_null()) out[to_string(path)] = nullptr;
        else out[to_string(path)] = leaf.text();
      }
    }
  }
}

}  // namespace

Json tree(const Message& message) {
  Json out = Json::object();
  std::map<std::string_view, int> seen;
  for (const auto s : message) {
    const auto name = s.name();
    const int occurrence = ++seen[name];
    if (name.size() != 3) {
      out[s.where()] = s.raw();
      continue;
    }
    Path path;
    path.segment = name;
    path.segment_index = message.count(name) > 1 ? occurrence : 0;
    bool any = false;
    const bool header = name == "MSH" || name == "FHS" || name == "BHS";
    for (int f = header ? 2 : 1; f <= s.fields(); ++f) {
      path.field = f;
      any |= !s.field(f).empty();
      add_field(out, s.field(f), path);
    }
    if (!any) {
      path.field = 0;
      out[to_string(path)] = "";
    }
  }
  return out;
}

Json to_json(const Finding& f, Language language) {
  const auto* entry = catalogue_entry(f.error.id);
  return {{"severity", f.severity == Severity::error ? "error" : f.severity == Severity::warning ? "warning" : "info"},
          {"where", f.error.where},
          {"id", f.error.id},
          {"code", entry && !entry->hl7_code.empty() ? entry->hl7_code : "207"},
          {"text", text(f.error, language)}};
}

}  // namespace huren::hl7
