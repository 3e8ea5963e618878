// MSH of whatever huren writes. Inside core/mapping.
#pragma once
#include <string_view>

#include "core/hl7/writer.hpp"
#include "core/mapping/oru.hpp"

namespace huren::mapping {

void put_msh(hl7::Writer& w, std::string_view type, std::string_view trigger, std::string_view structure, const Envelope& envelope);

}  // namespace huren::mapping
