#include "core/referral/life.hpp"

#include <algorithm>

namespace huren::referral {
namespace {

constexpr std::int64_t kMinuteMs = 60'000, kDayMs = 86'400'000;

constexpr const char* kStates[] = {"unknown", "requested", "accepted", "declined", "redirected", "arrived", "no_show", "completed", "withdrawn", "cancelled", "expired"};
constexpr const char* kPresences[] = {"here", "newer", "withdrawn", "missing", "not_sent", "other_patient"};

// Total: no two different steps are equal, so "the last word" is the same everywhere.
bool before(const Step& a, const Step& b) {
  if (a.at.epoch_ms != b.at.epoch_ms) return a.at.epoch_ms < b.at.epoch_ms;
  if (a.fact_id != b.fact_id) return a.fact_id < b.fact_id;
  return model::to_json(a) < model::to_json(b);  // one id twice with other content: a peer at fault, yet decided
}

// By version first where the author counts them, then by time.
bool outranks(const Step& a, const Step& b) { return a.version != b.version ? a.version > b.version : before(b, a); }

bool entitled(const Step& s) {
  if (s.by.empty()) return false;
  const bool asker = s.by == s.from, asked = s.by == s.to;
  if (s.step == "requested") return asker;
  if (s.step == "cancelled" || s.step == "problem") return asker || asked;
  return asked;
}

struct Resolver {
  Life& life;

  void remark(std::string_view id, const Step& s) { life.remarks.push_back({id, s.fact_id, s.step}); }
  [[nodiscard]] const Step& at(int i) const { return life.steps[static_cast<std::size_t>(i)]; }

  // The one of its kind that holds; the others are superseded. first: the earliest holds, else the highest version, the latest.
  int pick(std::string_view step, bool first, std::string_view superseded_by_other) {
    int held = -1;
    for (int i = 0; i < static_cast<int>(life.steps.size()); ++i) {
      const auto& s = at(i);
      if (s.step != step || !entitled(s)) continue;
      if (held < 0 || (!first && outranks(s, at(held)))) held = i;
    }
    if (held < 0 || superseded_by_other.empty()) return held;
    for (int i = 0; i < static_cast<int>(life.steps.size()); ++i)
      if (i != held && at(i).step == step && entitled(at(i)) && at(i).version == at(held).version) remark(superseded_by_other, at(i));
    return held;
  }

  void state(std::int64_t now_ms) {
    const auto* arrival = life.step(life.arrival);
    const auto* answer = life.step(life.answer);
    const auto* cancel = life.step(life.cancel);
    const bool came = arrival || life.completion >= 0;
    // A cancellation takes effect on what its author knew: the patient who is there already is not undone by a letter that crossed.
    const bool cancelled = cancel && life.completion < 0 && (!came || cancel->knew_arrival);
    if (cancel && !cancelled) remark("referral.cancel_crossed", *cancel);
    if (arrival && life.no_show >= 0) remark("referral.came_after_all", at(life.no_show));
    if (came && answer && (answer->outcome == "declined" || answer->outcome == "redirected")) remark("referral.came_although_declined", *answer);
    if (arrival && !answer) remark("referral.arrived_unanswered", *arrival);
    if (answer && life.expires_ms && answer->at.epoch_ms >= life.expires_ms) remark("referral.answered_late", *answer);
    life.state = life.request < 0 ? State::unknown : ranked(cancelled);
    if ((life.state == State::requested || life.state == State::accepted) && life.expires_ms && now_ms >= life.expires_ms) life.state = State::expired;
  }

  [[nodiscard]] State ranked(bool cancelled) const {
    if (const auto* done = life.step(life.completion)) return done->outcome == "withdrawn" ? State::withdrawn : State::completed;
    if (cancelled) return State::cancelled;
    if (life.arrival >= 0) return State::arrived;
    if (life.no_show >= 0) return State::no_show;
    const auto* answer = life.step(life.answer);
    if (!answer) return State::requested;
    return answer->outcome == "declined" ? State::declined : answer->outcome == "redirected" ? State::redirected : State::accepted;
  }

