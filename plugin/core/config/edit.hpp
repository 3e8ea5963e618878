// One table of local.toml changed in its text, everything else left byte for byte: comments and order of other tables stay.
// Promises: values are given in the text forms of values.hpp and written as TOML of their declared type; the caller parses
//   the result before it is put in place. Refuses: tables written as dotted keys or inline (Error config.edit_by_hand):
//   a person wrote them so and shall change them.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace huren::config {

// A table and its subtables as they stand: "[agreement.city]" with "[agreement.city.window_days]". Empty: there is none.
std::string table_text(std::string_view toml, std::string_view path);  // path: "agreement.city"

// values: key → text form; nullopt takes the key out. A table that is not there is added at the end.
Result<std::string> edit_table(std::string_view toml, std::string_view path, const std::map<std::string, std::optional<std::string>>& values);
Result<std::string> remove_table(std::string_view toml, std::string_view path);

}  // namespace huren::config
