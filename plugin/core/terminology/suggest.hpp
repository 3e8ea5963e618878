// Which standard item or panel an unmapped local one may be, ranked, with the evidence shown. A person decides.
// Promises: the same answer for the same tables. Refuses: a suggestion without evidence; to map anything by itself.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/terminology/terminology.hpp"

namespace huren::terminology {

struct LocalFacts { std::string code{}, name{}, pinyin{}, unit{}, loinc{}, specimen{}; };  // what the hospital's catalogue tells; empty: not told

struct Evidence { std::string_view id; std::vector<std::string> args; int points = 0; };  // id: catalogue sentence; points may be negative
struct Suggestion {
  std::string item, panel;  // one of them
  std::string zh, en;
  int score = 0;            // 0..100
  std::vector<Evidence> evidence;
};
std::vector<Suggestion> suggest(const Set& set, const LocalFacts& local, const Date& on, std::size_t limit = 5);

// The same for thousands of items: the set's names are made ready once.
class Suggester {
 public:
  Suggester(const Set& set, const Date& on);  // the set outlives it
  ~Suggester();
  Suggester(const Suggester&) = delete;
  Suggester& operator=(const Suggester&) = delete;
  [[nodiscard]] std::vector<Suggestion> suggest(const LocalFacts& local, std::size_t limit = 5) const;

 private:
  struct Ready;
  std::unique_ptr<Ready> ready_;
};
std::string text(const Evidence& evidence, Language language);

// Initials of the Mandarin reading, upper case: "葡萄糖" → "PTT". Latin letters and digits stay; what has no reading here is left out.
std::string pinyin_initials(std::string_view utf8);

}  // namespace huren::terminology
