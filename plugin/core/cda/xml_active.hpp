// What a browser would run: names of elements and addresses that no CDA document needs. Internal to core/cda.
#pragma once
#include <string_view>

namespace huren::cda {

bool active_element(std::string_view name);  // without prefix, in any case
bool runs_code(std::string_view value);      // of an attribute, as it stands in the text

}  // namespace huren::cda
