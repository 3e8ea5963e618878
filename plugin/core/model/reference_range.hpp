// A reference range as laboratories print it: "3.9-6.1", "205.0000--285.0000", "<5.0", "≥60", "3.9～6.1".
// Promises: the printed text is kept; bounds only where they are plain numbers. Refuses: guessing ("阴性", "见说明" have none).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/model/lab_report.hpp"

namespace huren::model {

ReferenceRange read_range(std::string_view printed);
struct Bounds { std::optional<double> low, high; };
Bounds read_bounds(std::string_view printed);  // of it alone

// The half that is missing: bounds from the printed text, or a text from the bounds ("3.9-6.1", "<=5", ">=60").
void complete_range(ReferenceRange& range);
std::string print_number(double value);  // shortest form that reads back to the same

// HL7's NM: "5.60" "-1" "+3"; nullopt for an exponent or anything around it.
std::optional<double> read_number(std::string_view text);

// "<5.0" "≤5" ">= 60" into comparator ("<", "<=", ">", ">=", "") and the rest.
struct Compared { std::string_view comparator, rest; };
Compared read_comparator(std::string_view text);

}  // namespace huren::model
