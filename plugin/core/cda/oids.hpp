// The identifier roots and code systems of the transfer documents, and the words the model uses for them.
// Sources: WS/T 500-2016 (2.16.156.10011...), HL7 (2.16.840.1.113883...), IHE (1.3.6.1.4.1.19376...). What no standard
// gives a root hangs under one UUID-derived arc (ITU-T X.667), kArc, which nobody else can hold.
#pragma once
#include <string>
#include <string_view>

namespace huren::cda {

#define HUREN_CDA_ARC "2.25.27295743168337248057574579939456889692"
inline constexpr std::string_view kArc = HUREN_CDA_ARC;
inline constexpr std::string_view kArcLocalId = HUREN_CDA_ARC ".2";        // the HIS's own patient number
inline constexpr std::string_view kArcEncounter = HUREN_CDA_ARC ".3";
inline constexpr std::string_view kArcItem = HUREN_CDA_ARC ".4";           // one line of a report, the same through all versions
inline constexpr std::string_view kArcLocalCodes = HUREN_CDA_ARC ".5";     // "L": the sender's own codes
inline constexpr std::string_view kArcNamedCodes = HUREN_CDA_ARC ".6";     // a system known by its name only
inline constexpr std::string_view kArcStandardItem = HUREN_CDA_ARC ".7";   // alliance items; role of a translation
inline constexpr std::string_view kArcMethodGroup = HUREN_CDA_ARC ".8";
inline constexpr std::string_view kArcMark = HUREN_CDA_ARC ".9";           // HR mark
inline constexpr std::string_view kArcUncoded = HUREN_CDA_ARC ".10";       // a code whose system nobody gave

inline constexpr std::string_view kDocumentRoot = "2.16.156.10011.1.1";
inline constexpr std::string_view kResidentIdRoot = "2.16.156.10011.1.3";
inline constexpr std::string_view kStaffRoot = "2.16.156.10011.1.4";
inline constexpr std::string_view kOrganisationRoot = "2.16.156.10011.1.5";
inline constexpr std::string_view kAuthorRoot = "2.16.156.10011.1.7";
inline constexpr std::string_view kSpecimenRoot = "2.16.156.10011.1.14";
inline constexpr std::string_view kOrderRoot = "2.16.156.10011.1.24";
inline constexpr std::string_view kReportNumberRoot = "2.16.156.10011.1.33";
inline constexpr std::string_view kDepartmentRoot = "2.16.156.10011.1.26";

inline constexpr std::string_view kDataElements = "2.16.156.10011.2.2.1";
inline constexpr std::string_view kLoinc = "2.16.840.1.113883.6.1";
inline constexpr std::string_view kIcd10 = "2.16.156.10011.2.3.3.11";
inline constexpr std::string_view kInterpretation = "2.16.840.1.113883.5.83";
inline constexpr std::string_view kResultStatus = "2.16.840.1.113883.12.85";
inline constexpr std::string_view kActCode = "2.16.840.1.113883.5.4";

// Model word → codeSystem; empty when the word is no known word, no OID, or empty.
std::string_view oid_of_system(std::string_view word);
// codeSystem and codeSystemName as read → the model's word ("" for kArcUncoded or nothing given).
std::string system_of_oid(std::string_view oid, std::string_view name);
bool is_oid(std::string_view text);
bool is_icd10(std::string_view oid);  // any of the several in use

// Identifier types of model::Identifier ↔ II root; empty when there is none.
std::string_view root_of_identifier(std::string_view type);
std::string_view identifier_of_root(std::string_view root);

}  // namespace huren::cda
