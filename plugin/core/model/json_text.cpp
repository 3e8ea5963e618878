#include "core/model/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/decimal.hpp"

namespace huren::model {

void JsonText::number(std::string_view name, double value) {
  json_.key(name);
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e15)) {
    json_.raw(nlohmann::json(value).dump());
    return;
  }
  char digits[40];
  auto* end = put_decimal(digits, value);
  if (!end) end = std::to_chars(digits, digits + sizeof digits - 2, value, std::chars_format::fixed).ptr;
  if (std::find(digits, end, '.') == end) end = huren::put(end, ".0");
  json_.raw({digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace huren::model
