// A vendor's XML through its map to the engine, the same for what it brings and for what is fetched from it.
#pragma once
#include <string>

#include "core/mapping/feed_map.hpp"
#include "huren/adapter.hpp"

namespace huren::his_soap_xml {

struct Handed {
  enum class End { accepted, skipped, refused, later } end = End::accepted;
  Error why{"", "", {}};  // of refused and later
};
// The event is on disk at the engine when accepted comes back.
Handed hand_over(const mapping::FeedMap& map, const std::string& name, int offset_minutes, std::string_view xml, EngineServices& engine);

}  // namespace huren::his_soap_xml
