// What a rule can ask beyond XPath: check digits, times, OIDs, units. Internal to core/cda.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace huren::cda {

// nullopt: no such test. An argument that is empty passes: absence is another rule's business (except for time, real, date).
std::optional<bool> run_test(std::string_view name, const std::vector<std::string>& arguments);
bool in_value_set(std::string_view set, std::string_view code);
// The interpreter's own: every (set, code, name) row, for the conformance statement.
struct ValueRow {
  std::string set, code, name;
};
const std::vector<ValueRow>& value_rows();

}  // namespace huren::cda
