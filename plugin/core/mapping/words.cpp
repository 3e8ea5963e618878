#include "core/mapping/words.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace huren::mapping {
namespace {

struct Word {
  std::string_view wire, ours;
};

// The first row of a type is the one that is written; the others are met in the field.
constexpr Word kIdentifiers[] = {
    {"NNCHN", "resident_id"}, {"NN", "resident_id"},          {"NI", "resident_id"},       {"SS", "resident_id"},
    {"SSN", "resident_id"},   {"IDCARD", "resident_id"},      {"SFZ", "resident_id"},      {"PPN", "passport"},
    {"BCT", "birth_certificate"}, {"MI", "officer_id"},       {"HKMO", "hk_mo_permit"},    {"TWP", "tw_permit"},
    {"PRC", "foreign_permanent"}, {"HC", "health_card"},      {"JKK", "health_card"},      {"LR", "local"},
    {"OPN", "outpatient_no"}, {"MZ", "outpatient_no"},        {"IPN", "inpatient_no"},     {"ZY", "inpatient_no"},
    {"U", "other"},
};
constexpr Word kClasses[] = {{"O", "outpatient"}, {"I", "inpatient"}, {"E", "emergency"}, {"CK", "checkup"}, {"U", ""},
                              {"outpatient", "outpatient"}, {"inpatient", "inpatient"}, {"emergency", "emergency"}, {"checkup", "checkup"}};
constexpr Word kSexes[] = {
    {"M", "male"},   {"1", "male"},   {"男", "male"},   {"男性", "male"},   {"male", "male"},
    {"F", "female"}, {"2", "female"}, {"女", "female"}, {"女性", "female"}, {"female", "female"},
    {"O", "not_stated"}, {"A", "not_stated"}, {"9", "not_stated"}, {"not_stated", "not_stated"},
};
constexpr Word kFlags[] = {
    {"↑", "H"},   {"↑↑", "HH"}, {"↓", "L"},   {"↓↓", "LL"}, {"高", "H"},    {"偏高", "H"},   {"低", "L"},     {"偏低", "L"},
    {"*", "A"},   {"异常", "A"}, {"正常", "N"}, {"阳性", "POS"}, {"阴性", "NEG"}, {"h", "H"},  {"l", "L"},     {"n", "N"},
    {"危急", "AA"},
};

template <std::size_t n>
std::string_view ours_of(const Word (&table)[n], std::string_view wire) {
  const auto* it = std::find_if(std::begin(table), std::end(table), [&](const Word& w) { return equal_ascii_nocase(w.wire, wire); });
  return it == std::end(table) ? std::string_view() : it->ours;
}
template <std::size_t n>
std::string_view wire_of(const Word (&table)[n], std::string_view ours, std::string_view otherwise) {
  const auto* it = std::find_if(std::begin(table), std::end(table), [&](const Word& w) { return w.ours == ours; });
  return it == std::end(table) ? otherwise : it->wire;
}

bool ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string_view identifier_code(std::string_view type) { return wire_of(kIdentifiers, type, "U"); }
std::string_view identifier_type(std::string_view code) { return ours_of(kIdentifiers, code); }
bool is_local_id(std::string_view code) { return code.empty() || code == "PI" || code == "PT" || code == "MR"; }

std::string_view class_code(std::string_view patient_class) { return wire_of(kClasses, patient_class, "U"); }
std::string_view class_word(std::string_view code) { return ours_of(kClasses, code); }

// GB/T 2261.1 9 has no letter in table 0001 that foreign systems know: it travels as U.
std::string_view sex_code(model::Sex sex) { return sex == model::Sex::male ? "M" : sex == model::Sex::female ? "F" : "U"; }
model::Sex read_sex(std::string_view word) { return model::sex_from_word(ours_of(kSexes, trim(word))); }

std::string read_flag(std::string_view printed) {
  const auto word = trim(printed);
  for (const auto& w : kFlags)
    if (w.wire == word) return std::string(w.ours);
  return std::string(word);
}

std::string join_name(const std::string& family, const std::string& given, const std::string& middle) {
  if (!ascii(family) || !ascii(given) || !ascii(middle)) return family + given + middle;
  std::string out;
  for (const auto* part : {&given, &middle, &family}) {
    if (part->empty()) continue;
    if (!out.empty()) out += ' ';
    out += *part;
  }
  return out;
}

model::Person read_person(const hl7::Repetition& xcn) {
  return {xcn.value(1), join_name(xcn.value(2), xcn.value(3), xcn.value(4))};
}

model::Person read_worker(const hl7::Component& cnn) {
  const auto part = [&](int n) { return cnn.subcomponent(n).text(); };
  return {part(1), join_name(part(2), part(3), part(4))};
}

}  // namespace huren::mapping
