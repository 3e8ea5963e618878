#include "adapters/his/soap_xml/handover.hpp"

#include <xxhash.h>

#include <algorithm>

#include "core/mapping/record.hpp"

namespace huren::his_soap_xml {

Handed hand_over(const mapping::FeedMap& map, const std::string& name, int offset_minutes, std::string_view xml, EngineServices& engine) {
  const auto mapped = mapping::map_xml(map, xml, "UTF-8", {.offset_minutes = offset_minutes, .origin_code = "", .origin_name = "", .trace = nullptr});
  if (mapped.skipped) return {Handed::End::skipped, {"", "", {}}};
  if (mapped.events.empty()) {
    const auto worst = std::find_if(mapped.findings.begin(), mapped.findings.end(), [](const Finding& f) { return f.severity == Severity::error; });
    const Error why = worst == mapped.findings.end() ? Error{"mapping.no_event_fits", name, {}} : worst->error;
    engine.log(Severity::warning, "soap.refused", {{"name", name}, {"why", line(why)}});
    return {Handed::End::refused, why};
  }
  for (const auto& e : mapped.events) {
    // The same content may be news when another one was in between; the engine knows what it holds.
    const auto key = name + "/" + std::to_string(XXH3_64bits(e.json.data(), e.json.size())) + "/" + std::to_string(engine.now_ms());
    if (auto r = engine.submit(e.type, key, e.json); !r) return {Handed::End::later, r.error()};
  }
  return {};
}

}  // namespace huren::his_soap_xml
