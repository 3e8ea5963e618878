// JSON into structs, member by member, inside core: every fault is a finding with its JSON pointer, in one pass.
// Promises: bounded depth, counts and lengths; unknown and doubled members are faults, with the likely name.
// Refuses: null for "absent" (leave the member out), numbers written as strings and strings as numbers; values in findings.
#pragma once
#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/model/json_tree.hpp"

namespace huren::model {

inline constexpr std::size_t kMaxCode = 128;          // ids, codes, flags
inline constexpr std::size_t kMaxText = 4096;         // names, notes, one line or several
inline constexpr std::size_t kMaxConclusion = 32768;  // the report's own text
inline constexpr std::size_t kMaxObservations = 500;
inline constexpr std::size_t kMaxList = 100;          // every other list

enum class Need { optional, required };
enum class Lines { one, many };  // one: no control characters at all; many: tab, CR and LF are welcome

struct Source {  // where findings go, and the zone of times that state none
  Findings& findings;
  int offset_minutes = 480;
  bool stored = false;  // our own writing read back: only shape and times are checked, nothing is required or bounded
  std::vector<std::string_view> asked{};  // names that the objects in hand were asked for; each object's lie behind its parent's
};

// A JSON pointer that is written out only where there is something to tell of it: a report has two hundred.
// It looks at the place above it, which must live as long.
class JsonPlace {
 public:
  JsonPlace(const char* text) : name_(text) {}
  JsonPlace(const std::string& text) : name_(text) {}
  JsonPlace(const JsonPlace& above, std::string_view name) : above_(&above), name_(name) {}
  JsonPlace(const JsonPlace& above, std::string_view list, std::size_t index) : above_(&above), name_(list), index_(index), element_(true) {}
  [[nodiscard]] std::string text() const;
  operator std::string() const { return text(); }  // for readers that keep it

 private:
  const JsonPlace* above_ = nullptr;  // null: name_ is the whole pointer
  std::string_view name_;
  std::size_t index_ = 0;
  bool element_ = false;
};

// One JSON object being read. Call finish() last: it reports the members that nobody asked for.
class Fields {
 public:
  Fields(const Json& value, const JsonPlace& place, Source& source);
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;
  ~Fields() { source_.asked.resize(first_asked_); }

  void text(std::string_view name, std::string& into, Need need = Need::optional, std::size_t limit = kMaxText, Lines lines = Lines::one);
  void code(std::string_view name, std::string& into, Need need = Need::optional) { text(name, into, need, kMaxCode); }
  void prose(std::string_view name, std::string& into, std::size_t limit = kMaxText) { text(name, into, Need::optional, limit, Lines::many); }
  // One of a closed set of words.
  void word(std::string_view name, std::string& into, std::initializer_list<std::string_view> words, Need need = Need::optional);
  // The same, for who makes something of it at once.
  std::optional<std::string_view> said(std::string_view name, std::initializer_list<std::string_view> words, Need need = Need::optional);
  void integer(std::string_view name, int& into, int low, int high, Need need = Need::optional);
  void boolean(std::string_view name, bool& into, Need need = Need::optional);
  void number(std::string_view name, std::optional<double>& into);
  void time(std::string_view name, Timestamp& into, Need need = Need::optional);
  void date(std::string_view name, Date& into, Need need = Need::optional);
  void texts(std::string_view name, std::vector<std::string>& into, std::size_t limit, Lines lines, Need need = Need::optional);

  template <class T, class Read>
  void object(std::string_view name, T& into, Read read, Need need = Need::optional) {
    if (const auto value = find(name, need)) read(value, JsonPlace(place_, name), source_, into);
  }
  template <class T, class Read>
  void list(std::string_view name, std::vector<T>& into, std::size_t max_count, Read read, Need need = Need::optional) {
    const auto value = array(name, max_count, need);
    if (!value) return;
    into.resize(value.size());
    std::size_t i = 0;
    for (const auto element : value) {
      read(element, JsonPlace(place_, name, i), source_, into[i]);
      ++i;
    }
  }

  void finish();
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::string at(std::string_view name) const;  // the pointer of a member
  void fault(std::string_view id, std::string where, std::vector<std::string> args = {});
  void remark(std::string_view id, std::string where, std::vector<std::string> args = {});
  Source& source() { return source_; }

 private:
  Json find(std::string_view name, Need need);
  Json array(std::string_view name, std::size_t max_count, Need need);
  void wrong_type(std::string where, const char* wanted);
  bool check_text(std::string_view value, std::string_view name, int index, std::size_t limit, Lines lines);

  Json value_;
  JsonPlace place_;
  Source& source_;
  std::size_t first_asked_;
  bool is_object_;
  std::uint64_t there_ = 0, several_ = 0, found_ = 0;  // marks (see mark_of) of the members, of those that share one, of those found
  std::size_t found_count_ = 0;
  std::array<std::uint32_t, 64> index_;  // by place of its mark: the member; only where there_ says that there is one
};

}  // namespace huren::model
