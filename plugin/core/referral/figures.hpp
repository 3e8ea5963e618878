// Monthly figures of referrals, remote readings and outflow, counted from the steps themselves.
// Promises: every row names the requests that it counts, and with them their steps (fact ids); a request counts in the month
//   in which it was first asked. Refuses: names or numbers of patients.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/referral/life.hpp"

namespace huren::referral {

struct Counted {              // one request, ready to be counted
  Life life;
  bool ours = true;
  int offset_minutes = 480;
};

struct FigureRow {
  std::map<std::string, std::string> by;  // month, side, direction, hospital, disease, category, destination
  std::map<std::string, int> counts;      // requested, accepted, declined, redirected, arrived, no_show, completed, withdrawn, cancelled, expired, overdue
  std::vector<std::int64_t> minutes;      // to the answer, or of a reading to the report
  std::vector<std::string> requests;      // keys
  std::vector<std::string> steps;         // their fact ids
  [[nodiscard]] double median_minutes() const;  // -1: none
};

std::vector<FigureRow> referral_figures(const std::vector<Counted>& requests);  // kind referral: month, side, direction, hospital, disease
std::vector<FigureRow> reading_figures(const std::vector<Counted>& requests);   // kind exam, consult: month, side, category, hospital; minutes to the report
std::vector<FigureRow> outflow_figures(const std::vector<Counted>& requests);   // ours that left upwards or sideways: month, disease, destination
std::string to_csv(const std::vector<FigureRow>& rows);    // UTF-8 with a header line
std::string to_json(const std::vector<FigureRow>& rows);

}  // namespace huren::referral
