// What the steps of one request between two hospitals amount to: a referral, a remote reading, a consultation.
// Promises: the answer depends on the set of steps alone, never on the order in which they came or how often, so both
//   hospitals hold the same life as soon as they hold the same steps; a step that does not fit is kept and named, never
//   dropped. State table and reasons: plugin/doc/referral.md.
// Refuses: a clock (now is passed in), a step by somebody who is not entitled to it.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/model/referral.hpp"

namespace huren::referral {

using model::Step;

enum class State {
  unknown,    // steps came, the request did not (yet)
  requested, accepted, declined, redirected, arrived, no_show, completed,
  withdrawn,  // the report or opinion was taken back
  cancelled,
  expired     // nobody came, or nobody answered, until expires_at
};
const char* word(State state);
State state_from_word(std::string_view word);
bool closed(State state);  // nothing more is expected

// How long who may take, by priority; from the agreement.
struct Terms {
  int answer_minutes[3] = {1440, 120, 10};   // routine, urgent, critical
  int reading_minutes[3] = {1440, 120, 30};  // exam, consult: request to report
  int expiry_days = 30;                      // where the request states no end
};
int priority_rank(std::string_view priority);  // 0 routine, 1 urgent, 2 critical

// Why a step did not take effect: a catalogue id referral.*, and the step.
struct Remark { std::string_view id; std::string fact_id, step; friend bool operator==(const Remark&, const Remark&) = default; };

struct Life {
  State state = State::unknown;
  // What holds of each kind; into `steps`, -1: none.
  int request = -1, answer = -1, arrival = -1, no_show = -1, completion = -1, cancel = -1, received = -1;
  std::vector<Step> steps;        // each once, by time, then by id
  std::vector<Remark> remarks;
  std::int64_t answer_due_ms = 0, reading_due_ms = 0, expires_ms = 0;  // 0: none, or over

  [[nodiscard]] const Step* step(int index) const { return index < 0 ? nullptr : &steps[static_cast<std::size_t>(index)]; }
};
Life resolve(std::vector<Step> steps, const Terms& terms, std::int64_t now_ms);

// The next moment at which time alone changes something or somebody should be told; 0: none.
std::int64_t next_due_ms(const Life& life, std::int64_t now_ms);

// Whether the hospital `own` may take this step now: what its own people are told at once instead of by the other side.
// Error referral.unknown, .not_yours, .closed, .not_answerable, .no_such_step, .already
Result<void> may(const Life& life, const Step& step, std::string_view own);

// "up" | "down" | "sideways" by level, "back" when the patient goes where he or she came from.
std::string direction_between(int from_level, int to_level, bool returns);

// The package against what is here. A line of the sender that names version 0 was never there.
struct Held { std::string kind, origin, number; int version = 0; bool withdrawn = false, other_patient = false; };
enum class Presence { here, newer, withdrawn, missing, not_sent, other_patient };
const char* word(Presence presence);
struct Package {
  struct Line { model::PackageItem item; Presence presence = Presence::missing; };
  std::vector<Line> lines;
  [[nodiscard]] bool complete() const;       // every line that was sent is here, newer, or was withdrawn by its author
  [[nodiscard]] int missing() const;
};
Package check_package(const std::vector<model::PackageItem>& manifest, std::span<const Held> held);

}  // namespace huren::referral
