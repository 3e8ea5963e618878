// One candidate against one analyte of one order, under one agreement: the twelve checks of domain.md §5.
// Promises: every check is made and told, also after one has failed. Refuses: to weigh candidates against each other (decide.cpp).
#pragma once
#include <span>

#include "core/recognition/order_check.hpp"

namespace huren::recognition {

// What does not change from candidate to candidate.
struct Analyte {
  const Input& input;
  const terminology::Set& set;
  const terminology::Item& item;
  std::string_view specimen;   // what the local item asks for; empty: any that the item allows
  Date today;                  // day of the order in the asking hospital's zone
  int age = -1;                // completed years; -1: unknown
  std::string_view unit;       // this hospital's unit for the item, UCUM
  std::string_view printed_unit;  // as this hospital prints it
  std::string_view method_group;  // this hospital's own; empty: unknown
  const terminology::UnitForm* form = nullptr;  // of unit; null: not in the tables
};
Analyte analyte_of(const Input& input, const terminology::Item& item, const terminology::LocalItem& local);

// Which standard item an observation is; how tells "item.same", "item.by_loinc", "item.conflict". Null: not in the tables.
// form: what its unit means for that item; null: not known.
struct Meaning { const terminology::Item* item = nullptr; std::string_view how; const terminology::UnitForm* form = nullptr; };
Meaning meaning_of(const model::Observation& observation, const terminology::Set& set, const Date& on);
// Whether a result of that item can answer this one: the same, or the same quantity under another name.
bool answers(const terminology::Item& result, const terminology::Item& ordered);

// When the specimen was taken: the earliest of collection and observation time; absent: not told.
// A time without an offset is in the partner's zone.
Timestamp taken_at(const Candidate& candidate, int partner_offset_minutes);

// A time that states no offset, moved to the zone that its writer meant.
Timestamp in_zone(const Timestamp& t, int offset_minutes);

// The same person as in the report; kept by the caller, one per report.
struct Person { Verdict verdict = Verdict::fail; std::string_view reason; };
Person judge_person(const Input& input, const Candidate& candidate);

// partner null: no agreement with the source, or our own laboratory.
std::vector<Check> judge(const Analyte& analyte, const Candidate& candidate, const Meaning& meaning, const Person& person,
                         const PartnerAgreement* partner);

// The value in this hospital's unit; absent when it is no number or cannot be converted.
std::optional<Converted> converted(const Analyte& analyte, const model::Observation& observation, const Meaning& meaning);

// The method group as told, by the method's name, or by the unit that tells the calibration; empty: unknown.
std::string_view method_of(const terminology::Set& set, const model::Observation& observation, const Meaning& meaning);
Check judge_abnormal(const model::Observation& observation, const Meaning& meaning);

Verdict worst(std::span<const Check> checks);
bool critical(std::span<const Check> checks);

}  // namespace huren::recognition
