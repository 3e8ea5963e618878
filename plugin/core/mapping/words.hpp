// HL7 tables as the alliance uses them, both ways: identifier types (0203), patient classes (0004), sex (0001), flags (0078).
// Inside core/mapping. Refuses: guessing; a word that is in no table comes back empty.
#pragma once
#include <string>
#include <string_view>

#include "core/hl7/message.hpp"
#include "core/model/lab_report.hpp"

namespace huren::mapping {

inline constexpr std::string_view kProfile = "HUREN-1";       // MSH-21.1 of what huren writes
inline constexpr std::string_view kNoteSystem = "HUREN";      // NTE-4.3 of notes that carry a member
inline constexpr std::string_view kDocumentCode = "C0007";    // OBX-3.1 of the transfer document
inline constexpr std::string_view kLoinc = "LN";
inline constexpr std::string_view kNoPanel = "11502-2";       // LOINC "laboratory report" where no panel was named
inline constexpr std::string_view kNoSpecimenType = "unspecified";

std::string_view identifier_code(std::string_view type);      // "resident_id" → "NNCHN"; unknown: "U"
std::string_view identifier_type(std::string_view code);      // what senders write ("SS", "NN", ...) → ours; "" : unknown
bool is_local_id(std::string_view code);                      // PI PT MR and no type at all

std::string_view class_code(std::string_view patient_class);  // "inpatient" → "I"; "" → "U"
std::string_view class_word(std::string_view code);

std::string_view sex_code(model::Sex sex);                    // U M F
model::Sex read_sex(std::string_view word);                   // HL7, GB/T 2261.1, 男 女, our own words

std::string read_flag(std::string_view printed);              // "↑" → "H", "偏低" → "L"; what is unknown stays

// A person's name from its parts; Chinese names are joined, others read given, middle, family.
std::string join_name(const std::string& family, const std::string& given, const std::string& middle);
model::Person read_person(const hl7::Repetition& xcn);        // XCN: id^family^given^middle
model::Person read_worker(const hl7::Component& cnn);         // NDL.1: id&family&given&middle

}  // namespace huren::mapping
