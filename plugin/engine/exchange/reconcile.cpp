#include "engine/exchange/reconcile.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "core/mapping/question_message.hpp"
#include "engine/exchange/question.hpp"
#include "engine/reports.hpp"

namespace huren::engine::exchange {
namespace {

using mapping::Asked;
using mapping::Question;

constexpr std::size_t kMostNumbersTold = 1000;

class Run {
 public:
  Run(const Context& context, const config::Partner& partner, const Ask& ask, const Days& days, const Date& to, bool dry_run)
      : context_(context), partner_(partner), ask_(ask), days_(days), to_(to), dry_run_(dry_run) {}

  Result<Reconciled> run() {
    out_.days = days_.count;
    if (auto r = ours(); !r) return r.error();
    if (auto r = theirs(); !r) return r.error();
    out_.differing_days = static_cast<int>(differing_.size());
    return std::move(out_);
  }

 private:
  struct There { int version = 0; std::string digest; };
  using List = std::map<std::string, There>;  // by number

  Result<std::vector<Held>> here(bool given) {
    std::vector<Held> held;
    auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
      auto rows = given ? given_to(reader, context_, partner_, days_) : held_from(reader, context_, partner_, days_);
      if (!rows) return rows.error();
      held = std::move(*rows);
      return {};
    });
    if (!read) return read.error();
    return held;
  }

  Result<std::set<std::string>> days_that_differ(const std::vector<Held>& mine, const std::string& side) {
    auto answer = question(context_, partner_, ask_, {.asked = Asked::digests, .tag = "", .patient = {}, .items = {}, .collected_since_ms = {},
                                                      .side = side, .from = days_.first, .to = to_, .numbers = {}});
    if (!answer) return answer.error();
    std::map<std::string, std::string> there;
    for (const auto& row : answer->rows) there[row[0]] = row[2];
    std::set<std::string> out;
    for (const auto& row : day_rows(mine)) {
      const auto it = there.find(row[0]);
      if (it == there.end() || it->second != row[2]) out.insert(row[0]);
      if (it != there.end()) there.erase(it);
    }
    for (const auto& [day, digest] : there) out.insert(day);
    differing_.insert(out.begin(), out.end());
    return out;
  }

  Result<List> list(const std::string& day, const std::string& side) {
    const auto date = parse_date(day);
    if (!date || date->day == 0) return Error{"exchange.not_an_answer", "OBX-5", {}};
    auto answer = question(context_, partner_, ask_, {.asked = Asked::listing, .tag = "", .patient = {}, .items = {}, .collected_since_ms = {},
                                                      .side = side, .from = *date, .to = *date, .numbers = {}});
    if (!answer) return answer.error();
    List out;
    for (const auto& row : answer->rows) {
      There t{.version = 0, .digest = row[2]};
      std::from_chars(row[1].data(), row[1].data() + row[1].size(), t.version);
      out[row[0]] = std::move(t);
    }
    return out;
  }

  void tell(const std::string& origin, const std::string& number) {
    if (out_.numbers.size() < kMostNumbersTold) out_.numbers.push_back(subject_of(origin, number));
  }

  // Ours that the partner lacks or holds in an older version.
  Result<void> ours() {
    auto mine = here(true);
    if (!mine) return mine.error();
    auto days = days_that_differ(*mine, "held");
    if (!days) return days.error();
    const auto& own = context_.config.hospital.code;
    for (const auto& day : *days) {
      auto there = list(day, "held");
      if (!there) return there.error();
      for (const auto& h : *mine) {
        if (h.day != day) continue;
        const auto it = there->find(h.number);
        if (it != there->end() && it->second.version >= h.version) {
          if (it->second.version == h.version && it->second.digest != h.digest) {
            ++out_.differs;
            tell(own, h.number);
          }
          there->erase(it);
          continue;
        }
        if (it != there->end()) there->erase(it);
        tell(own, h.number);
        Resent what = Resent::not_yours;
        auto done = context_.store.transact([&](store::Unit& unit) -> Result<void> {
          auto r = send_again(unit, context_, partner_, h.number, dry_run_);
          if (!r) return r.error();
          what = *r;
          return {};
        });
        if (!done) return done;
        switch (what) {
          case Resent::sent: ++out_.sent; break;
          case Resent::on_its_way: ++out_.on_its_way; break;
          case Resent::cancelled: ++out_.cancelled; break;
          case Resent::waits_for_person:
          case Resent::not_yours: ++out_.waits_for_person;
        }
      }
      for (const auto& [number, t] : *there)
        if (auto r = left_there(number, t); !r) return r;
    }
    return {};
  }

  // The partner lists under this day what we know under another one (a later version), or not at all.
  Result<void> left_there(const std::string& number, const There&) {
    bool known = false;
    auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
      auto versions = reader.report_versions(context_.config.hospital.code, number);
      if (!versions) return versions.error();
      known = !versions->empty();
      return {};
    });
    if (!read) return read;
    if (known) return {};
    ++out_.only_there;
    tell(context_.config.hospital.code, number);
    return {};
  }

  // Theirs that we lack or hold in an older version.
  Result<void> theirs() {
    auto mine = here(false);
    if (!mine) return mine.error();
    auto days = days_that_differ(*mine, "given");
    if (!days) return days.error();
    for (const auto& day : *days) {
      auto there = list(day, "given");
      if (!there) return there.error();
      Question q{.asked = Asked::resend, .tag = "", .patient = {}, .items = {}, .collected_since_ms = {}, .side = "", .from = {}, .to = {}, .numbers = {}};
      for (const auto& [number, t] : *there) {
        const auto it = std::find_if(mine->begin(), mine->end(), [&](const Held& h) { return h.day == day && h.number == number; });
        if (it != mine->end() && it->version >= t.version) {
          if (it->version == t.version && it->digest != t.digest) {
            ++out_.differs;
            tell(partner_.hospital.code, number);
          }
          continue;
        }
        q.numbers.push_back(number);
        tell(partner_.hospital.code, number);
        if (q.numbers.size() == mapping::kMostNumbers)
          if (auto r = ask_again(q); !r) return r;
      }
      if (auto r = ask_again(q); !r) return r;
    }
    return {};
  }

  Result<void> ask_again(Question& q) {
    if (q.numbers.empty()) return {};
    if (dry_run_) {
      out_.asked += static_cast<int>(q.numbers.size());
      q.numbers.clear();
      return {};
    }
    auto answer = question(context_, partner_, ask_, q);
    if (!answer) return answer.error();
    for (const auto& row : answer->rows) {
      if (row[1] == word(Resent::sent)) ++out_.asked;
      else if (row[1] == word(Resent::on_its_way)) ++out_.on_its_way;
      else if (row[1] == word(Resent::waits_for_person)) ++out_.waits_for_person;
      else if (row[1] == word(Resent::cancelled)) ++out_.cancelled;
      else ++out_.unknown_there;
    }
    q.numbers.clear();
    return {};
  }

  const Context& context_;
  const config::Partner& partner_;
  const Ask& ask_;
  const Days days_;
  const Date to_;
  const bool dry_run_;
  std::set<std::string> differing_;
  Reconciled out_;
};

}  // namespace

Result<Reconciled> reconcile(const Context& context, const config::Partner& partner, const Ask& ask, const Date& from, const Date& to, bool dry_run) {
  auto days = days_of(from, to);
  if (!days) return days.error();
  return Run(context, partner, ask, *days, to, dry_run).run();
}

}  // namespace huren::engine::exchange
