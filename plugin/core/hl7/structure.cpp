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
  void edge(int from, Kind kind, int to, int name = -1) {
    s_.states_[static_cast<std::size_t>(from)].push_back({kind, to, name});
  }
  int name_id(std::string_view name) {
    const int known = s_.id_of(name);
    if (known >= 0) return known;
    s_.names_.emplace_back(name);
    return static_cast<int>(s_.names_.size()) - 1;
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
    const auto names = split(word, '|');
    const int next = state();
    edge(from, Kind::skip, next, name_id(names[0]));
    for (const auto name : names) edge(from, Kind::take, next, name_id(name));
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

struct Front {  // the states a reading may be in, each with its cheapest cost
  explicit Front(std::size_t n) : states(n) {}
  bool improve(int state, int cost, int note) {
    auto& s = states[static_cast<std::size_t>(state)];
    if (cost >= s.cost) return false;
    s = {cost, note};
    reached.push_back(state);
    return true;
  }
  void clear() {
    for (const int s : reached) states[static_cast<std::size_t>(s)] = {};
    reached.clear();
  }
  [[nodiscard]] Live cheapest() const {
    return *std::min_element(states.begin(), states.end(), [](const Live& a, const Live& b) { return a.cost < b.cost; });
  }
  std::vector<Live> states;
  std::vector<int> reached;
};

}  // namespace

std::optional<Structure> Structure::parse(std::string_view text) {
  Structure s;
  if (!StructureParser(text, s).parse()) return std::nullopt;
  s.follow_empty_edges();
  return s;
}

void Structure::follow_empty_edges() {
  takes_.resize(states_.size());
  ends_.resize(states_.size());
  for (std::size_t from = 0; from < states_.size(); ++from) {
    std::vector<int> reached{static_cast<int>(from)};
    for (std::size_t i = 0; i < reached.size(); ++i) {
      if (reached[i] == accept_) ends_[from] = true;
      for (const auto& e : states_[static_cast<std::size_t>(reached[i])]) {
        if (e.kind == Kind::take) takes_[from].push_back({e.name, e.to});
        if (e.kind == Kind::empty && std::find(reached.begin(), reached.end(), e.to) == reached.end()) reached.push_back(e.to);
      }
    }
  }
}

// The quick answer for a message that follows its structure to the end: nearly all do, and have no fault to explain.
bool Structure::accepts(const std::vector<int>& names) const {
  std::vector<int> live{start_}, next;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int name = names[i];
    if (i > 0 && name == names[i - 1] && live == next) continue;  // as the one before: it led from here to here
    next.clear();
    for (const int state : live)
      for (const auto& take : takes_[static_cast<std::size_t>(state)])
        if (take.name == name && std::find(next.begin(), next.end(), take.to) == next.end()) next.push_back(take.to);
    if (next.empty()) return false;
    std::swap(live, next);
  }
  return std::any_of(live.begin(), live.end(), [&](int state) { return ends_[static_cast<std::size_t>(state)]; });
}

int Structure::id_of(std::string_view segment) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == segment) return static_cast<int>(i);
  return -1;
}

std::vector<StructureFault> Structure::faults(const std::vector<std::string_view>& names) const {
  std::vector<int> ids;
  ids.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {  // most are called as one of the two before them: results, and their notes
    const std::size_t back = i > 0 && names[i] == names[i - 1] ? 1 : i > 1 && names[i] == names[i - 2] ? 2 : 0;
    ids.push_back(back ? ids[i - back] : id_of(names[i]));
  }
  if (accepts(ids)) return {};
  std::vector<Note> notes;
  Front live(states_.size()), next(states_.size());
  live.improve(start_, 0, -1);
  // Follows edges that take nothing; a state reached more cheaply is followed again.
  const auto close = [&](std::size_t at, bool skips) {
    for (std::size_t i = 0; i < live.reached.size(); ++i) {
      const auto s = static_cast<std::size_t>(live.reached[i]);
      for (const auto& e : states_[s]) {
        if (e.kind == Kind::empty) {
          live.improve(e.to, live.states[s].cost, live.states[s].note);
        } else if (e.kind == Kind::skip && skips && live.states[s].cost + kSkipCost < live.states[static_cast<std::size_t>(e.to)].cost) {
          notes.push_back({live.states[s].note, {.missing = true, .at = at, .segment = names_[static_cast<std::size_t>(e.name)]}});
          live.improve(e.to, live.states[s].cost + kSkipCost, static_cast<int>(notes.size()) - 1);
        }
      }
    }
  };
  const auto take = [&](int name) {
    next.clear();
    for (const int state : live.reached) {
      const auto s = static_cast<std::size_t>(state);
      for (const auto& e : states_[s])
        if (e.kind == Kind::take && e.name == name) next.improve(e.to, live.states[s].cost, live.states[s].note);
    }
    return !next.reached.empty();
  };
  int wrong = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int name = ids[i];
    close(i, false);
    if (name >= 0 && take(name)) {
      std::swap(live, next);
      continue;
    }
    if (++wrong > kMaxFaults) break;
    const Front before = live;
    next.clear();
    if (name >= 0) {
      close(i, true);
      take(name);
    }
    for (const int s : before.reached) {  // or the segment is one too many
      const auto& b = before.states[static_cast<std::size_t>(s)];
      if (b.cost + kStayCost >= next.states[static_cast<std::size_t>(s)].cost) continue;
      notes.push_back({b.note, {.missing = false, .at = i, .segment = names[i]}});
      next.improve(s, b.cost + kStayCost, static_cast<int>(notes.size()) - 1);
    }
    std::swap(live, next);
  }
  close(names.size(), true);
  const auto best = wrong > kMaxFaults ? live.cheapest() : live.states[static_cast<std::size_t>(accept_)];
  std::vector<StructureFault> faults;
  for (int n = best.note; n >= 0; n = notes[static_cast<std::size_t>(n)].before)
    faults.push_back(notes[static_cast<std::size_t>(n)].fault);
  std::reverse(faults.begin(), faults.end());
  return faults;
}

}  // namespace huren::hl7
