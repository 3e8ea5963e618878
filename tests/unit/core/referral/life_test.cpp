#include "core/referral/life.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>

using namespace huren;
using namespace huren::referral;

namespace {

constexpr std::int64_t kMinute = 60'000;
const std::int64_t kStart = parse_iso_time("2026-11-22T10:00:00+08:00", 480)->epoch_ms;

Step step(const std::string& what, const std::string& by, int minute, const std::string& outcome = "") {
  Step s;
  s.step = what;
  s.id = "Z1";
  s.from = "A";
  s.to = "B";
  s.by = by;
  s.outcome = outcome;
  s.at = from_epoch_ms(kStart + minute * kMinute, 480);
  s.fact_id = what + outcome + std::to_string(minute) + by;
  if (what == "requested") s.priority = "routine";
  return s;
}

// Every step that either side can say, at hours that may cross.
std::vector<Step> every_step() {
  std::vector<Step> all{step("requested", "A", 0), step("answered", "B", 10, "accepted"), step("answered", "B", 20, "declined"), step("answered", "B", 15, "redirected"),
                        step("arrived", "B", 30), step("no_show", "B", 25), step("completed", "B", 60, "final"), step("received", "B", 5, "complete"),
                        step("problem", "A", 7)};
  auto changed = step("requested", "A", 3);
  changed.version = 2;
  changed.priority = "critical";
  all.push_back(changed);
  auto amended = step("completed", "B", 50, "corrected");  // the clock stepped back in between: the version counts
  amended.version = 2;
  all.push_back(amended);
  for (const auto* by : {"A", "B"})
    for (const bool knew : {false, true}) {
      auto c = step("cancelled", by, 32);
      c.knew_arrival = knew;
      c.fact_id += knew;
      all.push_back(c);
    }
  return all;
}

std::string told(const Life& life) {
  std::string out = word(life.state);
  for (const auto* s : {life.step(life.request), life.step(life.answer), life.step(life.arrival), life.step(life.completion), life.step(life.cancel)})
    out += " " + (s ? s->fact_id : "-");
  for (const auto& r : life.remarks) out += " " + std::string(r.id) + ":" + r.fact_id;
  return out + " " + std::to_string(life.answer_due_ms) + " " + std::to_string(life.reading_due_ms) + " " + std::to_string(life.expires_ms);
}

// What two hospitals hold after each has heard everything, hearing it in its own order, some of it twice.
std::string heard(const std::vector<Step>& in_order, std::int64_t now) {
  std::vector<Step> held;
  Life life;
  for (const auto& s : in_order) {  // as an engine does it: what is held, and one more
    held.push_back(s);
    life = resolve(held, {}, now);
    held = life.steps;
  }
  return told(life);
}

}  // namespace

TEST_CASE("both sides agree for every pair of steps, whatever came first and whatever came twice") {
  const auto all = every_step();
  const auto request = all.front();
  int pairs = 0;
  for (const auto& one : all)
    for (const auto& two : all) {
      INFO(one.fact_id << " and " << two.fact_id);
      for (const std::int64_t now : {kStart + kMinute, kStart + 40 * 1440 * kMinute}) {
        std::set<std::string> ends;
        for (const auto& order : std::vector<std::vector<Step>>{{request, one, two}, {request, two, one}, {one, request, two}, {two, request, one}, {one, two, request}, {two, one, request},
                                                                {one, one, request, two, two, request}})
          ends.insert(heard(order, now));
        CHECK(ends.size() == 1);
      }
      ++pairs;
    }
  CHECK(pairs == 15 * 15);
}

TEST_CASE("both sides agree for every order of five steps") {
  const auto all = every_step();
  // The five that contradict each other most: accepted, declined, arrived, no-show, cancelled in ignorance; then the request.
  std::vector<Step> five{all[0], all[1], all[2], all[4], all[11]};
  std::vector<int> order(five.size());
  std::iota(order.begin(), order.end(), 0);
  std::set<std::string> ends;
  int orders = 0;
  do {
    std::vector<Step> heard_so;
    for (const int i : order) heard_so.push_back(five[static_cast<std::size_t>(i)]);
    ends.insert(heard(heard_so, kStart));
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 120);
  CHECK(ends.size() == 1);
}

TEST_CASE("whatever subset both have heard, and however often, they agree") {
  const auto all = every_step();
  CHECK(rc::check([&] {
    auto heard_by_a = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, all.size()));
    const std::set<std::size_t> set(heard_by_a.begin(), heard_by_a.end());
    std::vector<std::size_t> heard_by_b(set.begin(), set.end());
    const auto now = kStart + *rc::gen::inRange<int>(0, 60 * 1440) * kMinute;
    const auto told_by = [&](const std::vector<std::size_t>& indices) {
      std::vector<Step> steps;
      for (const auto i : indices) steps.push_back(all[i]);
      return heard(steps, now);
    };
    RC_ASSERT(told_by(heard_by_a) == told_by(heard_by_b));
  }));
}

