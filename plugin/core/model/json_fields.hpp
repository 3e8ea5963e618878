// JSON into structs, member by member, inside core: every fault is a finding with its JSON pointer, in one pass.
// Promises: bounded depth, counts and lengths; unknown and doubled members are faults, with the likely name.
// Refuses: null for "absent" (leave the member out), numbers written as strings and strings as numbers; values in findings.
#pragma once
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
};

// One JSON object being read. Call finish() last: it reports the members that nobody asked for.
class Fields {
 public:
  Fields(const Json& value, std::string path, Source& source);

  void text(const char* name, std::string& into, Need need = Need::optional, std::size_t limit = kMaxText, Lines lines = Lines::one);
  void code(const char* name, std::string& into, Need need = Need::optional) { text(name, into, need, kMaxCode); }
  void prose(const char* name, std::string& into, std::size_t limit = kMaxText) { text(name, into, Need::optional, limit, Lines::many); }
  // One of a closed set of words.
  void word(const char* name, std::string& into, std::initializer_list<std::string_view> words, Need need = Need::optional);
  void integer(const char* name, int& into, int low, int high, Need need = Need::optional);
  void boolean(const char* name, bool& into, Need need = Need::optional);
  void number(const char* name, std::optional<double>& into);
  void time(const char* name, Timestamp& into, Need need = Need::optional);
  void date(const char* name, Date& into, Need need = Need::optional);
  void texts(const char* name, std::vector<std::string>& into, std::size_t limit, Lines lines, Need need = Need::optional);

  template <class T, class Read>
  void object(const char* name, T& into, Read read, Need need = Need::optional) {
    if (const auto value = find(name, need)) read(value, at(name), source_, into);
  }
  template <class T, class Read>
  void list(const char* name, std::vector<T>& into, std::size_t max_count, Read read, Need need = Need::optional) {
    const auto value = array(name, max_count, need);
    if (!value) return;
    into.resize(value.size());
    std::size_t i = 0;
    for (const auto element : value) {
      read(element, at(name) + '/' + std::to_string(i), source_, into[i]);
      ++i;
    }
  }

  void finish();
  [[nodiscard]] bool has(const char* name) const;
  [[nodiscard]] std::string at(std::string_view name) const;  // the pointer of a member
  void fault(std::string_view id, std::string where, std::vector<std::string> args = {});
  void remark(std::string_view id, std::string where, std::vector<std::string> args = {});
  Source& source() { return source_; }

 private:
  Json find(const char* name, Need need);
  Json array(const char* name, std::size_t max_count, Need need);
  void wrong_type(std::string where, const char* wanted);
  bool check_text(std::string_view value, const char* name, int index, std::size_t limit, Lines lines);

  Json value_;
  std::string path_;
  Source& source_;
  bool is_object_;
  std::vector<std::string_view> asked_;
};

}  // namespace huren::model
