// One request as people see it: the body of every notice about it and a row of referral.list/1. Shape: schemas/common.schema.json.
// Promises: whatever did not fit (two answers, a cancellation that crossed) is said in both languages; the package shows
//   every line with whether it is here. Refuses: texts of its own (they stand in the catalogue).
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/referral/life.hpp"

namespace huren::referral {

struct ShownDocument { std::string record_id, kind, title, status, origin, number; int version = 1; };

struct Shown {
  const Life& life;
  std::string key, partner;      // partner code in the configuration
  bool ours = true;
  std::string patient_id;        // the HIS's own number; "" : not (yet) matched
  std::string doubt_id;          // a doubtful match that waits for a person
  Package package;
  std::vector<ShownDocument> documents;
  std::function<model::Organisation(const std::string&)> organisation;  // by code
};

std::string view_json(const Shown& shown);

}  // namespace huren::referral