// Two hospitals and a network that keeps order in each direction only: every way in which what both say at the same time
// can cross. The engine's own rule (may) decides what may be said, so that impossible stories are not told.
TEST_CASE("over all interleavings of two hospitals that talk at the same time both end in the same state") {
  struct Side { std::vector<Step> held; std::vector<Step> inbox; std::vector<Step> to_say; };
  struct World { Side a, b; };
  const auto all = every_step();
  int ends_seen = 0;
  std::set<State> states;
  const std::function<void(World)> play = [&](const World& w) {
    bool moved = false;
    for (const bool a_turn : {true, false}) {
      const Side& side = a_turn ? w.a : w.b;
      if (!side.to_say.empty()) {
        World next = w;
        Side& me = a_turn ? next.a : next.b;
        Side& other = a_turn ? next.b : next.a;
        Step s = me.to_say.front();
        me.to_say.erase(me.to_say.begin());
        const auto life = resolve(me.held, {}, kStart);
        if (s.step == "cancelled") s.knew_arrival = life.arrival >= 0;
        if (may(life, s, a_turn ? "A" : "B")) {
          me.held.push_back(s);
          other.inbox.push_back(s);
        }
        play(next);
        moved = true;
      }
      if (!side.inbox.empty()) {
        World next = w;
        Side& me = a_turn ? next.a : next.b;
        me.held.push_back(me.inbox.front());
        me.inbox.erase(me.inbox.begin());
        play(next);
        moved = true;
      }
    }
    if (moved) return;
    const auto a = resolve(w.a.held, {}, kStart), b = resolve(w.b.held, {}, kStart);
    if (told(a) != told(b)) FAIL(told(a) + " / " + told(b));
    ++ends_seen;
    states.insert(a.state);
  };
  play({.a = {{all[0]}, {}, {all[9], all[11]}}, .b = {{all[0]}, {}, {all[1], all[4], all[6]}}});  // modify, cancel | accept, arrived, completed
  play({.a = {{all[0]}, {}, {all[11]}}, .b = {{all[0]}, {}, {all[5], all[4], all[13]}}});          // cancel | no-show, arrived, cancel
  play({.a = {{all[0]}, {}, {all[11], all[12]}}, .b = {{all[0]}, {}, {all[1], all[2], all[4]}}});  // two cancels | accept, decline, arrived
  CHECK(ends_seen > 1000);
  CHECK(states.contains(State::cancelled));
  CHECK(states.contains(State::completed));
  CHECK(states.contains(State::arrived));
}

TEST_CASE("a step by somebody who is not entitled to it is kept, named, and changes nothing") {
  auto foreign = step("answered", "C", 10, "accepted");
  auto own = step("answered", "A", 11, "accepted");
  const auto life = resolve({step("requested", "A", 0), foreign, own}, {}, kStart);
  CHECK(life.state == State::requested);
  CHECK(life.steps.size() == 3);
  CHECK(life.remarks.size() == 2);
  CHECK(life.remarks[0].id == "referral.not_entitled");
}

TEST_CASE("the package is complete only when every line that was sent is here, and says what is missing") {
  const std::vector<model::PackageItem> manifest{{"report", "A", "R1", "生化", 1}, {"report", "A", "R2", "血常规", 1}, {"TRANSFER", "A", "Z1", "", 1}};
  std::vector<Held> held{{"report", "A", "R1", 1}, {"TRANSFER", "A", "Z1", 1}};
  auto p = check_package(manifest, held);
  CHECK_FALSE(p.complete());
  CHECK(p.missing() == 1);
  CHECK(p.lines[1].presence == Presence::missing);
  held.push_back({"report", "A", "R2", 2, true});  // withdrawn by its author on the way: there is nothing more to come
  p = check_package(manifest, held);
  CHECK(p.complete());
  CHECK(p.lines[1].presence == Presence::withdrawn);
  held.push_back({"report", "A", "R1", 3});
  CHECK(check_package(manifest, held).lines[0].presence == Presence::newer);
  held = {{"report", "A", "R1", 1, false, true}};
  CHECK(check_package(manifest, held).lines[0].presence == Presence::other_patient);
  CHECK(check_package({{"summary", "A", "", "", 0}}, {}).lines[0].presence == Presence::not_sent);
  CHECK_FALSE(check_package({{"summary", "A", "", "", 0}}, {}).complete());
}