  void times(const Terms& terms) {
    const auto* request = life.step(life.request);
    if (!request) return;
    const auto rank = static_cast<std::size_t>(priority_rank(request->priority));
    // From the first word: a change of the request does not give the other side more time.
    std::int64_t asked = request->at.epoch_ms;
    for (const auto& s : life.steps)
      if (s.step == "requested" && entitled(s) && s.priority == request->priority) asked = std::min(asked, s.at.epoch_ms);
    life.answer_due_ms = asked + terms.answer_minutes[rank] * kMinuteMs;
    if (request->kind != "referral") life.reading_due_ms = asked + terms.reading_minutes[rank] * kMinuteMs;
    life.expires_ms = request->expires_at.present() ? request->expires_at.epoch_ms : asked + terms.expiry_days * kDayMs;
  }
};

}  // namespace

const char* word(State state) { return kStates[static_cast<std::size_t>(state)]; }
const char* word(Presence presence) { return kPresences[static_cast<std::size_t>(presence)]; }

State state_from_word(std::string_view text) {
  const auto* it = std::find(std::begin(kStates), std::end(kStates), text);
  return it == std::end(kStates) ? State::unknown : static_cast<State>(it - std::begin(kStates));
}

bool closed(State s) { return s != State::unknown && s != State::requested && s != State::accepted && s != State::arrived; }

int priority_rank(std::string_view priority) { return priority == "critical" ? 2 : priority == "urgent" ? 1 : 0; }

Life resolve(std::vector<Step> steps, const Terms& terms, std::int64_t now_ms) {
  Life life;
  std::sort(steps.begin(), steps.end(), before);
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  life.steps = std::move(steps);
  Resolver r{life};
  for (const auto& s : life.steps)
    if (!entitled(s)) r.remark("referral.not_entitled", s);
  life.request = r.pick("requested", false, "referral.two_requests");
  life.answer = r.pick("answered", false, "referral.two_answers");
  life.arrival = r.pick("arrived", true, "");
  life.no_show = r.pick("no_show", true, "");
  life.completion = r.pick("completed", false, "referral.two_completions");
  life.received = r.pick("received", false, "");
  life.cancel = -1;
  for (int i = 0; i < static_cast<int>(life.steps.size()); ++i)  // of several, the one that takes effect: it knew more
    if (r.at(i).step == "cancelled" && entitled(r.at(i)) && (life.cancel < 0 || (r.at(i).knew_arrival && !r.at(life.cancel).knew_arrival))) life.cancel = i;
  r.times(terms);
  r.state(now_ms);
  if (life.state != State::requested) life.answer_due_ms = 0;
  if (closed(life.state) || life.completion >= 0) life.reading_due_ms = 0;
  if (life.state != State::requested && life.state != State::accepted) life.expires_ms = 0;
  return life;
}

std::int64_t next_due_ms(const Life& life, std::int64_t now_ms) {
  std::int64_t next = 0;
  for (const auto due : {life.answer_due_ms, life.reading_due_ms, life.expires_ms})
    if (due > now_ms && (!next || due < next)) next = due;
  return next;
}

Result<void> may(const Life& life, const Step& s, std::string_view own) {
  const auto* request = life.step(life.request);
  if (s.step == "requested") {
    if (!request) return {};
    if (request->from != own) return Error{"referral.not_yours", "", {}};
    if (request->to != s.to || request->kind != s.kind) return Error{"referral.other_request", "/to_partner", {}};
    if (closed(life.state)) return Error{"referral.closed", "", {word(life.state)}};
    if (s.version <= request->version) return Error{"report.old_version", "/version", {std::to_string(s.version), std::to_string(request->version)}};
    return {};
  }
  if (!request) return Error{"referral.unknown", "", {}};
  if (s.step == "cancelled") {
    if (request->from != own && request->to != own) return Error{"referral.not_yours", "", {}};
  } else if (request->to != own) {
    return Error{"referral.not_yours", "", {}};
  }
  const bool done = life.state == State::completed || life.state == State::withdrawn;
  if (s.step == "completed") {
    const auto* earlier = life.step(life.completion);
    if (life.state == State::cancelled || life.state == State::declined) return Error{"referral.closed", "", {word(life.state)}};
    if (earlier && s.version <= earlier->version) return Error{"report.old_version", "/version", {std::to_string(s.version), std::to_string(earlier->version)}};
    if (!earlier && s.outcome != "final") return Error{"referral.nothing_to_amend", "/version", {}};
    if (s.kind == "referral" && life.arrival < 0) return Error{"referral.not_arrived", "", {}};
    return {};
  }
  if (done || life.state == State::cancelled) return Error{"referral.closed", "", {word(life.state)}};
  if (s.step == "answered" && life.arrival >= 0) return Error{"referral.already_arrived", "", {}};
  if (s.step == "arrived" && life.arrival >= 0) return Error{"referral.already_arrived", "", {}};
  if (s.step == "no_show" && life.arrival >= 0) return Error{"referral.already_arrived", "", {}};
  return {};
}

std::string direction_between(int from_level, int to_level, bool returns) {
  if (returns) return "back";
  if (!from_level || !to_level || from_level == to_level) return "sideways";
  return from_level < to_level ? "up" : "down";
}

bool Package::complete() const {
  return std::none_of(lines.begin(), lines.end(), [](const Line& l) { return l.presence == Presence::missing || l.presence == Presence::other_patient || l.presence == Presence::not_sent; });
}

int Package::missing() const {
  return static_cast<int>(std::count_if(lines.begin(), lines.end(), [](const Line& l) { return l.presence != Presence::here && l.presence != Presence::newer && l.presence != Presence::withdrawn; }));
}

Package check_package(const std::vector<model::PackageItem>& manifest, std::span<const Held> held) {
  Package out;
  for (const auto& item : manifest) {
    auto presence = item.version == 0 ? Presence::not_sent : Presence::missing;
    int best = 0;
    for (const auto& h : held) {
      if (!item.version || h.kind != item.kind || h.origin != item.origin || h.number != item.number || h.version < item.version || h.version < best) continue;
      best = h.version;
      presence = h.other_patient ? Presence::other_patient : h.withdrawn ? Presence::withdrawn : h.version > item.version ? Presence::newer : Presence::here;
    }
    out.lines.push_back({item, presence});
  }
  return out;
}

}  // namespace huren::referral
