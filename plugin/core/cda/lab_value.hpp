// How a result's value stands in a document: which CDA data type, and back. Internal to core/cda.
#pragma once
#include <string>
#include <string_view>

#include "core/model/lab_report.hpp"

namespace huren::cda {

enum class ValueShape { number, bound, interval, ratio, text, coded };
// The shape that gives the value back exactly as it was.
ValueShape shape_of(const model::Observation& o);
bool is_real(std::string_view text);  // XML Schema double without INF and NaN
// "3-5" or "1:128" → its two numbers; false: neither.
bool split_pair(std::string_view text, char separator, std::string_view& left, std::string_view& right);
std::string number_text(double value);  // the shortest text that reads back as the same double

// DE04.30.017.00 by the flags: "1" normal, "2" abnormal, "" not said.
std::string_view result_code(const std::vector<std::string>& flags);
// The printed unit as UCUM for a PQ; empty when it is not known to be UCUM.
std::string_view ucum_of(std::string_view printed);

}  // namespace huren::cda
