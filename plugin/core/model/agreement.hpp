// What two hospitals agreed: which partner's results may be recognised, for which items, how old, on what basis.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/base/time.hpp"

namespace huren::model {

struct Hospital {
  std::string code;    // alliance code, as in Organisation::code
  std::string name;
  std::string region;  // GB/T 2260 division code "420100"; HR scopes are a tree over it
  int level = 0;       // 1, 2, 3; 0 unknown
  int offset_minutes = 480;
};

struct Agreement {
  std::string id;
  std::string partner;                 // partner code in the configuration
  Date from, to;                       // inclusive; to absent: open
  bool send = true, receive = true;    // direction
  std::string mode = "push";           // push | pull | index
  std::string basis = "referral";      // what ties a patient to the partner: referral | contract | consent
  bool all_items = false;              // "inside the alliance, all items": no HR mark needed
  std::vector<std::string> items;      // standard item codes covered; empty: all
  std::map<std::string, int> window_days;  // item or item class ("class:chemistry") → days; overrides schemas/codes
  std::string window_base = "collected";   // collected | reported
  int min_level = 0;                   // accept only from this hospital level up
  std::string signature = "off";       // of documents: required | accepted | off
  int backfill_days = 0;               // earlier reports that the agreement sends once it is there
  // Referrals, remote reading, consultation. By priority: routine, urgent, critical.
  int answer_minutes[3] = {1440, 120, 10};
  int reading_minutes[3] = {1440, 120, 30};
  int referral_days = 30;              // how long an unanswered or unused referral stands
  int package_days = 30;               // lab reports of so many days go with the patient
  int attachment_max_bytes = 4 * 1024 * 1024;  // all enclosures of one request together
  std::vector<std::string> summary_items;      // analytes whose last values a shared summary carries; empty: none
};

}  // namespace huren::model
