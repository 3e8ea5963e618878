// Compares with one partner what went between the two hospitals, day by day, and repairs the difference, both ways.
// Promises: digests first, lists only of days that differ; what is repaired goes through the ordinary outbox of the side
//   that released it, so every rule of delivery holds; a dry run changes nothing at either side.
// Refuses: guessing when the same version has two contents: a person is told.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/exchange/compare.hpp"

namespace huren::engine::exchange {

struct Reconciled {
  int days = 0, differing_days = 0;
  int sent = 0;               // ours, put into the outbox again (dry run: would be)
  int asked = 0;              // theirs, which the partner now sends again (dry run: would be asked for)
  int on_its_way = 0, waits_for_person = 0;
  int cancelled = 0;          // missing on one side, and not sent: a person at the side that released it cancelled it
  int unknown_there = 0;      // the partner cannot give what we miss
  int differs = 0;            // the same version with another content
  int only_there = 0;         // the partner holds what we do not know: our store may be an older copy
  std::vector<std::string> numbers;  // of reports concerned, "origin/number", at most 1,000
};

using Ask = std::function<Replied(const Message& question)>;
Result<Reconciled> reconcile(const Context& context, const config::Partner& partner, const Ask& ask, const Date& from, const Date& to, bool dry_run);

}  // namespace huren::engine::exchange
