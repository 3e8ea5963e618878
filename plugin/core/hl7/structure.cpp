#include "core/hl7/structure.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace huren::hl7 {

class StructureParser {
 public:
  StructureParser(std::string_view text, Structure& s) : rest_(text), s_(s) {}

  bool parse() {
    s_.start_ = state();
    int end = 0;
    if (!sequence(s_.start_, end, '\0')) return false;
    s_.accept_ = end;
    return true;
  }

 private:
  using Kind = Structure::Kind;

  int state() {
    s_.states_.emplace_back();
    return static_cast<int>(s_.states_.size()) - 1;
  }
  void edge(int from, Kind kind, int to, std::vector<std::string> names = {}) {
    s_.states_[static_cast<std::size_t>(from)].push_back({kind, to, std::move(names)});
  }
  void blanks() {
    while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
  }

  bool sequence(int from, int& to, char close) {
    to = from;
    while (true) {
      blanks();
      if (rest_.empty()) return close == '\0';
      if (rest_[0] == close) {
        rest_.remove_prefix(1);
        return true;
      }
      if (!element(to, to)) return false;
    }
  }

  bool element(int from, int& to) {
    const char c = rest_[0];
    if (c == '[' || c == '{' || c == '<') {
      rest_.remove_prefix(1);
      const int inside = state();
      edge(from, Kind::empty, inside);
      int end = 0;
      if (!sequence(inside, end, c == '[' ? ']' : c == '{' ? '}' : '>')) return false;
      to = state();
      edge(end, Kind::empty, to);
      if (c == '[') edge(from, Kind::empty, to);
      if (c == '{') edge(end, Kind::empty, inside);
      return true;
    }
    const auto word = rest_.substr(0, rest_.find_first_of(" []{}<>"));
    if (word.empty()) return false;
    rest_.remove_prefix(word.size());
    if (word.back() == ':') {
      to = from;
      return true;
    }
    std::vector<std::string> names;
    for (const auto name : split(word, '|')) {
      names.emplace_back(name);
      s_.names_.emplace(name);
    }
    const int next = state();
    edge(from, Kind::skip, next, names);
    edge(from, Kind::take, next, std::move(names));
    to = next;
    return true;
  }

  std::string_view rest_;
  Structure& s_;
};

namespace {

constexpr int kSkipCost = 10, kStayCost = 12, kNever = 1 << 28;
constexpr int kMaxFaults = 100;  // a hostile message is not explained to its end

struct Note { int before; StructureFault fault; };  // a list that shares tails; -1 ends it
struct Live { int cost = kNever; int note = -1; };

}  // namespace

std::optional<Structure> Structure::parse(std::string_view text) {
  Structure s;
  if (!StructureParser(text, s).parse()) return std::nullopt;
  return s;
}

std::vector<StructureFault> Structure::faults(const std::vector<std::string_view>& names) const {
  std::vector<Note> notes;
  std::vector<Live> live(states_.size()), next(states_.size());
  live[static_cast<std::size_t>(start_)] = {0, -1};
  const auto improve = [](Live& to, int cost, int note) {
    if (cost >= to.cost) return false;
    to = {cost, note};
    return true;
  };
  // Follows edges that take nothing until nothing gets cheaper.
  const auto close = [&](std::size_t at, bool skips) {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t s = 0; s < states_.size(); ++s) {
        if (live[s].cost >= kNever) continue;
        for (const auto& e : states_[s]) {
          auto& to = live[static_cast<std::size_t>(e.to)];
          if (e.kind == Kind::empty) {
            changed |= improve(to, live[s].cost, live[s].note);
          } else if (e.kind == Kind::skip && skips && live[s].cost + kSkipCost < to.cost) {
            notes.push_back({live[s].note, {.missing = true, .at = at, .segment = e.names.front()}});
            to = {live[s].cost + kSkipCost, static_cast<int>(notes.size()) - 1};
            changed = true;
          }
        }
      }
    }
  };
  const auto take = [&](std::string_view name) {
    bool any = false;
    std::fill(next.begin(), next.end(), Live{});
    for (std::size_t s = 0; s < states_.size(); ++s) {
      if (live[s].cost >= kNever) continue;
      for (const auto& e : states_[s])
        if (e.kind == Kind::take && std::find(e.names.begin(), e.names.end(), name) != e.names.end())
          any |= improve(next[static_cast<std::size_t>(e.to)], live[s].cost, live[s].note);
    }
    return any;
  };
  int wrong = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    close(i, false);
    if (take(names[i])) {
      live.swap(next);
      continue;
    }
    if (++wrong > kMaxFaults) break;
    const auto before = live;
    bool any = false;
    if (knows(names[i])) {
      close(i, true);
      any = take(names[i]);
    }
    if (!any) std::fill(next.begin(), next.end(), Live{});
    for (std::size_t s = 0; s < states_.size(); ++s) {
      if (before[s].cost >= kNever || before[s].cost + kStayCost >= next[s].cost) continue;
      notes.push_back({before[s].note, {.missing = false, .at = i, .segment = names[i]}});
      next[s] = {before[s].cost + kStayCost, static_cast<int>(notes.size()) - 1};
    }
    live.swap(next);
  }
  close(names.size(), true);
  const auto best = wrong > kMaxFaults
                        ? *std::min_element(live.begin(), live.end(), [](const Live& a, const Live& b) { return a.cost < b.cost; })
                        : live[static_cast<std::size_t>(accept_)];
  std::vector<StructureFault> faults;
  for (int n = best.note; n >= 0; n = notes[static_cast<std::size_t>(n)].before)
    faults.push_back(notes[static_cast<std::size_t>(n)].fault);
  std::reverse(faults.begin(), faults.end());
  return faults;
}

}  // namespace huren::hl7
